"""`freiton load` refuses a bad file as a whole: it names the record and the field, and stores nothing."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from data import tokens
from handlers.files.records import load
from tests.support.command import INTERNALS, assert_fails
from tests.support.databases import open_database
from tests.support.files import read_contents
from tests.support.loading import (
    CALL,
    CAMPAIGN,
    CODE,
    CONTACT,
    EVENT,
    GROUP,
    USER,
    get_everything,
    load_records,
    open_client,
    serve,
)
from tests.support.service import Service, run_freiton

NAMED = {**CAMPAIGN, "ID": 501, "Name": "Another"}
GERMAN = ["--language", "2"]

BAD_DOCUMENTS = [
    (b"", "is not JSON"),
    (b'[{"ID":1', "is not JSON"),
    ("[]".encode("utf-16"), "is not UTF-8"),
    (b'[{"ID":1,"Name":"\xe4"}]', "is not UTF-8"),
    (b'[{"ID":1,"Name":"x","UserData":NaN}]', "has NaN, which is not a number in JSON"),
    (b'[{"ID":1,"Name":"x","y":1e999}]', "number out of range"),
    (b'[{"ID":1,"Name":"x","y":' + b"9" * 5000 + b"}]", "number out of range"),
    (b'[{"ID":1,"Name":"x","y":{"z":1,"z":1}}]', "duplicate key"),
    (b'[{"ID":1,"Name":"\\ud83d"}]', "lone surrogate"),
    (b'[{"ID":1,"Name":"x","\\udc00":1}]', "lone surrogate"),
    (b'[{"ID":1,"Name":"x","y":["\\u0000"]}]', "NUL"),
    (b"[" * 100000 + b"]" * 100000, "nested too deeply"),
    (b"null", "no array of records"),
    (b'{"status":404,"error":"Dialler campaign not found"}', "no array of records"),
    (b'{"records":{},"count":0,"status":200}', "no array of records"),
    (b'[{"Name":"x"}]', "record 1: its fields do not tell its kind: give --kind group, user, service-number, "),
    (b"[{}]", "record 1: its fields do not tell its kind"),
]
BAD_CAMPAIGNS: list[tuple[Any, str]] = [
    (5, "must be of type object"),
    ({**NAMED, "Name": 5}, "Name: must be of type string"),
    ({**NAMED, "Name": ""}, "Name: must not be empty"),
    ({**NAMED, "Name": "n" * 65}, "Name: must have at most 64 characters"),
    ({field: NAMED[field] for field in NAMED if field != "Name"}, "Name: is missing"),
    ({**NAMED, "Name": CAMPAIGN["Name"]}, "Name: "),
    ({**NAMED, "ID": CAMPAIGN["ID"]}, "ID: is given twice"),
    ({**NAMED, "ID": 2**52 + 1}, f"ID: must be at most {2**52}"),
    ({**NAMED, "ID": -1}, "ID: must be at least 0"),
    ({**NAMED, "ID": None}, "ID: must be of type integer"),
    ({**NAMED, "ID": 900}, "ID: "),
    ({**NAMED, "ClientsID": 2}, "ClientsID: must be 1"),
    ({**NAMED, "ContactPreviewTime": 5.0}, "ContactPreviewTime: must be of type integer"),
    ({**NAMED, "ContactPreviewTime": 2**53}, f"ContactPreviewTime: must be at most {2**53 - 1}"),
    ({**NAMED, "bCallerIDActive": 1}, "bCallerIDActive: must be of type boolean"),
    ({**NAMED, "dtTo": "2022-12-31T23:59:59Z"}, "dtTo: must be a date-time that exists"),
    ({**NAMED, "dtTo": "2022-13-31T23:59:59.000"}, "dtTo: must be a date-time that exists"),
    ({**NAMED, "dtTo": "2022-12-32T23:59:59.000"}, "dtTo: must be a date-time that exists"),
    ({**NAMED, "dtTo": "2022-12-31T24:00:00.000"}, "dtTo: must be a date-time that exists"),
]
BAD_CODES = [
    ({"DiallerCampaignsID": 4711}, "DiallerCampaignsID: "),
    ({"DiallerCampaignsID": 900}, "DiallerCampaignsID: "),
    ({"ShortText": "DiallerCampaignsResultCodes.1"}, 'ShortText: must be "DiallerCampaignsResultCodes.2696"'),
    (
        {"DiallerResultCodesTypesShortText": "DiallerResultCodesTypes.2"},
        'DiallerResultCodesTypesShortText: must be "DiallerResultCodesTypes.1"',
    ),
    ({"DiallerResultCodesTypesID": 5}, "DiallerResultCodesTypesID: must be one of 1, 2, 3, 4"),
    ({"bDone": None}, "bDone: must be of type boolean"),
]

BAD_EVENTS = [
    ({"AcdGroupsID": 4711}, "ACD group not found"),
    ({"AcdGroupsID": 901}, "ACD group not found"),
    ({"AcdEventTypesID": 8}, "AcdEventTypesID: must be one of 1, 2"),
    ({"AcdEventStatusID": 3}, "AcdEventStatusID: must be one of 0, 1, 2, 4"),
    ({"ClientsID": 2}, "ClientsID: must be 1"),
    ({"dtCreated": "2020-08-09T02:33:50"}, "dtCreated: must be a date-time that exists"),
    ({"dtCreated": None}, "dtCreated: must be of type string"),
    ({"Body": "x" * 65537}, "Body: must have at most 65536 characters"),
]
BAD_CONTACTS: list[tuple[dict[str, Any], str]] = [
    ({"DiallerCampaignsID": 4711}, "DiallerCampaignsID: is no campaign of the client"),
    ({"DiallerCampaignsID": 900}, "DiallerCampaignsID: is no campaign of the client"),
    ({"DiallerCampaignsID": None}, "DiallerCampaignsID: must be of type integer"),
    ({"ID": 9900}, "ID: "),
    ({"ID": CONTACT["ID"]}, "ID: is given twice"),
    ({"ClientsID": 2}, "ClientsID: must be 1"),
    ({"Name": ""}, "Name: must not be empty"),
    ({"nTriesPhoneNumber1": None}, "nTriesPhoneNumber1: must be of type integer"),
    ({"DiallerContactsHistory": [{"DiallerContactsID": 1}]}, "DiallerContactsHistory: must be []"),
    ({"DiallerCampaignsResultCodes": CODE}, "DiallerCampaignsResultCodes: its language is not in the file"),
]

# What the vendor's other records may look like, and what a hand may write: none of the five kinds, or of two.
UNKNOWN_KINDS: list[dict[str, Any]] = [
    {"ID": 1, "ClientsID": 1, "Name": "Müller", "LanguagesID": 2, "UserData": "", "Login": "mueller"},
    {"ID": 1, "ClientsID": 1, "Name": "Müller", "FirstName": "A", "Email": "a@example.com", "Login": "mueller"},
    {"ID": 1, "Name": "English", "ShortText": "Languages.1", "Content": "English"},
    {"ID": 1, "ClientsID": 1, "Name": "Kalender"},
    {**GROUP, **CAMPAIGN},
]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A running server with a campaign each of the client accounts 1 and 2."""
    with serve(tmp_path_factory.mktemp("refused") / "refused.db", 1, 2) as running:
        load_records(running, [{"ID": 535, "Name": "With codes", "nMaxParallelLines": None}])
        load_records(running, [{"ID": 900, "Name": "Of client 2", "nMaxParallelLines": None}], "--client", "2")
        load_records(running, [{**CONTACT, "ID": 9900, "ClientsID": 2, "DiallerCampaignsID": 900}], "--client", "2")
        load_records(running, [GROUP])
        load_records(running, [{"ID": 901, "Name": "Of client 2", "ServiceLevelSeconds": 1}], "--client", "2")
        yield running


