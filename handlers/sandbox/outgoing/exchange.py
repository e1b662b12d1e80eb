"""One HTTP request to a server outside, and its answer, within bounds of time and size."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import suppress
from importlib.metadata import version
from typing import Any, NamedTuple

import httpx

from handlers.contract.bodies import LARGEST_BODY
from handlers.sandbox.layers.bodies import Body
from handlers.sandbox.outgoing.addresses import Place, find_addresses
from handlers.sandbox.outgoing.connections import Connections, make_transport

AFTER, MIDDLE = "afterRequest", "midRequest"
ON_PURPOSE = "the connection was closed on purpose before the answer"
CLOSED = "the connection was closed before the answer was complete"
TOO_LARGE = f"the answer has more than {LARGEST_BODY} bytes"
# What httpcore says when it begins to make a connection, and to read an answer.
CONNECTING, READING = "connection.connect_tcp.started", "http11.receive_response_headers.started"
OF_ALL = (
    (b"User-Agent", f"freiton/{version('freiton')}".encode()),
    (b"Accept-Encoding", b"identity"),
)
Headers = Sequence[tuple[bytes, bytes]]


class Broken(Exception):
    """There is no complete answer.

    :param reason: why.
    """


class Stale(Broken):
    """A connection that was kept open is closed: the server may have closed it before the request came."""


class Outbound(NamedTuple):
    """A request.

    :param method: the HTTP method.
    :param place: the server.
    :param target: path and query, percent-encoded.
    :param headers: the header fields.
    :param body: the body.
    """

    method: str
    place: Place
    target: str
    headers: Headers
    body: bytes


class Terms(NamedTuple):
    """How a request is sent.

    :param allowed: the hosts beside this machine that it may go to.
    :param timeout: the seconds that it may take.
    :param checks_certificate: whether the certificate of an https server has to be valid.
    :param disconnect: `afterRequest` or `midRequest` to close the connection then; None for an answer.
    :param connections: the connections that are kept open; None for one that is closed afterwards.
    """

    allowed: Collection[str]
    timeout: float
    connections: Connections | None
    checks_certificate: bool = True
    disconnect: str | None = None


class Passed:
    """What has passed of a request and its answer, also if there is no complete answer."""

    def __init__(self) -> None:
        self.sent: Headers | None = None
        self.status: int | None = None
        self.headers: Headers = ()
        self.body = Body()


async def send(outbound: Outbound, terms: Terms, passed: Passed) -> None:
    """Send a request and read its answer. Redirects are not followed, and no proxy is used.

    :param outbound: the request.
    :param terms: how it is sent.
    :param passed: gets what passes.
    :raises Forbidden: it must not go there.
    :raises Stale: there is no answer, over a connection that was kept open.
    :raises Broken: there is no complete answer.
    """
    use = terms.connections.use if terms.connections else make_transport
    try:
        async with asyncio.timeout(terms.timeout):
            addresses = await find_addresses(outbound.place, terms.allowed)
            async with use(outbound.place, checks_certificate=terms.checks_certificate) as transport:
                await _try_each(transport, outbound, terms, passed, addresses)
    except TimeoutError as error:
        raise Broken(f"there was no complete answer within {terms.timeout:g} seconds") from error
    except _OnPurpose as error:
        raise Broken(ON_PURPOSE) from error
    except httpx.ConnectError as error:
        raise Broken("no connection could be made") from error
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
        raise Broken(CLOSED) from error


class _OnPurpose(Exception):
    """The connection is to be closed."""


async def _try_each(
    transport: httpx.AsyncHTTPTransport, outbound: Outbound, terms: Terms, passed: Passed, addresses: Sequence[str]
) -> None:
    """Send a request to the first address that can be connected to."""
    *others, last = addresses
    for address in others:
        with suppress(httpx.ConnectError):
            await _send_to(transport, outbound, terms, passed, address)
            return
    await _send_to(transport, outbound, terms, passed, last)


async def _send_to(
    transport: httpx.AsyncHTTPTransport, outbound: Outbound, terms: Terms, passed: Passed, address: str
) -> None:
    watch = _Watch(terms.disconnect)
    try:
        await _exchange(transport, _build(outbound, terms, address, watch), passed)
    except (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError) as error:
        if watch.is_new or passed.status is not None:
            raise
        raise Stale(CLOSED) from error


async def _exchange(transport: httpx.AsyncHTTPTransport, request: httpx.Request, passed: Passed) -> None:
    passed.sent = [(name.lower(), value) for name, value in request.headers.raw]
    try:
        answer = await transport.handle_async_request(request)
    except httpx.ConnectError:
        passed.sent = None
        raise
    try:
        passed.status = answer.status_code
        passed.headers = [(name.lower(), value) for name, value in answer.headers.raw]
        async for chunk in answer.aiter_raw():
            passed.body.add(chunk, is_last=False)
            if passed.body.size > LARGEST_BODY:
                raise Broken(TOO_LARGE)
        passed.body.is_complete = True
    finally:
        await answer.aclose()


def _build(outbound: Outbound, terms: Terms, address: str, watch: "_Watch") -> httpx.Request:
    """Return the request to an address that was checked, in the name of the host."""
    place = outbound.place
    url = httpx.URL(scheme=place.scheme, host=address, port=place.port, raw_path=outbound.target.encode())
    length = [(b"Content-Length", str(len(outbound.body)).encode())] if outbound.body else []
    headers = [(b"Host", place.authority.encode()), *OF_ALL, *outbound.headers, *length]
    content: AsyncIterator[bytes] | bytes = outbound.body
    if terms.disconnect == MIDDLE and outbound.body:
        content = _break_off(outbound.body)
    extensions = {"sni_hostname": place.host, "trace": watch}
    return httpx.Request(outbound.method, url, headers=headers, content=content or None, extensions=extensions)


class _Watch:
    """What httpcore tells of a request; `is_new` is whether a connection was made for it.

    :param disconnect: `afterRequest` or `midRequest` to close the connection before the answer; None for an answer.
    """

    def __init__(self, disconnect: str | None) -> None:
        self.disconnect = disconnect
        self.is_new = False

    async def __call__(self, event: str, _: Any) -> None:
        """Take an event (httpcore, extension `trace`).

        :param event: its name.
        """
        self.is_new = self.is_new or event == CONNECTING
        if self.disconnect and event == READING:
            raise _OnPurpose


async def _break_off(body: bytes) -> AsyncIterator[bytes]:
    yield body[: len(body) // 2]
    raise _OnPurpose
