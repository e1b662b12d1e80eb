"""What a request may take: the time to arrive, and the size of its head."""

from asyncio import AbstractEventLoop, TimerHandle
from collections.abc import Callable, Iterable
from http import HTTPStatus

from handlers.contract.headers import HOST
from handlers.contract.problems import Problem, Refusal

# Four times what the guard lets through: this bounds the memory that a stranger can take, not what is sensible.
LARGEST_HEAD = 64 * 1024
# The parser says nothing of a field before its end; what came with the last that it told of may count as well.
LARGEST_FIELD = 8 * LARGEST_HEAD
# Slower senders are disconnected. A request that is whole in time is never looked at.
LEAST_BYTES_A_SECOND = 240
INVALID = "The request is not valid HTTP/1.1"


class Watch:
    """A timer that ends what does not arrive in time.

    :param loop: the event loop.
    :param seconds: the time after which a request has to be whole, or on its way.
    :param is_excused: returns whether the client is not to blame, since it waits for us.
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
        """Begin, unless it has begun."""
        if self.timer is None:
            self.timer = self.loop.call_later(self.seconds, self._look, self.received)

    def stop(self) -> None:
        """Stop until the next request."""
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
    """The size of the head of the request that is arriving."""

    def __init__(self) -> None:
        self.size = 0
        # What the parser was given since it last told of a part of the request.
        self.untold = 0

    def begin(self) -> None:
        """Begin with another request."""
        self.size = 0
        self.untold = 0

    def add(self, size: int) -> None:
        """Count a part of the head.

        :param size: its size in bytes.
        :raises Refusal: 431 (RFC 6585, section 5).
        """
        self.untold = 0
        self.size += size
        if self.size > LARGEST_HEAD:
            raise _refuse_size()

    def add_untold(self, size: int) -> None:
        """Count what the parser was given.

        :param size: its size in bytes.
        :raises Refusal: 431.
        """
        self.untold += size
        if self.untold > LARGEST_FIELD:
            raise _refuse_size()


def check_head(version: str, target: bytes, headers: Iterable[tuple[bytes, bytes]]) -> None:
    """Refuse a head that the parser takes but HTTP/1.1 does not allow.

    :param version: the version of HTTP, as in `1.1`.
    :param target: the request target.
    :param headers: the header fields, names in lower case.
    :raises Refusal: 400; another version, not one Host (RFC 9112, section 3.2), HTTP/1.0 in chunks (section 6.1), or a
        fragment, which no target has (section 3.2.1).
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
