"""What the model does with ACD events."""

from collections.abc import Mapping
from typing import Any

import httpx
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from tests.support.model import EVENTS, Account, Record, compare, found, new_event, refused

ACCOUNTS = st.sampled_from((1, 2))
NO_ID = 2**53 - 1
NO_GROUP, NO_USER, NO_EVENT = "ACD group not found", "User not found", "ACD event not found"
GROUP_IDS = st.sampled_from((101, 106, 140, 201, 203, 0, NO_ID))
EVENT_BODIES = st.fixed_dictionaries(
    {
        "AcdEventTypesID": st.integers(1, 7),
        "AcdGroupsID": GROUP_IDS,
        "Sender": st.sampled_from(("493023125112", "+442079460276")),
        "Subject": st.sampled_from(("Rückruf", "rückruf", "%", "\U0001f600")),
    },
    optional={
        "UsersID": st.sampled_from((None, 17, 5, NO_ID)),
        "Receiver": st.sampled_from((None, "+493023125100")),
        "Body": st.none(),
        "CrmURL": st.sampled_from((None, "https://crm.example.com/contacts/1?a=b#c")),
        "UserData": st.sampled_from((None, "", 'Ü\u0308\n"')),
    },
)


class EventRules(RuleBasedStateMachine):
    """Makes requests about events and compares each answer with what the model says."""

    api: Mapping[int, httpx.Client]
    accounts: dict[int, Account]

    @rule(client=ACCOUNTS, body=EVENT_BODIES)
    def create_event(self, client: int, body: dict[str, Any]) -> None:
        account = self.accounts[client]
        if not account.has_group(body["AcdGroupsID"]):
            self.expect(client, "POST", f"{EVENTS}/create", refused(404, NO_GROUP), json=body)
            return
        if not account.has_user(body.get("UsersID")):
            self.expect(client, "POST", f"{EVENTS}/create", refused(404, NO_USER), json=body)
            return
        answer = self.api[client].post(f"{EVENTS}/create", json=body)
        (event,) = answer.json()["records"]
        assert all(event["ID"] > old["ID"] for one in self.accounts.values() for old in one.lists[EVENTS])
        assert event["dtCreated"] >= max(event["dtCreated"] for event in account.lists[EVENTS])
        compare(answer, found([new_event(client, body, event["ID"], event["dtCreated"])]))
        account.lists[EVENTS].append(event)

    @rule(client=ACCOUNTS, event_id=st.integers(3000, 3020))
    def get_event(self, client: int, event_id: int) -> None:
        event = self.accounts[client].get(EVENTS, event_id)
        expected = found([event]) if event else refused(404, NO_EVENT)
        self.expect(client, "GET", f"{EVENTS}/event/{event_id}", expected)

    def expect(self, client: int, method: str, path: str, expected: Record, **options: Any) -> None:
        """Fail unless a request gets the expected answer."""
        compare(self.api[client].request(method, path, **options), expected)
