"""A contact that is imported is stored as it was sent, or refused with the field that is wrong."""

from itertools import count
from typing import Any

import httpx
import pytest

from handlers.contract import schemas
from tests.support.contacts import (
    CONTACTS,
    IMPORT,
    OVERWRITE,
    Record,
    assert_counts_fit,
    contact,
    import_file,
    list_contacts,
    make_campaign,
    store_contact,
    to_ndjson,
)
from tests.support.files import execute
from tests.support.service import Service

# The vendor's table of 3.19; what is unlimited there is bounded here.
LENGTHS = {
    **{"DiallerCampaignsName": 64, "UserData": 64, "Client": 64, "Service": 64, "ReferenceNumber": 64, "Name": 64},
    **{"FirstName": 64, "Salutation": 16, "Title": 16, "Company": 64, "Address": 64, "PostalCode": 10, "City": 64},
    **{"Country": 64, "Region": 256, "AccountOwner": 64, "AccountBank": 32, "AccountNationalBankCode": 10},
    **{"AccountBIC": 11, "AccountNumber": 20, "AccountIBAN": 34, "PhoneNumber1": 32, "PhoneNumber2": 32},
    **{"PhoneNumber3": 32, "PhoneNumber4": 32, "PhoneNumber5": 32, "PhoneNumber6": 32, "FaxNumber": 32, "Email": 256},
    **{"Website": 2048, "Comment": 65535, "ExternalSystemLink": 2048, "Model": 256, "Tag": 256},
    **{"ReservedUsersUID": 32, "FollowUpUsersUID": 32, "ResultCodesExportKey": 32},
}
NUMBERS = [f"PhoneNumber{number}" for number in range(1, 7)]
NUMBER_MISSING = f"PhoneNumber1: is missing; give one of {', '.join(NUMBERS)}"
CAMPAIGN_MISSING = "DiallerCampaignsID: is missing; give one of DiallerCampaignsID, DiallerCampaignsName"
NO_CAMPAIGN, NO_CODE = "Dialler campaign not found", "Dialler result code not found"
TEXTS = ["Ö\u0308 ß 𝄞 \u202e\u200b\ufeff", "%_*'\";\\", " \t\r\n ", "\x7f\u0085\u2028", "😀" * 11, "{}", "null"]
ALL = {
    **{name: name[:10] for name in LENGTHS if name not in ("DiallerCampaignsName", "ResultCodesExportKey")},
    **{"Amount": 1234567890123.45, "RandomSortOrder": -(2**53 - 1), "dtNextTry": "2026-12-24T18:30:00.000"},
}
# What the dialler has learnt of a contact.
STATE = {
    **{"LastAcdAgentEndReasonsID": 3, "bLastResultMailbox": 1, "bPhoneNumber1Invalid": 1, "nTriesPhoneNumber6": 4},
    **{"nPhoneNumber2LastCause": 17, "PhoneNumber3LastAcdAgentEndReasonsID": 5},
}

_user_data = count(1)


@pytest.fixture(scope="module")
def demo(own_demo: Service) -> Service:
    """A demo server of this file's own, whose campaigns nobody counts."""
    return own_demo


@pytest.fixture(scope="module")
def campaign(demo: Service) -> int:
    """A campaign for the contacts of this file."""
    with demo.client() as api:
        return make_campaign(api)


@pytest.fixture
def user_data() -> str:
    """User data that no other contact has."""
    return f"Import {next(_user_data)}"


def refusal(api: httpx.Client, body: Any, **params: Any) -> tuple[int, str]:
    before = list_contacts(api)
    answer = api.post(IMPORT, json=body, params=params)
    assert list_contacts(api) == before
    assert answer.json()["status"] == answer.status_code
    if answer.status_code == 400:
        assert answer.headers["X-Error-Pointer"] == f"#/body/{answer.json()['error'].partition(':')[0]}"
    return answer.status_code, answer.json()["error"]


def test_import_all_fields_is_read_back(api: httpx.Client, campaign: int) -> None:
    stored = store_contact(api, contact(campaign) | ALL)
    assert {field: stored[field] for field in ALL} == ALL
    assert api.get(f"{CONTACTS}/{stored['ID']}").json() == {"records": [stored], "count": 1, "status": 200}


def test_import_required_fields_only_leaves_others_null(api: httpx.Client, campaign: int) -> None:
    body = contact(campaign)
    stored = store_contact(api, body)
    tries = {f"nTriesPhoneNumber{number}": 0 for number in range(1, 7)}
    known = {"ID": stored["ID"], "ClientsID": 1, "dtImported": stored["dtImported"], **body, **tries}
    assert stored == {**dict.fromkeys(stored), **known}


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"Name": None}, "Name: must be of type string"),
        ({"Name": ""}, "Name: must not be empty"),
        ({"DiallerCampaignsID": None}, CAMPAIGN_MISSING),
        ({"PhoneNumber1": None}, NUMBER_MISSING),
        ({"PhoneNumber1": "", "PhoneNumber6": ""}, NUMBER_MISSING),
    ],
)
def test_import_without_value_of_required_field_is_refused(
    api: httpx.Client, campaign: int, change: Record, error: str
) -> None:
    assert refusal(api, contact(campaign) | change) == (400, error)


