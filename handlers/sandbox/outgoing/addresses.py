"""Where calls may go: to this machine, and to the hosts that the server was started with."""

import asyncio
import ipaddress
import re
import socket
from collections.abc import Collection
from typing import NamedTuple
from urllib.parse import urlsplit

# In seconds. A resolver may wait for longer.
SECONDS_TO_RESOLVE = 5
PORTS = {"http": 80, "https": 443}
URL = re.compile(r"https?://[!-~]+", re.IGNORECASE)


class Forbidden(Exception):
    """Calls must not go to an address, or it cannot be found.

    :param why: the reason, as words that follow the name of the field.
    """


class Place(NamedTuple):
    """Where a server is.

    :param scheme: `http` or `https`.
    :param host: its name or address, in lower case.
    :param port: its port.
    :param path: the path of the URL, without a slash at the end.
    """

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """Return what the header field `Host` says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


def read_url(url: str) -> Place:
    """Return where a URL leads.

    :param url: the URL.
    :raises Forbidden: it is no plain http or https URL.
    """
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError as error:
        raise Forbidden("must be an http or https URL") from error
    if not URL.fullmatch(url) or not host or port == 0:
        raise Forbidden("must be an http or https URL")
    if "@" in parts.netloc:
        raise Forbidden("must not have a user or a password; there are fields for them")
    if "?" in url or "#" in url:
        raise Forbidden("must not have a query or a fragment")
    return Place(parts.scheme, host, port or PORTS[parts.scheme], parts.path.rstrip("/"))


async def find_addresses(place: Place, allowed: Collection[str]) -> list[str]:
    """Return the addresses of a server, each of which calls may go to.

    The caller connects to one of these addresses, and not to the name: a second lookup may return others.

    :param place: the server.
    :param allowed: the hosts beside this machine that calls may go to, in lower case.
    :raises Forbidden: there are none, or one of them is not on this machine.
    """
    try:
        async with asyncio.timeout(SECONDS_TO_RESOLVE):
            loop = asyncio.get_running_loop()
            found = await loop.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, TimeoutError) as error:
        raise Forbidden("has a host without an address") from error
    addresses = [str(each[4][0]) for each in found]
    if place.host not in allowed and not all(map(_is_loopback, addresses)):
        raise Forbidden("must lead to this machine; 'freiton serve --outgoing-hosts' allows other hosts")
    return [*dict.fromkeys(addresses)]


def _is_loopback(address: str) -> bool:
    return ipaddress.ip_address(address).is_loopback
