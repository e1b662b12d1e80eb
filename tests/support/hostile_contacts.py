"""Hostile requests: contacts, lists of them and files of them."""

from tests.support.hostile import CHUNKED, CONTACTS, Case, get, in_chunks, post_to
from tests.support.hostile_bodies import MEBIBYTE
from tests.support.raw import request

LARGEST = 2**53 - 1
GET_MANY = CONTACTS + b"?languagesID=1"
IMPORT = CONTACTS + b"/import"
BATCH = IMPORT + b"/batch"
LOCK = CONTACTS + b"/contact/215395/lock"
NDJSON, CSV = b"application/x-ndjson", b"text/csv"
VALID = b'{"DiallerCampaignsID":500,"Name":"A","PhoneNumber1":"1","Amount":AMOUNT}'
NO_FILE = "Content-Type: must be application/x-ndjson or text/csv"
UNFIT = "body: has a NUL character or a lone surrogate"
OUT_OF_RANGE = "body: has a number out of range"
UNKNOWN = "Dialler contact not found"


def _amount(amount: bytes, error: str) -> Case:
    return Case(f"Amount of {amount[:20].decode()}", post_to(IMPORT, VALID.replace(b"AMOUNT", amount)), 400, error)


def _field(name: str, field: bytes, error: str) -> Case:
    return Case(f"contact, {name}", post_to(IMPORT, VALID.replace(b'"Amount":AMOUNT', field)), 400, error)


def _many(name: str, body: bytes, status: int, error: str = "") -> Case:
    return Case(f"contacts, {name}", post_to(GET_MANY, body), status, error)


def _file(name: str, body: bytes, media_type: bytes = NDJSON, query: bytes = b"") -> Case:
    return Case(f"file, {name}", post_to(BATCH + query, body, media_type), 200)


def _unreadable(name: str, body: bytes, error: str) -> Case:
    return Case(f"file, {name}", post_to(BATCH, body, CSV), 400, f"body: line 1 {error}")


IMPORTS = [
    _amount(b"1e999", OUT_OF_RANGE),
    _amount(b"-1e999", OUT_OF_RANGE),
    _amount(b"NaN", "body: has NaN, which is not a number in JSON"),
    _amount(b"1e308", "Amount: must be at most 999999999999999"),
    _amount(b"-1e308", "Amount: must be at least -999999999999999"),
    _amount(b"9" * 4_000, "Amount: must be at most 999999999999999"),
    _amount(b"9" * 5_000, OUT_OF_RANGE),
    _amount(b"true", "Amount: must be of type number"),
    _amount(b'"-0"', "Amount: must be of type number"),
    _amount(b"[[0]]", "Amount: must be of type number"),
    _field("NUL", b'"Comment":"\\u0000"', UNFIT),
    _field("lone surrogate", b'"Comment":"\\udc00"', UNFIT),
    _field("large number", b'"RandomSortOrder":%d' % 2**64, "RandomSortOrder: must be at most"),
    _field("number as a float", b'"RandomSortOrder":1e2', "RandomSortOrder: must be of type integer"),
    _field("long text", b'"Comment":"' + b"x" * 900_000 + b'"', "Comment: must have at most 65535 characters"),
    _field("text is an object", b'"Comment":{"Comment":""}', "Comment: must be of type string"),
    _field("column of ours", b'"dtLocked":""', "dtLocked: is not a field"),
    _field("client of ours", b'"ClientsID":2', "ClientsID: is not a field"),
    _field("SQL for a name", b'"Name) values (1)--":1', "Name) values (1)--: is not a field"),
    _field("duplicate", b'"Name":"B"', "body: has a duplicate key"),
    _field(
        "two lines in a date-time",
        b'"dtNextTry":"2026-01-01T00:00:00.00\\n"',
        "dtNextTry: must be a date-time",
    ),
    Case(
        "contact of another client's campaign",
        post_to(IMPORT, VALID.replace(b"AMOUNT", b"-0").replace(b"500", b"539")),
        *(404, "Dialler campaign not found"),
    ),
]

