"""Scenarios: what a run of the dialler is given, and the chance by which it plays. They run no SQL."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple, TypeVar

from data.dialler.rules import ANSWERED, APPOINTMENT, OUTCOMES, Call, Campaign, Code, Contact, Settings, count_tries

Chosen = TypeVar("Chosen")


class Range(NamedTuple):
    """A range of whole numbers.

    :param least: the smallest one.
    :param most: the largest one.
    """

    least: int
    most: int


class Scenario(NamedTuple):
    """What a run of the dialler is given.

    :param clients_id: ID of the client account.
    :param seed: of its chance: the same seed and the same records give the same calls.
    :param agents: the UIDs of the agents, who work at the same time.
    :param weights: the weight of each campaign that is called, by ID.
    :param outcomes: the share of each outcome.
    :param codes: the share of each result code, by export key; empty for those that agents may choose.
    :param ring: how many seconds a call rings.
    :param talk: how many seconds it is connected.
    :param pause: how many seconds an agent is not called after a call.
    :param appointment: after how many minutes an appointment is.
    :param until: when the run ends, in UTC; None for no such time.
    :param most_tries: after how many calls it ends.
    :param settings: the settings of the dialler.
    """

    clients_id: int
    seed: int
    agents: Sequence[str]
    weights: Mapping[int, float]
    outcomes: Mapping[str, float]
    codes: Mapping[str, float]
    ring: Range
    talk: Range
    pause: Range
    appointment: Range
    until: datetime | None
    most_tries: int
    settings: Settings


class OpenCall(NamedTuple):
    """A call that has begun.

    :param call: the call, as it will be when it ends.
    :param contact_id: ID of the contact.
    :param ready: when its agent can make the next call.
    """

    call: Call
    contact_id: int
    ready: datetime


def draw(scenario: Scenario, contact: Contact, campaign: Campaign, number: int, agent: str, now: datetime) -> OpenCall:
    """Return the call that an agent makes.

    :param scenario: the scenario.
    :param contact: the row of the contact.
    :param campaign: its campaign.
    :param number: which of its numbers is called.
    :param agent: UID of the agent.
    :param now: when the call begins, in UTC.
    :raises OverflowError: a date would leave the years 1 to 9999.
    """
    # Depends on the contact and its tries only, so that a run that was interrupted goes on in the same way.
    chance = Random(f"{scenario.seed} {contact['ID']} {count_tries(contact)}").random
    outcome = _choose(scenario.outcomes, chance)
    code = _choose(list_codes(scenario, campaign), chance) if outcome == ANSWERED else None
    ring, talk = _pick(scenario.ring, chance), _pick(scenario.talk, chance)
    end = now + timedelta(seconds=ring + (talk if OUTCOMES[outcome].is_connected else 0))
    minutes = _pick(scenario.appointment, chance)
    again = end + timedelta(minutes=minutes) if code and code.counter == APPOINTMENT else None
    call = Call(outcome, number, end, ring, talk, agent, code, again)
    return OpenCall(call, contact["ID"], end + timedelta(seconds=_pick(scenario.pause, chance)))


def list_codes(scenario: Scenario, campaign: Campaign) -> dict[Code, float]:
    """Return the shares of the result codes that agents give to contacts of a campaign.

    :param scenario: the scenario.
    :param campaign: the campaign.
    """
    given = {code: scenario.codes.get(code.key or "", 0.0) for code in campaign.codes.values()}
    shares = {code: share for code, share in given.items() if share}
    return shares or {code: 1.0 for code in campaign.codes.values() if not code.is_protected}


def _choose(shares: Mapping[Chosen, float], chance: Callable[[], float]) -> Chosen:
    point = chance() * sum(shares.values())
    *others, (last, _) = [(chosen, share) for chosen, share in shares.items() if share]
    for chosen, share in others:
        point -= share
        if point < 0:
            return chosen
    return last


def _pick(between: Range, chance: Callable[[], float]) -> int:
    return between.least + int(chance() * (between.most - between.least + 1))
