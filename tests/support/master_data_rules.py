"""What the model does with users, service numbers, cockpit variables and routing applications."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.support.event_rules import ACCOUNTS, NO_ID, EventRules
from tests.support.model import (
    COCKPIT_VARIABLES,
    ROUTING_APPLICATIONS,
    SERVICE_NUMBERS,
    USERS,
    Record,
    found,
    refused,
)

# The path of one record of each list, and the error if there is none.
ONE = {
    USERS: ("/users/user/{}", "User not found"),
    SERVICE_NUMBERS: ("/serviceNumbers/serviceNumber/{}", "Service number not found"),
    COCKPIT_VARIABLES: ("/cockpitVariables/cockpitVariable/{}", "Cockpit variable not found"),
}
RECORD_IDS = st.sampled_from((5, 6, 17, 21, 98, 187, 192, 201, NO_ID))
VARIABLE_IDS = st.sampled_from((98, 187, 188, 189, 190, 192, 201, NO_ID))
APPLICATION_IDS = st.sampled_from((2793, 2801, NO_ID))
# The bodies that an application is run with, and the variables that they become.
RUNS = st.sampled_from(
    (
        ({}, []),
        ({"caller": {"number": 49, "name": "Ö"}}, [("caller.number", "49"), ("caller.name", "Ö")]),
        ({"tags": ["a", None, [True]]}, [("tags.0", "a"), ("tags.1", ""), ("tags.2.0", "true")]),
    )
)
ERRORS = (
    "",
    "Cockpit variable is not writable",
    "Cockpit variable not found or not visible for the cockpit",
    "Cockpit variable has this value already",
    "Value is less than MinValue or more than MaxValue",
)


class MasterDataRules(EventRules):
    """Makes requests about master data and compares each answer with what the model says."""

    @rule(client=ACCOUNTS, path=st.sampled_from(list(ONE)), record_id=RECORD_IDS)
    def get_record(self, client: int, path: str, record_id: int) -> None:
        one, missing = ONE[path]
        record = self.accounts[client].get(path, record_id)
        self.expect(client, "GET", one.format(record_id), found([record]) if record else refused(404, missing))

    @rule(client=ACCOUNTS, variable_id=VARIABLE_IDS, value=st.sampled_from((-1, 0, 2, 3, 4, 10, 11, 40)))
    def set_cockpit_variable(self, client: int, variable_id: int, value: int) -> None:
        account = self.accounts[client]
        variable = account.get(COCKPIT_VARIABLES, variable_id)
        result = _judge(variable, value)
        path, _ = ONE[COCKPIT_VARIABLES]
        one = path.format(variable_id)
        expected = {"result": result, "error": ERRORS[result], "status": 200}
        self.expect(client, "PATCH", f"{one}/setValue", expected, params={"value": value})
        if variable and result == 0:
            (stored,) = self.api[client].get(one).json()["records"]
            assert stored["dtLastModified"] > "2026"
            moment = {"dtLastModified": stored["dtLastModified"]}
            account.replace(COCKPIT_VARIABLES, {**variable, "CounterAbsolute": value, **moment})
            self.expect(client, "GET", COCKPIT_VARIABLES, account.listed(COCKPIT_VARIABLES, {}))

    @rule(client=ACCOUNTS, application_id=APPLICATION_IDS, run=RUNS)
    def run_application(self, client: int, application_id: int, run: tuple[Record, list[tuple[str, str]]]) -> None:
        body, variables = run
        is_known = self.accounts[client].get(ROUTING_APPLICATIONS, application_id) is not None
        records = [{"Name": name, "Value": value} for name, value in variables]
        expected = found(records) if is_known else refused(404, "Routing application not found")
        self.expect(client, "POST", f"{ROUTING_APPLICATIONS}/run/{application_id}", expected, json=body)


def _judge(variable: Record | None, value: int) -> int:
    """Return the result of setting a cockpit variable to a value."""
    if variable is None or not variable["bVisible"]:
        return 2
    if not variable["bWritable"]:
        return 1
    if variable["CounterAbsolute"] == value:
        return 3
    least, most = variable["MinValue"], variable["MaxValue"]
    return 4 if (least is not None and value < least) or (most is not None and value > most) else 0
