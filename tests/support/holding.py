"""An import of a file that is held where its body arrives."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.contacts import NDJSON
from tests.support.hostile import CONTACTS
from tests.support.raw import connect, receive, request
from tests.support.service import Service

BATCH = CONTACTS + b"/import/batch?diallerCampaignsID=538"


@contextmanager
def hold_import(service: Service, length: int = 10, part: bytes = b"") -> Iterator[None]:
    """Begin an import of client 1, and give it up at the end of the block.

    :param length: the bytes that the file is said to have.
    :param part: what is sent of it.
    """
    lines = (b"Content-Type: " + NDJSON.encode(), b"Content-Length: %d" % length, b"Expect: 100-continue")
    with connect(service.url) as connection, connection.makefile("rb") as stream:
        connection.sendall(request("POST", BATCH, *lines))
        assert receive(stream).status == 100
        connection.sendall(part)
        yield
