"""Hostile requests: bodies of events to create."""

import json
from typing import Any

from tests.support.hostile import BASE, JSON, Case
from tests.support.raw import request

EVENT = {"AcdEventTypesID": 3, "AcdGroupsID": 137, "Sender": "+493023125155", "Subject": "Hostile"}

NO_NUMBER = "must be an E.164 number, as in all voice mail and callbacks"
NO_URL = "CrmURL: must be an absolute http or https URL"
NO_CALLBACK = "Body: is for callbacks only"
NO_GROUP = "ACD group not found"
NO_TYPE = "AcdEventTypesID: must be one of 1, 2, 3, 4, 5, 6, 7"
UNFIT = "body: has a NUL character or a lone surrogate"


def create(body: bytes) -> bytes:
    """Return a request to create an event."""
    return request("POST", BASE + b"/acd/events/create", JSON, b"Content-Length: %d" % len(body), body=body)


def _case(error: str, **changes: Any) -> Case:
    """Return a request with other fields than those of a good event; `...` leaves one out."""
    event = {name: value for name, value in {**EVENT, **changes}.items() if value is not ...}
    name = ", ".join(f"{field} {str(value)[:40]!r}" for field, value in changes.items())
    return Case(f"event with {name}", create(json.dumps(event).encode()), 404 if error == NO_GROUP else 400, error)


MISSING = [_case(f"{field}: is missing", **{field: ...}) for field in EVENT]

TYPES = [
    *(_case(NO_TYPE, AcdEventTypesID=number) for number in (0, 8, 2**31, 2**53, -1)),
    *(
        _case("AcdEventTypesID: must be of type integer", AcdEventTypesID=value)
        for value in ("3", 3.0, 3.5, True, None, [3], {"ID": 3})
    ),
]

GROUPS = [
    *(_case(NO_GROUP, AcdGroupsID=number) for number in (0, 1, 201, 2**53 - 1)),
    _case("AcdGroupsID: must be at least 0", AcdGroupsID=-1),
    _case(f"AcdGroupsID: must be at most {2**53 - 1}", AcdGroupsID=2**53),
    *(_case("AcdGroupsID: must be of type integer", AcdGroupsID=value) for value in ("137", 137.0, True, None)),
    _case("UsersID: must be at least 0", UsersID=-1),
    _case(f"UsersID: must be at most {2**53 - 1}", UsersID=2**53),
    _case("UsersID: must be of type integer", UsersID="17"),
]

NO_NUMBERS = (
    *("+", "0", "+0493023125155", "0049302312", "++4930", "+49 30 23125155", "+49-30-231", "(030)231", "tel:+4930"),
    *("4930231251551234", "+4930231251551234", "anna@example.org", "anonymous", "+4930x", " +4930", "+4930 "),
    *(
        "+4930\n",
        "\n+4930",
        "+4930\n+4931",
        "\uff0b4930",
        "+\u0664\u0669\u0663\u0660",
        "+49\u00b2",
        "1e5",
        "+-49",
        "4.9",
    ),
)
NUMBERS = [
    *(
        _case(f"{field}: {NO_NUMBER}", AcdEventTypesID=kind, **{field: text})
        for kind in (1, 3)
        for field in ("Sender", "Receiver")
        for text in NO_NUMBERS
    ),
    _case(f"Receiver: {NO_NUMBER}", Receiver=""),
    _case("Sender: must not be empty", Sender=""),
    _case("Sender: must not be empty", AcdEventTypesID=5, Sender=""),
    *(_case("Sender: must be of type string", Sender=value) for value in (493023125155, None, ["+4930"])),
    _case("Sender: must have at most 255 characters", AcdEventTypesID=5, Sender="x" * 256),
    _case("Receiver: must have at most 255 characters", AcdEventTypesID=5, Receiver="x" * 256),
]

NO_URLS = (
    *("", "/contacts/1", "crm.example.com", "//crm.example.com", "http:", "http://", "http:///contacts", "https:/crm"),
    *("ftp://crm.example.com", "javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "http//crm", "://crm"),
    *("http://crm example.com", "http://crm/a b", " http://crm", "http://crm ", "http://crm\n", "http://crm\n/a"),
    *("http://user@crm", "http://crm:x", "http://crm:123456", "http://crm/%zz", "http://crm/%", "http://crm/ö"),
    *(
        'http://crm/"',
        "http://crm/<script>",
        "http://crm/{a}",
        "http://crm\\a",
        "http://crm/#a#b",
        "http://[::1",
        "http://[g]",
        "http://[B..5:C3c666Fb]",
        "http://[1::2::3]",
        "http://[1:2:3:4:5:6:7:8:9]",
        "http://crm:65536",
    ),
)
URLS = [
    *(_case(NO_URL, CrmURL=text) for text in NO_URLS),
    _case("CrmURL: must have at most 2048 characters", CrmURL="http://crm/" + "x" * 2038),
    # No pattern takes long to find out that it does not match.
    _case(NO_URL, CrmURL="http://" + "a." * 1000 + "ö"),
    _case("CrmURL: must be of type string", CrmURL=1),
]

TEXTS = [
    *(_case(NO_CALLBACK, AcdEventTypesID=kind, Body=text) for kind in (1, 2, 4, 5, 6, 7) for text in ("", "text")),
    _case("Body: must be of type string", Body=1),
    _case("Body: must have at most 65536 characters", Body="x" * 65537),
    _case("Subject: must not be empty", Subject=""),
    _case("Subject: must have at most 255 characters", Subject="x" * 256),
    _case("UserData: must have at most 255 characters", UserData="x" * 256),
    _case("UserData: must be of type string", UserData={"ID": 1}),
    *(_case(UNFIT, **{field: "a\0"}) for field in ("Sender", "Receiver", "Subject", "Body", "CrmURL", "UserData")),
    *(_case(UNFIT, **{field: "\ud800"}) for field in ("Sender", "Subject", "Body")),
]

FIELDS = [
    *(
        _case(f"{field}: is not a field of this request", **{field: 1})
        for field in (
            "ID",
            "ClientsID",
            "AcdEventStatusID",
            "dtCreated",
            "dtLastModified",
            "Extra",
            "Record",
            "subject",
        )
    ),
    *(Case(f"{body!r} for an event", create(body), 400, "body: must be of type object") for body in (b"[]", b"null")),
    Case("no event", create(b""), 400, "body: is missing"),
]

EVENTS = [*MISSING, *TYPES, *GROUPS, *NUMBERS, *URLS, *TEXTS, *FIELDS]
