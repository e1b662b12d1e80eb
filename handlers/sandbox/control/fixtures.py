"""The operation that exports a world as the files of a fixture."""

import json
from collections.abc import Iterable, Iterator

from starlette.responses import Response

from handlers.contract.operations import JSON
from handlers.responses.stream import Stream
from handlers.sandbox.registry import folders


def export_fixture(world: str) -> Response:
    """Return a world as the files of a fixture (contract: exportFixture).

    :param world: ID of the world.
    :raises store.NotFound: there is no such world.
    :raises store.Unavailable: the database of the world cannot be used now.
    """
    return Stream(_render(folders.export(world)), {}, JSON)


def _render(files: Iterable[tuple[str, list[str]]]) -> Iterator[bytes]:
    before = '{"files":['
    for path, parts in files:
        yield f'{before}{{"path":{json.dumps(path)},"records":['.encode()
        yield parts[0].encode()
        yield from (f",{part}".encode() for part in parts[1:])
        before = "]},"
    yield b"]}]}"
