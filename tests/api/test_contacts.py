"""Contacts are listed, found, deleted and locked as the contract says."""

from typing import Any

import httpx
import pytest

from tests.support.contacts import (
    BY_USER_DATA,
    CONTACTS,
    IMPORT,
    LOCKED,
    NOT_FOUND,
    OVERWRITE,
    assert_counts_fit,
    contact,
    import_file,
    list_contacts,
    make_campaign,
    store_contact,
    to_ndjson,
)
from tests.support.service import Service

CODE_FIELDS = ("ID", "ExportKey", "Content", "bAborted")
LARGEST = 2**53 - 1


@pytest.fixture(scope="module")
def demo(own_demo: Service) -> Service:
    """A demo server of this file's own, whose campaigns nobody counts."""
    return own_demo


def answer_of(response: httpx.Response) -> tuple[int, Any]:
    return response.status_code, response.json()


def batch(api: httpx.Client, language: int = 1, **body: Any) -> list[dict[str, Any]]:
    answer = api.post(CONTACTS, params={"languagesID": language}, json=body)
    assert answer.status_code == 200, answer.text
    records: list[dict[str, Any]] = answer.json()["records"]
    return records


def test_list_without_campaign_gives_all_contacts_of_the_client(fresh_api: httpx.Client) -> None:
    answer = fresh_api.get(CONTACTS).json()
    records = answer["records"]
    assert list(answer) == [
        *("filter", "limitStart", "limitPageSize", "records"),
        *("count", "orderBy", "ascending", "status"),
    ]
    assert (answer["count"], answer["orderBy"], answer["ascending"]) == (147, "Name", True)
    assert records == sorted(records, key=lambda record: (record["Name"], record["ID"]))
    assert {record["ClientsID"] for record in records} == {1}


def test_list_of_campaign_gives_only_its_contacts(api: httpx.Client) -> None:
    assert [record["ID"] for record in list_contacts(api, 535)] == list(range(215392, 215400))


def test_list_of_campaign_without_contacts_is_empty(api: httpx.Client, campaign: int) -> None:
    assert list_contacts(api, campaign) == []


@pytest.mark.parametrize("campaign_id", [539, 0, LARGEST])
def test_list_of_campaign_that_client_has_not_is_not_found(api: httpx.Client, campaign_id: int) -> None:
    answer = api.get(CONTACTS, params={"diallerCampaignsID": campaign_id})
    assert answer_of(answer) == (404, {"status": 404, "error": "Dialler campaign not found"})


@pytest.mark.parametrize("order", ["Name", "ID"])
@pytest.mark.parametrize("ascending", [True, False])
@pytest.mark.parametrize("of_campaign", [True, False])
def test_list_in_pages_gives_each_contact_once(
    api: httpx.Client, campaign: int, order: str, ascending: bool, of_campaign: bool
) -> None:
    names = ("b", "a", "ä", "Z", "b", "a", "a")
    import_file(api, to_ndjson(contact(campaign, Name=name) for name in names))
    query = {"orderBy": order, "ascending": str(ascending).lower()}
    whole = list_contacts(api, campaign if of_campaign else None, **query)
    assert whole == sorted(whole, key=lambda record: (record[order], record["ID"]), reverse=not ascending)
    size = 3 if of_campaign else 50
    pages = [
        list_contacts(api, campaign if of_campaign else None, **query, limitStart=start, limitPageSize=size)
        for start in range(0, len(whole), size)
    ]
    assert [record for page in pages for record in page] == whole


def test_list_with_filter_gives_contacts_whose_name_contains_it(api: httpx.Client, campaign: int) -> None:
    for name in ("Öztürk", "ÖZTÜRK-Muster", "Ozturk"):
        store_contact(api, contact(campaign, Name=name))
    assert [record["Name"] for record in list_contacts(api, campaign, filter="contains(Name,'öztü')")] == [
        "Öztürk",
        "ÖZTÜRK-Muster",
    ]


