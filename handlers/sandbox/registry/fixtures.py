"""Fixtures: the databases that worlds are copies of, by name."""

import json
from pathlib import Path

from data import store, tokens
from data.opening import open_database
from handlers.sandbox.registry import files

DEMO, EMPTY = "demo", "empty"
# The client account of a world without records.
ACCOUNT, ACCOUNT_NAME = 1, "Sandbox"


def make_standard() -> None:
    """Make the fixtures `demo`, the documented examples, and `empty`, one client account without records."""
    with files.making() as path:
        open_database(path, create=True, demo=True).close()
    save(DEMO, path)
    with files.making() as path, open_database(path, create=True):
        tokens.add_client(ACCOUNT_NAME, ACCOUNT)
    save(EMPTY, path)


def save(name: str, path: Path) -> None:
    """Name a database a fixture; another one of this name is replaced.

    :param name: the name of the fixture.
    :param path: the database, in the folder of the registry; nobody writes to it.
    """
    accounts = read_accounts(path)
    with store.atomic():
        for row in store.query("delete from Fixtures where name = :name returning file", name=name):
            files.leave(row["file"])
        store.execute(
            "insert into Fixtures (name, file, accounts) values (:name, :file, :accounts)",
            name=name,
            file=path.name,
            accounts=accounts,
        )


def find(name: str) -> store.Row:
    """Return a fixture, with the columns `file` and `accounts`.

    :param name: its name.
    :raises store.NotFound: there is none.
    """
    fixture = store.one("select file, accounts from Fixtures where name = :name", name=name)
    if fixture is None:
        raise store.NotFound(f"Fixture not found; there are {', '.join(list_all())}")
    return fixture


def find_path(name: str) -> Path:
    """Return the database of a fixture, which nobody writes to.

    :param name: its name.
    :raises store.NotFound: there is none.
    """
    return files.find_path(find(name)["file"])


def list_all() -> list[str]:
    """Return the names of all fixtures, in their order."""
    return [row["name"] for row in store.query("select name from Fixtures order by name")]


def read_accounts(path: Path) -> str:
    """Return the IDs of the client accounts of a database, as JSON.

    :param path: the database.
    """
    with open_database(path):
        return json.dumps([row["ID"] for row in tokens.list_clients()])
