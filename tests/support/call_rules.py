"""What the model does with calls."""

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from tests.support.event_rules import ACCOUNTS, EventRules
from tests.support.model import CALLS, Account, Record, refused

UFNS = st.sampled_from(
    (
        *("20220708113318-410001", "20220708113402-410002", "20220708113417-410003", "20220708113431-410004"),
        *("20220708113459-410005", "20220708113459-410006"),
    )
)
ACTIONS = st.sampled_from(("answer", "hold", "hangup", "hangupLeg2"))


class CallRules(EventRules):
    """Makes requests about calls and compares each answer with what the model says."""

    @initialize()
    def begin_calls(self) -> None:
        self.ended: set[tuple[int, str]] = set()

    @rule(client=ACCOUNTS)
    def list_calls(self, client: int) -> None:
        self.expect(client, "GET", CALLS, _list(self.accounts[client]))

    @rule(client=ACCOUNTS, ufn=UFNS, action=ACTIONS)
    def act_on_call(self, client: int, ufn: str, action: str) -> None:
        call = next((call for call in self.accounts[client].lists[CALLS] if call["UFN"] == ufn), None)
        error = _refuse(call, action) if call else self._miss(client, ufn)
        self.expect(client, "GET", f"{CALLS}/{ufn}/{action}", error or {"status": 200})
        if call and not error:
            self._change(client, call, action)
            for each, account in self.accounts.items():
                self.expect(each, "GET", CALLS, _list(account))

    def _miss(self, client: int, ufn: str) -> Record:
        return refused(409, "Call has ended") if (client, ufn) in self.ended else refused(404, "Call not found")

    def _change(self, client: int, call: Record, action: str) -> None:
        account = self.accounts[client]
        if action == "hangup":
            account.lists[CALLS] = [other for other in account.lists[CALLS] if other is not call]
            self.ended.add((client, call["UFN"]))
        elif action == "answer":
            records = self.api[client].get(CALLS).json()["records"]
            (moment,) = (record["dtCallConnect"] for record in records if record["UFN"] == call["UFN"])
            assert moment > "2026"
            account.replace(CALLS, {**call, "CallState": "connected", "dtCallConnect": moment})
        elif action == "hold":
            account.replace(CALLS, {**call, "CallState": "held"})
        else:
            account.replace(CALLS, {**call, "Leg2Number": None, "dtLeg2Start": None})


def _refuse(call: Record, action: str) -> Record | None:
    """Return how an action on a call is refused; None if it is not."""
    state = call["CallState"]
    doing = "rings" if state == "ringing" else f"is {state}"
    if action == "answer" and state != "ringing":
        return refused(409, f"Call {doing}: only a call that rings can be answered")
    if action == "hold" and state != "connected":
        return refused(409, f"Call {doing}: only a call that is connected can be held")
    if action == "hangupLeg2" and call["Leg2Number"] is None:
        return refused(409, "Call has no second leg")
    return None


def _list(account: Account) -> Record:
    calls = account.lists[CALLS]
    return {"records": calls, "count": len(calls), "orderBy": "UFN", "status": 200}
