"""The calls of a world, played step by step."""

from typing import Any

from .control import Control, join

Described = dict[str, Any]


class Calls:
    """The calls of a world.

    :param control: sends its requests.
    :param world: the path of the world in the control API.
    :param client_id: ID of the client account that calls belong to, unless another one is given.
    """

    def __init__(self, control: Control, world: str, client_id: int) -> None:
        self._control = control
        self._path = f"{world}/calls"
        self._client_id = client_id

    def start(
        self,
        number: str,
        *,
        agent_id: int | None = None,
        group_id: int | None = None,
        service_number_id: int | None = None,
        language_id: int | None = None,
        outbound: bool = False,
        client_id: int | None = None,
    ) -> "Call":
        """Start a call, which rings at its agent or waits for one, and return it.

        :param number: the number of the outside party.
        :param agent_id: ID of the agent; None for a call that waits in the queue of its group.
        :param group_id: ID of the ACD group.
        :param service_number_id: ID of the service number that is called, or transmitted.
        :param language_id: ID of the language.
        :param outbound: whether the agent calls; otherwise the outside party does.
        :param client_id: ID of the client account; None for the first one of the world.
        :raises SandboxError: the account has no such agent, group or service number, or nobody could take the call.
        """
        given = {
            **{"agentId": agent_id, "groupId": group_id, "serviceNumberId": service_number_id},
            **{"languageId": language_id, "outbound": outbound},
        }
        body = {name: value for name, value in given.items() if value is not None}
        client_id = self._client_id if client_id is None else client_id
        started = self._control.ask("POST", self._path, {"clientsId": client_id, "number": number, **body})
        return self.find(started["call"]["UFN"])

    def find(self, ufn: str) -> "Call":
        """Return a call, such as one that was there before.

        :param ufn: its UFN.
        """
        return Call(self._control, ufn, self._path + join(ufn))

    def ended(self, *, after: int = 0, limit: int = 100, client_id: int | None = None) -> list[Described]:
        """Return the statistics of calls that have ended, in the order of their IDs.

        :param after: the ID of a call; only those with larger ones are returned.
        :param limit: the most calls.
        :param client_id: ID of the client account; None for the first one of the world.
        """
        client_id = self._client_id if client_id is None else client_id
        query = {"clientsId": client_id, "after": after, "limit": limit}
        calls: list[Described] = self._control.ask("GET", self._path, query=query)["calls"]
        return calls


class Call:
    """A call. What it cannot do now is a `SandboxError`, whose message says what it does.

    :param control: sends its requests.
    :param ufn: its UFN, by which the API knows it.
    :param path: its path in the control API.
    """

    def __init__(self, control: Control, ufn: str, path: str) -> None:
        self.ufn = ufn
        self._control = control
        self._path = path

    def describe(self) -> Described | None:
        """Return the call, as the API shows it; None when it has ended."""
        described: Described | None = self._control.ask("GET", self._path)["call"]
        return described

    def statistics(self) -> Described | None:
        """Return the statistics of the call, by the names of the vendor's tables; None while it is going on."""
        statistics: Described | None = self._control.ask("GET", self._path)["statistics"]
        return statistics

    def ring(self, agent_id: int, result: int = 2) -> Described:
        """Let the call ring at another agent, and return it.

        :param agent_id: ID of the agent.
        :param result: the result (CONNRES) of the leg to the agent before.
        """
        return self._act("ring", {"agentId": agent_id, "result": result})

    def connect(self) -> Described:
        """Connect the call with the agent at whom it rings, and return it."""
        return self._act("connect")

    def hold(self) -> Described:
        """Put the call on hold, and return it."""
        return self._act("hold")

    def resume(self) -> Described:
        """Take the call back that is held, and return it."""
        return self._act("resume")

    def start_second_leg(self, number: str) -> Described:
        """Connect the call with another destination, and return it.

        :param number: the number of the destination.
        """
        return self._act("leg2", {"number": number})

    def end_second_leg(self, result: int = 1, cause: int | None = None) -> Described:
        """End the second leg of the call, and return the call.

        :param result: the result (CONNRES) of the leg.
        :param cause: its cause code; None for that of the result.
        """
        return self._act("leg2/end", {"result": result, **({} if cause is None else {"cause": cause})})

    def end(
        self, result: int | None = None, *, cause: int | None = None, caller_hangs_up: bool | None = None
    ) -> Described:
        """End the call, and return its statistics.

        :param result: the result (CONNRES); None for the most ordinary one.
        :param cause: the cause code; None for that of the result.
        :param caller_hangs_up: whether the outside party hangs up; None for what is usual for the result.
        """
        given = {"result": result, "cause": cause, "callerHangsUp": caller_hangs_up}
        body = {name: value for name, value in given.items() if value is not None}
        ended: Described = self._control.ask("POST", f"{self._path}/end", body)["statistics"]
        return ended

    def _act(self, action: str, body: Described | None = None) -> Described:
        call: Described = self._control.ask("POST", f"{self._path}/{action}", body)["call"]
        return call