@pytest.mark.parametrize(
    ("field", "error"),
    [("Name", "Name: is missing"), ("DiallerCampaignsID", CAMPAIGN_MISSING), ("PhoneNumber1", NUMBER_MISSING)],
)
def test_import_without_required_field_is_refused(api: httpx.Client, campaign: int, field: str, error: str) -> None:
    body = contact(campaign)
    del body[field]
    assert refusal(api, body) == (400, error)


@pytest.mark.parametrize("field", NUMBERS)
def test_import_with_one_number_is_enough(api: httpx.Client, campaign: int, field: str) -> None:
    stored = store_contact(api, contact(campaign, PhoneNumber1=None) | {field: "+491"})
    assert [stored[name] for name in NUMBERS] == ["+491" if name == field else None for name in NUMBERS]


@pytest.mark.parametrize(
    ("given", "campaign_id"),
    [
        ({"DiallerCampaignsName": "Campaign 1000"}, 500),
        ({"DiallerCampaignsID": 500, "DiallerCampaignsName": "Campaign 1000"}, 500),
        ({"DiallerCampaignsID": 500, "DiallerCampaignsName": None}, 500),
        ({"DiallerCampaignsID": None, "DiallerCampaignsName": "Campaign 1000"}, 500),
        ({"DiallerCampaignsID": 535, "DiallerCampaignsName": "Campaign 1000"}, None),
        ({"DiallerCampaignsID": 539, "DiallerCampaignsName": "Campaign 1000"}, None),
        ({"DiallerCampaignsID": 539}, None),
        ({"DiallerCampaignsName": "Spring Renewals"}, None),
        ({"DiallerCampaignsName": "campaign 1000"}, None),
        ({"DiallerCampaignsID": 2**53 - 1}, None),
    ],
)
def test_import_goes_to_campaign_that_fits(fresh_api: httpx.Client, given: Record, campaign_id: int | None) -> None:
    body = {"Name": "Mustermann", "PhoneNumber1": "1", **given}
    if campaign_id is None:
        assert refusal(fresh_api, body) == (404, NO_CAMPAIGN)
    else:
        assert store_contact(fresh_api, body)["DiallerCampaignsID"] == campaign_id


@pytest.mark.parametrize("character", ["x", "\U0001f600"])
@pytest.mark.parametrize(("field", "length"), LENGTHS.items())
def test_import_text_of_greatest_length_is_kept_and_longer_refused(
    api: httpx.Client, campaign: int, field: str, length: int, character: str
) -> None:
    body = contact(campaign) | {field: character * length}
    own = {"DiallerCampaignsName": NO_CAMPAIGN, "ResultCodesExportKey": NO_CODE}
    if field in own:
        assert refusal(api, body) == (404, own[field])
    else:
        assert store_contact(api, body)[field] == character * length
    body[field] += character
    assert refusal(api, body) == (400, f"{field}: must have at most {length} characters")


def test_length_test_knows_every_text() -> None:
    texts = {name for name, field in schemas.fields("DiallerContactImport").items() if field["type"] == "string"}
    assert texts == {*LENGTHS, "dtNextTry"}


@pytest.mark.parametrize("text", TEXTS)
def test_import_any_text_is_read_back(api: httpx.Client, campaign: int, text: str) -> None:
    stored = store_contact(api, contact(campaign, Name=text, UserData=text, Comment=text))
    assert [stored[field] for field in ("Name", "UserData", "Comment")] == [text] * 3
    assert stored in api.get(f"{CONTACTS}/contact", params={"userData": text}).json()["records"]


@pytest.mark.parametrize("amount", [0, -0.0, 0.1 + 0.2, 123456789012345.67, -999999999999999, 1e-300, 7])
def test_import_amount_is_read_back_as_number_it_is(api: httpx.Client, campaign: int, amount: float) -> None:
    assert store_contact(api, contact(campaign, Amount=amount))["Amount"] == amount


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("Amount", 10**15, "must be at most 999999999999999"),
        ("Amount", -1e308, "must be at least -999999999999999"),
        ("Amount", "1", "must be of type number"),
        ("Amount", True, "must be of type number"),
        ("RandomSortOrder", 2**53, "must be at most 9007199254740991"),
        ("RandomSortOrder", 1.5, "must be of type integer"),
        ("RandomSortOrder", 1.0, "must be of type integer"),
        ("DiallerCampaignsID", "500", "must be of type integer"),
        ("ResetContact", 1, "must be of type boolean"),
        ("Company", 1, "must be of type string"),
        ("dtNextTry", "2026-12-01T00:00:00.000\n", "must have at most 23 characters"),
        ("dtLocked", None, "is not a field of this request"),
        ("ID", 1, "is not a field of this request"),
    ],
)
def test_import_value_that_is_not_valid_is_refused(
    api: httpx.Client, campaign: int, field: str, value: Any, error: str
) -> None:
    body = contact(campaign) | {field: value}
    status, problem = refusal(api, body)
    assert (status, problem[: len(field) + 2 + len(error)]) == (400, f"{field}: {error}")
    (outcome,) = import_file(api, to_ndjson([body]))
    assert outcome == {"line": 1, "outcome": "failed", "ID": None, "error": problem}


