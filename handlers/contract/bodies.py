"""The body of a request as it arrives, with a bound on its size."""

from collections.abc import AsyncIterator
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.types import Receive

from handlers.contract.problems import Problem, Refusal

# Of a body of JSON, in bytes.
LARGEST_BODY = 1024 * 1024


async def read_chunks(headers: Headers, receive: Receive, most: int) -> AsyncIterator[bytes]:
    """Give the body of a request in parts, as they arrive.

    :param headers: the header fields of the request.
    :param receive: gives the ASGI messages of the request.
    :param most: how many bytes it may have.
    :raises Refusal: 413; it has more, or says so in Content-Length, of which nothing is read then.
    :raises Problem: 400; the client did not send all of it.
    """
    too_large = Refusal(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"body: has more than {most} bytes", {"Connection": "close"}
    )
    length = headers.get("Content-Length", "").lstrip("0")
    if len(length) > len(str(most)) or int(length or 0) > most:
        raise too_large
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Problem(("body",), "is not complete")
        most -= len(message["body"])
        if most < 0:
            raise too_large
        yield message["body"]
        more = message.get("more_body", False)


async def await_disconnect(receive: Receive) -> None:
    """Wait until the client of a request is gone.

    :param receive: gives the ASGI messages of the request, of which the rest of the body is passed over.
    """
    while (await receive())["type"] != "http.disconnect":
        pass
