"""Hostile requests: paths, IDs and queries."""

from tests.support.hostile import BASE, CLONE, GROUP, TYPES, VALID, Case, get, post
from tests.support.hostile_lists import FORGED, MALFORMED_CURSORS, ODD_FILTERS, WRONG_FILTERS, forge

NO_INTEGER = "AcdGroupsID: must be of type integer"
NEGATIVE = "AcdGroupsID: must be at least 0"
TOO_GREAT = "AcdGroupsID: must be at most 9007199254740991"
UNKNOWN = "ACD group not found"
NO_PERCENT = "path: is not percent-encoded"
NO_UTF8 = "path: is not UTF-8"
NUL = "path: has a NUL character"
FOREIGN = "Bearer token or ClientsID is not valid"

IDS = [
    Case("0", get(GROUP + b"0"), 404, UNKNOWN),
    Case("-0", get(GROUP + b"-0"), 400, NO_INTEGER),
    Case("-1", get(GROUP + b"-1"), 400, NEGATIVE),
    Case("+106", get(GROUP + b"+106"), 400, NO_INTEGER),
    Case("1_06", get(GROUP + b"1_06"), 400, NO_INTEGER),
    Case("0106", get(GROUP + b"0106"), 400, NO_INTEGER),
    Case("106.0", get(GROUP + b"106.0"), 400, NO_INTEGER),
    Case("1e3", get(GROUP + b"1e3"), 400, NO_INTEGER),
    Case("0x6a", get(GROUP + b"0x6a"), 400, NO_INTEGER),
    Case("Arabic digits", get(GROUP + b"%D9%A1%D9%A0%D9%A6"), 400, NO_INTEGER),
    Case("full-width digits", get(GROUP + b"%EF%BC%91%EF%BC%90%EF%BC%96"), 400, NO_INTEGER),
    Case("superscript digit", get(GROUP + b"106%C2%B2"), 400, NO_INTEGER),
    Case("2^53 - 1", get(GROUP + b"%d" % (2**53 - 1)), 404, UNKNOWN),
    Case("2^53", get(GROUP + b"%d" % 2**53), 400, TOO_GREAT),
    Case("2^64 + 106", get(GROUP + b"%d" % (2**64 + 106)), 400, TOO_GREAT),
    Case("-2^53 - 1", get(GROUP + b"%d" % (-(2**53) - 1)), 400, NEGATIVE),
    Case("4,400 digits", get(GROUP + b"9" * 4_400), 400, TOO_GREAT),
    Case("minus and 4,400 digits", get(GROUP + b"-" + b"9" * 4_400), 400, NEGATIVE),
    Case("no ID", get(GROUP), 404),
    Case("space", get(GROUP + b"%20"), 400, NO_INTEGER),
    Case("space before", get(GROUP + b"%20106"), 400, NO_INTEGER),
    Case("line break behind", get(GROUP + b"106%0A"), 400, NO_INTEGER),
    Case("no-break space behind", get(GROUP + b"106%C2%A0"), 400, NO_INTEGER),
    Case("NUL behind", get(GROUP + b"106%00"), 400, NUL),
    Case("NUL encoded twice", get(GROUP + b"106%2500"), 400, NO_INTEGER),
    Case("matrix parameter", get(GROUP + b"106;a=1"), 400, NO_INTEGER),
    Case("file extension", get(GROUP + b"106.json"), 400, NO_INTEGER),
    Case("two IDs", get(GROUP + b"106,107"), 400, NO_INTEGER),
    Case("true", get(GROUP + b"true"), 400, NO_INTEGER),
    Case("NaN", get(GROUP + b"NaN"), 400, NO_INTEGER),
    Case("star", get(GROUP + b"*"), 400, NO_INTEGER),
    Case("the template", get(GROUP + b"%7BAcdGroupsID%7D"), 400, NO_INTEGER),
    Case("SQL", get(GROUP + b"106%20or%201=1--"), 400, NO_INTEGER),
    Case("backslash", get(GROUP + b"..\\106"), 400, NO_INTEGER),
    Case("dot segment for an ID", get(GROUP + b".."), 400, NO_INTEGER),
    Case("encoded dot segment for an ID", get(GROUP + b"%2e%2e"), 400, NO_INTEGER),
]

