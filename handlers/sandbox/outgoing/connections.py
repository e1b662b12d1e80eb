"""The connections to servers outside that are kept open between requests."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from handlers.sandbox.outgoing.addresses import Place

# In seconds: how long a connection is kept that nobody uses.
IDLE_SECONDS = 2.0
# To how many servers connections are kept.
MOST_SERVERS = 64

Key = tuple[str, str, int, bool]


class Connections:
    """The connections of an event loop, apart for each server: a certificate is checked for one name.

    A transport of httpx follows no redirects, uses no proxy and keeps no cookies.
    """

    def __init__(self) -> None:
        self.transports: dict[Key, httpx.AsyncHTTPTransport] = {}
        self.users: Counter[Key] = Counter()

    @asynccontextmanager
    async def use(self, place: Place, *, checks_certificate: bool) -> AsyncIterator[httpx.AsyncHTTPTransport]:
        """Give the transport to a server.

        :param place: the server.
        :param checks_certificate: whether the certificate of an https server has to be valid.
        """
        key = (place.scheme, place.host, place.port, checks_certificate)
        if key not in self.transports:
            self.transports[key] = make_transport(place, checks_certificate=checks_certificate)
        # The one that was used last is the last one.
        transport = self.transports[key] = self.transports.pop(key)
        self.users[key] += 1
        try:
            yield transport
        finally:
            self.users[key] -= 1
            await self._close_oldest()

    async def close(self) -> None:
        """Close all connections."""
        for transport in self.transports.values():
            await transport.aclose()
        self.transports.clear()

    async def _close_oldest(self) -> None:
        unused = [key for key in self.transports if not self.users[key]]
        for key in unused[: max(0, len(self.transports) - MOST_SERVERS)]:
            del self.users[key]
            await self.transports.pop(key).aclose()


def make_transport(place: Place, *, checks_certificate: bool) -> httpx.AsyncHTTPTransport:
    """Return a transport to a server, whose connections nobody else uses.

    :param place: the server.
    :param checks_certificate: whether the certificate of an https server has to be valid.
    """
    # A context takes longer to make than a request to a server of this machine.
    verify = place.scheme == "https" and checks_certificate
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None, keepalive_expiry=IDLE_SECONDS)
    return httpx.AsyncHTTPTransport(verify=verify, trust_env=False, limits=limits)
