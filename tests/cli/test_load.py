"""`freiton load` keeps every field of every record and serves it at once."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.command import read_troubles, succeed
from tests.support.loading import (
    CALL,
    CAMPAIGN,
    COCKPIT_VARIABLE,
    CODE,
    CONTACT,
    EVENT,
    GROUP,
    LISTS,
    NETWORK_IVR_LIST,
    NETWORK_IVR_LIST_ENTRY,
    ROUTING_APPLICATION,
    SERVICE_NUMBER,
    USER,
    Record,
    get_codes,
    get_everything,
    get_records,
    load_records,
    open_client,
    serve,
)
from tests.support.service import Service

UNKNOWN: Record = {
    "null": None,
    "true": True,
    "one": 1,
    "one as a float": 1.0,
    "large": 2**70,
    "tiny": 5e-324,
    "huge": -1.7976931348623157e308,
    "minus zero": -0.0,
    "empty": "",
    "": "without a name",
    'said "so"': 'he said "so"',
    "it's": "it's",
    "back\\slash": "\\",
    "}": "}}}",
    "Übergröße 😀": "\ufb01 é \u2028 \u0001 \ufeff 😀",
    "nested": {"list": [1, [2.5, {"null": None}], {}, []], "": ""},
    "name": "in another letter case",
    "Extra": "{}",
    "Record": [],
}


# Records whose fields do not tell their kind.
KINDS = {"/networkIVRLists": ("--kind", "network-ivr-list")}
# What the batch answer adds to a contact.
RESULTS = ("DiallerCampaignsResultCodes", "DiallerContactsHistory")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A running server, to which records of the client accounts 1 and 2 are loaded meanwhile."""
    folder = tmp_path_factory.mktemp("load")
    with serve(folder / "loaded.db", 1, 2) as running:
        load_records(running, [{"ID": 535, "Name": "With codes", "nMaxParallelLines": None}])
        load_records(running, [{"ID": 900, "Name": "Of client 2", "nMaxParallelLines": None}], "--client", "2")
        # The group of the event, and the list of the entry.
        load_records(running, [GROUP])
        load_records(running, [NETWORK_IVR_LIST], "--kind", "network-ivr-list")
        yield running
        assert read_troubles(running.log) == []


@pytest.fixture(scope="module")
def mine(service: Service) -> Iterator[httpx.Client]:
    """Client 1 of the server that records are loaded to."""
    with open_client(service) as client:
        yield client


def envelope(records: list[Record]) -> Record:
    return {"filter": "", "limitStart": 0, "limitPageSize": -1, "records": records, "count": 1, "orderBy": "ID"}


@pytest.mark.parametrize(
    ("record", "kind", "path", "options"),
    [
        (GROUP, "group", "/acd/groups/group/106", []),
        (EVENT, "event", "/acd/events/event/3001", []),
        (CAMPAIGN, "campaign", "/dialler/campaigns/500", []),
        (CODE, "result code", "/dialler/campaigns/campaign/535/resultCodes?languagesID=2", ["--language", "2"]),
        (CONTACT, "contact", "/dialler/contacts/9001", []),
        (USER, "user", "/users/user/17", []),
        (SERVICE_NUMBER, "service number", "/serviceNumbers/serviceNumber/5", []),
        (COCKPIT_VARIABLE, "cockpit variable", "/cockpitVariables/cockpitVariable/192", []),
        (CALL, "call", "/calls", []),
        (ROUTING_APPLICATION, "routing application", "/routingApplications", []),
        (NETWORK_IVR_LIST, "network ivr list", "/networkIVRLists", ["--kind", "network-ivr-list"]),
        (NETWORK_IVR_LIST_ENTRY, "network ivr list entry", "/networkIVRLists/9", ["--kind", "network-ivr-list-entry"]),
    ],
)
def test_load_saved_answer_serves_every_field_again(
    record: Record, kind: str, path: str, options: list[str], service: Service, mine: httpx.Client
) -> None:
    saved = {**record, **UNKNOWN}
    assert load_records(service, envelope([saved]), *options) == f"loaded 1 {kind}\n"
    assert json.dumps(get_records(mine, path)) == json.dumps([saved])
    before = get_everything(mine)
    load_records(service, envelope([saved]), *options)
    assert get_everything(mine) == before


