"""The operations on the snapshots of a world."""

from connexion import request
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, Response

from data import store
from handlers.contract.bodies import read_chunks
from handlers.contract.problems import Problem
from handlers.sandbox.control import DONE, respond
from handlers.sandbox.control.worlds import describe
from handlers.sandbox.registry import files, limits, snapshots

FILE = "application/octet-stream"


def list_snapshots(world: str) -> Response:
    """Return the snapshots of a world (contract: listSnapshots).

    :param world: ID of the world.
    :raises store.NotFound: there is no such world.
    """
    return respond({"snapshots": snapshots.list_all(world)})


def take_snapshot(world: str, snapshot: str) -> Response:
    """Take a snapshot of a world (contract: takeSnapshot).

    :param world: ID of the world.
    :param snapshot: the name of the snapshot.
    :raises store.NotFound: there is no such world.
    :raises store.Conflict: the world has as many snapshots as are allowed.
    :raises store.Unavailable: the disk is full.
    """
    return respond(snapshots.take(world, snapshot))


def restore_snapshot(world: str, snapshot: str) -> Response:
    """Bring a world back to a snapshot (contract: restoreSnapshot).

    :param world: ID of the world.
    :param snapshot: the name of the snapshot.
    :raises store.NotFound: there is no such world or snapshot.
    :raises store.Unavailable: the disk is full.
    """
    return respond(describe(snapshots.restore(world, snapshot)))


def delete_snapshot(world: str, snapshot: str) -> Response:
    """Delete a snapshot (contract: deleteSnapshot).

    :param world: ID of the world.
    :param snapshot: the name of the snapshot.
    :raises store.NotFound: there is no such world or snapshot.
    """
    snapshots.delete(world, snapshot)
    return respond(DONE)


def download_snapshot(world: str, snapshot: str) -> Response:
    """Return a snapshot as a file (contract: downloadSnapshot).

    :param world: ID of the world.
    :param snapshot: the name of the snapshot.
    :raises store.NotFound: there is no such world or snapshot.
    """
    return FileResponse(snapshots.find_path(world, snapshot), media_type=FILE, filename=f"{snapshot}.db")


async def upload_snapshot(world: str, snapshot: str) -> Response:
    """Keep a file as a snapshot of a world (contract: uploadSnapshot).

    :param world: ID of the world.
    :param snapshot: the name of the snapshot.
    :raises store.NotFound: there is no such world.
    :raises store.Conflict: the world has as many snapshots as are allowed.
    :raises store.Unavailable: the disk is full.
    :raises Problem: 400; the file is no sound database of ours, or not complete.
    :raises Refusal: 413; the file is too large.
    """
    with files.making() as path:
        with path.open("wb") as file:
            async for chunk in read_chunks(request.headers, request.receive, limits.read().largest_upload):
                await run_in_threadpool(file.write, chunk)
        try:
            saved = await run_in_threadpool(snapshots.keep, world, snapshot, path)
        except store.Refused as error:
            raise Problem(("body",), "is no sound database of this Freiton or an earlier one") from error
    return respond(saved)
