"""Calls that are played in a world, and what they leave: contacts, their history and the hourly counters."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import httpx

from tests.support.contacts import CONTACTS, Record, contact, make_campaign, store_contact
from tests.support.sandbox import World

NOW = "2026-12-01T08:00:00.000"
TRIES, RUN, STATISTICS = "/dialler/tries", "/dialler/run", "/dialler/statistics"
# The outcomes of calls that the dialler makes, with the counters of each; what an agent records is counted too.
COUNTERS = {
    "noAnswer": ["nTriesNoAnswer"],
    "busy": ["nTriesBusy"],
    "invalidNumber": ["nTriesInvalid"],
    "error": ["nTriesError"],
    "agentAborts": ["nTriesAborted"],
    "machine": ["nTriesConnected", "nTriesAnsweringMachine"],
    "answered": ["nTriesConnected"],
}
# The counter of contacts that agents give a result code, by the ID of its type.
CODED = {1: "nContactsDone", 2: "nContactsAborted", 3: "nContactsDelay", 4: "nContactsAppointment"}
OF_CONNRES = {2: "noAnswer", 3: "busy", 4: "agentAborts", 5: "invalidNumber", 7: "error"}
NUMBERS = range(1, 7)


def freeze(world: World, moment: str = NOW) -> None:
    """Let the clock of a world stand still at a time."""
    assert world.ask("POST", "/clock/freeze").status_code == 200
    assert world.ask("PUT", "/clock", json={"now": moment}).status_code == 200


def make_contact(api: httpx.Client, campaign: int | None = None, **fields: Any) -> Record:
    """Import a contact, to a campaign of its own if none is given, and return it."""
    return store_contact(api, contact(campaign or make_campaign(api), **fields))


def ask_try(world: World, contact_id: int, outcome: str, **details: Any) -> httpx.Response:
    """Return the answer to a call that is to be played."""
    return world.ask("POST", TRIES, json={"clientsId": 1, "contactId": contact_id, "outcome": outcome, **details})


def play(world: World, contact_id: int, outcome: str, **details: Any) -> tuple[Record, Record]:
    """Play a call, and return it and the contact."""
    answer = ask_try(world, contact_id, outcome, **details)
    assert answer.status_code == 200, answer.text
    return answer.json()["call"], answer.json()["contact"]


def read_contacts(api: httpx.Client, *ids: int) -> list[Record]:
    """Return contacts with their results and their history."""
    answer = api.post(CONTACTS, json={"IDList": ids}, params={"languagesID": 1})
    assert answer.status_code == 200, answer.text
    records: list[Record] = answer.json()["records"]
    return records


def read_history(api: httpx.Client, *ids: int) -> list[Record]:
    """Return the calls with contacts, in the order of the calls."""
    calls = [call for record in read_contacts(api, *ids) for call in record["DiallerContactsHistory"]]
    return sorted(calls, key=lambda call: int(call["ID"]))


def read_counts(world: World) -> Counter[tuple[int, str, str]]:
    """Return the hourly counters of a world that are not 0, by campaign, hour and name."""
    hours = world.ask("GET", STATISTICS, params={"clientsId": 1}).json()["hours"]
    return Counter(
        {
            (hour["DiallerCampaignsID"], hour["dtStats"], name): value
            for hour in hours
            for name, value in hour.items()
            if name[0] == "n" and value
        }
    )


def sum_counts(world: World) -> Counter[str]:
    """Return the counters of a world, summed over all hours and campaigns."""
    total: Counter[str] = Counter()
    for (_, _, name), value in read_counts(world).items():
        total[name] += value
    return total


def count_calls(calls: list[Record], codes: Mapping[int, Record]) -> Counter[tuple[int, str, str]]:
    """Return what the hourly counters have to be after these calls.

    :param codes: the result codes by ID.
    """
    counts: Counter[tuple[int, str, str]] = Counter()
    for call in calls:
        part = call["StatisticsPartA"]
        if part["bOutbound"]:
            connected = "machine" if call["bAnsweringMachine"] else "answered"
            outcome = OF_CONNRES.get(call["CONNRES"], connected)
            hour = f"{part['dtCallEnd'][:13]}:00:00.000"
            counters = list(COUNTERS[outcome])
            if outcome == "answered":
                counters.append(CODED[codes[call["DiallerCampaignsResultCodesID"]]["DiallerResultCodesTypesID"]])
            counts.update((call["DiallerCampaignsID"], hour, name) for name in counters)
    return counts


def read_codes(api: httpx.Client, campaign: int) -> dict[int, Record]:
    """Return the result codes of a campaign, by ID."""
    answer = api.get(f"/dialler/campaigns/campaign/{campaign}/resultCodes", params={"languagesID": 1})
    return {code["ID"]: code for code in answer.json()["records"]}


def find_code(api: httpx.Client, campaign: int, key: str) -> int:
    """Return the ID of the result code of a campaign with an export key."""
    (code,) = [code["ID"] for code in read_codes(api, campaign).values() if code["ExportKey"] == key]
    assert isinstance(code, int)
    return code


def run(world: World, **scenario: Any) -> Record:
    """Run the dialler, and return the run when it has ended."""
    answer = world.ask("POST", RUN, json={"clientsId": 1, **scenario})
    assert answer.status_code == 201, answer.text
    return await_run(world)


def await_run(world: World) -> Record:
    """Return the run of a world when it has ended."""
    while (found := world.ask("GET", RUN, params={"timeout": 30}).json())["state"] == "running":
        pass
    assert isinstance(found, dict)
    return found
