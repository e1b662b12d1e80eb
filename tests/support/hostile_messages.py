"""Hostile requests: methods, header fields and framing."""

from tests.support.hostile import (
    BASE,
    CAMPAIGN,
    CHUNKED,
    CLONE,
    GROUP,
    JSON,
    TYPES,
    VALID,
    Case,
    get,
    in_chunks,
    post,
    post_unframed,
)
from tests.support.raw import request

GET_ONLY = "Method not allowed, use one of GET, HEAD, OPTIONS"
NO_JSON_ALLOWED = "Accept: must allow application/json"
TOO_LARGE = "The header has more than 16384 bytes"
UPGRADE = b"Connection: Upgrade"
LARGE = b"a" * 2_000_000

METHODS = [
    Case("TRACE", request("TRACE", TYPES, b"Cookie: secret"), 405, GET_ONLY),
    Case("PATCH", request("PATCH", TYPES), 405, GET_ONLY),
    Case("POST", request("POST", TYPES), 405, GET_ONLY),
    Case("POST with a large body", request("POST", TYPES, b"Content-Length: 2000000", body=LARGE), 405, GET_ONLY),
    Case("DELETE of a list", request("DELETE", TYPES), 405, GET_ONLY),
    Case("PROPFIND", request("PROPFIND", TYPES), 405, GET_ONLY),
    Case("GET where only POST is", get(CLONE), 405, "Method not allowed, use one of POST, OPTIONS"),
    Case("PATCH of no ID", request("PATCH", GROUP + b"x"), 405, GET_ONLY),
    Case("PATCH of an unknown endpoint", request("PATCH", BASE + b"/nothing"), 404),
    Case("OPTIONS of an unknown endpoint", request("OPTIONS", BASE + b"/nothing"), 404),
    Case("GET with a body", get(TYPES, b"Content-Length: 5", body=b"hello"), 200),
    Case("GET with a body in chunks", get(TYPES, CHUNKED, body=in_chunks(b"hello")), 200),
    Case("GET with a large body", get(TYPES, b"Content-Length: 2000000", body=LARGE), 200),
    Case(
        "GET with a request as its body",
        get(TYPES, b"Content-Length: 33", body=b"GET / HTTP/1.1\r\nHost: freiton\r\n\r\n"),
        200,
    ),
    Case("DELETE with a body", request("DELETE", CAMPAIGN + b"9", b"Content-Length: 2", body=b"{}"), 404, "Dialler"),
    *(
        Case(f"{line.decode()} that is not for methods", get(TYPES, line + b": DELETE"), 200)
        for line in (b"X-HTTP-Method-Override", b"X-Method-Override", b"X-HTTP-Method")
    ),
    *(
        Case(f"GET with a Content-Type of {media_type.decode()!r}", get(TYPES, b"Content-Type: " + media_type), 200)
        for media_type in (b"", b"garbage", b";", b"multipart/form-data", b"application/json; charset=x")
    ),
    Case(
        "GET with a multipart body that is none",
        get(TYPES, b"Content-Type: multipart/form-data; boundary=x", b"Content-Length: 5", body=b"hello"),
        200,
    ),
]

ACCEPTS = [
    *(
        Case(f"Accept: {accept.decode()}", get(TYPES, b"Accept: " + accept), 200)
        for accept in (
            b"",
            b"*/*",
            b"application/*",
            b"Application/JSON",
            b"application/json; charset=utf-8",
            b"text/html, application/json;q=0.001",
            b"text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2",
            b"application/json;version=1;q=0, */*",
            b"application/json;version=1, */*;q=0.1",
            b"*/*;q=0, application/json",
            b"application/*;q=0, application/json",
            b"*/*;q=0, application/*",
            b"APPLICATION/JSON;Q=1",
            b"application/json\t ; \tq=1",
            b'application/json;charset="UTF-8"',
            b"application/json;q=0, application/json;charset=utf-8",
            b"*/*;q=0, application/json;q=0.5;charset=utf-8",
            b'text/html;x="a, application/json;q=0", */*',
            b'application/json;x=",\\",";q=0, */*',
            b'application/json;x="a, */*',
            b",, */* ,",
        )
    ),
    *(
        Case(f"Accept: {accept.decode('latin-1')}"[:60], get(TYPES, b"Accept: " + accept), 406, NO_JSON_ALLOWED)
        for accept in (
            b"text/html",
            b"garbage",
            b"\xff/\xff",
            b"application/json;q=0",
            b"application/json;q=0.000",
            b"*/*;q=0",
            b"*/*, application/json;q=0",
            b"*/*, application/json\t; Q=0.0",
            b"*/*, application/*;q=0",
            b"*/*, APPLICATION/*;q=0",
            b"*/*;version=1",
            b"application/json;version=1",
            b"application/json;charset=iso-8859-1",
            b"application/json, application/json;charset=utf-8;q=0",
            b'text/html;x="a, application/json", text/html;x="*/*"',
            b'"' * 9_000,
            b'"\\' * 4_000,
            b"application/problem+json",
            b"application/xml, text/*",
            b"a" * 9_000,
            b",".join([b"text/html"] * 1_500),
        )
    ),
    Case("several Accepts", get(TYPES, b"Accept: text/html", b"Accept: application/json"), 200),
    Case("several Accepts, none for JSON", get(TYPES, b"Accept: text/html", b"Accept: a/b"), 406, NO_JSON_ALLOWED),
]

