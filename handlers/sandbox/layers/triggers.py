"""The layer that tells connectors of callbacks and voice mails that are created in a world."""

import json
import logging
from collections.abc import Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from data import acd, store
from handlers.sandbox.documented import find_route
from handlers.sandbox.layers.bodies import Body
from handlers.sandbox.outgoing import triggers
from handlers.sandbox.registry.worlds import World

OPERATION = "createAcdEvent"
# By the ID of the type of the event.
OF_TYPES = {1: triggers.voice_mail_created, 3: triggers.callback_created}

logger = logging.getLogger("freiton")


class Triggers:
    """ASGI middleware that queues the calls that follow from a request, before the client has the whole answer.

    :param app: the application behind it.
    :param registry: the registry of the sandbox.
    """

    def __init__(self, app: ASGIApp, registry: store.Store) -> None:
        self.app = app
        self.registry = registry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on (ASGI).

        :param scope: the ASGI scope of the request, with its world if it has one.
        :param receive: the ASGI callable that gives the next message of the client.
        :param send: the ASGI callable that sends a message to the client.
        """
        found = find_route(scope) if scope["method"] == "POST" and "world" in scope else None
        if found is None or found[1].identity != OPERATION:
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
                    await run_in_threadpool(self._tell, scope["world"], scope["store"], answer.whole)
            await send(message)

        await self.app(scope, receive, send_later)

    def _tell(self, world: World, of: store.Store, answer: bytes) -> None:
        """Queue what follows from an event; the request is answered as ever if that cannot be done."""
        event: Mapping[str, Any] = json.loads(answer)["records"][0]
        tell = OF_TYPES.get(event["AcdEventTypesID"])
        if tell is None:
            return
        with of.use():
            group = json.loads(acd.get_group(event["ClientsID"], event["AcdGroupsID"]))
        try:
            with self.registry.use():
                tell(world.id, event, group)
        except (store.NotFound, store.Conflict, store.Unavailable, store.EngineError) as error:
            logger.error("An outgoing call cannot be queued: %s", error)