PATHS = [
    Case("client only", get(BASE), 404),
    Case("trailing slash", get(TYPES + b"/"), 404),
    Case("two trailing slashes", get(TYPES + b"//"), 404),
    Case("trailing slash behind an ID", get(GROUP + b"106/"), 404),
    Case("double slash", get(BASE + b"/acd//events/types"), 404),
    Case("double slash behind the client", get(BASE + b"//acd/events/types"), 404),
    Case("dot segment", get(BASE + b"/acd/./events/types"), 404),
    Case("parent segment", get(BASE + b"/acd/../acd/events/types"), 404),
    Case("encoded parent segment", get(BASE + b"/acd/%2e%2e/acd/events/types"), 404),
    Case("encoded slash", get(BASE + b"/acd%2Fevents/types"), 404),
    Case("encoded slash behind the client", get(b"/rest/v1.0/1%2facd/events/types"), 404),
    Case("encoded slash in the base path", get(b"/rest%2Fv1.0/1/acd/events/types"), 404),
    Case("encoded question mark", get(TYPES + b"%3Ffilter=a"), 404),
    Case("space behind", get(TYPES + b"%20"), 404),
    Case("matrix parameter behind", get(TYPES + b";v=1"), 404),
    Case("upper case", get(BASE + b"/ACD/events/types"), 404),
    Case("long path", get(BASE + b"/a" * 5_000), 404),
    Case("NUL in the path", get(TYPES + b"%00"), 400, NUL),
    Case("%zz", get(TYPES + b"%zz"), 400, NO_PERCENT),
    Case("percent sign at the end", get(TYPES + b"%"), 400, NO_PERCENT),
    Case("half an escape", get(GROUP + b"%3"), 400, NO_PERCENT),
    Case("%ff", get(GROUP + b"%ff"), 400, NO_UTF8),
    Case("overlong slash", get(GROUP + b"%C0%AF"), 400, NO_UTF8),
    Case("surrogate in the path", get(GROUP + b"%ED%A0%80"), 400, NO_UTF8),
    Case("needless escapes", get(b"/%72est/v1%2E0/%31/%61cd/events/types"), 200),
    Case("absolute form", get(b"http://freiton" + TYPES), 200),
    Case("absolute form with another host", get(b"http://example.invalid:1" + TYPES), 200),
]

CLIENTS = [
    Case("no client", get(b"/rest/v1.0/"), 401, FOREIGN),
    Case("empty client", get(b"/rest/v1.0//acd/events/types"), 401, FOREIGN),
    Case("another client", get(b"/rest/v1.0/2/acd/events/types"), 401, FOREIGN),
    Case("another client and back", get(b"/rest/v1.0/2/../1/acd/events/types"), 401, FOREIGN),
    Case("client 01", get(b"/rest/v1.0/01/acd/events/types"), 401, FOREIGN),
    Case("client +1", get(b"/rest/v1.0/+1/acd/events/types"), 401, FOREIGN),
    Case("client 1.0", get(b"/rest/v1.0/1.0/acd/events/types"), 401, FOREIGN),
    Case("client with a space", get(b"/rest/v1.0/1%20/acd/events/types"), 401, FOREIGN),
    Case("client in Arabic digits", get(b"/rest/v1.0/%D9%A1/acd/events/types"), 401, FOREIGN),
    Case("client of 4,400 digits", get(b"/rest/v1.0/" + b"1" * 4_400 + b"/acd/events/types"), 401, FOREIGN),
    Case("client None", get(b"/rest/v1.0/None/acd/events/types"), 401, FOREIGN),
    Case("client None, unknown endpoint", get(b"/rest/v1.0/None/nothing"), 401, FOREIGN),
]


def _query(query: bytes, status: int, error: str = "", name: str = "") -> Case:
    return Case(f"?{name or query.decode('ascii')}", get(TYPES + b"?" + query), status, error)


FILTERS = [
    *[
        _query(b"filter=" + text, 400, f"filter: column {column}: ", name=f"filter {text[:20]!r}, column {column}")
        for text, column in WRONG_FILTERS.items()
    ],
    *[_query(b"filter=" + text, 200, name=f"filter {text[:20]!r}") for text in ODD_FILTERS],
]
CURSORS = [
    *[_query(b"cursor=" + text, 400, f"cursor: {error}") for text, error in MALFORMED_CURSORS.items()],
    *[
        _query(b"cursor=" + forge(content), 400, "cursor: is none", name=f"cursor {content[:20]!r}")
        for content in FORGED
    ],
]

