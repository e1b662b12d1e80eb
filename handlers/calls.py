"""Operations of calls. The actions change something although they are GET, as the vendor has them."""

from starlette.responses import Response

from data import calls
from handlers.responses.envelope import acted, listed_whole


def list_calls(clients_id: int) -> Response:
    """Return the client's calls that are going on (contract: listCalls).

    :param clients_id: ID of the client account.
    """
    return listed_whole(calls.list_all(clients_id))


def answer_call(clients_id: int, ufn: str) -> Response:
    """Answer a call (contract: answerCall).

    :param clients_id: ID of the client account.
    :param ufn: the UFN of the call.
    :raises store.NotFound: the client has no such call.
    :raises store.Conflict: the call does not ring, or has ended.
    """
    calls.answer(clients_id, ufn)
    return acted()


def hang_up_call(clients_id: int, ufn: str) -> Response:
    """Hang up a call (contract: hangUpCall).

    :param clients_id: ID of the client account.
    :param ufn: the UFN of the call.
    :raises store.NotFound: the client has no such call.
    :raises store.Conflict: the call has ended.
    """
    calls.hang_up_call(clients_id, ufn)
    return acted()


def hang_up_second_leg(clients_id: int, ufn: str) -> Response:
    """Hang up the second leg of a call (contract: hangUpSecondLeg).

    :param clients_id: ID of the client account.
    :param ufn: the UFN of the call.
    :raises store.NotFound: the client has no such call.
    :raises store.Conflict: the call has no second leg, or has ended.
    """
    calls.end_second_leg(clients_id, ufn)
    return acted()


def hold_call(clients_id: int, ufn: str) -> Response:
    """Put a call on hold (contract: holdCall).

    :param clients_id: ID of the client account.
    :param ufn: the UFN of the call.
    :raises store.NotFound: the client has no such call.
    :raises store.Conflict: the call is not connected, or has ended.
    """
    calls.hold(clients_id, ufn)
    return acted()
