"""Hostile filters and cursors of a list."""

import json
import zlib
from base64 import urlsafe_b64encode
from hashlib import sha256

# Each filter, and the column that is wrong.
WRONG_FILTERS = {
    b"a;limitStart=1": 2,
    b"a=b": 2,
    b"%0d%0aSet-Cookie:a=1": 1,
    b"'%20or%201=1--": 1,
    b"%F0%9F%98%80": 1,
    b"%20": 2,
    b"(" * 2_000: 2_001,
    b"(" * 51 + b"ID%20eq%201" + b")" * 51: 51,
    b"not%20" * 400 + b"ID%20eq%201": 201,
    b"ID%20eq%201" + b"%20or%20ID%20eq%201" * 100: 1_107,
    b"ID%20in%20(" + b",".join([b"1"] * 101) + b")": 208,
    b"ID%20eq%20" + b"9" * 1_900: 7,
    b"ID%20eq%20-9223372036854775809": 7,
    b"ID%20eq%201e999": 7,
    b"ID%20eq%20%D9%A1": 7,
    b"ID%20eq%20NaN": 7,
    b"Record%20eq%20'a'": 1,
    b"rowid%20eq%201": 1,
    b"ID%20eq%201--": 8,
    b"ID%20eq%201%20or%20(select%201)%20eq%201": 20,
    b"contains(ShortText,%25)": 20,
    b"ShortText%20eq%20'%25": 14,
    b"ShortText%20gt%20'" + b"%F0%9F%98%80" * 1_900 + b"'": 511,
    b"ShortText%20eq%20'" + b"%C3%A9" * 994 + b"'": 1_008,
}
ODD_FILTERS = [
    b"(" * 50 + b"ID%20eq%201" + b")" * 50,
    b"not%20" * 50 + b"ID%20eq%201",
    b"ID%20eq%201" + b"%20or%20ID%20eq%201" * 99,
    b"ID%20in%20(" + b",".join([b"1"] * 100) + b")",
    b"ShortText%20eq%20'%0d%0aSet-Cookie:a=1'",
    b"ShortText%20eq%20'''%20or%201=1--'",
    b"ID%20eq%20-9223372036854775808",
    b"ID%20eq%20" + b"0" * 1_900 + b"1",
    b"ShortText%20gt%20'" + b"%F0%9F%98%80" * 496 + b"'",
]
MALFORMED_CURSORS = {
    b"a": "is none that this list gave",
    b"AAAA": "is none that this list gave",
    b"%F0%9F%98%80": "is none that this list gave",
    b"a%0a": "is none that this list gave",
    b"YQ==": "is none that this list gave",
}
# What a cursor may hold when its digest is right.
FORGED = [
    b"",
    b"5",
    b"{}",
    b"[]",
    b"[1,2,3,4]",
    b"[[],1,true,0]",
    b"[1,null,true,0]",
    b"[1,1,true,-1]",
    b"[9223372036854775808,1,true,0]",
    b"[1,-9223372036854775809,true,0]",
    b'["\\ud800",1,true,0]',
    b"[" * 3_000,
    b'["\\u0000",1,true,0]',
    b"[1,1,true,0]\nID eq 0\0",
    b"[1,1,true,0]\n\xff",
    b'[1,1,true,0,""]',
    # Of another type than the field has.
    b'["1",1,true,0]',
    b"[1.5,1,true,0]",
    b"[null,1,true,0]",
    # Compressed: not at all, not to the end, with something behind, and to a thousandth.
    b"x",
    zlib.compress(b"[1,1,true,0]")[:-1],
    zlib.compress(b"[1,1,true,0]") + b"x",
    zlib.compress(b'["' + b"x" * 2**21 + b'",1,true,0]'),
]


def forge(content: bytes) -> bytes:
    """Return a cursor of the event types whose digest is right, as only someone who has read the code can make it."""
    filter_ = content.partition(b"\n")[2].decode(errors="replace")
    scope = json.dumps(["AcdEventTypes", "true", "ID", True, filter_]).encode()
    return urlsafe_b64encode(sha256(content + b"\n" + scope).digest()[:12] + content).rstrip(b"=")
