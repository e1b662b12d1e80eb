"""The contract of the calls to connectors is valid, and stubs that are generated from it take the real calls."""

import importlib.util
import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
import uvicorn
import yaml
from connexion import AsyncApp
from connexion.resolver import Resolution, Resolver
from openapi_spec_validator import OpenAPIV30SpecValidator

from handlers.contract import document
from handlers.contract.answers import Answers
from handlers.contract.verdicts import judge_answer, judge_request
from handlers.sandbox.outgoing.contract import CONTRACT, compile_routes, find_operation, is_lookup, list_operations
from handlers.sandbox.outgoing.messages import check, compose
from tests.support.connectors import Connector, Received, Reply
from tests.support.contract_rules import find_problems
from tests.support.outgoing import DEFINITIONS, DOCUMENT, call, read_answer, read_data, read_journal
from tests.support.sandbox import SandboxService, World
from tests.support.service import SECONDS_TO_RUN
from tests.support.waiting import await_

JSON = {b"content-type": b"application/json"}
STATUSES = {"documented", "fragment", "inferred"}
USER, WORD = "jtel", "<word>"


def test_outgoing_contract_is_valid_and_has_no_defect() -> None:
    assert [*OpenAPIV30SpecValidator(document.read(CONTRACT)).iter_errors()] == []
    assert find_problems(CONTRACT.read_text(encoding="utf-8")) == []


def test_outgoing_contract_has_the_version_of_the_api() -> None:
    assert DOCUMENT["info"]["version"] == document.read()["info"]["version"]


def test_each_operation_and_answer_says_how_well_it_is_known() -> None:
    parts = [*DEFINITIONS.values(), *DOCUMENT["components"]["responses"].values()]
    assert {each["x-freiton-status"] for each in parts} == STATUSES
    for name, schema in DOCUMENT["components"]["schemas"].items():
        assert schema.get("x-freiton-status", "documented") in STATUSES, name
        if schema.get("x-freiton-status") == "inferred":
            assert "inferred" in schema["description"], name


def test_control_contract_knows_the_operations() -> None:
    control = document.read(CONTRACT.with_name("control.yaml"))
    assert control["components"]["schemas"]["OutgoingOperation"]["enum"] == list_operations()
    assert [identity for identity in list_operations() if is_lookup(identity)] == list_operations()[:4]


@pytest.mark.parametrize("identity", DEFINITIONS)
def test_examples_of_requests_and_answers_conform(identity: str) -> None:
    operation = find_operation(identity)
    check(operation, read_data(identity))
    assert judge_request(compile_routes(), compose(operation, read_data(identity))) == (operation, [])
    answers = Answers(DEFINITIONS[identity]["responses"], DOCUMENT)
    for status in DEFINITIONS[identity]["responses"]:
        body = json.dumps(read_answer(identity, int(status))).encode()
        assert judge_answer(answers, int(status), JSON, body) == []


def test_outgoing_contract_is_served(sandbox: SandboxService) -> None:
    served = httpx.get(f"{sandbox.url}/sandbox/outgoing.yaml")
    assert served.headers["Content-Type"].startswith("application/yaml")
    assert yaml.safe_load(served.text) == httpx.get(f"{sandbox.url}/sandbox/outgoing.json").json() == DOCUMENT
    assert 'href="outgoing.yaml"' in httpx.get(f"{sandbox.url}/sandbox/docs").text


class Stub(Resolver):  # type: ignore[misc]
    """Gives each operation of a contract the same handler, which answers with the example."""

    def __init__(self) -> None:
        super().__init__()
        self.received: dict[str, Mapping[str, Any]] = {}

    def resolve(self, operation: Any) -> Resolution:
        """Return the handler of an operation."""
        identity = operation.operation_id

        def answer(**given: Any) -> tuple[Any, int]:
            self.received[identity] = given
            return read_answer(identity), 200

        return Resolution(answer, identity)


def check_user(username: str, password: str) -> dict[str, str] | None:
    """Return who calls, as Connexion asks for it."""
    return {"sub": username} if (username, password) == (USER, WORD) else None