LISTS = [
    _many("1,001 IDs", b'{"IDList":[' + b",".join([b"1"] * 1_001) + b"]}", 400, "IDList: must have at most 1000 items"),
    _many("500,000 IDs", b'{"IDList":[' + b",".join([b"1"] * 500_000) + b"]}", 400, "IDList: must have at most 1000"),
    _many("1,000 largest IDs", b'{"IDList":[' + b",".join([b"%d" % LARGEST] * 1_000) + b"]}", 200),
    _many("ID of 2^53", b'{"IDList":[%d]}' % 2**53, 400, "IDList/0: must be at most 9007199254740991"),
    _many("ID of 4,000 digits", b'{"IDList":[' + b"9" * 4_000 + b"]}", 400, "IDList/0: must be at most"),
    _many("ID as a float", b'{"IDList":[1.0]}', 400, "IDList/0: must be of type integer"),
    _many("ID is -0", b'{"IDList":[-0]}', 200),
    _many("ID is true", b'{"IDList":[true]}', 400, "IDList/0: must be of type integer"),
    _many("IDs in an array", b'{"IDList":[[1]]}', 400, "IDList/0: must be of type integer"),
    _many("100 arrays", b'{"IDList":' + b"[" * 99 + b"]" * 99 + b"}", 400, "IDList/0: must be of type integer"),
    _many("101 arrays", b'{"IDList":' + b"[" * 101 + b"]" * 101 + b"}", 400, "body: is nested too deeply"),
    _many("IDs in an object", b'{"IDList":{"0":1}}', 400, "IDList: must be of type array"),
    _many("NUL", b'{"UserDataList":["\\u0000"]}', 400, UNFIT),
    _many("lone surrogate", b'{"UserDataList":["\\ud83d"]}', 400, UNFIT),
    _many("SQL", b'{"UserDataList":["\') or 1=1 --","%","_"]}', 200),
    _many("text that looks like JSON", b'{"UserDataList":["\\"],[\\"","\\\\"]}', 200),
    _many(
        "text of 65 astral characters",
        b'{"UserDataList":["' + "😀".encode() * 65 + b'"]}',
        400,
        "UserDataList/0: must have",
    ),
    Case("contacts without language", post_to(CONTACTS, b'{"IDList":[1]}'), 400, "languagesID: is missing"),
    Case("contacts in language 3", post_to(CONTACTS + b"?languagesID=3", b'{"IDList":[1]}'), 400, "languagesID: must"),
]

