"""Requests with an idempotency key: carried out once, and answered alike each time."""

from collections.abc import Callable

from starlette.responses import Response

from data import store
from data.idempotency import Claim, Repeated
from handlers.contract.idempotency import KeyedRequest
from handlers.responses.etag import ConditionalResponse

Keyed = KeyedRequest | None


def answer_once(clients_id: int, keyed: Keyed, answer: Callable[[], Response]) -> Response:
    """Return the response to a request; one with a key that was carried out before gets the first response again.

    The key is stored in the transaction of the write, and only if the write is done.

    :param clients_id: ID of the client account.
    :param keyed: the key and the digest of the request; None if it has no key.
    :param answer: writes, in one transaction, and returns the response.
    :raises KeyConflict: another request has the key.
    """
    if keyed is None:
        return answer()
    claim = Claim(clients_id, *keyed)
    try:
        with store.atomic():
            claim.take()
            response = answer()
            claim.finish(bytes(response.body))
            return response
    except Repeated as repeated:
        claim.confirm()
        return ConditionalResponse(repeated.answer)
