"""Fixtures as folders: made into fixtures of the registry, and made of the databases of worlds."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from data import (
    acd,
    calls,
    campaigns,
    cockpit_variables,
    contacts,
    events,
    network_ivr_lists,
    routing_applications,
    service_numbers,
    store,
    tokens,
    users,
)
from data.dialler import history
from data.lists.pages import ALL, Listing, Page
from data.opening import open_database
from handlers.files.fixtures import ACCOUNTS, FILES, File, load_folder
from handlers.sandbox.registry import files, fixtures, worlds

WHOLE = Page("", 0, ALL, "ID", ascending=True)
# Returns the records of a kind but the result codes, whose texts are in two languages.
LISTS: Mapping[str, Callable[[int, Page], Listing]] = {
    "group": acd.list_groups,
    "user": users.list_all,
    "service-number": service_numbers.list_all,
    "cockpit-variable": cockpit_variables.list_all,
    "routing-application": routing_applications.list_all,
    "network-ivr-list": network_ivr_lists.list_all,
    "network-ivr-list-entry": network_ivr_lists.list_all_entries,
    "call": calls.list_all,
    "event": events.list_all,
    "campaign": campaigns.list_all,
    "contact": lambda account, page: contacts.list_all(account, page, None),
    "history": history.list_all,
}


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
    if file.kind not in LISTS:
        return _list_result_codes(account, file.languages_id)
    return [chunk.text.decode() for chunk in LISTS[file.kind](account, WHOLE).chunks if chunk.size]


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