FILES = [
    Case("file without media type", request("POST", BATCH, b"Content-Length: 2", body=b"{}"), 415, NO_FILE),
    Case("file as JSON", post_to(BATCH, b"{}"), 415, NO_FILE),
    Case("file as a form", post_to(BATCH, b"Name=A", b"application/x-www-form-urlencoded"), 415, NO_FILE),
    Case("file as multipart", post_to(BATCH, b"--x--", b"multipart/form-data; boundary=x"), 415, NO_FILE),
    Case(
        "file in latin-1",
        post_to(BATCH, b"A", CSV + b"; charset=latin-1"),
        415,
        "Content-Type: its charset must be utf-8",
    ),
    Case(
        "file in gzip",
        request("POST", BATCH, b"Content-Type: " + CSV, b"Content-Encoding: gzip", b"Content-Length: 0"),
        415,
        "Content-Encoding: ",
    ),
    Case(
        "file, onError of another kind", post_to(BATCH + b"?onError=ignore", b"", CSV), 400, "onError: must be one of"
    ),
    Case(
        "file, campaign of no number", post_to(BATCH + b"?diallerCampaignsID=x", b"", CSV), 400, "diallerCampaignsID: "
    ),
    _file("campaign of 2^53 - 1", VALID, query=b"?diallerCampaignsID=%d" % LARGEST),
    _file("NUL only", b"\0" * 10_000),
    _unreadable("NUL only, CSV", b"\0" * 10_000, "has a NUL"),
    _file("bytes of all kinds", bytes(range(256)) * 100),
    _unreadable("bytes of all kinds, CSV", bytes(range(256)) * 100, "has a NUL"),
    _file("bytes of all kinds behind a header", b"Name;City\n" + bytes(range(256)) * 100, CSV, b"?onError=skip"),
    _file("one line of 3 MiB", b"x" * 3 * MEBIBYTE),
    _unreadable("one line of 3 MiB, CSV", b";" * 3 * MEBIBYTE, "has more than"),
    _unreadable("quotes only", b'"' * 100_001, "has quotes that do not end"),
    _unreadable("a quote and short lines", b'"' + b"       \n" * (MEBIBYTE // 8), "has "),
    _file("byte order mark only", b"\xef\xbb\xbf", CSV),
    _file("byte order marks", b"\xef\xbb\xbf\n" * 3, CSV),
    _file("separators only", b";" * 40 + b"\n" + b";" * 39, CSV),
    _file("quotes without anything", b'""\n""', CSV),
    _file("header only", b"Name;PhoneNumber1", CSV),
    _file("header twice", b"Name;PhoneNumber1\nName;PhoneNumber1;x", CSV),
    _file("mark only", b"DiallerContact", CSV),
    _file("carriage returns only", b"\r" * 10_000, CSV),
    _file("arrays in arrays", b"[" * 100_000 + b"\n" + b'{"Name":' + b"[" * 60_000),
    _file("numbers out of range", b"1e999\n%b\nNaN" % (b"9" * 5_000)),
    _file("Amount out of range", VALID.replace(b"AMOUNT", b"1e308") + b"\n" + VALID.replace(b"AMOUNT", b"9" * 4_000)),
    _file("lone surrogates", b'{"Name":"\\ud800"}\n"\xed\xa0\x80"'),
    _file("long unknown field", b'{"' + b"x" * 900_000 + b'":1}'),
    Case("file in chunks of nothing", request("POST", BATCH, b"Content-Type: " + CSV, CHUNKED, body=in_chunks()), 200),
    Case("file without length", request("POST", BATCH, b"Content-Type: " + CSV), 200),
]

PLACES = [
    Case("contact 2^53", get(CONTACTS + b"/%d" % 2**53), 400, "DiallerContactsID: must be at most"),
    Case("contact of 2^53 - 1", get(CONTACTS + b"/%d" % LARGEST), 404, UNKNOWN),
    Case("contact -1", get(CONTACTS + b"/-1"), 400, "DiallerContactsID: must be at least 0"),
    Case("contact of another client", get(CONTACTS + b"/215417"), 404, UNKNOWN),
    Case("lock of another client's contact", request("POST", LOCK.replace(b"215395", b"215417")), 404, UNKNOWN),
    Case("lock of a name", request("POST", LOCK.replace(b"215395", b"CON6189")), 400, "DiallerContactsID: must be of"),
    Case("user data with NUL", get(CONTACTS + b"/contact?userData=%00"), 400, "userData: has a NUL"),
    Case("user data twice", get(CONTACTS + b"/contact?userData=a&userData=b"), 400, "userData: is given twice"),
    Case("user data that is empty", request("DELETE", CONTACTS + b"/contact?userData="), 400, "userData: must not be"),
    Case("no user data", request("DELETE", CONTACTS + b"/contact"), 400, "userData: is missing"),
    Case(
        "contacts of campaign 0x1f4", get(CONTACTS + b"?diallerCampaignsID=0x1f4"), 400, "diallerCampaignsID: must be"
    ),
    Case("contacts by another column", get(CONTACTS + b"?orderBy=dtLocked"), 400, "orderBy: must be one of"),
    Case("contacts by a column in other case", get(CONTACTS + b"?orderBy=name"), 400, "orderBy: must be one of"),
]

CONTACT_CASES = [*IMPORTS, *LISTS, *FILES, *PLACES]
