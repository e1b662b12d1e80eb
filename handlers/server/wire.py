"""The transport of a connection: flow control, and a staged close that loses no response."""

import socket
from asyncio import AbstractEventLoop, TimerHandle, Transport
from contextlib import suppress
from typing import Any

from uvicorn.protocols.http.flow_control import FlowControl

from handlers.platform import NO_LINGER

# In bytes. What a client still sends after a refusal is read and dropped: closing at once would reset the connection,
# and the client might lose the refusal.
LARGEST_DROPPED = 64 * 1024 * 1024


class Wire(FlowControl):
    """uvicorn's flow control, and the transport of a connection.

    It drops late writes, disconnects clients that do not read, and closes in stages.

    :param transport: asyncio's transport.
    :param loop: the event loop.
    :param seconds: how long a client may read nothing of a response, and how long it may stay after the last one.
    """

    def __init__(self, transport: Transport, loop: AbstractEventLoop, seconds: float) -> None:
        super().__init__(transport)
        self.transport = transport
        self.loop = loop
        self.seconds = seconds
        self.seconds_to_linger = seconds
        self.is_held = False
        self.is_shut = False
        self.has_ended = False
        # Whether the response that is being sent ends when the connection closes (HTTP/1.0).
        self.is_open_ended = False
        self.dropped = 0
        self.timer: TimerHandle | None = None

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return information on the transport, such as its socket (asyncio.BaseTransport).

        :param name: the name of the information, such as `socket`.
        :param default: the value to return if there is none.
        """
        return self.transport.get_extra_info(name, default)

    def is_closing(self) -> bool:
        """Return whether nothing more can be sent (asyncio.BaseTransport)."""
        return self.is_shut or self.transport.is_closing()

    def write(self, data: bytes) -> None:
        """Send bytes, unless the connection is closing (asyncio.WriteTransport).

        :param data: the bytes.
        """
        if not self.is_shut and not self.transport.is_closing():
            self.transport.write(data)

    def hold(self) -> None:
        """Pause reading until `release`."""
        self.is_held = True
        self.pause_reading()

    def release(self) -> None:
        """Resume reading, unless the client has half-closed."""
        if not self.has_ended:
            self.is_held = False
            self.resume_reading()

    def resume_reading(self) -> None:
        """Resume reading, unless it is held (overrides uvicorn's)."""
        if not self.is_held:
            super().resume_reading()

    def drop(self, size: int) -> None:
        """Count dropped bytes, and disconnect a client that sends too many of them.

        :param size: their number.
        """
        self.dropped += size
        if self.dropped > LARGEST_DROPPED:
            self.abort()

    def end(self) -> None:
        """Note that the client has half-closed: it sends nothing more."""
        self.has_ended = True
        self.hold()

    def close(self) -> None:
        """Close after the bytes that were written, in stages (RFC 9112, section 9.6).

        A client that still sends might lose those bytes if the connection was closed at once.
        """
        if self.is_closing():
            return
        if self.is_open_ended:
            self.abort()
        elif self.has_ended:
            self.hang_up()
        else:
            self.is_shut = True
            # The client may have disconnected.
            with suppress(OSError):
                self.transport.write_eof()
            self.transport.resume_reading()
            self._watch(self.seconds_to_linger)

    def hang_up(self) -> None:
        """Close after the bytes that were written, at once: a client that still sends might lose them."""
        if not self.is_shut:
            self.is_shut = True
            self.transport.close()
            self._watch(self.seconds_to_linger)

    def hurry(self, seconds: float) -> None:
        """Set a shorter time for clients to close after the last response.

        :param seconds: the time, in seconds.
        """
        self.seconds_to_linger = seconds
        if self.is_shut:
            self._watch(seconds)

    def abort(self) -> None:
        """Disconnect at once, with RST if the response would look complete otherwise."""
        if self.is_open_ended and not self.transport.is_closing():
            self.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
        self.transport.abort()

    def pause_writing(self) -> None:
        """Pause writing, and start the timer of a client that does not read (overrides uvicorn's)."""
        super().pause_writing()
        self._watch(self.seconds)

    def resume_writing(self) -> None:
        """Resume writing, and stop the timer (overrides uvicorn's)."""
        super().resume_writing()
        if not self.is_shut:
            self.forget()

    def forget(self) -> None:
        """Stop the timer."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    def _watch(self, seconds: float) -> None:
        self.forget()
        self.timer = self.loop.call_later(seconds, self._look, seconds, self.transport.get_write_buffer_size())

    def _look(self, seconds: float, before: int) -> None:
        if self.transport.get_write_buffer_size() < before:
            self._watch(seconds)
        else:
            self.abort()
