"""The ACD events of a world, moved through their statuses."""

from collections.abc import Mapping
from typing import Any

from .control import Control

Described = dict[str, Any]


class Events:
    """The ACD events of a world, as the API shows them.

    :param control: sends its requests.
    :param world: the path of the world in the control API.
    :param client_id: ID of the client account that events enter, unless another one is given.
    """

    def __init__(self, control: Control, world: str, client_id: int) -> None:
        self._control = control
        self._path = f"{world}/events"
        self._client_id = client_id

    def enter(self, event: Mapping[str, Any], *, client_id: int | None = None) -> Described:
        """Let an event enter the system with the status 0, as a call flow or an inbox does, and return it.

        :param event: what `createAcdEvent` of the API takes.
        :param client_id: ID of the client account; None for the first one of the world.
        :raises SandboxError: `createAcdEvent` does not take it, or the account has no such group or agent.
        """
        body = {"clientsId": self._client_id if client_id is None else client_id, "event": event}
        entered: Described = self._control.ask("POST", self._path, body)["event"]
        return entered

    def change_status(self, event_id: int, status: int, *, agent_id: int | None = None) -> Described:
        """Give an event its next status, and return it.

        :param event_id: ID of the event.
        :param status: ID of the status.
        :param agent_id: ID of the agent who gets the event; None for the one who has it.
        :raises SandboxError: the status cannot follow the present one; the message says which can.
        """
        return self._move(event_id, "status", status, agent_id)

    def walk(self, event_id: int, status: int, *, agent_id: int | None = None) -> Described:
        """Move an event on to a status by the shortest way, and return it.

        :param event_id: ID of the event.
        :param status: ID of the status.
        :param agent_id: ID of the agent who gets the event on the way; None for the one who has it.
        :raises SandboxError: no way leads there; the message says where one leads.
        """
        return self._move(event_id, "walk", status, agent_id)

    def _move(self, event_id: int, how: str, status: int, agent_id: int | None) -> Described:
        body = {"status": status, **({} if agent_id is None else {"agentId": agent_id})}
        moved: Described = self._control.ask("POST", f"{self._path}/{event_id}/{how}", body)["event"]
        return moved
