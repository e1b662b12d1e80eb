"""The layer of failures on demand: those that are armed in a world, and those that a request asks for itself."""

from collections.abc import Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from data.store import Unavailable
from handlers.contract.operations import Operation
from handlers.contract.problems import Refusal
from handlers.responses.errors import refuse
from handlers.sandbox.documented import cut_path, find_route, list_errors, make_error
from handlers.sandbox.layers.injections import Injection
from handlers.sandbox.layers.preferences import APPLIED, PREFER, read_preferences, render_applied
from handlers.sandbox.registry import failures


class Failures:
    """ASGI middleware that lets requests of worlds fail: by their header `Prefer`, or by the failures that are armed.

    What a request prefers goes before what is armed, which does not meet it then. What happens to a request is put into
    its scope as `injected`.

    :param app: the application behind it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or let it fail (ASGI).

        :param scope: the ASGI scope of the request, with its world if it has one; the registry is the current store.
        :param receive: the ASGI callable that gives the next message of the client.
        :param send: the ASGI callable that sends a message to the client.
        """
        app = self.app
        if "world" in scope:
            try:
                app = await self._choose(scope)
            except (Refusal, Unavailable) as error:
                app = refuse(error)
        await app(scope, receive, send)

    async def _choose(self, scope: Scope) -> ASGIApp:
        """Return what answers a request.

        :raises Problem: 400; the operation has no answer that the request prefers.
        :raises Unavailable: the registry cannot be used now.
        """
        preferred = ",".join(Headers(scope=scope).getlist(PREFER))
        armed = failures.list_armed(scope["world"].id)
        found = find_route(scope) if preferred or armed else None
        if found is None:
            return self.app
        route, operation = found
        if wanted := read_preferences(preferred, list_errors(operation.identity)):
            scope["injected"] = {**wanted, "when": "before", "prefer": preferred}
            scope["template"] = route.template
            return _Applied(self._inject(operation, wanted), render_applied(wanted))
        path = cut_path(scope["path"])
        ids = [failure.id for failure in armed if failure.matches(operation.identity, path)]
        failure = await run_in_threadpool(failures.meet, ids) if ids else None
        if failure is None:
            return self.app
        scope["injected"] = failure.describe()
        scope["template"] = route.template
        return self._inject(operation, failure.rule)

    def _inject(self, operation: Operation, rule: Mapping[str, Any]) -> ASGIApp:
        status = rule.get("status")
        return Injection(self.app, rule, None if status is None else make_error(operation, status))


class _Applied:
    """Adds `Preference-Applied` to the answer of an application (RFC 7240, section 3)."""

    def __init__(self, app: ASGIApp, value: str) -> None:
        self.app = app
        self.value = value

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_applied(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[APPLIED] = self.value
            await send(message)

        await self.app(scope, receive, send_applied)
