"""The sending side of a connection."""

from asyncio import Transport
from typing import Any


class Wire:
    """A transport to which nothing is written once it is closing, instead of an error.

    :param transport: the transport of the connection.
    """

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    def __getattr__(self, name: str) -> Any:
        """Return what the transport has."""
        return getattr(self.transport, name)

    def write(self, data: bytes) -> None:
        """Send bytes, unless the connection is being closed."""
        if not self.transport.is_closing():
            self.transport.write(data)
