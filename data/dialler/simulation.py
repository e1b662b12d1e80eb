"""The dialler at work: agents who call contacts by a scenario, one after the other and at the same time."""

import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from heapq import heappop, heappush
from typing import Any

from data import call_ids, staging, store
from data.dialler import history, tries
from data.dialler.rules import Campaign, is_given_up, list_numbers
from data.dialler.scenarios import OpenCall, Scenario, draw, list_codes
from data.dialler.selection import Selection
from data.store.texts import render_moment

# How many contacts are read at once.
STEP = 1_000
# What others have changed is read again after so many times the time that this takes.
PATIENCE = 10
NOTHING_LEFT, TIME_REACHED, TRIES_MADE, END_OF_TIME = (
    *("no contact is left to call", "the time is reached", "the calls are made"),
    "the clock would leave the years 1 to 9999",
)


class Simulation:
    """A run of the dialler. Calls end in the order of time; those that have not ended when it stops were never made.

    `tries` is the number of calls that have ended, and `reason` why the run has ended, None before. `first` is the ID
    of the first call that was stored since `play` was called last, None for none.

    :param scenario: the scenario.
    """

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.tries = 0
        self.first: int | None = None
        # The ID of the next call, in the transaction that is open.
        self.next_id = 0
        self.reason: str | None = None
        self.selection = Selection(frozenset(scenario.agents), scenario.weights, scenario.seed, scenario.settings)
        self.campaigns: dict[int, Campaign] = {}
        self.idle = [*range(len(scenario.agents))]
        # The calls that have begun and the agents who pause, by time; the numbers of the agents make them unique.
        self.calls: list[tuple[datetime, int, OpenCall]] = []
        self.pauses: list[tuple[datetime, int]] = []
        # The rows of the contacts that are called, as long as they are known to be up to date.
        self.rows: dict[int, store.Row] = {}
        # The version of the database that was read last, and that of the last transaction.
        self.version: Any = None
        self.played: Any = None
        self.next_load = 0.0

    def refresh(self) -> None:
        """Read the contacts that can be called, if others have changed some since; call it between transactions.

        If no contact was left, the run goes on then.
        """
        version = store.current().read_version()
        store.current().end_turn()
        begin = time.monotonic()
        is_early = self.reason is None and begin < self.next_load
        if self.version == version or is_early or self.reason not in (None, NOTHING_LEFT):
            return
        self.reason = None
        self._load()
        self.version = version
        end = time.monotonic()
        self.next_load = end + PATIENCE * (end - begin)

    def play(self, now: datetime, is_over: Callable[[], bool]) -> datetime:
        """Play calls in the transaction that is open, and return the time at which the last one has ended.

        :param now: the time at which it goes on, in UTC.
        :param is_over: called after each call, returns whether to stop here and go on in another transaction.
        """
        self.first = None
        self.next_id = call_ids.choose()
        hours = history.Hours(Counter)
        claims = staging.has_staged()
        self._note_changes()
        try:
            while self.reason is None:
                now = self._step(now, hours, claims)
                if is_over():
                    break
        except (OverflowError, store.Conflict):
            self.reason = END_OF_TIME
        history.save_counts(hours)
        return now

    def _step(self, now: datetime, hours: history.Hours, claims: bool) -> datetime:
        """Let all idle agents call, go on to the next event and return its time."""
        if self.tries >= self.scenario.most_tries:
            self.reason = TRIES_MADE
            return now
        text = render_moment(now)
        self.idle = [agent for agent in sorted(self.idle) if not self._begin(agent, now, text)]
        event = self._find_event(now, text)
        if event is None:
            self.reason = NOTHING_LEFT
            return now
        until = self.scenario.until
        if until is not None and event > until:
            self.reason = TIME_REACHED
            return max(now, until)
        while self.pauses and self.pauses[0][0] <= event:
            self.idle.append(heappop(self.pauses)[1])
        if self.calls and self.calls[0][0] <= event:
            self._end(*heappop(self.calls), hours, claims)
        return event

    def _find_event(self, now: datetime, text: str) -> datetime | None:
        """Return when the next call or pause ends, or a contact can be called; None if nothing is left."""
        events = [self.calls[0][0]] if self.calls else []
        # Without a contact that can be called, nobody waits for the end of a pause.
        if self.pauses and self.selection.places:
            events.append(self.pauses[0][0])
        if self.idle and (due := self.selection.find_next_due(text)):
            events.append(datetime.fromisoformat(due).replace(tzinfo=now.tzinfo))
        return max(now, min(events)) if events else None

    def _begin(self, agent: int, now: datetime, text: str) -> bool:
        """Let an agent call the next contact, and return whether there is one."""
        uid = self.scenario.agents[agent]
        while taken := self.selection.take(uid, text):
            contact_id, expected = taken
            contact = tries.find(self.scenario.clients_id, contact_id)
            if contact is None:
                continue
            campaign = self.campaigns.get(contact["DiallerCampaignsID"])
            place = self.selection.find_place(contact, campaign)
            if place != expected:
                self.selection.put(contact_id, place)
            elif campaign and (campaign.end is None or campaign.end > text) and list_codes(self.scenario, campaign):
                number = tries.find_number(contact, None)
                begun = draw(self.scenario, contact, campaign, number, uid, now)
                heappush(self.calls, (begun.call.end, agent, begun))
                self.rows[contact_id] = contact
                return True
        return False

    def _end(self, end: datetime, agent: int, begun: OpenCall, hours: history.Hours, claims: bool) -> None:
        """Store a call that has ended, unless its contact is gone or closed by now."""
        heappush(self.pauses, (begun.ready, agent))
        contact_id = begun.contact_id
        if claims:
            staging.claim(contact_id)
        contact = self.rows.pop(contact_id, None) or tries.find(self.scenario.clients_id, contact_id)
        campaign = self.campaigns.get(contact["DiallerCampaignsID"]) if contact else None
        if contact is None or campaign is None or self._is_lost(contact, campaign, begun):
            return
        after = tries.play(self.next_id, contact, campaign, begun.call, self.scenario.settings, hours)
        self.tries += 1
        self.first = self.first or self.next_id
        self.next_id += 1
        self.selection.put(contact_id, self.selection.find_place(after, campaign))

    def _is_lost(self, contact: store.Row, campaign: Campaign, begun: OpenCall) -> bool:
        """Return whether a contact cannot be called any more as it could when the call began."""
        is_open = not is_given_up(contact, campaign.find_code(contact), self.scenario.settings)
        return contact["dtLocked"] is not None or not is_open or begun.call.number not in list_numbers(contact)

    def _note_changes(self) -> None:
        """Forget the rows of contacts that others may have changed since the last transaction."""
        version = store.current().read_version()
        store.current().end_turn()
        if version != self.played:
            self.rows.clear()
        self.played = version

    def _load(self) -> None:
        self.campaigns = tries.list_campaigns(self.scenario.clients_id)
        self.selection.clear()
        called = {begun.contact_id for *_, begun in self.calls}
        after = -1
        while rows := tries.list_some(self.scenario.clients_id, after, STEP):
            for row in rows:
                if row["ID"] not in called:
                    campaign = self.campaigns.get(row["DiallerCampaignsID"])
                    self.selection.put(row["ID"], self.selection.find_place(row, campaign))
            after = rows[-1]["ID"]
