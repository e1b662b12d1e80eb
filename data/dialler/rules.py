"""The rules of the dialler: what the outcome of a call changes. They run no SQL.

The vendor's pages name the outcomes and say little about their effects; `control.yaml` says what is inferred.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from data.store.texts import render_moment

NUMBERS = range(1, 7)
# The export key of the code that a campaign gives to contacts whose tries are used up.
MAX_TRIES = "Max Tries (Abort)"
Contact = Mapping[str, Any]


class Outcome(NamedTuple):
    """The outcome of a call.

    :param connres: its value of CONNRES.
    :param cause: its cause code, that of ISDN Q.850.
    :param counters: the columns of StatisticsDiallerCampaigns that count it.
    """

    connres: int
    cause: int
    counters: Sequence[str]

    @property
    def is_connected(self) -> bool:
        """Return whether somebody or something has answered the call."""
        return self.connres == CONNECTED


CONNECTED = 1
NO_ANSWER, BUSY, INVALID, ERROR = "noAnswer", "busy", "invalidNumber", "error"
AGENT_ABORTS, MACHINE, ANSWERED, CALL_IN = "agentAborts", "machine", "answered", "callIn"
OUTCOMES = {
    NO_ANSWER: Outcome(2, 19, ["nTriesNoAnswer"]),
    BUSY: Outcome(3, 17, ["nTriesBusy"]),
    INVALID: Outcome(5, 1, ["nTriesInvalid"]),
    ERROR: Outcome(7, 41, ["nTriesError"]),
    AGENT_ABORTS: Outcome(4, 0, ["nTriesAborted"]),
    MACHINE: Outcome(CONNECTED, 16, ["nTriesConnected", "nTriesAnsweringMachine"]),
    ANSWERED: Outcome(CONNECTED, 16, ["nTriesConnected"]),
    # It is no try of the dialler, which counts nothing.
    CALL_IN: Outcome(CONNECTED, 16, []),
}


class Settings(NamedTuple):
    """The settings of a dialler.

    :param max_tries: after how many tries a contact that was not reached is given up.
    :param wait: the seconds between two rounds through the numbers of a contact.
    :param busy_tries: how many times in a row a busy number is tried.
    :param busy_wait: the seconds between these.
    """

    max_tries: int = 10
    wait: int = 3600
    busy_tries: int = 3
    busy_wait: int = 60


class Code(NamedTuple):
    """A result code of a campaign.

    :param id: its ID.
    :param key: its export key, if it has one.
    :param counter: the column of StatisticsDiallerCampaigns for contacts that agents give it.
    :param is_protected: whether the campaign itself uses it, so that agents do not choose it.
    :param is_bound: whether the contact stays with its agent.
    :param offset: the minutes until the next call, for a code of the type delay.
    """

    id: int
    key: str | None
    counter: str
    is_protected: bool
    is_bound: bool
    offset: int | None

    @property
    def is_final(self) -> bool:
        """Return whether a contact with this code is never called again."""
        return self.counter in (DONE, ABORTED)

    @property
    def name(self) -> str:
        """Return what messages call it: its export key, or its ID."""
        return str(self.id) if self.key is None else self.key


DONE, ABORTED, APPOINTMENT, DELAY = "nContactsDone", "nContactsAborted", "nContactsAppointment", "nContactsDelay"


class Campaign(NamedTuple):
    """A campaign, as the dialler sees it.

    :param id: its ID.
    :param codes: its result codes, by ID.
    :param no_number: ID of the code for contacts without a valid number.
    :param incoming: ID of the code for contacts that call in.
    :param closes_incoming: whether contacts that call in get it.
    :param end: until when the campaign is active, in UTC in the form of records; None for ever.
    """

    id: int
    codes: Mapping[int, Code]
    no_number: int | None
    incoming: int | None
    closes_incoming: bool
    end: str | None

    def find_code(self, contact: Contact) -> Code | None:
        """Return the result code of a contact, if it has one.

        :param contact: a contact of the campaign.
        """
        return self.codes.get(contact["DiallerCampaignsResultCodesID"])

    def find_max_tries(self) -> Code | None:
        """Return the code for contacts whose tries are used up, if there is one."""
        return next((code for code in self.codes.values() if code.key == MAX_TRIES and code.counter == ABORTED), None)


class Call(NamedTuple):
    """A call that has ended.

    :param outcome: a key of `OUTCOMES`.
    :param number: which number of the contact was called, from 1; None for a contact that calls in.
    :param end: when it ended, in UTC.
    :param ring: how many seconds it rang.
    :param talk: how many seconds it was connected, if it was.
    :param agent: the UID of the agent, if there was one.
    :param code: the result code that the agent gives.
    :param again: when the contact is called again, if that was agreed.
    """

    outcome: str
    number: int | None
    end: datetime
    ring: float = 0
    talk: float = 0
    agent: str | None = None
    code: Code | None = None
    again: datetime | None = None

    @property
    def connect(self) -> datetime | None:
        """Return when it was connected, if it was."""
        return self.end - timedelta(seconds=self.talk) if OUTCOMES[self.outcome].is_connected else None

    @property
    def start(self) -> datetime:
        """Return when it began."""
        return (self.connect or self.end) - timedelta(seconds=self.ring)


class Effect(NamedTuple):
    """What a call changes.

    :param columns: the columns of the contact that get another value, in the form of the database.
    :param code: the result code that the contact gets, also one that the dialler gives by itself.
    :param busy_tries: the tries of the busy series that goes on; None without one.
    """

    columns: Mapping[str, Any]
    code: Code | None = None
    busy_tries: int | None = None


def list_numbers(contact: Contact) -> list[int]:
    """Return which numbers of a contact can be called.

    :param contact: the contact.
    """
    return [
        number for number in NUMBERS if contact[f"PhoneNumber{number}"] and not contact[f"bPhoneNumber{number}Invalid"]
    ]


def choose_number(contact: Contact) -> int | None:
    """Return which number is called next: that of a busy series, or the first of those with the fewest tries.

    :param contact: the contact, with the columns of its last call.
    :returns: the place of the number; None if no number can be called.
    """
    numbers = list_numbers(contact)
    if contact["nBusyTries"] and contact["nLastNumber"] in numbers:
        last: int = contact["nLastNumber"]
        return last
    return min(numbers, key=lambda number: contact[f"nTriesPhoneNumber{number}"], default=None)


def count_tries(contact: Contact) -> int:
    """Return how many times a contact was called, on all of its numbers.

    :param contact: the contact.
    """
    return sum(contact[f"nTriesPhoneNumber{number}"] for number in NUMBERS)


def is_given_up(contact: Contact, code: Code | None, settings: Settings) -> bool:
    """Return whether a contact is not called any more: it is closed, or its tries are used up.

    :param contact: the contact.
    :param code: its result code.
    :param settings: the settings of the dialler.
    """
    if code is not None:
        return code.is_final
    return count_tries(contact) >= settings.max_tries


def find_effect(contact: Contact, campaign: Campaign, call: Call, settings: Settings) -> Effect:
    """Return what a call changes.

    :param contact: the contact, with the columns of its last call.
    :param campaign: its campaign.
    :param call: the call; one that an agent has answered has a result code.
    :param settings: the settings of the dialler.
    :raises OverflowError: a date would leave the years 1 to 9999.
    """
    if call.number is None:
        code = campaign.codes.get(campaign.incoming or 0) if campaign.closes_incoming else None
        return _record({}, code, call) if code else Effect({})
    number = call.number
    tried = {
        f"nTriesPhoneNumber{number}": contact[f"nTriesPhoneNumber{number}"] + 1,
        f"nPhoneNumber{number}LastCause": OUTCOMES[call.outcome].cause,
        f"bPhoneNumber{number}Invalid": 1 if call.outcome == INVALID else contact[f"bPhoneNumber{number}Invalid"],
        "bLastResultMailbox": int(call.outcome == MACHINE),
    }
    if call.outcome == ANSWERED:
        assert call.code is not None
        return _record(tried, call.code, call)
    if call.outcome == AGENT_ABORTS:
        return Effect({**tried, "dtNextTry": _add(call.end, settings.wait)})
    return _fail({**contact, **tried}, tried, campaign, call, settings)


def _record(columns: Mapping[str, Any], code: Code, call: Call) -> Effect:
    """Return what a result code changes, beside other columns."""
    changed = {**columns, "DiallerCampaignsResultCodesID": code.id, "dtNextTry": None, "FollowUpUsersUID": None}
    if not code.is_final:
        changed["dtNextTry"] = render_moment(call.again) if call.again else _add(call.end, 60 * (code.offset or 0))
        changed["FollowUpUsersUID"] = call.agent if code.is_bound else None
    return Effect(changed, code)


def _fail(contact: Contact, tried: Mapping[str, Any], campaign: Campaign, call: Call, settings: Settings) -> Effect:
    """Return what a call changes that has not reached the contact: it is given up, or called again."""
    numbers = list_numbers(contact)
    is_used_up = count_tries(contact) >= settings.max_tries
    if is_used_up or not numbers:
        code = campaign.find_max_tries() if numbers else campaign.codes.get(campaign.no_number or 0)
        return _record(tried, code, call) if code else Effect({**tried, "dtNextTry": None})
    series = (contact["nBusyTries"] or 0) + 1 if contact["nLastNumber"] == call.number else 1
    if call.outcome == BUSY and series < settings.busy_tries:
        return Effect({**tried, "dtNextTry": _add(call.end, settings.busy_wait)}, busy_tries=series)
    tries = contact[f"nTriesPhoneNumber{call.number}"]
    has_other = any(contact[f"nTriesPhoneNumber{number}"] < tries for number in numbers)
    return Effect({**tried, "dtNextTry": _add(call.end, 0 if has_other else settings.wait)})


def _add(moment: datetime, seconds: float) -> str:
    return render_moment(moment + timedelta(seconds=seconds))
