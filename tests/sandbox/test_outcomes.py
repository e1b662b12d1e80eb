"""A call that is played changes all that belongs to it, in the way that its outcome says."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.support.contacts import IMPORT, OVERWRITE, contact, make_campaign
from tests.support.dialler import (
    NOW,
    ask_try,
    find_code,
    freeze,
    make_contact,
    play,
    read_contacts,
    read_counts,
    read_history,
    sum_counts,
)
from tests.support.sandbox import World

TWO_NUMBERS: dict[str, Any] = {"PhoneNumber1": "+4989111", "PhoneNumber3": "+4989333"}
IN_AN_HOUR, IN_A_MINUTE, IN_TWO_HOURS = (
    *("2026-12-01T09:00:00.000", "2026-12-01T08:01:00.000", "2026-12-01T10:00:00.000"),
)
CHRISTMAS = "2026-12-24T18:00:00.000"
UNCONNECTED = [("noAnswer", 2, 19), ("busy", 3, 17), ("error", 7, 41), ("agentAborts", 4, 0)]


@pytest.fixture
def api(world: World) -> Iterator[httpx.Client]:
    """The API of a world whose clock stands still."""
    freeze(world)
    with world.client() as api:
        yield api


def tries(record: dict[str, Any]) -> list[int]:
    """Return how often each number of a contact was called."""
    return [record[f"nTriesPhoneNumber{number}"] for number in range(1, 7)]


@pytest.mark.parametrize(("outcome", "connres", "cause"), UNCONNECTED)
def test_play_unconnected_call_counts_the_try_and_lets_the_contact_come_back(
    world: World, api: httpx.Client, outcome: str, connres: int, cause: int
) -> None:
    made = make_contact(api)
    call, after = play(world, made["ID"], outcome, agent="anna", ringSeconds=20, busyTries=1)
    assert call == {
        **{"ID": call["ID"], "ClientsID": 1, "DiallerCampaignsID": made["DiallerCampaignsID"]},
        **{"DiallerContactsID": made["ID"], "UsersUID": "anna", "PhoneNumber": "+4989123456", "nPhoneNumber": 1},
        **{"nBusyTries": None, "dtBusySince": None, "DiallerCampaignsResultCodesID": None, "CONNRES": connres},
        "bAnsweringMachine": False,
        "StatisticsPartA": {
            **{"ID": call["ID"], "ClientsID": 1, "bOutbound": True, "dtCallStart": "2026-12-01T07:59:40.000"},
            **{"dtCallConnect": None, "dtCallEnd": NOW, "CauseCodesID": cause},
        },
    }
    changed = {
        **{"nTriesPhoneNumber1": 1, "nPhoneNumber1LastCause": cause, "bLastResultMailbox": False},
        "dtNextTry": IN_AN_HOUR,
    }
    assert after == {**made, **changed}
    (record,) = read_contacts(api, made["ID"])
    assert record == {**after, "DiallerCampaignsResultCodes": None, "DiallerContactsHistory": [call]}


@pytest.mark.parametrize(
    ("outcome", "counted"),
    [
        ("noAnswer", {"nTriesNoAnswer": 1}),
        ("busy", {"nTriesBusy": 1}),
        ("error", {"nTriesError": 1}),
        ("agentAborts", {"nTriesAborted": 1}),
        ("invalidNumber", {"nTriesInvalid": 1}),
        ("machine", {"nTriesConnected": 1, "nTriesAnsweringMachine": 1}),
        ("callIn", {}),
    ],
)
def test_play_call_counts_it_in_the_hour_in_which_it_ends(
    world: World, api: httpx.Client, outcome: str, counted: dict[str, int]
) -> None:
    made = make_contact(api)
    play(world, made["ID"], outcome, talkSeconds=600)
    assert read_counts(world) == {(made["DiallerCampaignsID"], NOW, name): count for name, count in counted.items()}


def test_play_no_answer_goes_on_with_the_next_number_and_then_waits(world: World, api: httpx.Client) -> None:
    made = make_contact(api, **TWO_NUMBERS)
    steps = [play(world, made["ID"], "noAnswer", waitSeconds=60) for _ in range(3)]
    assert [call["nPhoneNumber"] for call, _ in steps] == [1, 3, 1]
    assert [call["PhoneNumber"] for call, _ in steps] == ["+4989111", "+4989333", "+4989111"]
    assert [after["dtNextTry"] for _, after in steps] == [NOW, IN_A_MINUTE, NOW]
    assert tries(steps[-1][1]) == [2, 0, 1, 0, 0, 0]


def test_play_chosen_number_calls_that_number(world: World, api: httpx.Client) -> None:
    made = make_contact(api, **TWO_NUMBERS)
    call, after = play(world, made["ID"], "noAnswer", number=3)
    assert (call["PhoneNumber"], tries(after), after["nPhoneNumber3LastCause"]) == ("+4989333", [0, 0, 1, 0, 0, 0], 19)


def test_play_busy_tries_the_same_number_in_a_series(world: World, api: httpx.Client) -> None:
    made = make_contact(api, **TWO_NUMBERS)
    steps = []
    for _ in range(4):
        steps.append(play(world, made["ID"], "busy", ringSeconds=0))
        world.ask("POST", "/clock/advance", json={"seconds": 60})
    assert [call["nPhoneNumber"] for call, _ in steps] == [1, 1, 1, 3]
    assert [call["nBusyTries"] for call, _ in steps] == [1, 2, None, 1]
    assert [call["dtBusySince"] for call, _ in steps] == [NOW, NOW, None, "2026-12-01T08:03:00.000"]
    # After the third one it is as if nobody had answered: the other number is next.
    minutes = ("08:01", "08:02", "08:02", "08:04")
    assert [after["dtNextTry"] for _, after in steps] == [f"2026-12-01T{minute}:00.000" for minute in minutes]


def test_play_other_outcome_ends_a_busy_series(world: World, api: httpx.Client) -> None:
    made = make_contact(api)
    outcomes = ["busy", "noAnswer", "busy"]
    assert [play(world, made["ID"], outcome)[0]["nBusyTries"] for outcome in outcomes] == [1, None, 1]


def test_play_invalid_number_goes_on_with_the_others_until_none_is_left(world: World, api: httpx.Client) -> None:
    made = make_contact(api, **TWO_NUMBERS)
    call, after = play(world, made["ID"], "invalidNumber")
    assert (call["CONNRES"], call["StatisticsPartA"]["CauseCodesID"]) == (5, 1)
    assert (after["bPhoneNumber1Invalid"], after["bPhoneNumber3Invalid"], after["dtNextTry"]) == (True, None, NOW)
    refused = ask_try(world, made["ID"], "noAnswer", number=1)
    assert (refused.status_code, refused.json()["error"]) == (409, "number 1 is empty or invalid: the contact has 3")
    call, after = play(world, made["ID"], "invalidNumber")
    code = find_code(api, made["DiallerCampaignsID"], "KEINE_NUMMER")
    assert call["DiallerCampaignsResultCodesID"] == after["DiallerCampaignsResultCodesID"] == code
    assert (after["bPhoneNumber3Invalid"], after["dtNextTry"]) == (True, None)
    # The dialler has closed it, no agent.
    assert sum_counts(world) == {"nTriesInvalid": 2}


def test_play_invalid_number_without_a_code_leaves_the_contact_without_a_next_try(
    world: World, api: httpx.Client
) -> None:
    # Campaign 536 names no such code.
    made = make_contact(api, 536)
    _, after = play(world, made["ID"], "invalidNumber")
    assert (after["DiallerCampaignsResultCodesID"], after["dtNextTry"]) == (None, None)
    refused = ask_try(world, made["ID"], "noAnswer")
    assert refused.status_code == 409
    assert refused.json()["error"] == "no number of the contact is left to call: each is empty or invalid"


def test_play_machine_is_connected_and_comes_back(world: World, api: httpx.Client) -> None:
    made = make_contact(api)
    call, after = play(world, made["ID"], "machine", talkSeconds=15, ringSeconds=5)
    part = call["StatisticsPartA"]
    assert (call["CONNRES"], call["bAnsweringMachine"], part["CauseCodesID"]) == (1, True, 16)
    assert part["dtCallConnect"] == "2026-12-01T07:59:45.000"
    assert part["dtCallStart"] == "2026-12-01T07:59:40.000"
    assert (after["bLastResultMailbox"], after["dtNextTry"]) == (True, IN_AN_HOUR)
    _, after = play(world, made["ID"], "noAnswer")
    assert after["bLastResultMailbox"] is False


@pytest.mark.parametrize(("key", "counter"), [("ABG", "nContactsDone"), ("Aufleger", "nContactsAborted")])
def test_play_final_code_closes_the_contact_for_ever(world: World, api: httpx.Client, key: str, counter: str) -> None:
    made = make_contact(api, dtNextTry=NOW, FollowUpUsersUID="anna")
    call, after = play(world, made["ID"], "answered", code=key, agent="anna")
    code = find_code(api, made["DiallerCampaignsID"], key)
    assert call["DiallerCampaignsResultCodesID"] == after["DiallerCampaignsResultCodesID"] == code
    assert (after["dtNextTry"], after["FollowUpUsersUID"]) == (None, None)
    assert sum_counts(world) == {"nTriesConnected": 1, counter: 1}
    for outcome in ("noAnswer", "callIn"):
        refused = ask_try(world, made["ID"], outcome)
        assert refused.status_code == 409
        assert refused.json()["error"] == (
            f"the contact is closed by the result code {key} and is not called again:"
            " import it with ResetContact to open it again"
        )
    assert read_contacts(api, made["ID"])[0]["DiallerContactsHistory"] == [call]


def test_play_delay_puts_the_contact_off(world: World, api: httpx.Client) -> None:
    made = make_contact(api)
    _, after = play(world, made["ID"], "answered", code="WV120")
    assert (after["dtNextTry"], after["FollowUpUsersUID"]) == (IN_TWO_HOURS, None)
    _, after = play(world, made["ID"], "answered", code="WV120", delayMinutes=1)
    assert after["dtNextTry"] == IN_A_MINUTE
    assert sum_counts(world) == {"nTriesConnected": 2, "nContactsDelay": 2}


@pytest.mark.parametrize("agent", ["anna", "Zoë Ünal"])
def test_play_appointment_binds_the_contact_to_its_agent(world: World, api: httpx.Client, agent: str) -> None:
    made = make_contact(api)
    code = find_code(api, made["DiallerCampaignsID"], "TERMIN")
    _, after = play(world, made["ID"], "answered", codeId=code, agent=agent, appointment=CHRISTMAS)
    assert (after["dtNextTry"], after["FollowUpUsersUID"]) == (CHRISTMAS, agent)
    assert after["DiallerCampaignsResultCodesID"] == code
    assert sum_counts(world) == {"nTriesConnected": 1, "nContactsAppointment": 1}
    # A search ignores letter case, that of other letters than ASCII too.
    found = api.get("/dialler/contacts", params={"filter": f"contains(FollowUpUsersUID,'{agent.upper()}')"})
    assert [record["ID"] for record in found.json()["records"]] == [made["ID"]]


@pytest.mark.parametrize("outcome", ["noAnswer", "busy", "error", "machine"])
def test_play_last_try_gives_the_contact_up(world: World, api: httpx.Client, outcome: str) -> None:
    made = make_contact(api, **TWO_NUMBERS)
    play(world, made["ID"], "agentAborts", maxTries=2)
    call, after = play(world, made["ID"], outcome, maxTries=2)
    code = find_code(api, made["DiallerCampaignsID"], "Max Tries (Abort)")
    assert call["DiallerCampaignsResultCodesID"] == after["DiallerCampaignsResultCodesID"] == code
    assert after["dtNextTry"] is None
    assert not {"nContactsAborted", "nContactsDone"} & sum_counts(world).keys()


def test_play_contact_that_calls_in_closes_it_if_the_campaign_says_so(world: World, api: httpx.Client) -> None:
    made = make_contact(api)
    call, after = play(world, made["ID"], "callIn", talkSeconds=30)
    assert after["DiallerCampaignsResultCodesID"] == find_code(api, made["DiallerCampaignsID"], "RUECKRUF")
    assert tries(after) == [0] * 6
    assert (call["StatisticsPartA"]["bOutbound"], call["nPhoneNumber"], call["PhoneNumber"]) == (False, None, None)
    # Campaign 538 does not close such contacts.
    other = make_contact(api, 538)
    call, after = play(world, other["ID"], "callIn")
    assert after == other
    assert read_history(api, other["ID"]) == [call]


def test_play_call_with_locked_contact_is_refused(world: World, api: httpx.Client) -> None:
    made = make_contact(api)
    api.post(f"/dialler/contacts/contact/{made['ID']}/lock")
    refused = ask_try(world, made["ID"], "noAnswer")
    assert (refused.status_code, refused.json()["error"]) == (409, "Dialler contact is locked: unlock it first")
    api.delete(f"/dialler/contacts/contact/{made['ID']}/lock")
    play(world, made["ID"], "noAnswer")


def test_play_unknown_code_names_those_that_there_are(world: World, api: httpx.Client) -> None:
    made = make_contact(api)
    for wanted in ({"code": "SOLD"}, {"codeId": 2488}):
        refused = ask_try(world, made["ID"], "answered", **wanted)
        assert refused.status_code == 409
        assert refused.json()["error"].startswith(
            f"the campaign of the contact has no result code {next(iter(wanted.values()))}; it has ABG ("
        )


@pytest.mark.parametrize(
    ("outcome", "details", "field"),
    [
        ("answered", {}, "code"),
        ("answered", {"code": "ABG", "codeId": 1}, "code"),
        ("busy", {"code": "ABG"}, "code"),
        ("busy", {"codeId": 1}, "codeId"),
        ("noAnswer", {"delayMinutes": 1}, "delayMinutes"),
        ("noAnswer", {"appointment": CHRISTMAS}, "appointment"),
        ("answered", {"code": "TERMIN", "agent": "anna"}, "appointment"),
        ("answered", {"code": "TERMIN", "appointment": CHRISTMAS}, "agent"),
        ("answered", {"code": "ABG", "appointment": CHRISTMAS}, "appointment"),
        ("answered", {"code": "ABG", "delayMinutes": 1}, "delayMinutes"),
        ("callIn", {"number": 1}, "number"),
        ("busy", {"number": 7}, "number"),
        ("busy", {"agent": ""}, "agent"),
        ("busy", {"Outcome": "busy"}, "Outcome"),
        ("answered", {"code": "TERMIN", "agent": "anna", "appointment": "2026-02-31T10:00:00.000"}, "appointment"),
    ],
)
def test_play_contradicting_fields_names_the_field_and_changes_nothing(
    world: World, api: httpx.Client, outcome: str, details: dict[str, Any], field: str
) -> None:
    made = make_contact(api)
    refused = ask_try(world, made["ID"], outcome, **details)
    assert (refused.status_code, refused.headers["X-Error-Pointer"]) == (400, f"#/body/{field}")
    (record,) = read_contacts(api, made["ID"])
    assert record == {**made, "DiallerCampaignsResultCodes": None, "DiallerContactsHistory": []}
    assert read_counts(world) == {}


def test_play_call_of_missing_contact_is_refused(world: World, api: httpx.Client) -> None:
    made = make_contact(api)
    missing = ask_try(world, 1, "busy")
    assert (missing.status_code, missing.json()["error"]) == (404, "Dialler contact not found")
    for account, error in ((2, "Dialler contact not found"), (3, "Client account not found; there are 1, 2")):
        answer = ask_try(world, made["ID"], "busy", clientsId=account)
        assert (answer.status_code, answer.json()["error"]) == (404, error)


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00.000", "9999-12-31T23:59:59.999"])
def test_play_call_at_the_end_of_time_is_refused(world: World, api: httpx.Client, moment: str) -> None:
    made = make_contact(api)
    world.ask("PUT", "/clock", json={"now": moment})
    for details in ({}, {"delayMinutes": 1}):
        refused = ask_try(world, made["ID"], "answered", code="WV120", agent="anna", **details)
        assert (refused.status_code, refused.json()["error"]) == (409, "a date would leave the years 1 to 9999")
    assert read_contacts(api, made["ID"])[0]["DiallerContactsHistory"] == []


def test_import_with_reset_clears_the_history(world: World, api: httpx.Client) -> None:
    made = make_contact(api, UserData="CRM-1")
    play(world, made["ID"], "answered", code="ABG")
    body = contact(made["DiallerCampaignsID"], UserData="CRM-1")
    assert api.post(IMPORT, json=body, params=OVERWRITE).status_code == 200
    assert len(read_history(api, made["ID"])) == 1
    assert api.post(IMPORT, json={**body, "ResetContact": True}, params=OVERWRITE).status_code == 200
    assert read_history(api, made["ID"]) == []
    play(world, made["ID"], "noAnswer")


def test_delete_contact_or_campaign_takes_the_history_along(world: World, api: httpx.Client) -> None:
    made = make_contact(api)
    play(world, made["ID"], "noAnswer")
    clone = {"source": "Campaign 1000", "destination": "Copy"}
    assert api.post("/dialler/campaigns/clone", json=clone).status_code == 200
    assert api.delete(f"/dialler/contacts/contact/{made['ID']}").status_code == 200
    assert read_history(api, made["ID"]) == []
    # The hours stay as long as the campaign.
    assert sum_counts(world) == {"nTriesNoAnswer": 1}
    assert api.delete(f"/dialler/campaigns/campaign/{made['DiallerCampaignsID']}").status_code == 200
    assert read_counts(world) == {}


def test_snapshot_keeps_the_history(world: World, api: httpx.Client) -> None:
    made = make_contact(api, make_campaign(api))
    call, _ = play(world, made["ID"], "noAnswer")
    assert world.ask("POST", "/snapshots/one").status_code == 200
    play(world, made["ID"], "noAnswer")
    assert world.ask("POST", "/snapshots/one/restore").status_code == 200
    assert read_history(api, made["ID"]) == [call]
    assert sum_counts(world) == {"nTriesNoAnswer": 1}