@pytest.fixture(scope="module")
def mine(service: Service) -> Iterator[httpx.Client]:
    """Client 1 of the server that nothing can be loaded to."""
    with open_client(service) as client:
        yield client


def assert_refused(
    document: bytes | list[Any], error: str, service: Service, language: int | None = None, kind: str | None = None
) -> None:
    before = read_contents(service.database)
    with open_database(service.database), pytest.raises(ValueError, match=r".") as refused:
        load(document if isinstance(document, bytes) else json.dumps(document).encode(), 1, language, kind)
    assert error in str(refused.value)
    assert not INTERNALS.search(str(refused.value))
    assert read_contents(service.database) == before


@pytest.mark.parametrize(
    ("document", "options", "error"),
    [
        (b"[", [], "is not JSON"),
        (b'[{"ID":1,"Name":"\xe4"}]', [], "is not UTF-8"),
        ([CAMPAIGN, {**NAMED, "Name": ""}], [], "record 2: Name: must not be empty"),
        ([EVENT, {**EVENT, "ID": 3002, "AcdGroupsID": 4711}], [], "record 2: ACD group not found"),
        ([CODE, CODE], GERMAN, "record 2: ID: is given twice"),
        ([CODE], [], "record 1: Content: "),
        ([CONTACT, {**CONTACT, "Name": ""}], [], "record 2: "),
        ([GROUP, CAMPAIGN], [], "record 2: has the fields of the kind "),
        ([GROUP], ["--kind", "contact"], "record 1: has the fields of the kind group, not contact"),
    ],
)
def test_load_bad_file_by_command_names_it_and_stores_nothing(
    document: bytes | list[Any], options: list[str], error: str, service: Service, mine: httpx.Client
) -> None:
    before = get_everything(mine)
    file = service.database.with_name("bad.json")
    file.write_bytes(document if isinstance(document, bytes) else json.dumps(document).encode())
    run = run_freiton("load", str(file), "--client", "1", *options, "--database", str(service.database))
    assert_fails(run, 1, "bad.json: ", error)
    assert get_everything(mine) == before


