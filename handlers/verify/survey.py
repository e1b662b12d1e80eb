"""The survey of `freiton verify`: the contract's operations, and how the server's answers differ."""

from collections.abc import Collection, Iterator, Mapping
from copy import deepcopy
from typing import Any, NamedTuple

import httpx
import schemathesis
from schemathesis import Case
from schemathesis.config import CacheConfig, SchemathesisConfig

from handlers.verify.client import Client, read_json, read_records
from handlers.verify.words import Finding, judge

# The vendor's pages list the first five as reserved, and do not have the last three.
ADDED = {
    *("filter", "limitStart", "limitPageSize", "orderBy", "ascending"),
    *("cursor", "If-None-Match", "Idempotency-Key"),
}
UNKNOWN_ID = 2147483647
NO_SUCH_ENDPOINT = "no-such-endpoint"

Node = Mapping[str, Any]
Values = Mapping[str, Any]

schemathesis.serializer.alias("application/x-ndjson", "application/octet-stream")


class Difference(NamedTuple):
    """A difference between the server and the contract.

    :param added: whether it concerns what Freiton adds to the documented API or infers from it.
    :param operation: the label of the operation, method and path.
    :param text: what is wrong.
    :param command: a curl command that repeats the request.
    """

    added: bool
    operation: str
    text: str
    command: str


class SurveyedOperation:
    """An operation of the contract, and what the survey has seen of it.

    :param contract: the contract, as data.
    :param ask: the operation as Schemathesis has loaded it.
    """

    def __init__(self, contract: Node, ask: Any) -> None:
        definition = ask.definition.raw
        self.contract = contract
        self.ask = ask
        self.name: str = definition["operationId"]
        self.path: str = ask.path
        self.label = f"{ask.method.upper()} {ask.path.removeprefix('/{ClientsID}')}"
        self.is_safe: bool = definition.get("x-freiton-safe", ask.method == "get")
        self.is_inferred = is_inferred(definition)
        self.parameters = {each["name"]: each for each in map(self.resolve, definition["parameters"])}
        self.required = {name for name, each in self.parameters.items() if each.get("required")}
        self.responses: dict[str, Node] = {key: self.resolve(each) for key, each in definition["responses"].items()}
        self.statuses = {int(status) for status in self.responses if status < "5"}
        body = self.resolve(definition.get("requestBody", {}))
        contents: Mapping[str, Node] = body.get("content", {})
        self.media_type = next(iter(contents), "")
        self.content = contents.get(self.media_type, {})
        self.reached: list[Values] = []
        self.seen = 0

    def resolve(self, node: Node) -> Node:
        """Return the node that a reference leads to, or the node itself if it is no reference.

        :param node: a node of the contract.
        """
        while "$ref" in node:
            kind, name = node["$ref"].split("/")[-2:]
            node = self.contract["components"][kind][name]
        return node

    @property
    def links(self) -> Iterator[Node]:
        """The links of the answer 200."""
        return map(self.resolve, self.responses["200"].get("links", {}).values())

    @property
    def record_schema(self) -> Node | None:
        """The schema of a record of the answer; None if the answer has no records."""
        schema = self.resolve(self.responses["200"]["content"]["application/json"]["schema"])
        records = schema["properties"].get("records")
        return None if records is None else self.resolve(records["items"])

    @property
    def has_inferred_records(self) -> bool:
        """Whether none of the vendor's pages shows a complete record."""
        return self.record_schema is not None and is_inferred(self.record_schema)

    @property
    def gap(self) -> str:
        """What could not be checked, in words; empty if everything was."""
        if not self.reached:
            return "not checked: no list has a record to ask for"
        # What is inferred and changes something may be asked for an unknown ID only.
        is_left_out = self.has_inferred_records and not self.is_safe
        if self.record_schema is not None and not self.seen and not is_left_out:
            return "records not checked: the answers have none"
        return ""

    @property
    def ids(self) -> set[str]:
        """The names of the path parameters, without the client account."""
        return {name for name, each in self.parameters.items() if each["in"] == "path"} - {"ClientsID"}

    @property
    def examples(self) -> Values:
        """The contract's examples of the required parameters, name to value."""
        return {name: _example(self.parameters[name]) for name in self.required}

    def make_case(self, values: Values, body: Any = None, headers: Mapping[str, str] | None = None) -> Case[Any]:
        """Return a request.

        :param values: parameter name to value.
        :param body: the body as data; None for the contract's example, if the operation has a body.
        :param headers: further header fields.
        """
        query = {name: value for name, value in values.items() if name not in self.ids | {"ClientsID"}}
        path = {name: value for name, value in values.items() if name not in query}
        content: dict[str, Any] = {}
        if self.content:
            content = {"body": _example(self.content) if body is None else body, "media_type": self.media_type}
        return self.ask.Case(path_parameters=path, query=query, headers=dict(headers or {}), **content)  # type: ignore[no-any-return]


