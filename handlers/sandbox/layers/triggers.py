"""The layer that tells connectors of what the API does with the calls of a world, and of events that are created."""

import json
import logging
from collections.abc import Callable, Mapping
from functools import partial

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from data import store
from handlers.sandbox.documented import compile_routes, find_route
from handlers.sandbox.layers.bodies import Body
from handlers.sandbox.outgoing import notices
from handlers.sandbox.outgoing.call_steps import Choose, list_connections, list_last_ends, list_second_ends

logger = logging.getLogger("freiton")


class Triggers:
    """ASGI middleware that queues the calls that follow from a request, before the client has the whole answer.

    :param app: the application behind it.
    :param registry: the registry of the sandbox.
    """

    def __init__(self, app: ASGIApp, registry: store.Store) -> None:
        self.app = app
        self.registry = registry
        # What is called with the scope of a request and its answer, by the operation.
        self.tell: Mapping[str, Callable[[Scope, bytes], None]] = {
            "createAcdEvent": self._tell_event,
            "answerCall": partial(self._tell_call, list_connections),
            "hangUpSecondLeg": partial(self._tell_call, list_second_ends),
            "hangUpCall": partial(self._tell_call, list_last_ends),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on (ASGI).

        :param scope: the ASGI scope of the request, with its world if it has one.
        :param receive: the ASGI callable that gives the next message of the client.
        :param send: the ASGI callable that sends a message to the client.
        """
        found = find_route(scope) if "world" in scope else None
        tell = self.tell.get(found[1].identity) if found else None
        if tell is None:
            await self.app(scope, receive, send)
            return
        answer = Body()
        status = 0

        async def send_later(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            else:
                answer.add(message.get("body", b""), is_last=not message.get("more_body", False))
                if answer.whole is not None and status == 200:
                    await run_in_threadpool(self._use, scope, tell, answer.whole)
            await send(message)

        await self.app(scope, receive, send_later)

    def _use(self, scope: Scope, tell: Callable[[Scope, bytes], None], answer: bytes) -> None:
        """Queue what follows from a request, which is answered as ever if that cannot be done."""
        of: store.Store = scope["store"]
        try:
            with of.use():
                tell(scope, answer)
        except (store.NotFound, store.Conflict, store.Unavailable, store.EngineError) as error:
            logger.error("An outgoing call cannot be queued: %s", error)

    def _tell_event(self, scope: Scope, answer: bytes) -> None:
        notices.event_created(self.registry, scope["world"].id, json.loads(answer)["records"][0])

    def _tell_call(self, choose: Choose, scope: Scope, _: bytes) -> None:
        # The last parameter of the path is the UFN.
        ufn = compile_routes().find(scope["raw_path"])[1][-1]
        notices.call_changed(self.registry, scope["world"].id, ufn, choose)
