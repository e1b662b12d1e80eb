"""Each example in the contract is what the demo service really answers, in values, types and key order."""

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.support.databases import is_postgresql, remove
from tests.support.examples import CONTRACT, Case, build_request, find_cases, resolve
from tests.support.files import execute
from tests.support.holding import hold_import
from tests.support.provocations import PROVOCATIONS, REFUSE, send_long, send_skipping
from tests.support.service import Service

# What no example can foretell of an answer: the moment at which it is made.
MOMENTS = {
    "createAcdEvent": ("dtCreated", "dtLastModified"),
    "importDiallerContact": ("dtImported",),
    "lockDiallerContact": ("dtLocked",),
}


CASES = list(find_cases())
READS = [case for case in CASES if case.status == 200 and case.is_get]
WRITES = [case for case in CASES if case.status == 200 and not case.is_get]
LISTS = {
    path: item["get"]
    for path, item in CONTRACT["paths"].items()
    if "cursor" in [resolve(parameter)["name"] for parameter in item.get("get", {}).get("parameters", [])]
}
ERRORS = [case for case in CASES if case.status != 200]


def list_values(examples: dict[str, Any]) -> list[Any]:
    return [example["value"] for example in examples.values()]


def assert_answers(case: Case, answer: httpx.Response) -> None:
    """Fail if an answer is not the example; key order counts."""
    assert answer.status_code == case.status
    assert answer.headers["Content-Type"] == "application/json"
    body = answer.json()
    for moment in MOMENTS.get(case.operation, ()) if case.status == 200 else ():
        (told,), (now,) = case.value["records"], body["records"]
        assert_recent(now[moment])
        now[moment] = told[moment]
    assert json.dumps(body) == json.dumps(case.value)


def assert_recent(moment: str) -> None:
    """Fail if a text is no time in UTC, as the API writes it, of the last minute."""
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}", moment, re.ASCII)
    age = datetime.now(UTC) - datetime.fromisoformat(f"{moment}+00:00")
    assert timedelta(0) <= age < timedelta(minutes=1)


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A demo server whose data nothing changes."""
    with Service(tmp_path_factory.mktemp("untouched") / "freiton.db", "--demo") as service:
        yield service


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A demo server where all contacts are locked that the examples lock or delete, and a call has ended."""
    with Service(tmp_path_factory.mktemp("locked") / "freiton.db", "--demo") as service:
        with service.client() as api:
            for contact in (215395, 215531, 215533):
                assert api.post(f"/dialler/contacts/contact/{contact}/lock").status_code == 200
            assert api.get("/calls/20220708113431-410004/hangup").status_code == 200
        yield service


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A demo server whose database is damaged while it runs."""
    folder = tmp_path_factory.mktemp("damaged")
    with Service(folder / "freiton.db", "--demo") as service:
        if is_postgresql():
            execute(service.database, ["drop table Tokens"])
        else:
            garbage = folder / "garbage"
            garbage.write_bytes(b"garbage " * 4096)
            garbage.replace(service.database)
            # It holds every page of a database this young, which would be read from there.
            service.database.with_name("freiton.db-wal").unlink()
        yield service


@pytest.fixture(scope="module")
def gone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A demo server whose database is removed while it runs."""
    with Service(tmp_path_factory.mktemp("gone") / "freiton.db", "--demo") as service:
        remove(service.database)
        yield service


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A demo server with little room for files of contacts."""
    bounds = ("--largest-import", "1048576", "--import-space", "4194304")
    with Service(tmp_path_factory.mktemp("narrow") / "freiton.db", "--demo", *bounds) as service:
        yield service


@pytest.fixture(scope="module")
def importing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A demo server that waits for the rest of the only file that a client account may send at a time."""
    bounds = ("--imports-per-client", "1")
    with (
        Service(tmp_path_factory.mktemp("importing") / "freiton.db", "--demo", *bounds) as service,
        hold_import(service),
    ):
        yield service


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A demo server that has got requests with the idempotency keys of the examples."""
    with Service(tmp_path_factory.mktemp("keyed") / "freiton.db", "--demo") as service:
        REFUSE.create(service.database)
        for change, status in ((send_long, 200), (send_skipping, 500)):
            request = next(deepcopy(case.request) for case in WRITES if case.operation == "importDiallerContacts")
            change(request)
            assert request.send(service).status_code == status
        REFUSE.drop(service.database)
        with service.client() as api:
            event = {"AcdEventTypesID": 5, "AcdGroupsID": 106, "Sender": "anna@example.org", "Subject": "Of another"}
            answer = api.post("/acd/events/create", json=event, headers={"Idempotency-Key": "reused"})
            assert answer.status_code == 200
        yield service


def test_list_errors_of_contract_gives_those_that_are_provoked() -> None:
    assert {(case.component, case.name) for case in ERRORS} == PROVOCATIONS.keys()


@pytest.mark.parametrize("case", READS, ids=str)
def test_read_by_example_gives_example(untouched: Service, case: Case) -> None:
    assert_answers(case, case.request.send(untouched))


@pytest.mark.parametrize("path", LISTS)
def test_read_by_any_of_its_examples_is_answered(untouched: Service, path: str) -> None:
    query = [part for part in map(resolve, LISTS[path]["parameters"]) if part["in"] == "query"]
    values = [[part["example"]] if "example" in part else list_values(part["examples"]) for part in query]
    for chosen in product(*values):
        request = build_request("get", path, LISTS[path], "")
        request.query = dict(zip([part["name"] for part in query], chosen, strict=True))
        assert request.send(untouched).status_code == 200


def test_read_page_gives_the_example_of_its_links(untouched: Service) -> None:
    path = "/{ClientsID}/acd/events/types"
    answer = build_request("get", path, LISTS[path], "firstTwo").send(untouched)
    assert answer.headers["Link"] == CONTRACT["components"]["headers"]["Pages"]["example"]


@pytest.mark.parametrize("case", WRITES, ids=str)
def test_change_by_example_gives_example(fresh_demo: Service, case: Case) -> None:
    assert_answers(case, case.request.send(fresh_demo))


@pytest.mark.parametrize("case", ERRORS, ids=str)
def test_provoke_error_gives_example(request: pytest.FixtureRequest, case: Case) -> None:
    provocation = PROVOCATIONS[case.component, case.name]
    provoking = deepcopy(case.request)
    provocation.change(provoking)
    answer = provoking.send(request.getfixturevalue(provocation.service))
    assert_answers(case, answer)
    assert answer.headers.get("X-Error-Pointer") == provocation.pointer
    headers = {name: resolve(header) for name, header in case.response["headers"].items()}
    assert ("X-Error-Pointer" in headers) is (provocation.pointer is not None)
    required = {name: str(header["example"]) for name, header in headers.items() if header.get("required")}
    assert UUID(required.pop("X-Request-ID")) != UUID(answer.headers["X-Request-ID"])
    assert {name: answer.headers.get(name) for name in required} == required
