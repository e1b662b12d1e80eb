"""Hostile requests: media types and bodies."""

import gzip

from tests.support.hostile import JSON, VALID, Case, post, post_chunked, post_unframed, post_untyped, text

MEBIBYTE = 1024 * 1024
TEXT = b"Content-Type: text/plain"

WRONG_CHARSET = "Content-Type: its charset must be utf-8"
WRONG_TYPE = "Content-Type: must be application/json"
NO_JSON = "body: is not JSON"
NO_UTF8 = "body: is not UTF-8"
NO_OBJECT = "body: must be of type object"
NO_TEXT = "source: must be of type string"
UNFIT = "body: has a NUL character or a lone surrogate"
TOO_DEEP = "body: is nested too deeply"
NO_NUMBER = ", which is not a number in JSON"
OUT_OF_RANGE = "body: has a number out of range"
DUPLICATE = "body: has a duplicate key"
TOO_LARGE = "body: has more than 1048576 bytes"

MEDIA_TYPES = [
    Case("no media type", post_untyped(VALID), 415, WRONG_TYPE),
    Case("empty media type", post(VALID, media_type=b""), 415, WRONG_TYPE),
    Case("text", post(VALID, media_type=b"text/plain"), 415, WRONG_TYPE),
    Case("form", post(VALID, media_type=b"application/x-www-form-urlencoded"), 415, WRONG_TYPE),
    Case("multipart", post(VALID, media_type=b"multipart/form-data; boundary=x"), 415, WRONG_TYPE),
    Case("multipart without boundary", post(VALID, media_type=b"multipart/form-data"), 415, WRONG_TYPE),
    Case("another JSON", post(VALID, media_type=b"application/vnd.api+json"), 415, WRONG_TYPE),
    Case("any media type", post(VALID, media_type=b"*/*"), 415, WRONG_TYPE),
    Case("media type that is none", post(VALID, media_type=b"garbage"), 415, WRONG_TYPE),
    Case("semicolon", post(VALID, media_type=b";"), 415, WRONG_TYPE),
    Case("media type in quotes", post(VALID, media_type=b'"application/json"'), 415, WRONG_TYPE),
    Case("non-ASCII media type", post(VALID, media_type=b"application/js\xc3\xb6n"), 415, WRONG_TYPE),
    Case("list of media types", post(VALID, media_type=b"application/json, text/plain"), 415, WRONG_TYPE),
    Case("charset utf-16", post(VALID, media_type=b"application/json; charset=utf-16"), 415, WRONG_CHARSET),
    Case("charset latin-1", post(VALID, media_type=b"application/json; charset=latin-1"), 415, WRONG_CHARSET),
    Case("unknown charset", post(VALID, media_type=b"application/json; charset=x"), 415, WRONG_CHARSET),
    Case("two charsets", post(VALID, media_type=b"application/json;charset=utf-8;charset=utf-16"), 415, WRONG_CHARSET),
    Case("two media types, JSON first", post_untyped(VALID, JSON, TEXT), 415, WRONG_TYPE),
    Case("two media types, JSON last", post_untyped(VALID, TEXT, JSON), 415, WRONG_TYPE),
    Case("gzip", post(gzip.compress(VALID), b"Content-Encoding: gzip"), 415, "Content-Encoding: "),
]

ENCODINGS = [
    Case("invalid UTF-8", post(text(b"\xff")), 400, NO_UTF8),
    Case("overlong UTF-8", post(text(b"\xc0\xaf")), 400, NO_UTF8),
    Case("UTF-8 cut off", post(text(b"\xe2\x82")), 400, NO_UTF8),
    Case("latin-1", post(text("ö".encode("latin-1"))), 400, NO_UTF8),
    Case("utf-16 with BOM", post(VALID.decode().encode("utf-16")), 400, NO_UTF8),
    Case("utf-16 without BOM", post(VALID.decode().encode("utf-16-be")), 400, NO_JSON),
    Case("utf-32", post(VALID.decode().encode("utf-32")), 400, NO_UTF8),
    Case("BOM", post(b"\xef\xbb\xbf" + VALID), 400, NO_JSON),
    Case("lone surrogate, raw", post(text(b"\xed\xa0\x80")), 400, NO_UTF8),
    Case("lone surrogate, escaped", post(text(b"\\ud800")), 400, UNFIT),
    Case("surrogates in the wrong order", post(text(b"\\ude00\\ud83d")), 400, UNFIT),
    Case("lone surrogate in a key", post(b'{"\\udfff":1}'), 400, UNFIT),
    Case("NUL, raw", post(text(b"\0")), 400, NO_JSON),
    Case("NUL, escaped", post(text(b"\\u0000")), 400, UNFIT),
    Case("NUL in a key", post(b'{"a\\u0000":1}'), 400, UNFIT),
    Case("NUL after the value", post(VALID + b"\0"), 400, NO_JSON),
    Case("line break in a text", post(text(b"a\nb")), 400, NO_JSON),
    Case("vertical tab around the value", post(b"\x0b" + VALID), 400, NO_JSON),
    Case("no-break space around the value", post(b"\xc2\xa0" + VALID), 400, NO_JSON),
]

