"""What is exported is imported as it was, and nobody else's contacts are in it."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from data import contacts, imports, store, tokens
from data.campaigns import add_default_result_codes
from data.contact_rows import FIELDS
from handlers.contract import schemas
from handlers.files.contacts import CSV, NDJSON, read_batches, write_csv, write_ndjson
from tests.support.command import assert_fails, carry_out, succeed
from tests.support.databases import open_database
from tests.support.files import read_rows
from tests.support.service import run_freiton

WRITERS = {CSV: write_csv, NDJSON: write_ndjson}
CAMPAIGN = 'Autumn; "2026"\r\n'
KEYS = ["ABG", None]
MOMENTS = ["2026-12-24T18:30:00.000", "2026-12-24T18:30:00.001", "0001-01-01T00:00:00.000", "9999-12-31T23:59:59.999"]
SPECIAL = [
    '"',
    ";",
    "\r",
    "\n",
    "\r\n",
    "'",
    " ",
    "\t",
    "\u2028",
    "\u0085",
    "\ufeff",
    "😀",
    "e\u0301",
    "null",
    "0",
    "=1",
]


def to_values(name: str, definition: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Return values that a contact may have in a field."""
    if name == "dtNextTry":
        return st.sampled_from(MOMENTS)
    if definition["type"] == "number":
        return st.floats(definition["minimum"], definition["maximum"]) | st.integers(-5, 5)
    if definition["type"] == "integer":
        return st.integers(definition["minimum"], definition["maximum"])
    texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=9)
    return (texts | st.lists(st.sampled_from(SPECIAL), max_size=5).map("".join)).map(
        lambda text: text[: definition["maxLength"]]
    )


PROPERTIES = schemas.fields("DiallerContactImport")
VALUES = {name: to_values(name, PROPERTIES[name]) for name in FIELDS}
records = st.fixed_dictionaries(
    {name: VALUES[name].filter(bool) for name in ("Name", "PhoneNumber1")},
    optional={
        **{name: VALUES[name] for name in FIELDS if name not in ("Name", "PhoneNumber1")},
        "ResultCodesExportKey": st.sampled_from(KEYS),
    },
)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Two client accounts, each with a campaign of the same name, in a database whose store the tests are in."""
    path = tmp_path_factory.mktemp("exports") / "my.db"
    with open_database(path, create=True):
        with store.atomic():
            for client, name in enumerate(("One", "Two"), start=1):
                tokens.add_client(name)
                store.execute(
                    "insert into DiallerCampaigns (ID, ClientsID, Name, NameFolded) values (:id, :id, :name, :name)",
                    id=client,
                    name=CAMPAIGN,
                )
                add_default_result_codes(client)
        yield path


def store_contacts(client: int, content: bytes, media_type: str, campaign: dict[str, Any]) -> None:
    batches = read_batches(io.BytesIO(content), media_type, campaign)
    imports.import_all(client, batches, overwrite=False, report=lambda outcomes: None, finish=lambda: None)


def read_contacts(client: int) -> list[tuple[Any, ...]]:
    fields = ("Name", *FIELDS, "ResultCodesExportKey")
    return [tuple((type(row[field]), row[field]) for field in fields) for row in contacts.export(client, None)]


def export(client: int, media_type: str, campaign: str | None = None) -> bytes:
    file = io.StringIO(newline="")
    WRITERS[media_type](contacts.export(client, campaign), file)
    return file.getvalue().encode()


@pytest.mark.parametrize("media_type", [CSV, NDJSON])
@settings(deadline=None, max_examples=50)
@given(rows=st.lists(records, min_size=1, max_size=4))
@example(rows=[{"Name": '"', "PhoneNumber1": ";", "dtNextTry": "2026-12-24T18:30:00.123", "Amount": 1e-7}])
@example(rows=[{"Name": "\ufeff", "PhoneNumber1": "\r", "Amount": -0.0, "RandomSortOrder": -(2**53 - 1)}])
def test_import_of_export_stores_same_contacts(database: Path, media_type: str, rows: list[dict[str, Any]]) -> None:
    with store.atomic():
        store.execute("delete from DiallerContacts")
        store.execute("delete from DiallerContactsCounts")
    content = "\n".join(map(json.dumps, rows)).encode()
    store_contacts(1, content, NDJSON, {"DiallerCampaignsID": 1})
    exported = export(1, media_type, CAMPAIGN)
    store_contacts(2, exported, media_type, {})
    stored = read_contacts(1)
    assert len(stored) == len(rows)
    assert read_contacts(2) == stored


@pytest.mark.parametrize("campaign", [None, CAMPAIGN])
def test_export_has_contacts_of_its_client_only(database: Path, campaign: str | None) -> None:
    with store.atomic():
        store.execute("delete from DiallerContacts")
        store.execute("delete from DiallerContactsCounts")
    for client, name in ((1, "Mine"), (2, "Theirs")):
        store_contacts(client, b"Name;PhoneNumber1\n" + name.encode() + b";1\n", CSV, {"DiallerCampaignsID": client})
    assert [row["Name"] for row in contacts.export(1, campaign)] == ["Mine"]
    assert [row["Name"] for row in contacts.export(2, campaign)] == ["Theirs"]


@pytest.fixture
def campaign_file(tmp_path: Path) -> Path:
    """A database with a campaign, for the command line."""
    path = tmp_path / "my.db"
    carry_out("client", "add", "Musterfirma GmbH", "--database", path)
    campaign = json.dumps([{"ID": 7, "Name": "Autumn", "nMaxParallelLines": None}])
    carry_out("load", "-", "--client", "1", "--kind", "campaign", "--database", path, stdin=campaign)
    return path


@pytest.mark.parametrize(("name", "media_type"), [("out.csv", CSV), ("out.NDJSON", NDJSON), ("out.jsonl", NDJSON)])
def test_export_is_what_its_name_says_and_is_imported_again(campaign_file: Path, name: str, media_type: str) -> None:
    where = ("--client", "1", "--database", campaign_file)
    source = campaign_file.with_name("in.JSONL")
    contact = {"Name": 'Zoë "X"; Y', "PhoneNumber1": "+491", "dtNextTry": "2026-12-24T18:30:00.123"}
    source.write_text("\ufeff" + json.dumps(contact) + "\n", encoding="utf-8")
    assert succeed("contacts", "import", source, "--campaign", "Autumn", *where).startswith("created 1, ")
    file = campaign_file.with_name(name)
    succeed("contacts", "export", file, *where)
    first = file.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith('"dtImported";' if media_type == CSV else '{"DiallerCampaignsName": "Autumn", ')
    assert succeed("contacts", "import", file, *where).startswith("created 1, ")
    rows = read_rows(campaign_file, "select Name, PhoneNumber1, dtNextTry from DiallerContacts")
    assert rows == [tuple(contact.values())] * 2


def test_export_without_contacts_is_a_file_too(campaign_file: Path) -> None:
    file = campaign_file.with_name("out.ndjson")
    succeed("contacts", "export", file, "--client", "1", "--database", campaign_file)
    assert file.read_bytes() == b""


@pytest.mark.parametrize("name", ["nodir/out.csv", "nodir/out.ndjson"])
def test_export_to_folder_that_is_not_there_is_refused(campaign_file: Path, name: str) -> None:
    file = campaign_file.parent / name
    run = run_freiton("contacts", "export", str(file), "--client", "1", "--database", str(campaign_file))
    assert_fails(run, 1, str(file), "No such file or directory")