def test_get_gives_contact_as_it_is_listed(api: httpx.Client) -> None:
    (listed,) = [record for record in list_contacts(api, 535) if record["ID"] == 215395]
    assert api.get(f"{CONTACTS}/215395").json() == {"records": [listed], "count": 1, "status": 200}


@pytest.mark.parametrize("contact_id", [215417, 0, 1, LARGEST])
def test_use_contact_that_client_has_not_is_not_found(api: httpx.Client, contact_id: int) -> None:
    path = f"{BY_USER_DATA}/{contact_id}"
    requests = [
        ("GET", f"{CONTACTS}/{contact_id}"),
        ("DELETE", path),
        ("POST", f"{path}/lock"),
        ("DELETE", f"{path}/lock"),
    ]
    assert [answer_of(api.request(*request)) for request in requests] == [(404, NOT_FOUND)] * 4


def test_find_gives_contacts_with_exactly_that_user_data(api: httpx.Client, campaign: int) -> None:
    near = ["Käse%", "käse%", "Käse", "Käse%%", "Käse% ", "Ka\u0308se%"]
    stored = [store_contact(api, contact(campaign, UserData=text)) for text in [*near, "Käse%"]]
    answer = api.get(BY_USER_DATA, params={"userData": "Käse%"}).json()
    assert answer == {"records": [stored[0], stored[-1]], "count": 2, "status": 200}
    assert api.get(BY_USER_DATA, params={"userData": "CON6211"}).json()["records"] == []


def test_batch_gives_each_contact_once_in_id_order(api: httpx.Client) -> None:
    records = batch(
        api,
        UserDataList=["CON6189", "CON6174", "CON0", "CON6174", "CON6211", "con6175"],
        IDList=[215396, 215395, 0, LARGEST, 215417, 215396],
    )
    assert [record["ID"] for record in records] == [215380, 215395, 215396]
    assert all(record["DiallerContactsHistory"] == [] for record in records)
    plain = [api.get(f"{CONTACTS}/{record['ID']}").json()["records"][0] for record in records]
    own = ("DiallerCampaignsResultCodes", "DiallerContactsHistory")
    assert [{name: record[name] for name in record if name not in own} for record in records] == plain


@pytest.mark.parametrize(("language", "content"), [(1, "Max Tries (Abort)"), (2, "Max. Versuche (Abbruch)")])
def test_batch_gives_result_code_in_language(api: httpx.Client, language: int, content: str) -> None:
    (record,) = batch(api, language, IDList=[215395])
    (other,) = batch(api, language, UserDataList=["CON6190"])
    code = record["DiallerCampaignsResultCodes"]
    assert [code[field] for field in CODE_FIELDS] == [2700, "Max Tries (Abort)", content, True]
    path = "/dialler/campaigns/campaign/535/resultCodes"
    assert code in api.get(path, params={"languagesID": language}).json()["records"]
    assert other["DiallerCampaignsResultCodes"] is None


def test_batch_of_the_greatest_size_is_answered(api: httpx.Client) -> None:
    ids, user_data = range(215000, 216000), (f"CON{number}" for number in range(5000, 6000))
    records = batch(api, IDList=[*ids], UserDataList=[*user_data])
    assert records[0]["ID"] == 215380
    assert len(records) >= 40


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "UserDataList: is missing; give one of UserDataList, IDList"),
        ({"IDList": [1] * 1001}, "IDList: must have at most 1000 items"),
        ({"UserDataList": ["a"] * 1001}, "UserDataList: must have at most 1000 items"),
        ({"IDList": ["1"]}, "IDList/0: must be of type integer"),
        ({"IDList": [1, -1]}, "IDList/1: must be at least 0"),
        ({"UserDataList": [""]}, "UserDataList/0: must not be empty"),
        ({"UserDataList": ["x" * 65]}, "UserDataList/0: must have at most 64 characters"),
        ({"UserDataList": None}, "UserDataList: must be of type array"),
        ({"IDs": [1]}, "IDs: is not a field of this request"),
    ],
)
def test_batch_that_is_not_valid_is_refused(api: httpx.Client, body: Any, error: str) -> None:
    answer = api.post(CONTACTS, params={"languagesID": 1}, json=body)
    assert answer_of(answer) == (400, {"status": 400, "error": error})