def check_token(token: str) -> dict[str, Any] | None:
    """Return who calls, as Connexion asks for it."""
    return {"sub": token, "scope": []} if token == "token-two" else None


@contextmanager
def serve_stub(stub: Stub) -> Iterator[str]:
    """Serve what Connexion makes of the served contract, and give its URL."""
    contract = yaml.safe_load(document.render_yaml(path=CONTRACT))
    schemes = contract["components"]["securitySchemes"]
    schemes["userAndPassword"]["x-basicInfoFunc"] = f"{__name__}.check_user"
    schemes["clientCredentials"]["x-tokenInfoFunc"] = f"{__name__}.check_token"
    app = AsyncApp(__name__, resolver=stub)
    app.add_api(contract, pythonic_params=True, validate_responses=True)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    await_(lambda: server.started)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def register_stub(world: World, url: str, credentials: Mapping[str, Any]) -> None:
    """Register a stub in a world."""
    world.ask("POST", "/outgoing/targets", json={"url": url, "credentials": credentials}).raise_for_status()


def test_stub_of_connexion_takes_each_call(world: World, connector: Connector) -> None:
    stub = Stub()
    with serve_stub(stub) as url:
        register_stub(world, url, {"kind": "basic", "user": USER, "password": "<wrong>"})
        assert call(world, "genericQuery")["answer"]["status"] == 401
        register_stub(world, url, {"kind": "basic", "user": USER, "password": WORD})
        for identity in DEFINITIONS:
            assert call(world, identity)["answer"]["status"] == 200, identity
            assert stub.received[identity].get("body", {}).items() <= read_data(identity).items()
        tokens = {"tokenUrl": f"{connector.url}/token", "clientId": "a", "clientSecret": "b"}
        register_stub(world, url, {"kind": "clientCredentials", **tokens})
        # The first token is fresh, so that it is not refused because it has ended.
        assert [call(world, "genericQuery")["answer"]["status"] for _ in range(2)] == [401, 200]
        assert call(world, "writeCallStatistics", {}, check=False)["answer"]["status"] == 400
    assert stub.received["getCallerInformation"]["caller_id"] == read_data("getCallerInformation")["CallerID"]
    *entries, last = read_journal(world)
    assert [entry["violations"] for entry in entries] == [[]] * (len(DEFINITIONS) + 4)
    assert [each["place"] for each in last["violations"]] == ["#/body/jtelStatisticsPartAID", "#/body/bOutbound"]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """What datamodel-code-generator makes of the contract: classes of Pydantic, as FastAPI takes them."""
    path = tmp_path_factory.mktemp("models") / "outgoing_models.py"
    generator = Path(sys.executable).with_name("datamodel-codegen")
    options = ("--input", str(CONTRACT), "--input-file-type", "openapi", "--output", str(path))
    more = ("--output-model-type", "pydantic_v2.BaseModel", "--strict-nullable", "--formatters", "builtin")
    done = subprocess.run(
        [generator, *options, *more], capture_output=True, text=True, timeout=SECONDS_TO_RUN, check=False
    )
    assert done.returncode == 0, done.stderr
    spec = importlib.util.spec_from_file_location("outgoing_models", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[module.__name__] = module
    spec.loader.exec_module(module)
    return module


def test_generated_models_take_the_bodies_of_real_calls(world: World, connector: Connector, models: ModuleType) -> None:
    taken: list[Any] = []
    bodies = {path: item["post"]["requestBody"] for path, item in DOCUMENT["paths"].items() if "post" in item}

    def answer(received: Received) -> Reply:
        reference = bodies[received.path]["content"]["application/json"]["schema"]["$ref"]
        model = getattr(models, reference.rpartition("/")[2])
        taken.append(model.model_validate(received.body).model_dump(mode="json", exclude_unset=True))
        return Reply()

    connector.answer = answer
    register_stub(world, connector.url, {"kind": "none"})
    posted = [identity for identity, each in DEFINITIONS.items() if "requestBody" in each]
    for identity in posted:
        assert call(world, identity)["answer"]["status"] == 200
    assert taken == [read_data(identity) for identity in posted]
    assert len(posted) > 4