FIELDS = [
    *(
        Case(line.decode("latin-1"), get(TYPES, line), 200)
        for line in (
            b"Accept-Charset: utf-16",
            b"Accept-Encoding: identity;q=0",
            b"Accept-Language: xx",
            b"Range: bytes=0-1",
            b"Range: bytes=5-1",
            b'If-Range: "a"',
            b'If-Match: "a"',
            b'If-None-Match: "a"',
            b"If-None-Match: garbage",
            b"If-Modified-Since: garbage",
            b"If-Modified-Since: Wed, 01 Jan 2098 00:00:00 GMT",
            b"If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT",
            b"X-Original-URL: /docs",
            b"X-Rewrite-URL: /docs",
            b"X-Forwarded-Host: example.invalid",
            b"X-Forwarded-For: \xff",
            b"X-Forwarded-Proto: javascript",
            b"Forwarded: for=x;host=y",
            b"Origin: http://example.invalid",
            b"Cookie: a=b; c",
            b"Expect: garbage",
            b"Max-Forwards: 0",
            b"Connection: Authorization",
            b"Connection: close, keep-alive",
            b"Trailer: Authorization",
            b"X: a\tb",
            b"X:",
        )
    ),
    *(
        Case(
            f"Idempotency-Key: {key.decode('latin-1')}",
            post(VALID, b"Idempotency-Key: " + key),
            400,
            "Idempotency-Key: ",
        )
        for key in (b"", b"a\tb", b"\xff", b"a" * 256)
    ),
    Case("Upgrade: websocket", get(TYPES, UPGRADE, b"Upgrade: websocket", b"Sec-WebSocket-Version: 13"), 200),
    Case("Upgrade: h2c", get(TYPES, UPGRADE, b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABk"), 200),
    Case("Upgrade: garbage", get(TYPES, UPGRADE, b"Upgrade: garbage"), 200),
    Case("header of 16 KiB", get(TYPES, b"X: " + b"a" * 16_400), 431, TOO_LARGE),
    Case("header of 40 kB", get(TYPES, b"X: " + b"a" * 40_000), 431, TOO_LARGE),
    Case("header field with a long name", get(TYPES, b"x" * 16_400 + b": a"), 431, TOO_LARGE),
    Case("4,000 header fields", get(TYPES, *(b"X%d: a" % n for n in range(4_000))), 431, TOO_LARGE),
]

VERSIONS = [
    Case("HTTP/1.0", get(TYPES).replace(b"HTTP/1.1", b"HTTP/1.0"), 200),
    Case("HTTP/1.0 and keep-alive", get(TYPES, b"Connection: keep-alive").replace(b"HTTP/1.1", b"HTTP/1.0"), 200),
    Case("HTTP/1.0 without Host", get(TYPES).replace(b"HTTP/1.1\r\nHost: freiton", b"HTTP/1.0"), 200),
    Case("line break before the request", b"\r\n\r\n" + get(TYPES), 200),
]

MESSAGES = [*METHODS, *ACCEPTS, *FIELDS, *VERSIONS]


def _lines(*lines: bytes) -> Case:
    return Case(repr(b", ".join(lines))[2:60], get(TYPES, *lines), 400)


MALFORMED = [
    Case("method BREW", request("BREW", TYPES), 400),
    Case("method get", request("get", TYPES), 400),
    Case("method G", request("G", TYPES), 400),
    Case("method of 9,000 characters", request("G" * 9_000, TYPES), 400),
    Case("method with a NUL", request("GE\0T", TYPES), 400),
    Case("no method", request("", TYPES), 400),
    Case("no target", get(b""), 400),
    Case("target without a slash", get(b"acd"), 400),
    Case("absolute form without a path", get(b"http://freiton"), 400),
    Case("absolute form without a host", get(b"http://" + TYPES), 400),
    Case("absolute form with a port too great", get(b"http://freiton:99999" + TYPES), 400),
    Case("fragment", get(TYPES + b"#fragment"), 400),
    Case("empty fragment", get(TYPES + b"?limitStart=1#"), 400),
    Case("fragment in the absolute form", get(b"http://freiton" + TYPES + b"#x"), 400),
    Case("fragment with OPTIONS", request("OPTIONS", TYPES + b"#x"), 400),
    Case("fragment with POST", post(VALID).replace(CLONE, CLONE + b"#x"), 400),
    Case("CONNECT", request("CONNECT", TYPES), 400),
    Case("CONNECT to a host", request("CONNECT", b"freiton:80"), 400),
    Case("raw non-ASCII in the path", get(GROUP + "ö".encode()), 400),
    Case("raw byte ff in the path", get(GROUP + b"\xff"), 400),
    Case("raw NUL in the path", get(GROUP + b"106\0"), 400),
    Case("raw space in the path", get(GROUP + b"1 06"), 400),
    Case("raw tab in the path", get(GROUP + b"106\t"), 400),
    Case("raw non-ASCII in the query", get(TYPES + "?filter=ö".encode()), 400),
    *(
        Case(f"version {version.decode()!r}", get(TYPES).replace(b"HTTP/1.1", version), 400)
        for version in (
            b"HTTP/0.9",
            b"HTTP/1.2",
            b"HTTP/2.0",
            b"HTTP/3.0",
            b"HTTP/1",
            b"HTTP/1.10",
            b"http/1.1",
            b"HTTPS/1.1",
            b"",
        )
    ),
    Case("request line without a version", b"GET " + TYPES + b"\r\n\r\n", 400),
    Case("HTTP/2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    Case("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 508, 400),
    Case("no HTTP", b"\0\xff garbage\r\n\r\n", 400),
    Case("line feeds only", get(TYPES).replace(b"\r\n", b"\n"), 400),
    Case("carriage returns only", get(TYPES).replace(b"\r\n", b"\r"), 400),
    Case("space before the method", b" " + get(TYPES), 400),
    _lines(b"X: \0"),
    _lines(b"X: \x01"),
    _lines(b"X: \x7f"),
    _lines(b"X: a\rb"),
    _lines(b"X: a\nY: b"),
    _lines(b"X: a\r\n folded"),
    _lines(b" X: a"),
    _lines(b"X : a"),
    _lines(b": a"),
    _lines(b"X"),
    _lines(b"X(Y): a"),
    _lines("Ö: a".encode()),
    _lines(b"Content-Length: 0", b"Content-Length: 0"),
    _lines(b"Content-Length: 0, 0"),
    _lines(b"Content-Length: -1"),
    _lines(b"Content-Length: +0"),
    _lines(b"Content-Length: 0x0"),
    _lines(b"Content-Length: 1_0"),
    _lines(b"Content-Length:"),
    _lines(b"Content-Length: 99999999999999999999"),
    _lines(b"Transfer-Encoding: gzip"),
    _lines(b"Transfer-Encoding: chunked, gzip"),
    _lines(b"Transfer-Encoding: xchunked"),
    _lines(CHUNKED, CHUNKED),
    Case("space before a colon", post_unframed(JSON, b"Transfer-Encoding : chunked", body=in_chunks(VALID)), 400),
    Case("chunked, then a length", post_unframed(JSON, CHUNKED, b"Content-Length: 50", body=in_chunks(VALID)), 400),
    Case("a length, then chunked", post_unframed(JSON, b"Content-Length: 6", CHUNKED, body=b"0\r\n\r\nX"), 400),
    Case("two lengths", post_unframed(JSON, b"Content-Length: 50", b"Content-Length: 5", body=VALID), 400),
    *(
        Case(f"chunk size {size.decode()!r}", post(b"").replace(b"Content-Length: 0", CHUNKED) + size + b"\r\n", 400)
        for size in (b"zz", b"-1", b"+32", b"0x32", b" 32", b"3_2", b"32 ", b"32\0", b"", b"f" * 20)
    ),
    Case("chunk longer than its size", post_unframed(JSON, CHUNKED, body=b"5\r\n" + VALID + b"\r\n0\r\n\r\n"), 400),
    Case("chunk without an end", post_unframed(JSON, CHUNKED, body=b"32\r\n" + VALID + b"0\r\n\r\n"), 400),
    Case("line feeds in chunks", post_unframed(JSON, CHUNKED, body=in_chunks(VALID).replace(b"\r\n", b"\n")), 400),
]
