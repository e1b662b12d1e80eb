"""Each example in the contract is what the demo service really answers, in values, types and key order."""

import json
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import quote

import httpx
import pytest
import yaml

from tests.conformance import BASE_PATH, CONTRACT_FILE
from tests.service import Service

CONTRACT: dict[str, Any] = yaml.load(CONTRACT_FILE.read_bytes(), Loader=yaml.CSafeLoader)
UNKNOWN = {"AcdGroupsID": 999999, "DiallerCampaignsID": 999999, "name": "Campaign 999999", "source": "Campaign 999999"}


@dataclass
class Request:
    """A request of an operation, its parts still open to change."""

    method: str
    template: str
    path: dict[str, Any]
    query: dict[str, Any]
    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=lambda: {"Authorization": "Bearer freiton-demo-1"})

    def send(self, service: Service) -> httpx.Response:
        """Return the service's answer, which is held against the contract on its way."""
        segments = {name: quote(str(value), safe="") for name, value in self.path.items()}
        with service.client(token=None) as client:
            return client.request(
                self.method,
                service.url + BASE_PATH + self.template.format(**segments),
                params=self.query,
                headers=self.headers,
                content=json.dumps(self.body) if self.body else None,
            )


class Provocation(NamedTuple):
    """What makes a service answer with an error.

    :param change: makes a request that succeeds one that does not.
    :param pointer: where the answer then says that the error is.
    :param service: the fixture that gives the service.
    """

    change: Callable[[Request], object]
    pointer: str | None = None
    service: str = "untouched"


class Case(NamedTuple):
    """An example of an answer.

    :param operation: the operation's ID.
    :param status: the status of the answer.
    :param name: the name of the example.
    :param value: the body of the answer.
    :param component: the name of the response; empty for one that stands in the operation.
    :param response: the definition of the response.
    :param request: the operation's own example of a request.
    """

    operation: str
    status: int
    name: str
    value: Any
    component: str
    response: Mapping[str, Any]
    request: Request

    def __str__(self) -> str:
        return f"{self.operation}-{self.status}-{self.name}"


def put(part: str, values: Mapping[str, Any]) -> Callable[[Request], object]:
    """Return a change that sets some values of a part of the request."""
    return lambda request: getattr(request, part).update(values)


def leave_out(part: str, name: str) -> Callable[[Request], object]:
    """Return a change that takes a value out of a part of the request."""
    return lambda request: getattr(request, part).pop(name)


def ask_for_unknown(request: Request) -> None:
    """Name something that does not exist, in whichever part the request names it."""
    for part in (request.path, request.query, request.body):
        part.update({name: value for name, value in UNKNOWN.items() if name in part})


def leave_alone(request: Request) -> None:
    """Change nothing: it is the service that is at fault."""


# Each error of the contract: name of the response, name of the example.
PROVOCATIONS = {
    ("BadPage", "outOfRange"): Provocation(put("query", {"limitStart": -1}), "#/query/limitStart"),
    ("BadPage", "unknownParameter"): Provocation(put("query", {"colour": "red"}), "#/query/colour"),
    ("BadPage", "givenTwice"): Provocation(put("query", {"limitStart": [0, 1]}), "#/query/limitStart"),
    ("BadAcdGroupsID", "notAnInteger"): Provocation(put("path", {"AcdGroupsID": "abc"}), "#/path/AcdGroupsID"),
    ("BadDiallerCampaignsID", "notAnInteger"): Provocation(
        put("path", {"DiallerCampaignsID": "abc"}), "#/path/DiallerCampaignsID"
    ),
    ("BadName", "missing"): Provocation(leave_out("query", "name"), "#/query/name"),
    ("BadName", "empty"): Provocation(put("query", {"name": ""}), "#/query/name"),
    ("BadLanguage", "missing"): Provocation(leave_out("query", "languagesID"), "#/query/languagesID"),
    ("BadLanguage", "unknownLanguage"): Provocation(put("query", {"languagesID": 3}), "#/query/languagesID"),
    ("BadClone", "missingField"): Provocation(leave_out("body", "destination"), "#/body/destination"),
    ("BadClone", "unknownField"): Provocation(put("body", {"UserData": "?"}), "#/body/UserData"),
    ("BadClone", "noBody"): Provocation(lambda request: request.body.clear(), "#/body"),
    ("Unauthorized", "noToken"): Provocation(leave_out("headers", "Authorization")),
    ("AcdGroupNotFound", "unknown"): Provocation(ask_for_unknown),
    ("DiallerCampaignNotFound", "unknown"): Provocation(ask_for_unknown),
    ("NotAcceptable", "html"): Provocation(put("headers", {"Accept": "text/html"}), "#/header/Accept"),
    ("DiallerCampaignExists", "taken"): Provocation(put("body", {"destination": "Newsletter-Reaktivierung"})),
    ("BodyTooLarge", "tooLarge"): Provocation(put("body", {"userData": "x" * 1024 * 1024})),
    ("UnsupportedMediaType", "text"): Provocation(
        put("headers", {"Content-Type": "text/plain"}), "#/header/Content-Type"
    ),
    ("HeaderTooLarge", "tooLarge"): Provocation(put("headers", {"X-Filler": "x" * 17 * 1024})),
    ("InternalServerError", "damaged"): Provocation(leave_alone, service="damaged"),
    ("ServiceUnavailable", "gone"): Provocation(leave_alone, service="gone"),
}