@pytest.mark.parametrize(("document", "error"), BAD_DOCUMENTS)
def test_load_bad_document_stores_nothing(document: bytes, error: str, service: Service) -> None:
    assert_refused(document, error, service)


@pytest.mark.parametrize(("campaign", "error"), BAD_CAMPAIGNS)
def test_load_bad_campaign_after_good_one_stores_neither(campaign: Any, error: str, service: Service) -> None:
    assert_refused([CAMPAIGN, campaign], f"record 2: {error}", service)


@pytest.mark.parametrize(("changes", "error"), BAD_CODES)
def test_load_bad_result_code_after_good_one_stores_neither(
    changes: dict[str, Any], error: str, service: Service
) -> None:
    second = {**CODE, "ID": 2696, "ShortText": "DiallerCampaignsResultCodes.2696"}
    assert_refused([CODE, {**second, **changes}], f"record 2: {error}", service, 2)


@pytest.mark.parametrize(("changes", "error"), BAD_EVENTS)
def test_load_bad_event_after_good_one_stores_neither(changes: dict[str, Any], error: str, service: Service) -> None:
    assert_refused([EVENT, {**EVENT, "ID": 3002, **changes}], f"record 2: {error}", service)


def test_load_result_codes_without_language_asks_for_it(service: Service, mine: httpx.Client) -> None:
    assert_refused([CODE], "record 1: Content: ", service)
    assert_refused([CODE], "--language", service)


@pytest.mark.parametrize(
    "records",
    [[CAMPAIGN, GROUP], [GROUP, CAMPAIGN], [CODE, CAMPAIGN], [CODE, GROUP], [EVENT, GROUP], [CAMPAIGN, CONTACT]],
)
def test_load_records_of_several_kinds_stores_none(records: list[Any], service: Service) -> None:
    assert_refused(records, "record 2: has the fields of the kind ", service, 2)


@pytest.mark.parametrize("record", UNKNOWN_KINDS)
def test_load_record_of_unknown_kind_stores_nothing(record: Any, service: Service) -> None:
    assert_refused([record], "record 1: its fields do not tell its kind: give --kind", service, 2)


@pytest.mark.parametrize(("record", "kind", "told"), [(CONTACT, "campaign", "contact"), (GROUP, "contact", "group")])
def test_load_record_of_another_kind_than_given_stores_nothing(
    record: Any, kind: str, told: str, service: Service
) -> None:
    error = f"record 1: has the fields of the kind {told}, not {kind}"
    assert_refused([record], error, service, kind=kind)


def test_load_of_unknown_kind_is_called_wrongly(service: Service) -> None:
    run = run_freiton("load", "-", "--client", "1", "--kind", "agent", "--database", str(service.database), stdin="[]")
    assert_fails(run, 2, "'--kind'", "'agent'", "'contact'")


@pytest.mark.parametrize(("changes", "error"), BAD_CONTACTS)
def test_load_bad_contact_after_good_one_stores_neither(changes: dict[str, Any], error: str, service: Service) -> None:
    assert_refused([CONTACT, {**CONTACT, "ID": 9002, **changes}], f"record 2: {error}", service)


@pytest.mark.parametrize(
    ("record", "error"), [(USER, "UID: is another user's"), (CALL, "UFN: is another call's")], ids=["user", "call"]
)
def test_load_record_with_the_key_of_another_one_stores_neither(
    record: dict[str, Any], error: str, service: Service
) -> None:
    assert_refused([record, {**record, "ID": record["ID"] + 1}], f"record 2: {error}", service)


@pytest.mark.parametrize("missing", ["Name", "DiallerCampaignsID"])
def test_load_contact_without_what_it_needs_stores_nothing(missing: str, service: Service) -> None:
    contact = {field: value for field, value in CONTACT.items() if field != missing}
    assert_refused([contact], f"record 1: {missing}: is missing", service)


def test_load_contact_before_its_result_code_names_the_order(service: Service, mine: httpx.Client) -> None:
    contact = {**CONTACT, "DiallerCampaignsResultCodesID": 4711, "DiallerCampaignsResultCodes": {**CODE, "ID": 4711}}
    error = "record 1: DiallerCampaignsResultCodes: load the result codes of the campaign first"
    assert_refused([contact], error, service, 2)


def test_load_for_unknown_client_names_it(service: Service) -> None:
    run = run_freiton("load", "-", "--client", "4711", "--database", str(service.database), stdin="[]")
    assert_fails(run, 1, "there is no client 4711")


def test_load_record_of_any_depth_is_stored_or_refused(tmp_path: Path) -> None:
    with open_database(tmp_path / "deep.db", create=True):
        tokens.add_client("Deep")
        assert {load_nested(depth) for depth in range(1, 1000)} == {"", "is nested too deeply"}


def load_nested(depth: int) -> str:
    record = f'{{"ID":1,"Name":"x","ServiceLevelSeconds":1,"x":{"[" * depth}{"]" * depth}}}'
    try:
        load(f"[{record}]".encode(), 1, None, "group")
    except ValueError as error:
        return str(error).rpartition(": ")[2]
    return ""
