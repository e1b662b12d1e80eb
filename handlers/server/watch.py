"""Limits on a request that is arriving: its time, and the size of its head."""

from asyncio import AbstractEventLoop, TimerHandle
from collections.abc import Callable, Iterable
from http import HTTPStatus

from handlers.contract.headers import HOST
from handlers.contract.problems import Problem, Refusal

# In bytes, four times the limit of the guard: this one only limits the memory that a client without a token can use.
LARGEST_HEAD = 64 * 1024
# In bytes. The parser reports a field only at its end, so the bytes that it was given since its last report are
# limited. They may include the part that it reported last.
LARGEST_FIELD = 8 * LARGEST_HEAD
# Slower senders are disconnected. A request that is complete within its time limit may have been slower.
LEAST_BYTES_A_SECOND = 240
INVALID = "The request is not valid HTTP/1.1"


class Watch:
    """A timer that ends requests that do not arrive in time.

    :param loop: the event loop.
    :param seconds: the time limit of a request, in seconds: it has to be complete, or to arrive fast enough.
    :param is_excused: returns whether the delay is not the client's fault.
    :param end: ends the request.
    """

    def __init__(
        self, loop: AbstractEventLoop, seconds: float, is_excused: Callable[[], bool], end: Callable[[], None]
    ) -> None:
        self.loop = loop
        self.seconds = seconds
        self.is_excused = is_excused
        self.end = end
        self.received = 0
        self.timer: TimerHandle | None = None

    def start(self) -> None:
        """Start the timer, unless it runs."""
        if self.timer is None:
            self.timer = self.loop.call_later(self.seconds, self._look, self.received)

    def stop(self) -> None:
        """Stop the timer."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    def _look(self, before: int) -> None:
        self.timer = None
        if self.is_excused() or self.received - before >= LEAST_BYTES_A_SECOND * self.seconds:
            self.start()
        else:
            self.end()


class HeadSize:
    """The size of the request head that is arriving."""

    def __init__(self) -> None:
        self.size = 0
        # The bytes that the parser was given since it last reported a part of the request.
        self.untold = 0

    def begin(self) -> None:
        """Reset the size for a new request."""
        self.size = 0
        self.untold = 0

    def add(self, size: int) -> None:
        """Count a part of the head that the parser reported.

        :param size: its size in bytes.
        :raises Refusal: 431; the head is too large (RFC 6585, section 5).
        """
        self.untold = 0
        self.size += size
        if self.size > LARGEST_HEAD:
            raise _refuse_size()

    def add_untold(self, size: int) -> None:
        """Count bytes that the parser was given.

        :param size: their number.
        :raises Refusal: 431; the parser has reported nothing for too many bytes (RFC 6585, section 5).
        """
        self.untold += size
        if self.untold > LARGEST_FIELD:
            raise _refuse_size()


def check_head(version: str, target: bytes, headers: Iterable[tuple[bytes, bytes]]) -> None:
    """Check a request head that the parser accepts for what HTTP/1.1 does not allow.

    :param version: the version of HTTP, as in `1.1`.
    :param target: the request target.
    :param headers: the header fields, as pairs of name and value, names in lower case.
    :raises Refusal: 400; another version, not exactly one valid Host (RFC 9112, section 3.2), chunked coding in
        HTTP/1.0 (section 6.1), or a fragment, which no target has (section 3.2.1).
    """
    fields = [(name, value) for name, value in headers if name in (b"host", b"transfer-encoding")]
    hosts = [value.decode("latin-1") for name, value in fields if name == b"host"]
    if b"#" in target or version not in ("1.0", "1.1") or (version == "1.0" and len(hosts) < len(fields)):
        raise Refusal(HTTPStatus.BAD_REQUEST, INVALID)
    if len(hosts) > 1 or (not hosts and version != "1.0"):
        raise Problem(("header", "Host"), "must be given once")
    if hosts and not HOST.fullmatch(hosts[0]):
        raise Problem(("header", "Host"), "must be a host, with or without a port")


def _refuse_size() -> Refusal:
    return Refusal(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"The header has more than {LARGEST_HEAD} bytes")
