"""What the journal and the outgoing calls of a world may say of a record: rows for `page`, which looks closer.

Only what came after the world got its present database is about its records.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from data import store
from handlers.sandbox.registry import journal, outgoing

# How many entries and calls are looked at: the latest ones.
MOST = 1_000
OF_WORLD = "world = :world and {number} > (select {before} from Worlds where id = :world)"
ENTRIES = OF_WORLD.format(number="number", before="entryBefore")
CALLS = OF_WORLD.format(number="id", before="callBefore")
# The table-valued function has columns of its own, among them `path`.
HOLDS = (
    "exists (select 1 from json_each(:texts) as Texts where instr(Latest.path, Texts.value)"
    " or instr(Latest.query, Texts.value) or instr(Latest.request, Texts.value)"
    " or instr(Latest.response, Texts.value))"
)


def list_entries(world_id: str, operations: Iterable[str], texts: Sequence[str]) -> list[store.Row]:
    """Return the latest requests of a world that hold one of some texts, each with its answer, in their order.

    :param world_id: ID of the world.
    :param operations: the operationIds of the requests.
    :param texts: the texts.
    """
    rows = store.query(
        f"select {journal.FIELDS}, coalesce(moment, time) as moment from"
        f" (select * from Journal where {ENTRIES} and direction = :incoming"
        " and operationId in (select value from json_each(:operations)) order by number desc limit :most) as Latest"
        f" where {HOLDS} order by number",
        world=world_id,
        incoming=journal.INCOMING,
        operations=json.dumps([*operations]),
        texts=json.dumps([*texts]),
        most=MOST,
    )
    return [{**journal.read(row), "moment": row["moment"]} for row in rows]


def list_calls(world_id: str, texts: Sequence[str]) -> list[dict[str, Any]]:
    """Return the latest outgoing calls of a world whose data holds one of some texts, in their order.

    :param world_id: ID of the world.
    :param texts: the texts.
    """
    rows = store.query(
        f"select {outgoing.FIELDS}, coalesce(moment, created) as moment from"
        f" (select * from OutgoingCalls where {CALLS} order by id desc limit :most) as Latest"
        " where exists (select 1 from json_each(:texts) as Texts where instr(Latest.data, Texts.value)) order by id",
        world=world_id,
        texts=json.dumps([*texts]),
        most=MOST,
    )
    return [{**outgoing.read(row), "moment": row["moment"]} for row in rows]


def list_attempts(world_id: str, calls: Iterable[int]) -> list[store.Row]:
    """Return the entries of the journal for the attempts of outgoing calls, without bodies, in their order.

    :param world_id: ID of the world.
    :param calls: the IDs of the calls.
    """
    rows = store.query(
        f"select {journal.HEAD_FIELDS} from Journal where world = :world and direction = :outgoing"
        " and call in (select value from json_each(:calls)) order by number limit :most",
        world=world_id,
        outgoing=journal.OUTGOING,
        calls=json.dumps([*calls]),
        most=MOST,
    )
    return [journal.read(row) for row in rows]


def find_before(world_id: str) -> tuple[int, int]:
    """Return the last entry of the journal and the last outgoing call before a world got its present database.

    :param world_id: ID of the world.
    :returns: the number of the entry and the ID of the call; 0 for none.
    """
    row = store.one("select entryBefore, callBefore from Worlds where id = :world", world=world_id)
    return (row["entryBefore"], row["callBefore"]) if row else (0, 0)