DEPTHS = [
    Case("arrays in arrays", post(b"[" * 100_000 + b"]" * 100_000), 400, TOO_DEEP),
    Case("objects in objects", post(b'{"a":' * 100_000 + b"1" + b"}" * 100_000), 400, TOO_DEEP),
    Case("arrays that do not end", post(b"[" * 500_000), 400, TOO_DEEP),
    Case("arrays in a field", post(b'{"source":' + b"[" * 100_000 + b"]" * 100_000 + b"}"), 400, TOO_DEEP),
    Case("101 arrays in a field", post(VALID.replace(b'"Campaign 1000"', b"[" * 101 + b"]" * 101)), 400, TOO_DEEP),
    Case("50 arrays in a field", post(VALID.replace(b'"Campaign 1000"', b"[" * 50 + b"]" * 50)), 400, NO_TEXT),
]

NUMBERS = [
    Case("integer of 5,000 digits", post(b"9" * 5_000), 400, OUT_OF_RANGE),
    Case("negative integer of 5,000 digits", post(b"-" + b"9" * 5_000), 400, OUT_OF_RANGE),
    Case("integer of a million digits", post(b"9" * 1_000_000), 400, OUT_OF_RANGE),
    Case("integer of 5,000 digits in a field", post(b'{"source":' + b"9" * 5_000 + b"}"), 400, OUT_OF_RANGE),
    Case("float of 5,000 digits", post(b"9" * 5_000 + b".5"), 400, OUT_OF_RANGE),
    Case("fraction of 5,000 digits", post(b"0." + b"1" * 5_000), 400, NO_OBJECT),
    Case("exponent of 400", post(b"1e400"), 400, OUT_OF_RANGE),
    Case("exponent of 5,000 digits", post(b"-1e" + b"9" * 5_000), 400, OUT_OF_RANGE),
    Case("NaN", post(b'{"source":NaN}'), 400, f"body: has NaN{NO_NUMBER}"),
    Case("Infinity", post(b'{"source":Infinity}'), 400, f"body: has Infinity{NO_NUMBER}"),
    Case("-Infinity", post(b'{"source":-Infinity}'), 400, f"body: has -Infinity{NO_NUMBER}"),
    Case("number with a leading zero", post(b'{"source":01}'), 400, NO_JSON),
    Case("hexadecimal number", post(b'{"source":0x1}'), 400, NO_JSON),
]

VALUES = [
    Case("no body", post(b""), 400, "body: is missing"),
    Case("no body and no length", post_unframed(JSON), 400, "body: is missing"),
    Case("space", post(b" "), 400, NO_JSON),
    Case("null", post(b"null"), 400, NO_OBJECT),
    Case("true", post(b"true"), 400, NO_OBJECT),
    Case("number", post(b"1"), 400, NO_OBJECT),
    Case("string", post(b'"source"'), 400, NO_OBJECT),
    Case("array", post(b"[" + VALID + b"]"), 400, NO_OBJECT),
    Case("empty object", post(b"{}"), 400, "source: is missing"),
    Case("form data", post(b"source=Campaign+1000&destination=Hostile"), 400, NO_JSON),
    Case("XML", post(b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'), 400, NO_JSON),
    Case("two values", post(VALID + VALID), 400, NO_JSON),
    Case("comma at the end", post(VALID.replace(b"}", b",}")), 400, NO_JSON),
    Case("comment", post(b"//\n" + VALID), 400, NO_JSON),
    Case("single quotes", post(VALID.replace(b'"', b"'")), 400, NO_JSON),
    Case("object that does not end", post(VALID[:-1]), 400, NO_JSON),
    Case("duplicate key", post(VALID.replace(b"{", b'{"source":"Campaign 1000",')), 400, DUPLICATE),
    Case("duplicate key, escaped", post(VALID.replace(b"{", b'{"\\u0073ource":"a",')), 400, DUPLICATE),
    Case("duplicate key inside", post(VALID.replace(b"}", b',"userData":{"a":1,"a":1}}')), 400, DUPLICATE),
    Case("text is null", post(VALID.replace(b'"Campaign 1000"', b"null")), 400, NO_TEXT),
    Case("text is a number", post(VALID.replace(b'"Campaign 1000"', b"1000")), 400, NO_TEXT),
    Case("text is an array", post(VALID.replace(b'"Campaign 1000"', b'["Campaign 1000"]')), 400, NO_TEXT),
    Case("text is empty", post(text(b"")), 400, "destination: must not be empty"),
    Case("text of 65 characters", post(text(b"x" * 65)), 400, "destination: must have at most 64 characters"),
    Case("text of a million bytes", post(text(b"x" * 1_000_000)), 400, "destination: must have at most 64 characters"),
    Case("unknown field", post(VALID.replace(b"}", b',"__proto__":{}}')), 400, "__proto__: is not a field"),
    Case(
        "90,000 fields", post(b"{" + b",".join(b'"%d":1' % n for n in range(90_000)) + b"}"), 400, "0: is not a field"
    ),
]

SIZES = [
    Case("a byte more than 1 MiB", post(VALID.ljust(MEBIBYTE + 1)), 413, TOO_LARGE),
    Case("8 MiB", post(VALID.ljust(8 * MEBIBYTE)), 413, TOO_LARGE),
    Case("a byte more than 1 MiB in chunks", post_chunked(VALID.ljust(MEBIBYTE), b" "), 413, TOO_LARGE),
    Case("8 MiB in chunks", post_chunked(VALID, *[b" " * 65_536] * 128), 413, TOO_LARGE),
    Case("9 TB announced", post_unframed(JSON, b"Content-Length: 9999999999999", b"Connection: close"), 413, TOO_LARGE),
    Case("no body in chunks", post_chunked(), 400, "body: is missing"),
]

BODIES = [*MEDIA_TYPES, *ENCODINGS, *DEPTHS, *NUMBERS, *VALUES, *SIZES]