def test_batch_of_empty_lists_is_empty(api: httpx.Client) -> None:
    assert batch(api, IDList=[], UserDataList=[]) == []


def test_delete_by_id_removes_only_that_contact(demo: Service, api: httpx.Client, campaign: int) -> None:
    first, second = (store_contact(api, contact(campaign)) for _ in range(2))
    path = f"{BY_USER_DATA}/{first['ID']}"
    assert api.delete(path).content == b'{"status":200}'
    assert answer_of(api.delete(path)) == (404, NOT_FOUND)
    assert list_contacts(api, campaign) == [second]
    assert_counts_fit(demo.database)


def test_delete_by_user_data_removes_lowest_id_of_several(demo: Service, api: httpx.Client, campaign: int) -> None:
    other = make_campaign(api)
    stored = [store_contact(api, contact(each, UserData="Twice")) for each in (other, campaign, other)]
    for count in (2, 1, 0):
        assert api.delete(BY_USER_DATA, params={"userData": "Twice"}).json() == {"status": 200}
        assert api.get(BY_USER_DATA, params={"userData": "Twice"}).json()["records"] == stored[3 - count :]
    assert answer_of(api.delete(BY_USER_DATA, params={"userData": "Twice"})) == (404, NOT_FOUND)
    assert_counts_fit(demo.database)


def test_delete_newest_never_gives_its_id_again(api: httpx.Client, campaign: int) -> None:
    given = []
    for _ in range(3):
        given.append(store_contact(api, contact(campaign))["ID"])
        api.delete(f"{BY_USER_DATA}/{given[-1]}")
    assert given == sorted(set(given))


def test_lock_keeps_contact_from_deletion_and_overwriting(api: httpx.Client, campaign: int) -> None:
    body = contact(campaign, UserData="Locked")
    stored = store_contact(api, body)
    path = f"{BY_USER_DATA}/{stored['ID']}"
    (locked,) = api.post(f"{path}/lock").json()["records"]
    assert locked == {**stored, "dtLocked": locked["dtLocked"]}
    assert locked["dtLocked"] >= stored["dtImported"]
    answers = [
        api.post(f"{path}/lock"),
        api.delete(path),
        api.delete(BY_USER_DATA, params={"userData": "Locked"}),
        api.post(IMPORT, params=OVERWRITE, json=body),
    ]
    assert [answer_of(answer) for answer in answers] == [(409, LOCKED)] * 4
    (outcome,) = import_file(api, to_ndjson([body]), **OVERWRITE)
    assert outcome == {"line": 1, "outcome": "failed", "ID": None, "error": LOCKED["error"]}
    assert list_contacts(api, campaign) == [locked]


def test_unlock_allows_deletion_and_lock_again(api: httpx.Client, campaign: int) -> None:
    stored = store_contact(api, contact(campaign))
    path = f"{BY_USER_DATA}/{stored['ID']}"
    for _ in range(2):
        assert api.post(f"{path}/lock").status_code == 200
        assert [api.delete(f"{path}/lock").json() for _ in range(2)] == [{"status": 200}] * 2
    assert list_contacts(api, campaign) == [stored]
    assert api.delete(path).json() == {"status": 200}


def test_import_beside_locked_contact_makes_new_one(api: httpx.Client, campaign: int) -> None:
    body = contact(campaign, UserData="Beside")
    stored = store_contact(api, body)
    api.post(f"{BY_USER_DATA}/{stored['ID']}/lock")
    assert store_contact(api, body)["ID"] > stored["ID"]


def test_delete_campaign_takes_locked_contact_away(api: httpx.Client, campaign: int) -> None:
    stored = store_contact(api, contact(campaign))
    api.post(f"{BY_USER_DATA}/{stored['ID']}/lock")
    assert api.delete(f"/dialler/campaigns/campaign/{campaign}").json() == {"status": 200}
    assert answer_of(api.get(f"{CONTACTS}/{stored['ID']}")) == (404, NOT_FOUND)
