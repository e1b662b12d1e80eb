"""Routing: from a method and a path to the operation, for the paths of the contract and those beside it."""

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from handlers.contract.operations import Operation, compile_operations
from handlers.contract.problems import Refusal
from handlers.contract.url import decode_percent

# The keys of a node in the tree of paths, beside its literal segments: the branch of a parameter, and the route.
PARAMETER, ROUTE = None, True


class Route:
    """A path, with its operations.

    :param template: the path, as in the contract, with the base path in front.
    :param operations: the operations by HTTP method; None stands for an endpoint outside the contract.
    """

    def __init__(self, template: str, operations: Mapping[str, Operation | None]) -> None:
        self.template = template
        # Every path with a GET that reads also has HEAD (RFC 9110, section 9.3.2).
        get = operations.get("GET")
        head = {"HEAD": get} if "GET" in operations and (get is None or get.is_read) else {}
        self.operations = {**operations, **head}
        self.allow = ", ".join([*self.operations, "OPTIONS"])

    def find(self, method: str) -> Operation | None:
        """Return the operation of a method; None if the path is outside the contract.

        :param method: the HTTP method, in upper case.
        :raises Refusal: 405, with Allow (RFC 9110, section 10.2.1).
        """
        if method not in self.operations:
            why = f"Method not allowed, use one of {self.allow}"
            raise Refusal(HTTPStatus.METHOD_NOT_ALLOWED, why, {"Allow": self.allow})
        return self.operations[method]


class Routes:
    """All paths that are served, as a tree of their segments.

    :param document: the contract, as data.
    :param others: the paths outside the contract, which have GET only.
    """

    def __init__(self, document: Mapping[str, Any], others: Iterable[str] = ()) -> None:
        self.operations = compile_operations(document)
        paths: dict[str, dict[str, Operation | None]] = {path: {"GET": None} for path in others}
        for operation in self.operations:
            paths.setdefault(operation.template, {})[operation.method] = operation
        self.routes = [Route(template, operations) for template, operations in paths.items()]
        self.tree: dict[str | bool | None, Any] = {}
        for route in self.routes:
            node = self.tree
            for segment in route.template.split("/"):
                node = node.setdefault(PARAMETER if segment.startswith("{") else segment, {})
            node[ROUTE] = route

    @property
    def methods(self) -> set[str]:
        """Return the HTTP methods of all paths, HEAD included."""
        return {method for route in self.routes for method in route.operations}

    @property
    def request_fields(self) -> set[str]:
        """Return the names of the header fields that are parameters of operations."""
        return {each.name for operation in self.operations for each in operation.header.values()}

    @property
    def response_fields(self) -> set[str]:
        """Return the names of the header fields of all responses."""
        return {name for operation in self.operations for name in operation.response_fields}

    def import_handlers(self) -> None:
        """Import the handlers of all operations but those that read a file themselves, which need Connexion."""
        for operation in self.operations:
            if not operation.reads_file:
                _ = operation.handler

    def find(self, path: bytes) -> tuple[Route, Sequence[str]]:
        """Return the route of a path, and the texts of its path parameters.

        :param path: the path as it was sent, percent-encoded.
        :raises Problem: 400; the path is not percent-encoded UTF-8, or has a NUL character.
        :raises Refusal: 404; there is no such path.
        """
        segments = decode_percent(path, ("path",)).split("/")
        texts: list[str] = []
        # An encoded slash belongs to a segment, and no segment of ours contains a slash.
        route = None if b"%2f" in path.lower() else _descend(self.tree, segments, texts)
        if route is None:
            raise Refusal(HTTPStatus.NOT_FOUND, None)
        return route, texts


def _descend(tree: Mapping[Any, Any], segments: Sequence[str], texts: list[str]) -> Route | None:
    """Return the route that the segments lead to; literal segments go before parameters."""
    node: Any = tree
    for depth, segment in enumerate(segments):
        branch = node.get(segment)
        if branch is None:
            # No parameter is empty.
            branch = node.get(PARAMETER) if segment else None
            texts.append(segment)
        elif PARAMETER in node and segment:
            # Both fit: the literal segment, unless only the parameter leads on.
            further: list[str] = []
            if route := _descend(branch, segments[depth + 1 :], further):
                texts += further
                return route
            branch = node[PARAMETER]
            texts.append(segment)
        if branch is None:
            return None
        node = branch
    route = node.get(ROUTE)
    return route if isinstance(route, Route) else None