def test_import_empty_value_is_none(api: httpx.Client, campaign: int) -> None:
    empty = dict.fromkeys(name for name in ALL if name not in ("Name", "Amount", "RandomSortOrder", "dtNextTry"))
    stored = store_contact(
        api, contact(campaign) | dict.fromkeys(empty, "") | {"PhoneNumber6": "6"} | {"ResultCodesExportKey": ""}
    )
    assert {field: stored[field] for field in empty} == {**empty, "PhoneNumber6": "6"}
    assert stored["DiallerCampaignsResultCodesID"] is None


def test_import_of_result_key_sets_code_of_campaign(api: httpx.Client, campaign: int) -> None:
    codes = api.get(f"/dialler/campaigns/campaign/{campaign}/resultCodes", params={"languagesID": 1}).json()["records"]
    for code in codes:
        stored = store_contact(api, contact(campaign, ResultCodesExportKey=code["ExportKey"]))
        assert stored["DiallerCampaignsResultCodesID"] == code["ID"]
    assert refusal(api, contact(campaign, ResultCodesExportKey="abg")) == (404, NO_CODE)


@pytest.mark.parametrize("params", [{}, {"overwriteDuplicates": "false"}])
def test_import_without_overwriting_makes_another(
    demo: Service, api: httpx.Client, campaign: int, user_data: str, params: Record
) -> None:
    first, second = (store_contact(api, contact(campaign, UserData=user_data), **params) for _ in range(2))
    assert first["ID"] < second["ID"]
    assert_counts_fit(demo.database)


def test_import_overwriting_changes_lowest_id_of_same_campaign(
    demo: Service, api: httpx.Client, campaign: int, user_data: str
) -> None:
    other, body = make_campaign(api), contact(campaign, UserData=user_data)
    elsewhere = store_contact(api, body | {"DiallerCampaignsID": other})
    first, second = (store_contact(api, body) for _ in range(2))
    changed = store_contact(api, body | {"Name": "Changed"}, **OVERWRITE)
    assert changed == {**first, "Name": "Changed", "dtImported": changed["dtImported"]}
    assert changed["dtImported"] >= first["dtImported"]
    found = api.get(f"{CONTACTS}/contact", params={"userData": user_data}).json()["records"]
    assert found == [elsewhere, changed, second]
    assert_counts_fit(demo.database)


@pytest.mark.parametrize("value", [None, ""])
def test_import_overwriting_without_user_data_makes_another(
    api: httpx.Client, campaign: int, value: str | None
) -> None:
    ids = {store_contact(api, contact(campaign, UserData=value), **OVERWRITE)["ID"] for _ in range(2)}
    assert len(ids) == 2


def test_import_overwriting_empties_fields_that_are_left_out(api: httpx.Client, campaign: int) -> None:
    body = contact(campaign, UserData="Emptied")
    first = store_contact(api, body | {**ALL, "UserData": "Emptied", "ResultCodesExportKey": "ABG"})
    stored = store_contact(api, body, **OVERWRITE)
    kept = {field: first[field] for field in ("ID", "dtNextTry", "DiallerCampaignsResultCodesID")}
    assert stored == {**store_contact(api, body), **kept, "dtImported": stored["dtImported"]}
    assert first["DiallerCampaignsResultCodesID"] is not None


@pytest.mark.parametrize("reset", [None, False, True])
def test_import_overwriting_keeps_what_dialler_knows_unless_reset(
    demo: Service, api: httpx.Client, campaign: int, user_data: str, reset: bool | None
) -> None:
    body = contact(campaign, UserData=user_data)
    fresh = store_contact(api, body)
    given = body | {"dtNextTry": "2026-12-24T18:30:00.000", "ResultCodesExportKey": "ABG"}
    result = store_contact(api, given, **OVERWRITE)
    state = ", ".join(f"{column} = {value}" for column, value in STATE.items())
    execute(demo.database, [f"update DiallerContacts set {state} where ID = {fresh['ID']}"])
    stored = store_contact(api, body | {"ResetContact": reset}, **OVERWRITE)
    expected = fresh if reset else {**result, **STATE, "bLastResultMailbox": True, "bPhoneNumber1Invalid": True}
    assert stored == {**expected, "dtImported": stored["dtImported"]}
    again = store_contact(api, given | {"ResetContact": reset}, **OVERWRITE)
    assert [again[field] for field in ("dtNextTry", "DiallerCampaignsResultCodesID")] == [
        *(result["dtNextTry"], result["DiallerCampaignsResultCodesID"])
    ]
