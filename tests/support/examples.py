"""The examples of the contract as requests that can be sent and answers that are expected."""

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import quote

import httpx
import yaml

from tests.support.conformance import BASE_PATH, CONTRACT_FILE
from tests.support.service import Service

CONTRACT: dict[str, Any] = yaml.load(CONTRACT_FILE.read_bytes(), Loader=yaml.CSafeLoader)
EXACTLY_SO: Mapping[str, Any] = {}
# The operations that change something although they are GET.
ACTIONS = [
    operation["operationId"]
    for item in CONTRACT["paths"].values()
    for operation in item.values()
    if operation.get("x-freiton-safe") is False
]


@dataclass
class Request:
    """A request of an operation, its parts still open to change."""

    method: str
    template: str
    path: dict[str, Any]
    query: dict[str, Any]
    body: dict[str, Any] | str
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
                content=self.body if isinstance(self.body, str) else json.dumps(self.body) if self.body else None,
            )


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

    @property
    def is_get(self) -> bool:
        """Whether the request is a GET that only reads."""
        return self.request.method == "GET" and self.operation not in ACTIONS

    def __str__(self) -> str:
        return f"{self.operation}-{self.status}-{self.name}"


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


def build_request(
    method: str, template: str, operation: Mapping[str, Any], name: str, changed: Mapping[str, Any] = EXACTLY_SO
) -> Request:
    """Return the request that the contract's examples of that name make up.

    :param changed: the parameters that have other values than in their example.
    """
    parameters = [resolve(parameter) for parameter in operation["parameters"]]
    values = {
        place: {
            parameter["name"]: changed.get(parameter["name"], pick(parameter, name))
            for parameter in parameters
            if parameter["in"] == place
        }
        for place in ("path", "query")
    }
    request = Request(method.upper(), template, values["path"], values["query"], body={})
    if "requestBody" in operation:
        media_type, content = next(iter(resolve(operation["requestBody"])["content"].items()))
        request.body = pick(content, name)
        request.headers["Content-Type"] = media_type
    return request


def find_cases() -> Iterator[Case]:
    """Give each example of an answer in the contract."""
    for template, item in CONTRACT["paths"].items():
        for method, operation in item.items():
            for status, reference in operation["responses"].items():
                response = resolve(reference)
                # 304 is the answer without a body, and has no example of one.
                if status == "304":
                    continue
                component = reference.get("$ref", "").rpartition("/")[2]
                for name, example in response["content"]["application/json"]["examples"].items():
                    changed = example.get("x-freiton-request", EXACTLY_SO)
                    request = build_request(method, template, operation, name, changed)
                    if "filter" in example["value"]:
                        request.query["filter"] = example["value"]["filter"]
                    yield Case(
                        operation["operationId"], int(status), name, example["value"], component, response, request
                    )
