"""The guard: has the compiled contract check a request before Connexion does, and reads JSON bodies."""

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from handlers.contract.bodies import LARGEST_BODY, read_chunks
from handlers.contract.headers import check_size, join_fields
from handlers.contract.operations import Fields, Operation, Request
from handlers.contract.problems import Problem
from handlers.contract.routes import Routes


class Guard:
    """ASGI middleware that passes on only requests that Connexion treats as the contract says.

    Connexion alone would check in another order, and refuse in another shape.

    :param app: Connexion's next middleware.
    :param routes: all paths that are served.
    """

    def __init__(self, app: ASGIApp, routes: Routes) -> None:
        self.app = app
        self.routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with `operation` and `request` in its scope, or refuse it (ASGI).

        :param scope: the ASGI scope of the request.
        :param receive: the ASGI callable that gives the next message of the client.
        :param send: the ASGI callable that sends a message to the client.
        :raises Refusal: 400, 404, 405, 406, 413, 415 or 431.
        """
        route, texts = self.routes.find(scope["raw_path"])
        scope["template"] = route.template
        if scope["method"] == "OPTIONS":
            await Response(headers={"Allow": route.allow})(scope, receive, send)
            return
        operation = route.find(scope["method"])
        found = {} if operation is None else operation.read_path(texts)
        check_size(scope["headers"])
        fields = join_fields(scope["headers"])
        body = b""
        if operation is not None:
            operation.check_accept(fields)
            found |= operation.read_preconditions(fields)
        if operation is not None and operation.media_types:
            receive, body = await _read_body(operation, scope, fields, receive)
        else:
            receive = await _drop_body(operation, scope, receive)
        scope["operation"], scope["request"] = operation, Request(found, scope["query_string"], fields, body)
        await self.app(scope, receive, send)


async def _read_body(operation: Operation, scope: Scope, fields: Fields, receive: Receive) -> tuple[Receive, bytes]:
    """Return a `receive` that gives the body again, and the JSON body; a file is left to its handler.

    :raises Refusal: 400, 413 or 415.
    """
    headers = MutableHeaders(scope=scope)
    body = b""
    if not operation.reads_file:
        body = b"".join([chunk async for chunk in read_chunks(headers, receive, LARGEST_BODY)])
        operation.require_body(body)
        if not body:
            return _replay_nothing(headers, receive), body
    headers["Content-Type"] = operation.check_media_type(fields)
    if operation.reads_file:
        return receive, body
    headers["Content-Length"] = str(len(body))
    return _replay(body, receive), body


async def _drop_body(operation: Operation | None, scope: Scope, receive: Receive) -> Receive:
    """Return a `receive` that gives an empty body, after the whole request has arrived.

    :raises Problem: 400; the client disconnected before the end of the request.
    """
    if operation is not None and not operation.is_read:
        # The rest of the request may be invalid, and then the operation must not run.
        while (message := await receive()).get("more_body"):
            pass
        if message["type"] == "http.disconnect":
            raise Problem(("body",), "is not complete")
    return _replay_nothing(MutableHeaders(scope=scope), receive)


def _replay_nothing(headers: MutableHeaders, receive: Receive) -> Receive:
    # With a Content-Type, Connexion would wait for a body, or parse a form, although there is none.
    del headers["Content-Type"]
    return _replay(b"", receive)


def _replay(body: bytes, receive: Receive) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        # After the body, the next message is the disconnect, for which a long response waits.
        return messages.pop() if messages else await receive()

    return receive_again
