"""Routes: the paths of the contract, and those beside it; what a method and a path are for."""

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from handlers.contract.operations import Operation, compile_operations
from handlers.contract.problems import Refusal
from handlers.contract.url import decode_percent

# The key of a node's branch for the segment that is a parameter. No segment is empty.
PARAMETER = ""


class Route:
    """A path.

    :param template: the path, as in the contract.
    :param operations: the operations by method; None stands for an answer outside the contract.
    """

    def __init__(self, template: str, operations: Mapping[str, Operation | None]) -> None:
        self.template = template
        # What answers GET answers HEAD (RFC 9110, section 9.3.2).
        head = {"HEAD": operations["GET"]} if "GET" in operations else {}
        self.operations = {**operations, **head}
        self.allow = ", ".join([*self.operations, "OPTIONS"])

    def find(self, method: str) -> Operation | None:
        """Return the operation of a method; None if it is outside the contract.

        :raises Refusal: 405, with Allow (RFC 9110, section 10.2.1).
        """
        if method not in self.operations:
            why = f"Method not allowed, use one of {self.allow}"
            raise Refusal(HTTPStatus.METHOD_NOT_ALLOWED, why, {"Allow": self.allow})
        return self.operations[method]


class Routes:
    """All paths.

    :param document: the contract, as data.
    :param others: the paths outside the contract.
    """

    def __init__(self, document: Mapping[str, Any], others: Iterable[str] = ()) -> None:
        self.operations = compile_operations(document)
        paths: dict[str, dict[str, Operation | None]] = {path: {"GET": None} for path in others}
        for operation in self.operations:
            paths.setdefault(operation.template, {})[operation.method] = operation
        self.routes = [Route(template, operations) for template, operations in paths.items()]
        self.tree: dict[str, Any] = {}
        for route in self.routes:
            node = self.tree
            for segment in route.template.split("/"):
                node = node.setdefault(PARAMETER if segment.startswith("{") else f"/{segment}", {})
            node["route"] = route

    @property
    def methods(self) -> set[str]:
        """The methods of all operations, HEAD included."""
        return {method for route in self.routes for method in route.operations}

    @property
    def request_fields(self) -> set[str]:
        """The names of the header fields that are parameters of operations."""
        return {each.name for operation in self.operations for each in operation.header.values()}

    @property
    def response_fields(self) -> set[str]:
        """The names of the header fields that answers can have."""
        return {name for operation in self.operations for name in operation.response_fields}

    def import_handlers(self) -> None:
        """Import the handlers of all operations but those that read a file themselves, which need Connexion."""
        for operation in self.operations:
            if not operation.reads_file:
                _ = operation.handler

    def find(self, path: bytes) -> tuple[Route, Sequence[str]]:
        """Return the route of a path, and the texts of its parameters.

        :param path: the path as it was sent, percent-encoded.
        :raises Problem: 400; the path is not percent-encoded.
        :raises Refusal: 404.
        """
        segments = decode_percent(path, ("path",)).split("/")
        texts: list[str] = []
        # An encoded slash is part of a segment, and no segment of ours has one.
        route = None if b"%2f" in path.lower() else _descend(self.tree, segments, 0, texts)
        if route is None:
            raise Refusal(HTTPStatus.NOT_FOUND, None)
        return route, texts


def _descend(node: Mapping[str, Any], segments: Sequence[str], depth: int, texts: list[str]) -> Route | None:
    """Return the route below a node that the segments lead to, those without a parameter first."""
    if depth == len(segments):
        return node.get("route")
    segment = segments[depth]
    branch = node.get(f"/{segment}")
    if branch is not None and (route := _descend(branch, segments, depth + 1, texts)):
        return route
    if not segment or PARAMETER not in node:
        return None
    texts.append(segment)
    route = _descend(node[PARAMETER], segments, depth + 1, texts)
    if route is None:
        texts.pop()
    return route
