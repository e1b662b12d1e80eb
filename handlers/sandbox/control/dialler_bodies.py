"""What the operations on the dialler are given: its defaults, and what contradicts itself."""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from data import store
from data.dialler import tries
from data.dialler.rules import ANSWERED, APPOINTMENT, CALL_IN, DELAY, Call, Campaign, Code, Settings
from data.dialler.scenarios import Range, Scenario
from handlers.contract.problems import Problem

# Seeds have 31 bits, so that every client can hold them.
SEEDS = 2**31
SETTINGS = {"maxTries": 10, "waitSeconds": 3600, "busyTries": 3, "busySeconds": 60}
SCENARIO = {
    **{"agents": ["agent"], "campaigns": None, "codes": [], "until": None, "tries": 100_000},
    "outcomes": {
        **{"noAnswer": 0.35, "busy": 0.1, "invalidNumber": 0.02, "error": 0.01},
        **{"agentAborts": 0.02, "machine": 0.15, "answered": 0.35},
    },
    "ringSeconds": {"from": 5, "to": 25},
    "talkSeconds": {"from": 20, "to": 300},
    "pauseSeconds": {"from": 5, "to": 30},
    "appointmentMinutes": {"from": 60, "to": 2880},
}
RANGES = ("ringSeconds", "talkSeconds", "pauseSeconds", "appointmentMinutes")
# The fields of a try that say what an agent records, with the outcome that has them.
RECORDED = ("code", "codeId", "delayMinutes", "appointment")


def read_settings(body: Mapping[str, Any]) -> Settings:
    """Return the settings of the dialler that a body has.

    :param body: the request, valid by the contract of the control API.
    """
    return Settings(*(body.get(name, default) for name, default in SETTINGS.items()))


def make_call(body: Mapping[str, Any], contact: store.Row, campaign: Campaign, now: datetime) -> Call:
    """Return the call that a body describes.

    :param body: the request, valid by the contract of the control API.
    :param contact: the row of the contact.
    :param campaign: its campaign.
    :param now: the time of the world, at which the call ends.
    :raises Problem: 400; fields contradict one another, or one is missing.
    :raises store.Conflict: the campaign has no such result code, or the contact no such number.
    """
    outcome = body["outcome"]
    if outcome == CALL_IN and "number" in body:
        raise Problem(("body", "number"), "cannot be given for a contact that calls in")
    if outcome != ANSWERED:
        _refuse_codes(body)
    code = _find_code(body, campaign) if outcome == ANSWERED else None
    number = None if outcome == CALL_IN else tries.find_number(contact, body.get("number"))
    again = _find_next(body, code, now) if code else None
    ring, talk = body.get("ringSeconds", 10), body.get("talkSeconds", 60)
    return Call(outcome, number, now, ring, talk, body.get("agent"), code, again)


def complete(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a scenario with the defaults of all fields that are not given.

    :param body: the request, valid by the contract of the control API.
    :raises Problem: 400; fields contradict one another.
    """
    scenario = {**SETTINGS, **SCENARIO, "seed": secrets.randbelow(SEEDS), **body}
    for name in RANGES:
        if scenario[name]["from"] > scenario[name]["to"]:
            raise Problem(("body", name, "to"), f"must be at least {scenario[name]['from']}")
    if not scenario["agents"] or len({*scenario["agents"]}) < len(scenario["agents"]):
        raise Problem(("body", "agents"), "must name at least one agent, and none twice")
    if not any(scenario["outcomes"].values()):
        raise Problem(("body", "outcomes"), "must have a share above 0")
    if scenario["codes"] and not any(_read_shares(scenario).values()):
        raise Problem(("body", "codes"), "must have a share above 0")
    return scenario


def make_scenario(completed: Mapping[str, Any], campaigns: Mapping[int, Campaign]) -> Scenario:
    """Return what a run of the dialler is given.

    :param completed: the scenario, with all fields.
    :param campaigns: the campaigns of the client account, by ID.
    :raises store.Conflict: the client account has no such campaign or result code; the message says which there are.
    """
    called = completed["campaigns"] or [{"id": campaign, "weight": 1} for campaign in campaigns]
    for campaign in called:
        _require(campaign["id"], campaigns, "campaign")
    keys = {code.key for campaign in called for code in campaigns[campaign["id"]].codes.values() if code.key}
    for key in (shares := _read_shares(completed)):
        _require(key, sorted(keys), "result code")
    ring, talk, pause, appointment = (Range(completed[name]["from"], completed[name]["to"]) for name in RANGES)
    return Scenario(
        clients_id=completed["clientsId"],
        seed=completed["seed"],
        agents=completed["agents"],
        weights={campaign["id"]: campaign["weight"] for campaign in called},
        outcomes=completed["outcomes"],
        codes=shares,
        ring=ring,
        talk=talk,
        pause=pause,
        appointment=appointment,
        until=completed["until"] and datetime.fromisoformat(completed["until"]).replace(tzinfo=UTC),
        most_tries=completed["tries"],
        settings=read_settings(completed),
    )


def _read_shares(scenario: Mapping[str, Any]) -> dict[str, float]:
    return {each["code"]: each["share"] for each in scenario["codes"]}


def _require(wanted: Any, known: Any, what: str) -> None:
    if wanted not in known:
        raise store.Conflict(f"there is no {what} {wanted}; there are {', '.join(map(str, known)) or 'none'}")


def _refuse_codes(body: Mapping[str, Any]) -> None:
    for name in RECORDED:
        if name in body:
            raise Problem(("body", name), f"can be given with the outcome {ANSWERED} only")


def _find_code(body: Mapping[str, Any], campaign: Campaign) -> Code:
    given = [name for name in ("code", "codeId") if name in body]
    if len(given) != 1:
        raise Problem(("body", "code"), f"must be given with the outcome {ANSWERED}, or codeId instead of it")
    wanted = body[given[0]]
    for code in campaign.codes.values():
        if wanted == (code.key if given == ["code"] else code.id):
            return code
    known = ", ".join(f"{code.name} ({code.id})" for code in campaign.codes.values())
    raise store.Conflict(f"the campaign of the contact has no result code {wanted}; it has {known or 'none'}")


def _find_next(body: Mapping[str, Any], code: Code, now: datetime) -> datetime | None:
    """Return when a contact with a result code is called again, if the body says it."""
    for name, counter in (("delayMinutes", DELAY), ("appointment", APPOINTMENT)):
        if name in body and code.counter != counter:
            raise Problem(("body", name), f"cannot be given with the result code {code.name}, which is of another type")
    if code.is_bound and "agent" not in body:
        raise Problem(("body", "agent"), f"must be given, because the result code {code.name} is bound to the agent")
    if code.counter == APPOINTMENT:
        if "appointment" not in body:
            raise Problem(("body", "appointment"), f"must be given with the result code {code.name}, an appointment")
        return datetime.fromisoformat(body["appointment"]).replace(tzinfo=UTC)
    if "delayMinutes" in body:
        try:
            return now + timedelta(minutes=body["delayMinutes"])
        except OverflowError as error:
            raise store.Conflict(tries.OUT_OF_RANGE) from error
    return None
