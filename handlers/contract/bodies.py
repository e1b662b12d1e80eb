"""Reading the body of a request from ASGI, up to a size limit."""

from collections.abc import AsyncIterator
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.types import Receive

from handlers.contract.problems import Problem, Refusal

# The largest JSON body, in bytes.
LARGEST_BODY = 1024 * 1024


async def read_chunks(headers: Headers, receive: Receive, most: int) -> AsyncIterator[bytes]:
    """Return the body of a request in chunks, as they arrive.

    :param headers: the header fields of the request.
    :param receive: the ASGI callable that gives the next message of the client.
    :param most: the largest size of the body, in bytes.
    :raises Refusal: 413; the body is larger. If Content-Length says so, nothing of the body is read.
    :raises Problem: 400; the client disconnected before the end of the body.
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
    """Wait until the client of a request has disconnected; the rest of the body is read and dropped.

    :param receive: the ASGI callable that gives the next message of the client.
    """
    while (await receive())["type"] != "http.disconnect":
        pass
