"""The operation that exports a world as the files of a fixture."""

import json

from starlette.responses import Response

from handlers.contract.operations import JSON
from handlers.sandbox.registry import folders


def export_fixture(world: str) -> Response:
    """Return a world as the files of a fixture (contract: exportFixture).

    :param world: ID of the world.
    :raises store.NotFound: there is no such world.
    :raises store.Unavailable: the database of the world cannot be used now.
    """
    files = [f'{{"path":{json.dumps(path)},"records":{records}}}' for path, records in folders.export(world)]
    return Response(f'{{"files":[{",".join(files)}]}}', media_type=JSON)
