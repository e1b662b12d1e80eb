"""Random requests to the demo, a seed's always the same: reads of all lists, and writes of all kinds."""

import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any, NamedTuple

from tests.support.conformance import CONTRACT
from tests.support.contacts import BATCH, BY_USER_DATA, CONTACTS, CSV, IMPORT, NDJSON
from tests.support.model import (
    CALLS,
    CAMPAIGNS,
    COCKPIT_VARIABLES,
    EVENTS,
    GROUPS,
    IVR_LISTS,
    ROUTING_APPLICATIONS,
    SERVICE_NUMBERS,
    STATUS,
    TYPES,
    USERS,
    entries_of,
)

Record = dict[str, Any]

TABLES = {
    TYPES: "AcdEventTypes",
    STATUS: "AcdEventStatus",
    EVENTS: "AcdEvents",
    GROUPS: "AcdGroups",
    CAMPAIGNS: "DiallerCampaigns",
    CONTACTS: "DiallerContacts",
    USERS: "Users",
    SERVICE_NUMBERS: "ServiceNumbers",
    COCKPIT_VARIABLES: "CockpitVariables",
    ROUTING_APPLICATIONS: "RoutingApplications",
    IVR_LISTS: "NetworkIVRLists",
    entries_of(9): "NetworkIVRListsEntries",
}
SCHEMAS = CONTRACT.raw_schema["components"]["schemas"]
ORDERS = {path: SCHEMAS[f"{table}OrderBy"]["enum"] for path, table in TABLES.items()}
COMPARISONS, SEARCHES = ("eq", "ne", "gt", "ge", "lt", "le"), ("contains", "startswith", "endswith")
ODD = (
    "",
    "%",
    "_",
    "it's",
    "öl",
    "O\u0308L",
    "STRASSE",
    "ß",
    "\U0001f600",
    "\uffee",
    "İ",
    "a\nb",
    '"',
    "\\",
    "10",
    "~",
)
NAMES = ("Campaign 1000", "campaign 1000", "Kundenzufriedenheit Herbst", "Newsletter-Reaktivierung", *ODD[1:9])
NUMBERS = (-(2**53) + 1, -1, 0, 1, 0.1, 1e-7, 12.5, 1e15, 123456789.123, 2.5e300, 2**53 - 1)
ONE_COCKPIT_VARIABLE = f"{COCKPIT_VARIABLES}/cockpitVariable/{{}}"
# How often a write is made of each kind, and a read.
READS, WRITES = 6, 4


class Request(NamedTuple):
    """A request of a client account.

    :param account: the client account.
    :param method: the HTTP method.
    :param path: the path below that of the account, with a query if it is one of a link.
    :param params: the query.
    :param body: the body; empty for none.
    :param media_type: the media type of the body.
    """

    account: int
    method: str
    path: str
    params: Record = {}  # noqa: RUF012
    body: str = ""
    media_type: str = "application/json"