class Survey:
    """Sends requests, and collects how the answers differ from the contract.

    :param contract: the contract, as data.
    :param client: the client of the server.
    :param clients_id: ID of the client account.
    :param documented: whether to leave out what Freiton adds and infers.
    :param writes: whether operations that write are included.
    """

    def __init__(self, contract: Node, client: Client, clients_id: int, *, documented: bool, writes: bool) -> None:
        self.client = client
        self.clients_id = clients_id
        self.documented = documented
        self.writes = writes
        # Ignore a Schemathesis configuration file in the working directory.
        config = SchemathesisConfig(cache=CacheConfig(enabled=False))
        loaded = schemathesis.openapi.from_dict(deepcopy(dict(contract)), config=config)
        found: Iterator[Any] = iter(loaded.get_all_operations())
        operations = [SurveyedOperation(contract, result.ok()) for result in found]
        self.operations = {each.name: each for each in operations}
        self.asked: set[tuple[str | None, ...]] = set()
        self.differences: dict[tuple[str, str], Difference] = {}

    @property
    def reads(self) -> list[SurveyedOperation]:
        """The operations that change nothing."""
        return [each for each in self.operations.values() if each.is_safe]

    @property
    def wanted(self) -> list[SurveyedOperation]:
        """The operations to check."""
        operations = list(self.operations.values()) if self.writes else self.reads
        return [each for each in operations if not (self.documented and each.is_inferred)]

    @property
    def gaps(self) -> dict[str, str]:
        """What could not be checked, operation label to words."""
        return {each.label: each.gap for each in self.wanted if each.gap}

    def ask(
        self,
        operation: SurveyedOperation,
        values: Values,
        statuses: Collection[int] = (),
        reason: str = "",
        **more: Any,
    ) -> httpx.Response | None:
        """Return the answer to a request with these parameter values; see `send`.

        :param operation: the operation.
        :param values: parameter name to value.
        :param statuses: see `send`.
        :param reason: see `send`.
        :param more: `body` and `headers` of `make_case`.
        """
        case = operation.make_case({"ClientsID": self.clients_id, **values}, **more)
        return self.send(operation, case, statuses, reason)

    def send(
        self,
        operation: SurveyedOperation,
        case: Case[Any],
        statuses: Collection[int] = (),
        reason: str = "",
        *,
        token: str | None = "",
        added: bool = False,
    ) -> httpx.Response | None:
        """Return the answer to a request; None if it is left out, was sent before or has no answer.

        :param operation: the operation.
        :param case: the request.
        :param statuses: the statuses that are right; empty for all that the contract has.
        :param reason: why, in words that follow "404", such as " for an unknown ID".
        :param token: the token to send; empty for the valid one, None for none.
        :param added: whether the request is not one of the documented API.
        """
        added = added or operation.is_inferred or not ADDED.isdisjoint({*(case.query or {}), *(case.headers or {})})
        request = self.client.prepare(case, self.client.token if token == "" else token)
        key = (request.method, str(request.url), request.content.decode(), str(sorted(request.headers.items())))
        if (self.documented and added) or (operation.is_safe and key in self.asked):
            return None
        self.asked.add(key)
        response = self._send(operation.label, request, added)
        if response is not None:
            operation.seen += len(read_records(read_json(response))) if response.status_code == httpx.codes.OK else 0
            inferred = operation.has_inferred_records
            for finding in judge(case, response, statuses or operation.statuses, reason):
                about_record = inferred and finding.place.startswith("records[]")
                self.note(operation.label, finding, request, added=added or finding.in_header or about_record)
        return response

    def ask_for_nothing(self) -> None:
        """Ask for an unknown endpoint, whose answer must differ from that for an unknown record."""
        url = f"{self.client.base_url}/{self.clients_id}/{NO_SUCH_ENDPOINT}"
        headers = {"Authorization": f"Bearer {self.client.token}"}
        request = self.client.http.build_request("GET", url, headers=headers)
        label = f"GET /{NO_SUCH_ENDPOINT}"
        response = self._send(label, request, False)
        if response is None:
            return
        if response.status_code != httpx.codes.NOT_FOUND:
            text = f"answers {response.status_code}; the contract says 404 for an unknown endpoint"
            self.note(label, Finding("answer", text), request, added=False)
        if response.content:
            text = f"the body has {len(response.content)} bytes; the contract says none for an unknown endpoint"
            self.note(label, Finding("body", text), request, added=False)

    def note(self, label: str, finding: Finding, request: httpx.Request, *, added: bool) -> None:
        """Keep a difference; of several with the same place, the first that concerns the documented API.

        :param label: the label of the operation.
        :param finding: what is wrong.
        :param request: the request that showed it.
        :param added: whether it concerns what Freiton adds or infers.
        """
        key = (label, finding.place)
        known = self.differences.get(key)
        if (self.documented and added) or (known and (added or not known.added)):
            return
        command = self.client.clean(self.client.describe(request))
        self.differences[key] = Difference(added, label, self.client.clean(finding.text), command)

    def _send(self, label: str, request: httpx.Request, added: bool) -> httpx.Response | None:
        try:
            return self.client.send(request)
        except httpx.HTTPError as error:
            text = f"gives no answer ({type(error).__name__})"
            self.note(label, Finding("no answer", text), request, added=added)
            return None


def is_inferred(node: Node) -> bool:
    """Return whether the contract marks a node as inferred (`x-freiton-status`).

    :param node: a node of the contract.
    """
    return node.get("x-freiton-status") == "inferred"


def _example(node: Node) -> Any:
    return node["example"] if "example" in node else next(iter(node["examples"].values()))["value"]
