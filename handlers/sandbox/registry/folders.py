"""Fixtures as folders: made into fixtures of the registry, and made of the databases of worlds."""

import json
from collections.abc import Iterator
from pathlib import Path

from data import store, tokens
from data.lists.pages import ALL, Page
from data.opening import open_database
from handlers.files.fixtures import ACCOUNTS, FILES, File, load_folder
from handlers.files.resources import RESOURCES
from handlers.sandbox.registry import files, fixtures, worlds

WHOLE = Page("", 0, ALL, "ID", ascending=True)


def load(name: str, folder: Path) -> None:
    """Make a fixture of a folder; another one of this name is replaced.

    :param name: the name of the fixture.
    :param folder: the folder; see `handlers.files.fixtures`.
    :raises ValueError: the folder or a file has an error. Nothing is made.
    :raises store.Unavailable: the disk is full.
    """
    with files.making() as path:
        with open_database(path, create=True, durable=False):
            load_folder(folder)
        fixtures.save(name, path)


def export(world_id: str) -> list[tuple[str, list[str]]]:
    """Return the files of a world as a fixture: the path in the folder, and the records in parts of a JSON text.

    A part is one record or more, separated by commas.

    They are all of one moment. Files without records are left out.

    :param world_id: ID of the world.
    :raises store.NotFound: there is no such world.
    :raises store.Unavailable: the database of the world cannot be used now.
    """
    world = worlds.find(world_id)
    with open_database(files.find_path(world.file), durable=False), store.atomic():
        return [(path, parts) for path, parts in _list_files(world.accounts) if parts]


def _list_files(accounts: list[int]) -> Iterator[tuple[str, list[str]]]:
    names = [{"ID": row["ID"], "Name": row["Name"]} for row in tokens.list_clients()]
    yield ACCOUNTS, [json.dumps(each, ensure_ascii=False) for each in names]
    for account in accounts:
        for file in FILES:
            yield f"{account}/{file.name}", _list_parts(account, file)


def _list_parts(account: int, file: File) -> list[str]:
    list_all = RESOURCES[file.kind].list_all
    if list_all is None:
        return _list_result_codes(account, file.languages_id)
    return [chunk.text.decode() for chunk in list_all(account, WHOLE).chunks if chunk.size]


def _list_result_codes(account: int, languages_id: int | None) -> list[str]:
    """Return the result codes that have texts in a language: the API answers others with those of another one."""
    rows = store.query(
        "select Codes.Record from DiallerCampaigns as Campaigns"
        " join DiallerCampaignsResultCodesRecords as Codes on Codes.DiallerCampaignsID = Campaigns.ID"
        " join DiallerCampaignsResultCodesTexts as Texts"
        " on Texts.DiallerCampaignsResultCodesID = Codes.ID and Texts.LanguagesID = Codes.LanguagesID"
        " where Campaigns.ClientsID = :client and Codes.LanguagesID = :language order by Codes.ID",
        client=account,
        language=languages_id,
    )
    return [row["Record"] for row in rows]