class RandomRequests:
    """Makes requests, many about what answers have shown.

    :param seed: of the random numbers.
    """

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.seen: dict[str, list[Record]] = {path: [] for path in (*TABLES, CALLS)}
        self.links: list[Request] = []

    def __iter__(self) -> Iterator[Request]:
        """Return requests without end."""
        reads: list[Callable[[int], Request]] = [
            *(self._list, self._list, self._follow, self._get, self._find),
            *(self._list_calls, self._run_application),
        ]
        writes = [
            *(self._clone, self._create_event, self._import, self._import_file, self._delete, self._lock),
            *(self._set_cockpit_variable, self._act_on_call),
        ]
        while True:
            kind = self.random.choice(self.random.choices((reads, writes), (READS, WRITES))[0])
            yield kind(self.random.choice((1, 2)))

    def learn(self, request: Request, path: str, records: list[Record], links: list[str]) -> None:
        """Make later requests about the records and links of an answer.

        :param request: what was answered.
        :param path: its path without a query.
        :param records: the records of the answer.
        :param links: the targets of its links, which are references to the list.
        """
        if path in self.seen and records:
            self.seen[path] = [*self.seen[path], *records][-200:]
        self.links = [*self.links, *(request._replace(path=f"{path}{link}", params={}) for link in links)][-20:]

    def _list(self, account: int) -> Request:
        path = self.random.choice(list(TABLES))
        params: Record = {}
        if self.random.random() < 0.8:
            params["orderBy"] = self.random.choice(ORDERS[path])
        if self.random.random() < 0.5:
            params["ascending"] = self.random.choice(("true", "false"))
        if self.random.random() < 0.6:
            params["limitPageSize"] = self.random.choice((-1, 0, 1, 2, 5, 30))
        if self.random.random() < 0.3:
            params["limitStart"] = self.random.choice((0, 1, 3, 100, 2**53 - 1))
        if self.random.random() < 0.7:
            params["filter"] = self._filter(path, 2)
        if path == CONTACTS and self.random.random() < 0.3:
            params["diallerCampaignsID"] = self._id(CAMPAIGNS)
        return Request(account, "GET", path, params)

    def _follow(self, account: int) -> Request:
        return self.random.choice(self.links) if self.links else self._list(account)

    def _filter(self, path: str, depth: int) -> str:
        if depth and self.random.random() < 0.4:
            word = self.random.choice((" and ", " or "))
            return f"({word.join(self._filter(path, depth - 1) for _ in range(self.random.randint(2, 3)))})"
        if depth and self.random.random() < 0.1:
            return f"not {self._filter(path, 0)}"
        record = self.random.choice(self.seen[path] or [{"ID": 1}])
        field, value = self.random.choice(list(record.items()))
        if isinstance(value, str):
            value = self.random.choice((value, value[1:4], value.upper(), self.random.choice(ODD)))
            if self.random.random() < 0.5:
                return f"{self.random.choice(SEARCHES)}({field},{_quote(value)})"
        elif isinstance(value, int | float) and not isinstance(value, bool) and self.random.random() < 0.3:
            value = self.random.choice(NUMBERS)
        if self.random.random() < 0.2:
            others = [each[field] for each in self.random.choices(self.seen[path] or [record], k=3) if field in each]
            return f"{field} in ({','.join(_quote(each) for each in [value, *others])})"
        return f"{field} {self.random.choice(COMPARISONS)} {_quote(value)}"

    def _get(self, account: int) -> Request:
        path, one = self.random.choice(
            (
                (EVENTS, f"{EVENTS}/event/{{}}"),
                (GROUPS, f"{GROUPS}/group/{{}}"),
                (CAMPAIGNS, f"{CAMPAIGNS}/{{}}"),
                (CAMPAIGNS, f"{CAMPAIGNS}/campaign/{{}}/resultCodes?languagesID={self.random.choice((1, 2))}"),
                (CONTACTS, f"{CONTACTS}/{{}}"),
                (USERS, f"{USERS}/user/{{}}"),
                (SERVICE_NUMBERS, f"{SERVICE_NUMBERS}/serviceNumber/{{}}"),
                (COCKPIT_VARIABLES, ONE_COCKPIT_VARIABLE),
            )
        )
        return Request(account, "GET", one.format(self._id(path)))

    def _find(self, account: int) -> Request:
        name, user_data = self.random.choice(NAMES), self._user_data()
        wanted = json.dumps({"IDList": [self._id(CONTACTS), 1], "UserDataList": [user_data or "x"]})
        return self.random.choice(
            (
                Request(account, "GET", f"{GROUPS}/group", {"name": name[:3]}),
                Request(account, "GET", f"{CAMPAIGNS}/campaign", {"name": name[:4]}),
                Request(account, "GET", BY_USER_DATA, {"userData": user_data}),
                Request(account, "POST", CONTACTS, {"languagesID": 2}, wanted),
            )
        )

    def _list_calls(self, account: int) -> Request:
        return Request(account, "GET", CALLS)

    def _run_application(self, account: int) -> Request:
        variables = {"caller": {self.random.choice(ODD): self.random.choice((None, *NUMBERS, *ODD))}, "vip": [True]}
        path = f"{ROUTING_APPLICATIONS}/run/{self._id(ROUTING_APPLICATIONS)}"
        return Request(account, "POST", path, body=json.dumps(variables))

    def _clone(self, account: int) -> Request:
        destination = self.random.choice((*NAMES, f"Clone {self.random.randint(1, 99)}"))
        body = {"source": self.random.choice(NAMES[:4]), "destination": destination, "userData": self._user_data()}
        return Request(account, "POST", f"{CAMPAIGNS}/clone", body=json.dumps(body))

    def _create_event(self, account: int) -> Request:
        body = {
            "AcdEventTypesID": self.random.randint(1, 8),
            "AcdGroupsID": self._id(GROUPS),
            "Sender": "+4930",
            "Subject": self.random.choice(ODD[1:]),
            "Body": self._user_data(),
        }
        return Request(account, "POST", f"{EVENTS}/create", body=json.dumps(body))

    def _contact(self) -> Record:
        return {
            "DiallerCampaignsID": self._id(CAMPAIGNS),
            "Name": self.random.choice(("Muster", *ODD[1:])),
            "PhoneNumber1": "+4989",
            "UserData": self._user_data(),
            "Amount": self.random.choice((None, *NUMBERS)),
            "Comment": self.random.choice((None, *ODD)),
            "dtNextTry": self.random.choice((None, "2026-12-24T18:30:00.000", "0001-01-01T00:00:00.000")),
            "ResultCodesExportKey": self.random.choice((None, None, None, "ABG", "?")),
        }

    def _import(self, account: int) -> Request:
        return Request(account, "POST", IMPORT, self._overwrite(), json.dumps(self._contact()))

    def _import_file(self, account: int) -> Request:
        count = self.random.choice((1, 3, 30, 120))
        params = {**self._overwrite(), "onError": self.random.choice(("abort", "skip"))}
        if self.random.random() < 0.3:
            rows = [f"{self.random.choice('abcÄß')};+49{number};U{number}" for number in range(count)]
            body = "\n".join(["Name;PhoneNumber1;UserData", *rows, ""])
            return Request(account, "POST", BATCH, {**params, "diallerCampaignsID": self._id(CAMPAIGNS)}, body, CSV)
        same = {"DiallerCampaignsID": self._id(CAMPAIGNS), "ResultCodesExportKey": None}
        rows = [json.dumps({**self._contact(), **same}) for _ in range(count)]
        return Request(account, "POST", BATCH, params, "\n".join(rows), NDJSON)

    def _delete(self, account: int) -> Request:
        if self.random.random() < 0.15:
            return Request(account, "DELETE", f"{CAMPAIGNS}/campaign", {"name": self.random.choice(NAMES[4:])})
        if self.random.random() < 0.5:
            return Request(account, "DELETE", BY_USER_DATA, {"userData": self._user_data() or "x"})
        return Request(account, "DELETE", f"{BY_USER_DATA}/{self._id(CONTACTS)}")

    def _lock(self, account: int) -> Request:
        method = self.random.choice(("POST", "DELETE"))
        return Request(account, method, f"{BY_USER_DATA}/{self._id(CONTACTS)}/lock")

    def _set_cockpit_variable(self, account: int) -> Request:
        path = f"{ONE_COCKPIT_VARIABLE.format(self._id(COCKPIT_VARIABLES))}/setValue"
        return Request(account, "PATCH", path, {"value": self.random.choice((-1, 0, 1, 3, 10, 11, 2**31 - 1))})

    def _act_on_call(self, account: int) -> Request:
        ufn = self.random.choice(self.seen[CALLS] or [{"UFN": "20220708113318-410001"}])["UFN"]
        # All calls would soon have ended otherwise.
        action = self.random.choice((*("answer", "hold", "hangupLeg2") * 3, "hangup"))
        return Request(account, "GET", f"{CALLS}/{ufn}/{action}")

    def _id(self, path: str) -> int:
        return int(self.random.choice(self.seen[path] or [{"ID": 500}])["ID"])

    def _user_data(self) -> str | None:
        return self.random.choice((None, "", "CON6189", f"U{self.random.randint(0, 150)}", *ODD[1:]))

    def _overwrite(self) -> Record:
        return {"overwriteDuplicates": self.random.choice(("true", "false"))}


def _quote(value: Any) -> str:
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else json.dumps(value)
