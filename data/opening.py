"""Opening a database: its schema is brought up to date, and a new one is filled with reference data."""

import json
from importlib.resources import files

from data import campaigns, contacts, store
from data.lists.fields import fold_texts

SEEDS = files("data") / "seed"


def open_database(
    location: store.Location, *, create: bool = False, demo: bool = False, durable: bool = True
) -> store.Store:
    """Return the store of a database; a new one gets the reference data.

    :param location: the path of a SQLite file, or the URL of a PostgreSQL database.
    :param create: create the file if there is none.
    :param demo: fill a new database with the demo data, and refuse one that has other data.
    :param durable: see `open_store`.
    :raises store.Refused: there is no such file, it is no database, a newer version wrote it, or it has no demo data.
    :raises store.Unavailable: the database cannot be written to now.
    """
    opened = store.open_store(location, create=create, durable=durable)
    try:
        with opened.use():
            if _is_new():
                fill(demo=demo)
            if demo and store.one("select ID from Clients where bDemo = 1 limit 1") is None:
                raise store.Refused(f"{opened.name} holds other data than the demo's: name a new file")
    except BaseException:
        opened.close()
        raise
    return opened


def fill(*, demo: bool) -> None:
    """Fill the current store with the reference data, unless another process has done so since it was opened.

    :param demo: add the demo data too.
    :raises store.Unavailable: the database cannot be written to now.
    """
    with store.atomic():
        if _is_new():
            _load("reference.json")
            if demo:
                _load_demo()


def _is_new() -> bool:
    return store.one("select ID from Languages limit 1") is None


def _load_demo() -> None:
    _load("demo.json")
    bare = store.query(
        "select ID from DiallerCampaigns where ID not in (select DiallerCampaignsID from DiallerCampaignsResultCodes)"
        " order by ID"
    )
    for campaign in bare:
        campaigns.add_default_result_codes(campaign["ID"])
    contacts.count_all()


def _load(name: str) -> None:
    tables = json.loads((SEEDS / name).read_text(encoding="utf-8"))
    for table, rows in tables.items():
        for row in rows:
            filled = fold_texts(table, row)
            store.current().insert(table, [*filled], [[*filled.values()]])
