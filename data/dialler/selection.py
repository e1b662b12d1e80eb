"""Which contact is called next: the ten steps of the vendor's page "Dialler Operation".

1 due appointments of the agent, 2 those of nobody; 3 due delays of the agent, 4 those of nobody; 5 busy series whose
last agent it was, 6 those of other agents; 7 other contacts whose next try is due and that are reserved for the agent,
8 those of nobody; 9 contacts without a next try that are reserved for the agent, 10 those of nobody. What is due comes
in the order in which it is due, busy series in that of their beginning, and contacts without a next try by the weight
of their campaigns, in a campaign by `RandomSortOrder` and then at random.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from heapq import heappop, heappush
from typing import Any, NamedTuple

from data import store
from data.dialler.rules import APPOINTMENT, Campaign, Settings, choose_number, is_given_up

# The kinds of contacts, in the order in which they are called.
APPOINTED, DELAYED, IN_SERIES, DUE, FRESH = range(5)
# Busy series that are reserved for an agent; no other one goes on with them.
OWN_SERIES = 5
WITHOUT_ORDER = 2**63
Slot = tuple[int, str | None, int]


class Place(NamedTuple):
    """The place of a contact.

    :param slot: the kind, the agent that it is for, and the campaign of contacts without a next try.
    :param due: when it may be called, in the form of records; empty for contacts without a next try.
    :param rank: its rank in the slot.
    """

    slot: Slot
    due: str
    rank: tuple[Any, ...]


class Selection:
    """The contacts that can be called, in memory: a place for each, which may be outdated when it is taken.

    :param agents: the UIDs of the agents; contacts of others are left out.
    :param weights: the weight of each campaign that is called, by ID.
    :param seed: of the random order.
    :param settings: the settings of the dialler.
    """

    def __init__(self, agents: frozenset[str], weights: Mapping[int, float], seed: int, settings: Settings) -> None:
        self.agents = agents
        self.weights = weights
        self.seed = seed
        self.settings = settings
        self.places: dict[int, Place] = {}
        self.waiting: list[tuple[str, int]] = []
        self.ready: dict[Slot, list[tuple[tuple[Any, ...], int]]] = {}
        # How many contacts without a next try were chosen of each campaign.
        self.chosen = Counter[int]()

    def find_place(self, contact: store.Row, campaign: Campaign | None) -> Place | None:
        """Return the place of a contact; None if it is not called.

        :param contact: the row of the contact.
        :param campaign: its campaign; None if there is none.
        """
        if campaign is None or not self.weights.get(campaign.id) or contact["dtLocked"] is not None:
            return None
        code = campaign.find_code(contact)
        if is_given_up(contact, code, self.settings) or choose_number(contact) is None:
            return None
        owner = contact["FollowUpUsersUID"] or contact["ReservedUsersUID"]
        if owner is not None and owner not in self.agents:
            return None
        due = contact["dtNextTry"]
        if due is None:
            order = contact["RandomSortOrder"]
            rank = (WITHOUT_ORDER if order is None else order, self._shuffle(contact["ID"]))
            return Place((FRESH, owner, campaign.id), "", rank)
        if code is not None:
            return Place((APPOINTED if code.counter == APPOINTMENT else DELAYED, owner, 0), due, (due,))
        if contact["nBusyTries"]:
            slot = (IN_SERIES, contact["LastUsersUID"], 0) if owner is None else (OWN_SERIES, owner, 0)
            return Place(slot, due, (contact["dtBusySince"],))
        return Place((DUE, owner, 0), due, (due,))

    def put(self, contact_id: int, place: Place | None) -> None:
        """Give a contact a place that has none here.

        :param contact_id: ID of the contact.
        :param place: the place; None if it is not called.
        """
        if place is not None:
            self.places[contact_id] = place
            if place.due:
                heappush(self.waiting, (place.due, contact_id))
            else:
                heappush(self.ready.setdefault(place.slot, []), (place.rank, contact_id))

    def clear(self) -> None:
        """Forget all contacts."""
        self.places.clear()
        self.waiting.clear()
        self.ready.clear()

    def take(self, agent: str, now: str) -> tuple[int, Place] | None:
        """Take the next contact for an agent out of the selection, and return its ID and its place.

        :param agent: UID of the agent.
        :param now: the time, in the form of records.
        :returns: None if there is no contact for the agent now.
        """
        self._wake(now)
        for slots in self._list_steps(agent):
            found = [(heap[0], slot) for slot in slots if (heap := self.ready.get(slot))]
            if found:
                (_, contact_id), slot = min(found, key=self._weigh)
                heappop(self.ready[slot])
                self.chosen[slot[2]] += 1
                return contact_id, self.places.pop(contact_id)
        return None

    def find_next_due(self, now: str) -> str | None:
        """Return when the next contact may be called that may not be called now; None if there is none.

        :param now: the time, in the form of records.
        """
        self._wake(now)
        return self.waiting[0][0] if self.waiting else None

    def _list_steps(self, agent: str) -> Iterator[list[Slot]]:
        for kind in (APPOINTED, DELAYED):
            yield [(kind, agent, 0)]
            yield [(kind, None, 0)]
        yield [(OWN_SERIES, agent, 0), (IN_SERIES, agent, 0)]
        yield [slot for slot in self.ready if slot[0] == IN_SERIES]
        yield [(DUE, agent, 0)]
        yield [(DUE, None, 0)]
        yield [(FRESH, agent, campaign) for campaign in self.weights]
        yield [(FRESH, None, campaign) for campaign in self.weights]

    def _weigh(self, found: tuple[tuple[tuple[Any, ...], int], Slot]) -> tuple[Any, ...]:
        """Return the rank among the heads of the slots of one step."""
        head, (kind, _, campaign) = found
        if kind == FRESH:
            return ((self.chosen[campaign] + 1) / self.weights[campaign], campaign)
        return head

    def _wake(self, now: str) -> None:
        """Move the contacts whose time has come to those that can be called."""
        while self.waiting and self.waiting[0][0] <= now:
            _, contact_id = heappop(self.waiting)
            place = self.places[contact_id]
            heappush(self.ready.setdefault(place.slot, []), (place.rank, contact_id))

    def _shuffle(self, contact_id: int) -> int:
        return int.from_bytes(blake2b(f"{self.seed} {contact_id}".encode(), digest_size=8).digest())