QUERIES = [
    _query(b"a=1", 400, "a: is not a parameter of this operation"),
    _query(b"limitstart=1", 400, "limitstart: is not a parameter"),
    _query(b"=1", 400, ": is not a parameter"),
    _query(b"?filter=a", 400, "?filter: is not a parameter"),
    _query(b"filter[]=a", 400, "filter[]: is not a parameter"),
    _query(b"filter%5B%5D=a", 400, "filter[]: is not a parameter"),
    _query(b"filter[x]=a", 400, "filter[x]: is not a parameter"),
    _query(b"_method=DELETE", 400, "_method: is not a parameter"),
    _query(b"%0d%0aSet-Cookie:a=1", 400, "\r\nSet-Cookie:a: is not a parameter"),
    _query(b"n" * 9_000, 400, "n" * 64 + ": is not a parameter", name="name of 9,000 characters"),
    _query(b"filter=a&filter=b", 400, "filter: is given twice"),
    _query(b"filter=a&filter=a", 400, "filter: is given twice"),
    _query(b"filter&filter", 400, "filter: is given twice"),
    _query(b"filter=a&%66ilter=a", 400, "filter: is given twice"),
    _query(b"&".join(b"a%d" % n for n in range(9_000)), 400, "a0: is not a parameter", name="9,000 parameters"),
    _query(b"filter=" + b"a" * 60_000, 400, "filter: column 2001: has more", name="filter of 60,000 characters"),
    _query(b"filter=%00", 400, "filter: has a NUL character"),
    _query(b"filter=%zz", 400, "filter: is not percent-encoded"),
    _query(b"filter=%", 400, "filter: is not percent-encoded"),
    _query(b"filter=%ff", 400, "filter: is not UTF-8"),
    _query(b"filter=%C0%AF", 400, "filter: is not UTF-8"),
    _query(b"filter=%ED%A0%80", 400, "filter: is not UTF-8"),
    _query(b"%ff=1", 400, "query: is not UTF-8"),
    _query(b"limitStart=", 400, "limitStart: must be of type integer"),
    _query(b"limitStart=+1", 400, "limitStart: must be of type integer"),
    _query(b"limitStart=1_0", 400, "limitStart: must be of type integer"),
    _query(b"limitStart=01", 400, "limitStart: must be of type integer"),
    _query(b"limitStart=1.0", 400, "limitStart: must be of type integer"),
    _query(b"limitStart=1;limitPageSize=1", 400, "limitStart: must be of type integer"),
    _query(b"limitStart=%D9%A1", 400, "limitStart: must be of type integer"),
    _query(b"limitStart=-1", 400, "limitStart: must be at least 0"),
    _query(b"limitStart=9007199254740992", 400, "limitStart: must be at most 9007199254740991"),
    _query(b"limitStart=" + b"9" * 4_400, 400, "limitStart: must be at most", name="limitStart of 4,400 digits"),
    _query(b"limitPageSize=-2", 400, "limitPageSize: must be at least -1"),
    _query(b"ascending=TRUE", 400, "ascending: must be of type boolean"),
    _query(b"ascending=1", 400, "ascending: must be of type boolean"),
    _query(b"ascending=", 400, "ascending: must be of type boolean"),
    _query(b"ascending=null", 400, "ascending: must be of type boolean"),
    _query(b"orderBy=", 400, "orderBy: must be one of ShortText, ID"),
    _query(b"orderBy=rowid", 400, "orderBy: must be one of ShortText, ID"),
    _query(b"orderBy=ID%20desc;drop%20table%20Clients", 400, "orderBy: must be one of ShortText, ID"),
    _query(b"", 200),
    _query(b"&&filter=&", 200),
    _query(b"filter", 200),
    *FILTERS,
    *CURSORS,
    _query(b"limitStart=9007199254740991&limitPageSize=9007199254740991", 200),
    Case("?name=", get(GROUP[:-1] + b"?name="), 400, "name: must not be empty"),
    Case("?a=1 of a POST", post(VALID).replace(CLONE, CLONE + b"?a=1"), 400, "a: is not a parameter"),
]

TARGETS = [*IDS, *PATHS, *CLIENTS, *QUERIES]

OUTSIDE = [
    Case("base path without its slash", get(b"/rest/v1.0"), 404),
    Case("double slash before the base path", get(b"/" + TYPES), 404),
    Case("dot segment in the base path", get(b"/rest/./v1.0/1/acd/events/types"), 404),
    Case("base path in upper case", get(b"/REST/v1.0/1/acd/events/types"), 404),
    Case("another version", get(b"/rest/v1x0/1/acd/events/types"), 404),
    Case("parent segments", get(b"/../../../etc/passwd"), 404),
    Case("backslashes", get(b"/..\\..\\etc\\passwd"), 404),
    Case("star", get(b"*"), 404),
]
