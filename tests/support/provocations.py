"""What makes the service answer with each error of the contract."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from tests.support.examples import Request
from tests.support.triggers import Trigger

UNKNOWN = {
    "AcdEventsID": 999999,
    "AcdGroupsID": 999999,
    "DiallerCampaignsID": 999999,
    "DiallerContactsID": 999999,
    "diallerCampaignsID": 999999,
    "serviceNumbersID": 999999,
    "CockpitVariablesID": 999999,
    "routingApplicationsID": 999999,
    "networkIVRListsID": 999999,
    "UsersID": 999999,
    "UFN": "20220708113318-999999",
    "userData": "CON999999",
    "name": "Campaign 999999",
    "source": "Campaign 999999",
}

# The name of a contact that a database refuses while it has the trigger.
UNFINISHED = "Unfinished"
REFUSE = Trigger("refuse", "before insert", "DiallerContacts", f"new.Name = '{UNFINISHED}'")


class Provocation(NamedTuple):
    """What makes a service answer with an error.

    :param change: makes a request that succeeds one that does not.
    :param pointer: where the answer then says that the error is.
    :param service: the fixture that gives the service.
    """

    change: Callable[[Request], object]
    pointer: str | None = None
    service: str = "untouched"


def put(part: str, values: Mapping[str, Any]) -> Callable[[Request], object]:
    """Return a change that sets some values of a part of the request."""
    return lambda request: getattr(request, part).update(values)


def leave_out(part: str, name: str) -> Callable[[Request], object]:
    """Return a change that takes a value out of a part of the request."""
    return lambda request: getattr(request, part).pop(name)


def ask_for_unknown(request: Request) -> None:
    """Name something that does not exist, in whichever part the request names it."""
    parts = [request.path, request.query, *([request.body] if isinstance(request.body, dict) else [])]
    for part in parts:
        part.update({name: value for name, value in UNKNOWN.items() if name in part})


def put_body(body: str) -> Callable[[Request], object]:
    """Return a change that sets the body of the request."""
    return lambda request: setattr(request, "body", body)


def put_csv(body: str) -> Callable[[Request], object]:
    """Return a change that sets the body of the request and declares it as CSV."""

    def change(request: Request) -> None:
        request.body = body
        request.headers["Content-Type"] = "text/csv"

    return change


def name_locked(request: Request) -> None:
    """Name the contact that is locked, which an import does by its user data."""
    if isinstance(request.body, dict) and request.body:
        request.body.update({"DiallerCampaignsID": 535, "UserData": "CON6189"})
        request.query["overwriteDuplicates"] = True


def ask_for_none(request: Request) -> None:
    """Allow a write only if there is no such record, and name one, which an import does by its user data."""
    request.headers["If-None-Match"] = "*"
    if isinstance(request.body, dict) and request.body:
        request.body.update({"DiallerCampaignsID": 535, "UserData": "CON6189"})


def use_key(key: str) -> Callable[[Request], object]:
    """Return a change that sets the idempotency key."""
    return put("headers", {"Idempotency-Key": key})


def send_skipping(request: Request) -> None:
    """Send a file with an idempotency key whose last contact is one more than are stored in one transaction."""
    use_key("unfinished")(request)
    request.query["onError"] = "skip"
    lines = [f'{{"Name": "{name}", "PhoneNumber1": "+49"}}\n' for name in ["A"] * 1_000 + [UNFINISHED]]
    request.body = "".join(lines)


def send_long(request: Request) -> None:
    """Send a file with an idempotency key and with an answer of more than 1 MiB."""
    use_key("tooLong")(request)
    request.body = "{}\n" * 16_000


def leave_alone(request: Request) -> None:
    """Change nothing: it is the service that is at fault."""


# Each error of the contract: name of the response, name of the example.
PROVOCATIONS = {
    ("BadPage", "outOfRange"): Provocation(put("query", {"limitStart": -1}), "#/query/limitStart"),
    ("BadPage", "unknownParameter"): Provocation(put("query", {"colour": "red"}), "#/query/colour"),
    ("BadPage", "givenTwice"): Provocation(put("query", {"limitStart": [0, 1]}), "#/query/limitStart"),
    ("BadPage", "filterSyntax"): Provocation(put("query", {"filter": "ID eq"}), "#/query/filter"),
    ("BadPage", "filterType"): Provocation(put("query", {"filter": "ID eq '5'"}), "#/query/filter"),
    ("BadPage", "badCursor"): Provocation(put("query", {"cursor": "abc"}), "#/query/cursor"),
    ("BadPage", "cursorAndStart"): Provocation(put("query", {"cursor": "abc", "limitStart": 1}), "#/query/cursor"),
    ("BadAcdGroupsID", "notAnInteger"): Provocation(put("path", {"AcdGroupsID": "abc"}), "#/path/AcdGroupsID"),
    ("BadAcdEventsID", "notAnInteger"): Provocation(put("path", {"AcdEventsID": "abc"}), "#/path/AcdEventsID"),
    ("BadUsersID", "notAnInteger"): Provocation(put("path", {"UsersID": "abc"}), "#/path/UsersID"),
    ("BadServiceNumbersID", "notAnInteger"): Provocation(
        put("path", {"serviceNumbersID": "abc"}), "#/path/serviceNumbersID"
    ),
    ("ServiceNumberNotFound", "unknown"): Provocation(ask_for_unknown),
    ("BadCockpitVariablesID", "notAnInteger"): Provocation(
        put("path", {"CockpitVariablesID": "abc"}), "#/path/CockpitVariablesID"
    ),
    ("CockpitVariableNotFound", "unknown"): Provocation(ask_for_unknown),
    ("BadRoutingApplicationRun", "notAnInteger"): Provocation(
        put("path", {"routingApplicationsID": "abc"}), "#/path/routingApplicationsID"
    ),
    ("BadRoutingApplicationRun", "noObject"): Provocation(put_body("[1]"), "#/body"),
    ("BadRoutingApplicationRun", "sameVariable"): Provocation(put("body", {"a": {"b": 1}, "a.b": 2}), "#/body"),
    ("BadRoutingApplicationRun", "longName"): Provocation(put("body", {"a" * 1025: 1}), "#/body"),
    ("BadCockpitVariableValue", "missing"): Provocation(leave_out("query", "value"), "#/query/value"),
    ("BadCockpitVariableValue", "notAnInteger"): Provocation(put("query", {"value": 7.5}), "#/query/value"),
    ("RoutingApplicationNotFound", "unknown"): Provocation(ask_for_unknown),
    ("BadNetworkIVRListsID", "notAnInteger"): Provocation(
        put("path", {"networkIVRListsID": "abc"}), "#/path/networkIVRListsID"
    ),
    ("NetworkIVRListNotFound", "unknown"): Provocation(ask_for_unknown),
    ("BadListOfAll", "unknownParameter"): Provocation(put("query", {"limitStart": 1}), "#/query/limitStart"),
    ("BadUFN", "notAUFN"): Provocation(put("path", {"UFN": "20220708:410001"}), "#/path/UFN"),
    ("CallNotFound", "unknown"): Provocation(ask_for_unknown),
    ("CallEnded", "ended"): Provocation(put("path", {"UFN": "20220708113431-410004"}), service="locked"),
    ("CallNotRinging", "connected"): Provocation(put("path", {"UFN": "20220708113318-410001"})),
    ("CallNotConnected", "ringing"): Provocation(put("path", {"UFN": "20220708113402-410002"})),
    ("NoSecondLeg", "oneLeg"): Provocation(put("path", {"UFN": "20220708113318-410001"})),
    ("UserNotFound", "unknown"): Provocation(ask_for_unknown),
    ("EventTargetNotFound", "noGroup"): Provocation(put("body", {"AcdGroupsID": 999999})),
    ("EventTargetNotFound", "noUser"): Provocation(put("body", {"UsersID": 999999})),
    ("BadAcdEventCreation", "missingField"): Provocation(leave_out("body", "Subject"), "#/body/Subject"),
    ("BadAcdEventCreation", "unknownField"): Provocation(put("body", {"Text": "?"}), "#/body/Text"),
    ("BadAcdEventCreation", "unknownType"): Provocation(put("body", {"AcdEventTypesID": 8}), "#/body/AcdEventTypesID"),
    ("BadAcdEventCreation", "noNumber"): Provocation(put("body", {"Sender": "anonymous"}), "#/body/Sender"),
    ("BadAcdEventCreation", "bodyOfOtherType"): Provocation(put("body", {"AcdEventTypesID": 5}), "#/body/Body"),
    ("BadAcdEventCreation", "relativeURL"): Provocation(put("body", {"CrmURL": "/contacts/1"}), "#/body/CrmURL"),
    ("BadAcdEventCreation", "noBody"): Provocation(put_body(""), "#/body"),
    ("BadDiallerCampaignsID", "notAnInteger"): Provocation(
        put("path", {"DiallerCampaignsID": "abc"}), "#/path/DiallerCampaignsID"
    ),
    ("BadName", "missing"): Provocation(leave_out("query", "name"), "#/query/name"),
    ("BadName", "empty"): Provocation(put("query", {"name": ""}), "#/query/name"),
    ("BadLanguage", "missing"): Provocation(leave_out("query", "languagesID"), "#/query/languagesID"),
    ("BadLanguage", "unknownLanguage"): Provocation(put("query", {"languagesID": 3}), "#/query/languagesID"),
    ("BadClone", "missingField"): Provocation(leave_out("body", "destination"), "#/body/destination"),
    ("BadClone", "unknownField"): Provocation(put("body", {"UserData": "?"}), "#/body/UserData"),
    ("BadAcdEventCreation", "badKey"): Provocation(use_key("x" * 256), "#/header/Idempotency-Key"),
    ("BadClone", "badKey"): Provocation(use_key("x" * 256), "#/header/Idempotency-Key"),
    ("BadContactImport", "badKey"): Provocation(use_key("x" * 256), "#/header/Idempotency-Key"),
    ("BadContactsImport", "badKey"): Provocation(use_key("x" * 256), "#/header/Idempotency-Key"),
    ("BadClone", "noBody"): Provocation(put_body(""), "#/body"),
    ("Unauthorized", "noToken"): Provocation(leave_out("headers", "Authorization")),
    ("AcdEventNotFound", "unknown"): Provocation(ask_for_unknown),
    ("AcdGroupNotFound", "unknown"): Provocation(ask_for_unknown),
    ("DiallerCampaignNotFound", "unknown"): Provocation(ask_for_unknown),
    ("NotAcceptable", "html"): Provocation(put("headers", {"Accept": "text/html"}), "#/header/Accept"),
    ("CloneConflict", "taken"): Provocation(put("body", {"destination": "Newsletter-Reaktivierung"})),
    ("CloneConflict", "keyReused"): Provocation(use_key("reused"), service="keyed"),
    ("IdempotencyKeyReused", "keyReused"): Provocation(use_key("reused"), service="keyed"),
    ("ContactImportConflict", "locked"): Provocation(name_locked, service="locked"),
    ("ContactImportConflict", "keyReused"): Provocation(use_key("reused"), service="keyed"),
    ("ContactsImportConflict", "keyReused"): Provocation(use_key("reused"), service="keyed"),
    ("ContactsImportConflict", "unfinished"): Provocation(send_skipping, service="keyed"),
    ("ContactsImportConflict", "tooLong"): Provocation(send_long, service="keyed"),
    ("BodyTooLarge", "tooLarge"): Provocation(put("body", {"userData": "x" * 1024 * 1024})),
    ("UnsupportedMediaType", "text"): Provocation(
        put("headers", {"Content-Type": "text/plain"}), "#/header/Content-Type"
    ),
    ("HeaderTooLarge", "tooLarge"): Provocation(put("headers", {"X-Filler": "x" * 17 * 1024})),
    ("BadContactPage", "outOfRange"): Provocation(put("query", {"limitStart": -1}), "#/query/limitStart"),
    ("BadContactPage", "notIndexed"): Provocation(put("query", {"orderBy": "City"}), "#/query/orderBy"),
    ("BadContactBatch", "neither"): Provocation(put_body("{}"), "#/body/UserDataList"),
    ("BadContactBatch", "language"): Provocation(leave_out("query", "languagesID"), "#/query/languagesID"),
    ("BadDiallerContactsID", "notAnInteger"): Provocation(
        put("path", {"DiallerContactsID": "abc"}), "#/path/DiallerContactsID"
    ),
    ("BadUserData", "missing"): Provocation(leave_out("query", "userData"), "#/query/userData"),
    ("BadUserData", "empty"): Provocation(put("query", {"userData": ""}), "#/query/userData"),
    ("BadContactImport", "noName"): Provocation(leave_out("body", "Name"), "#/body/Name"),
    ("BadContactImport", "noNumber"): Provocation(leave_out("body", "PhoneNumber1"), "#/body/PhoneNumber1"),
    ("BadContactImport", "noCampaign"): Provocation(
        leave_out("body", "DiallerCampaignsID"), "#/body/DiallerCampaignsID"
    ),
    ("BadContactImport", "tooLong"): Provocation(put("body", {"PostalCode": "x" * 11}), "#/body/PostalCode"),
    ("BadContactsImport", "unknownChoice"): Provocation(put("query", {"onError": "stop"}), "#/query/onError"),
    ("BadContactsImport", "unknownColumn"): Provocation(put_csv("Name;Strasse;PhoneNumber1\nA;B;1\n"), "#/body"),
    ("ContactTargetNotFound", "noCampaign"): Provocation(put("body", {"DiallerCampaignsID": 999999})),
    ("ContactTargetNotFound", "noCode"): Provocation(put("body", {"ResultCodesExportKey": "999999"})),
    ("DiallerContactNotFound", "unknown"): Provocation(ask_for_unknown),
    ("PreconditionFailed", "changed"): Provocation(
        put("headers", {"If-Match": '"2d06800538d394c22d06800538d394c2"'}),  # pragma: allowlist secret
        "#/header/If-Match",
    ),
    ("PreconditionFailed", "exists"): Provocation(ask_for_none, "#/header/If-None-Match"),
    ("DiallerContactLocked", "locked"): Provocation(name_locked, service="locked"),
    ("NoContactFile", "json"): Provocation(
        put("headers", {"Content-Type": "application/json"}), "#/header/Content-Type"
    ),
    ("NoContactFile", "charset"): Provocation(
        put("headers", {"Content-Type": "text/csv; charset=iso-8859-1"}), "#/header/Content-Type"
    ),
    ("ContactFileTooLarge", "tooLarge"): Provocation(put_body("x" * 1024 * 1024 + "x"), service="narrow"),
    ("ContactsImportUnavailable", "gone"): Provocation(leave_alone, service="gone"),
    ("ContactsImportUnavailable", "busy"): Provocation(leave_alone, service="importing"),
    ("ContactsImportUnavailable", "noRoom"): Provocation(put_body("{}\n" * 40_000), service="narrow"),
    ("InternalServerError", "damaged"): Provocation(leave_alone, service="damaged"),
    ("ServiceUnavailable", "gone"): Provocation(leave_alone, service="gone"),
}