def resolve(node: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a reference to a component points to, or the node itself if it is none."""
    if "$ref" not in node:
        return node
    _, _, kind, name = node["$ref"].split("/")
    return resolve(CONTRACT["components"][kind][name])


def pick(part: Mapping[str, Any], name: str) -> Any:
    """Return the example of that name of a parameter or body, or else its first one."""
    if "example" in part:
        return part["example"]
    examples = part["examples"]
    return deepcopy(examples.get(name, next(iter(examples.values())))["value"])


def build_request(method: str, template: str, operation: Mapping[str, Any], name: str) -> Request:
    """Return the request that the contract's examples of that name make up."""
    parameters = [resolve(parameter) for parameter in operation["parameters"]]
    values = {
        place: {parameter["name"]: pick(parameter, name) for parameter in parameters if parameter["in"] == place}
        for place in ("path", "query")
    }
    request = Request(method.upper(), template, values["path"], values["query"], body={})
    if "requestBody" in operation:
        ((media_type, content),) = resolve(operation["requestBody"])["content"].items()
        request.body = pick(content, name)
        request.headers["Content-Type"] = media_type
    return request


def find_cases() -> Iterator[Case]:
    """Give each example of an answer in the contract."""
    for template, item in CONTRACT["paths"].items():
        for method, operation in item.items():
            for status, reference in operation["responses"].items():
                response = resolve(reference)
                component = reference.get("$ref", "").rpartition("/")[2]
                for name, example in response["content"]["application/json"]["examples"].items():
                    request = build_request(method, template, operation, name)
                    yield Case(
                        operation["operationId"], int(status), name, example["value"], component, response, request
                    )


CASES = list(find_cases())
READS = [case for case in CASES if case.status == 200 and case.request.method == "GET"]
WRITES = [case for case in CASES if case.status == 200 and case.request.method != "GET"]
ERRORS = [case for case in CASES if case.status != 200]


def assert_answers(case: Case, answer: httpx.Response) -> None:
    """Fail if an answer is not the example; key order counts."""
    assert answer.status_code == case.status
    assert answer.headers["Content-Type"] == "application/json"
    assert json.dumps(answer.json()) == json.dumps(case.value)


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A demo server whose data nothing changes."""
    with Service(tmp_path_factory.mktemp("untouched") / "freiton.db", "--demo") as service:
        yield service


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A demo server whose database is damaged while it runs."""
    folder = tmp_path_factory.mktemp("damaged")
    with Service(folder / "freiton.db", "--demo") as service:
        garbage = folder / "garbage"
        garbage.write_bytes(b"garbage " * 4096)
        garbage.replace(service.database)
        # It holds every page of a database this young, which would be read from there.
        service.database.with_name("freiton.db-wal").unlink()
        yield service


@pytest.fixture(scope="module")
def gone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A demo server whose database is moved away while it runs."""
    with Service(tmp_path_factory.mktemp("gone") / "freiton.db", "--demo") as service:
        service.database.rename(service.database.with_suffix(".away"))
        yield service


def test_list_errors_of_contract_gives_those_that_are_provoked() -> None:
    assert {(case.component, case.name) for case in ERRORS} == PROVOCATIONS.keys()


@pytest.mark.parametrize("case", READS, ids=str)
def test_read_by_example_gives_example(untouched: Service, case: Case) -> None:
    assert_answers(case, case.request.send(untouched))


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
    assert {name: answer.headers.get(name) for name in required} == required
