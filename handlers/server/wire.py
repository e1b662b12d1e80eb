"""The transport of a connection: flow control, and an end that loses no answer."""

import socket
import struct
from asyncio import AbstractEventLoop, TimerHandle, Transport
from contextlib import suppress
from typing import Any

from uvicorn.protocols.http.flow_control import FlowControl

# What a client has on the way when it is refused is read, so that it gets to read the refusal.
LARGEST_DROPPED = 64 * 1024 * 1024
# Close with RST.
NO_LINGER = struct.pack("ii", 1, 0)


class Wire(FlowControl):
    """A transport that drops what is sent too late, disconnects clients that take nothing, and closes in stages.

    :param transport: the transport of the connection.
    :param loop: the event loop.
    :param seconds: how long a client may take nothing of what is sent, and how long it may stay after the last answer.
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
        # Whether the answer that is being sent ends where the connection does.
        self.is_open_ended = False
        self.dropped = 0
        self.timer: TimerHandle | None = None

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return what the transport knows, such as its socket."""
        return self.transport.get_extra_info(name, default)

    def is_closing(self) -> bool:
        """Return whether nothing can be sent any more."""
        return self.is_shut or self.transport.is_closing()

    def write(self, data: bytes) -> None:
        """Send bytes, unless the connection is closing."""
        if not self.is_shut and not self.transport.is_closing():
            self.transport.write(data)

    def hold(self) -> None:
        """Read nothing until `release`."""
        self.is_held = True
        self.pause_reading()

    def release(self) -> None:
        """Read on, if there can be more."""
        if not self.has_ended:
            self.is_held = False
            self.resume_reading()

    def resume_reading(self) -> None:
        """Read on, unless reading is held."""
        if not self.is_held:
            super().resume_reading()

    def drop(self, size: int) -> None:
        """Count bytes that nobody needs, and disconnect a client that sends too many of them.

        :param size: their number.
        """
        self.dropped += size
        if self.dropped > LARGEST_DROPPED:
            self.abort()

    def end(self) -> None:
        """Take note that the client has sent its last byte."""
        self.has_ended = True
        self.hold()

    def close(self) -> None:
        """Close behind what was sent, in stages (RFC 9112, section 9.6): a client that still sends would lose it."""
        if self.is_closing():
            return
        if self.is_open_ended:
            self.abort()
        elif self.has_ended:
            self.hang_up()
        else:
            self.is_shut = True
            # The client may have gone.
            with suppress(OSError):
                self.transport.write_eof()
            self.transport.resume_reading()
            self._watch(self.seconds_to_linger)

    def hang_up(self) -> None:
        """Close behind what was sent, without regard to what the client may be sending."""
        if not self.is_shut:
            self.is_shut = True
            self.transport.close()
            self._watch(self.seconds_to_linger)

    def hurry(self, seconds: float) -> None:
        """Give a client less time to close its side after the last answer.

        :param seconds: how much it has.
        """
        self.seconds_to_linger = seconds
        if self.is_shut:
            self._watch(seconds)

    def abort(self) -> None:
        """Close at once; with RST if the answer would look whole otherwise."""
        if self.is_open_ended and not self.transport.is_closing():
            self.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
        self.transport.abort()

    def pause_writing(self) -> None:
        """Wait until the client takes something, but not for ever."""
        super().pause_writing()
        self._watch(self.seconds)

    def resume_writing(self) -> None:
        """Write on."""
        super().resume_writing()
        if not self.is_shut:
            self.forget()

    def forget(self) -> None:
        """Wait for the client no more."""
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