def count_contacts(api: httpx.Client, campaign: int | None = None) -> int:
    """Return how many contacts a campaign or the client account has, as a page says it."""
    query = {"limitPageSize": 1} | ({} if campaign is None else {"diallerCampaignsID": campaign})
    return int(api.get("/dialler/contacts", params=query).headers["X-Total-Count"])


def test_load_array_from_standard_input_serves_it(service: Service, mine: httpx.Client) -> None:
    records = [{**GROUP, "ID": number, "Name": f"Gruppe Ä{number}"} for number in (201, 200)]
    printed = succeed("load", "-", "--client", "1", "--database", service.database, stdin=json.dumps(records))
    assert printed == "loaded 2 groups\n"
    assert get_records(mine, "/acd/groups/group?name=gruppe ä") == sorted(records, key=lambda record: record["ID"])


@pytest.mark.parametrize("document", [[], {"records": [], "count": 0, "status": 200}])
def test_load_no_records_changes_nothing(document: Any, service: Service, mine: httpx.Client) -> None:
    before = get_everything(mine)
    assert load_records(service, document) == "loaded 0 records\n"
    assert get_everything(mine) == before


def test_load_document_with_byte_order_mark_serves_it(service: Service, mine: httpx.Client) -> None:
    document = f"\ufeff{json.dumps([{**GROUP, 'ID': 202}])}"
    assert succeed("load", "-", "--client", "1", "--database", service.database, stdin=document) == "loaded 1 group\n"
    assert get_records(mine, "/acd/groups/group/202") == [{**GROUP, "ID": 202}]


def test_load_record_of_known_id_replaces_all_fields(service: Service, mine: httpx.Client) -> None:
    load_records(service, [{**CAMPAIGN, "ID": 510, "Name": "Old", "unknown": 1}])
    load_records(service, [{"ID": 510, "Name": "New", "ContactPreviewTime": 7}])
    cleared = dict.fromkeys(CAMPAIGN)
    new = {**cleared, "ID": 510, "Name": "New", "ContactPreviewTime": 7, "ClientsID": 1}
    assert get_records(mine, "/dialler/campaigns/510") == [new]


def test_load_kind_that_is_told_by_option_or_fields_is_named(service: Service) -> None:
    assert load_records(service, [], "--kind", "contact") == "loaded 0 contacts\n"
    assert load_records(service, [{"Name": "Only a name", "ID": 511}], "--kind", "campaign") == "loaded 1 campaign\n"
    assert (
        load_records(service, [{"Name": "Of its fields", "ID": 512, "nMaxParallelLines": None}])
        == "loaded 1 campaign\n"
    )
    # More than half of the fields of a group, with many that no kind has.
    assert load_records(service, [{**GROUP, "ID": 107, **UNKNOWN}]) == "loaded 1 group\n"


def test_load_contact_of_few_fields_has_no_tries(service: Service, mine: httpx.Client) -> None:
    few = {"ID": 9010, "DiallerCampaignsID": 535, "Name": "Few", "PhoneNumber1": "+491"}
    assert load_records(service, [few]) == "loaded 1 contact\n"
    (contact,) = get_records(mine, "/dialler/contacts/9010")
    tries = {f"nTriesPhoneNumber{number}": 0 for number in range(1, 7)}
    assert {field: value for field, value in contact.items() if value is not None} == {"ClientsID": 1, **few, **tries}
    # Nobody has imported it.
    exported = succeed("contacts", "export", "-", "--client", "1", "--database", service.database)
    assert '"Few"' in exported


def test_load_contact_again_in_another_campaign_moves_it(service: Service, mine: httpx.Client) -> None:
    load_records(
        service, [{"ID": number, "Name": f"Moves {number}", "nMaxParallelLines": None} for number in (541, 542)]
    )
    all_before = count_contacts(mine)
    contacts = [{**CONTACT, "ID": 9020 + number, "DiallerCampaignsID": 541} for number in range(2)]
    assert load_records(service, contacts) == "loaded 2 contacts\n"
    assert (count_contacts(mine, 541), count_contacts(mine, 542)) == (2, 0)
    load_records(service, [{**contacts[0], "DiallerCampaignsID": 542}, contacts[1]])
    assert (count_contacts(mine, 541), count_contacts(mine, 542), count_contacts(mine)) == (1, 1, all_before + 2)
    (moved,) = get_records(mine, "/dialler/contacts?diallerCampaignsID=542")
    assert moved == {**contacts[0], "DiallerCampaignsID": 542}


