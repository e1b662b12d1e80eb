"""The guard: settles what Connexion 3.3 would get wrong, before the request comes to it."""

import re
from collections.abc import Collection, Iterable, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

from connexion.middleware.abstract import SpecMiddleware
from connexion.spec import Specification
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from werkzeug.http import parse_options_header

from handlers.bodies import read_chunks
from handlers.envelope import JSON
from handlers.errors import ApiError, Misplaced
from handlers.headers import LARGEST_HEADER, accepts
from handlers.preconditions import read_precondition
from handlers.texts import decode_percent
from handlers.validation import check_text

METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}
SAFE = {"GET", "HEAD"}
LARGEST_BODY = 1024 * 1024


class Route(NamedTuple):
    """A path and what can be done with it.

    :param template: the path, as in the contract.
    :param pattern: the path, each parameter a group.
    :param parameters: name and schema of each parameter in the path.
    :param bodies: each method, and the media types of the body that it takes.
    :param conditional: the methods that take preconditions: those of which the contract has a 412.
    :param media_type: what it answers with, if it can be said beforehand.
    """

    template: str
    pattern: re.Pattern[str]
    parameters: Mapping[str, Mapping[str, Any]]
    bodies: Mapping[str, tuple[str, ...]]
    conditional: Collection[str]
    media_type: str | None

    @property
    def allow(self) -> str:
        """The value of the header Allow (RFC 9110, section 10.2.1)."""
        return ", ".join(self.bodies)


class Guard(SpecMiddleware):  # type: ignore[misc]
    """ASGI middleware that passes on only requests that Connexion treats as the contract says.

    :param public: the paths outside the contract.
    """

    def __init__(self, app: ASGIApp, public: Iterable[str]) -> None:
        self.app = app
        self.routes = [_route(path, {"get": {}}, None) for path in public]

    def add_api(self, specification: Specification, **options: Any) -> None:
        """Take the paths from the contract, those without a parameter before those with one in its place."""
        for path in sorted(specification["paths"], key=lambda path: path.count("{")):
            self.routes.append(_route(specification.base_path + path, specification["paths"][path], JSON))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it.

        :raises ApiError: 400, 404, 405, 406, 413, 415 or 431.
        """
        route, values = self._match(scope)
        scope["operation"], scope["path_values"] = route.template, values
        if scope["method"] == "OPTIONS":
            await Response(headers={"Allow": route.allow})(scope, receive, send)
            return
        if scope["method"] not in route.bodies:
            raise ApiError(
                HTTPStatus.METHOD_NOT_ALLOWED, f"Method not allowed, use one of {route.allow}", {"Allow": route.allow}
            )
        for (name, schema), text in zip(route.parameters.items(), values, strict=True):
            check_text(text, schema, ("path", name))
        headers = MutableHeaders(scope=scope)
        if sum(len(name) + len(value) for name, value in headers.raw) > LARGEST_HEADER:
            raise ApiError(
                HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"The header has more than {LARGEST_HEADER} bytes"
            )
        if route.media_type and not accepts(",".join(headers.getlist("Accept")), route.media_type):
            raise Misplaced(HTTPStatus.NOT_ACCEPTABLE, ("header", "Accept"), f"must allow {route.media_type}")
        _add_precondition(scope, headers, allowed=scope["method"] in route.conditional)
        if route.bodies[scope["method"]]:
            receive = await _read_body(scope, headers, receive, route.bodies[scope["method"]])
        else:
            if scope["method"] not in SAFE:
                await _await_end(receive)
            # Connexion would wait for a body, or read a form, where the contract has none.
            del headers["Content-Type"]
            receive = _replay(b"", receive)
        await self.app(scope, receive, send)

    def _match(self, scope: Scope) -> tuple[Route, tuple[str, ...]]:
        path = decode_percent(scope["raw_path"], ("path",))
        for route in self.routes:
            # An encoded slash is part of a segment, and no segment of ours has one.
            if (match := route.pattern.fullmatch(path)) and b"%2f" not in scope["raw_path"].lower():
                return route, match.groups()
        raise ApiError(HTTPStatus.NOT_FOUND, None)


def _route(path: str, item: Mapping[str, Any], media_type: str | None) -> Route:
    operations = {method: operation for method, operation in item.items() if method in METHODS}
    bodies = {
        method.upper(): tuple(operation.get("requestBody", {"content": ()})["content"])
        for method, operation in operations.items()
    }
    if "GET" in bodies:
        bodies["HEAD"] = ()
    parameters = {
        parameter["name"]: parameter["schema"]
        for operation in operations.values()
        for parameter in operation.get("parameters", [])
        if parameter["in"] == "path"
    }
    conditional = {
        method.upper() for method, operation in operations.items() if "412" in operation.get("responses", ())
    }
    pattern = re.sub(r"\\{[^/]+?\\}", "([^/]+)", re.escape(path))
    return Route(path, re.compile(pattern), parameters, {**bodies, "OPTIONS": ()}, conditional, media_type)


def _add_precondition(scope: Scope, headers: Headers, *, allowed: bool) -> None:
    if scope["method"] not in ("GET", "HEAD"):
        # Connexion hands it to the handler.
        context = {"precondition": read_precondition(headers, allowed=allowed)}
        scope.setdefault("extensions", {})["connexion_context"] = context


async def _read_body(scope: Scope, headers: MutableHeaders, receive: Receive, media_types: tuple[str, ...]) -> Receive:
    # A body of any length is the handler's to read; one of JSON is read here, to be validated.
    body = None
    if JSON in media_types:
        body = b"".join([chunk async for chunk in read_chunks(headers, receive, LARGEST_BODY)])
    if body == b"":
        raise Misplaced(HTTPStatus.BAD_REQUEST, ("body",), "is missing")
    media_type, options = parse_options_header(",".join(headers.getlist("Content-Type")))
    if media_type.lower() not in media_types:
        raise Misplaced(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, ("header", "Content-Type"), f"must be {' or '.join(media_types)}"
        )
    if options.get("charset", "utf-8").lower() != "utf-8":
        raise Misplaced(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, ("header", "Content-Type"), "its charset must be utf-8")
    if headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Misplaced(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, ("header", "Content-Encoding"), "must be identity")
    headers["Content-Type"] = media_type.lower()
    if body is None:
        return receive
    headers["Content-Length"] = str(len(body))
    scope["json"] = body
    return _replay(body, receive)


async def _await_end(receive: Receive) -> None:
    # The rest may be invalid, and then nothing is to be changed.
    while (message := await receive()).get("more_body"):
        pass
    if message["type"] == "http.disconnect":
        raise Misplaced(HTTPStatus.BAD_REQUEST, ("body",), "is not complete")


def _replay(body: bytes, receive: Receive) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        # Behind the body comes that the client is gone, for which a long answer waits.
        return messages.pop() if messages else await receive()

    return receive_again