def test_load_contact_without_id_gets_the_next(service: Service, mine: httpx.Client) -> None:
    load_records(service, [{**CONTACT, "ID": 9030}])
    load_records(service, [{**{field: CONTACT[field] for field in CONTACT if field != "ID"}, "UserData": "No ID"}])
    (contact,) = get_records(mine, "/dialler/contacts/contact?userData=No ID")
    assert contact["ID"] > 9030


def test_load_contacts_with_their_results_serves_the_same(service: Service, mine: httpx.Client) -> None:
    load_records(service, [{"ID": 543, "Name": "Results", "LanguagesID": 2}])
    code = {**CODE, "ID": 2800, "DiallerCampaignsID": 543, "ShortText": "DiallerCampaignsResultCodes.2800"}
    load_records(service, [code], "--language", "2")
    with_code = {**CONTACT, "ID": 9040, "DiallerCampaignsID": 543, "DiallerCampaignsResultCodesID": 2800}
    extended = [
        {**with_code, "DiallerCampaignsResultCodes": code, "DiallerContactsHistory": []},
        {**with_code, "ID": 9041, "DiallerCampaignsResultCodesID": None, **dict.fromkeys(RESULTS), RESULTS[1]: []},
    ]
    assert load_records(service, envelope(extended), "--language", "2") == "loaded 2 contacts\n"
    assert load_records(service, extended[1:]) == "loaded 1 contact\n"
    answer = mine.post("/dialler/contacts?languagesID=2", json={"IDList": [9040, 9041]})
    assert answer.json()["records"] == extended


def test_load_second_language_adds_its_texts(service: Service, mine: httpx.Client) -> None:
    load_records(service, [{"ID": 536, "Name": "Two languages", "nMaxParallelLines": None}])
    # An ID that no copy of the default result codes gets, whichever tests ran before.
    german = {**CODE, "ID": 90_000, "DiallerCampaignsID": 536, "ShortText": "DiallerCampaignsResultCodes.90000"}
    english = {**german, "Content": "Completed", "DiallerResultCodesTypesContent": "Own type"}
    load_records(service, [german], "--language", "2")
    # Only the type has an English name of its own.
    assert get_codes(mine, 536, 1) == [{**german, "DiallerResultCodesTypesContent": "Done"}]
    assert get_codes(mine, 536, 2) == [german]
    load_records(service, [english], "--language", "1")
    assert (get_codes(mine, 536, 1), get_codes(mine, 536, 2)) == ([english], [german])


def test_load_record_without_id_gives_the_next(service: Service, mine: httpx.Client) -> None:
    load_records(service, [{**GROUP, "ID": 7000, "Name": "Largest"}])
    load_records(service, [{"Name": "No ID", "ServiceLevelSeconds": 1}])
    (group,) = get_records(mine, "/acd/groups/group?name=No ID")
    assert group["ID"] > 7000


def test_load_campaign_without_id_gives_default_result_codes(service: Service, mine: httpx.Client) -> None:
    load_records(service, [{"Name": "No ID"}, {"Name": "ID", "ID": 540}], "--kind", "campaign")
    (campaign,) = get_records(mine, "/dialler/campaigns/campaign?name=No ID")
    english, german = (get_codes(mine, campaign["ID"], language) for language in (1, 2))
    assert [code["Content"] for code in english] == [
        "Completed",
        "Appointment agreed",
        "Call again later",
        "Hung up",
        "No usable number",
        "Max Tries (Abort)",
        "Called back",
    ]
    assert (german[0]["Content"], german[3]["Content"]) == ("Abgeschlossen", "Aufleger")
    assert [code["ID"] for code in german] == [code["ID"] for code in english]
    assert get_codes(mine, 540, 1) == []


def test_load_answers_of_demo_serves_the_same(api: httpx.Client, tmp_path: Path) -> None:
    campaigns = get_records(api, "/dialler/campaigns")
    with serve(tmp_path / "copy.db", 1) as copy, open_client(copy) as other:
        for path in ("/dialler/campaigns", *(path for path in LISTS if path != "/dialler/contacts")):
            load_records(copy, api.get(path).json(), *KINDS.get(path, ()))
        for language in (1, 2):
            codes = [code for campaign in campaigns for code in get_codes(api, campaign["ID"], language)]
            load_records(copy, codes, "--language", str(language))
        contacts = api.get("/dialler/contacts").json()
        assert load_records(copy, contacts) == f"loaded {contacts['count']} contacts\n"
        assert len(campaigns) >= 5
        assert get_everything(other) == get_everything(api)
