"""Requests as bytes, made from the examples of the contract in plain and unusual spellings."""

import json
import random
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from tests.support.conformance import BASE_PATH
from tests.support.examples import find_cases
from tests.support.raw import AUTHORIZATION

PAGE = "http://page.example"
PUBLIC = ("/health/live", "/health/ready", "/openapi.yaml", "/openapi.json", "/docs", "/", "/docs/page.css", "/nothing")
# Beside the operations; the list of all contacts is one that is sent while it is read.
OTHERS = {"public": PUBLIC, "long": [f"{BASE_PATH}/1/dialler/contacts"]}
# The bodies that create something get a name of their own in this field.
NAMED = ("destination", "UserData", "Subject")
HOSTS = [b"Host: freiton"] * 150 + [
    b"host:freiton",
    b"HOST: a:80",
    b"Host: a/b",
    b"Host:",
    b"Host: a\r\nHost: a",
    b"X: y",
]
TOKENS = [AUTHORIZATION] * 150 + [
    *(b"authorization:Bearer freiton-demo-1", b"Authorization: bearer  freiton-demo-1", b"Authorization: Bearer x"),
    *(
        b"Authorization: Bearer freiton-demo-2",
        b"Authorization: Basic x",
        b"X: y",
        AUTHORIZATION + b"\r\n" + AUTHORIZATION,
    ),
]
VERSIONS = [b"1.1"] * 80 + [b"1.0"] * 16 + [b"0.9", b"1.2", b"2.0", b"1.01", b"1", b"3.0"]
METHODS = [
    *(b"HEAD", b"HEAD", b"HEAD", b"OPTIONS", b"OPTIONS", b"PUT", b"PATCH", b"GET", b"POST", b"DELETE"),
    b"CONNECT",
]
FIELDS = [
    *(b"Accept: */*", b"Accept: application/json", b"Accept: text/html", b"Accept:", b"accept:application/*;q=0.1"),
    *(b"Accept: application/json;q=0, */*", b"Accept: */*\r\nAccept: text/html", b"Accept: a/b, Application/JSON"),
    *(b"If-None-Match: *", b'If-None-Match: "x"', b'If-None-Match: W/"x", "y"', b"If-None-Match: x", b"If-None-Match:"),
    *(b"Idempotency-Key: key", b"Idempotency-Key: a  key", b"Idempotency-Key:", b"Idempotency-Key: \xe4"),
    *(b"If-None-Match: W/*", b'If-Match: "x"', b"If-Match: *", b'If-Match: W/"x"', b"If-Match: x"),
    *(b"Origin: " + PAGE.encode(), b"Origin: http://other.example", b"Origin: null", b"origin:"),
    *(b"Connection: close", b"Connection: keep-alive", b"Connection: Keep-Alive, TE", b"Connection: TE, close"),
    *(b"Connection: Upgrade\r\nUpgrade: h2c", b"Connection: Upgrade\r\nUpgrade: websocket", b"Upgrade: h2c"),
    *(b"Connection: close, Upgrade\r\nUpgrade: h2c", b"Connection:", b"Proxy-Connection: close", b"Keep-Alive: max=1"),
    *(b"Expect: 100-continue", b"Expect: 100-Continue", b"Expect: x", b"TE: trailers", b"Trailer: X", b"Cookie: a=b"),
    *(b"Accept-Language: de", b"Accept-Language: \xe9", b"Accept-Encoding: gzip", b"Content-Encoding: identity"),
    *(b"Content-Encoding: gzip", b"Range: bytes=0-1", b"X: a\tb", b"X:  y  ", b"X: \xff", b"User-Agent: fuzz/1"),
    *(b"X-Request-ID: 0b0e6c5a-6a0f-4f0a-9a6c-0d1b8d8f5b11", b"X-Request-ID: x", b"X-HTTP-Method-Override: DELETE"),
    *(b"Access-Control-Request-Method: GET\r\nOrigin: " + PAGE.encode(), b"Access-Control-Request-Method: HEAD"),
    *(b"X: " + b"y" * 3_000, b"X: " + b"y" * 17_000, b"X: " + b"y" * 66_000),
]
TRAILERS = [
    b"",
    b"",
    b"X: y\r\n",
    b"Connection: close\r\n",
    b"Content-Length: 5\r\n",
    b"Host: b\r\nExpect: 100-continue\r\n",
]
EXTENSIONS = [b"", b"", b"", b";a", b";a=b", b';a="b"']
LARGE = 1_100_000


class Form(NamedTuple):
    """A request of an operation that the demo can answer.

    :param method: the method of the operation.
    :param path: its path, with a client account that has the token.
    :param query: its parameters, which all can be left out of the target.
    :param body: its body, empty for none.
    :param media_type: the media type of the body.
    """

    method: str
    path: str
    query: dict[str, Any]
    body: str
    media_type: str


@cache
def list_forms() -> dict[str, list[Form]]:
    """Return the requests that the examples of the contract make up by operation, and some others."""
    forms = {name: [Form("GET", path, {}, "", "") for path in paths] for name, paths in OTHERS.items()}
    for operation, form in _find_forms():
        known = forms.setdefault(operation, [])
        if form not in known:
            known.append(form)
    return forms


def _find_forms() -> Iterator[tuple[str, Form]]:
    for case in find_cases():
        request = case.request
        path = request.template.format(**{name: quote(str(value), safe="") for name, value in request.path.items()})
        body = request.body if isinstance(request.body, str) else json.dumps(request.body) if request.body else ""
        media_type = request.headers.get("Content-Type", "")
        yield case.operation, Form(request.method, BASE_PATH + path, request.query, body, media_type)


def make_request(chance: random.Random, name: str, is_unusual: bool) -> bytes:
    """Return a request, most often a valid one.

    :param chance: the source of all choices.
    :param name: what it creates, if it creates something, is called.
    :param is_unusual: whether it has more than it needs, or is spelled in another way.
    """
    form = chance.choice(list_forms()[chance.choice([*list_forms(), "long", "long"])])
    method = chance.choice(METHODS) if is_unusual and chance.random() < 0.3 else form.method.encode()
    fields = [chance.choice(HOSTS), chance.choice(TOKENS)]
    framing, body = _make_body(chance, _name(form.body, name), is_unusual)
    if form.media_type and chance.random() < 0.97:
        fields.append(b"Content-Type: " + form.media_type.encode())
    fields += framing
    if is_unusual:
        fields += chance.choices(FIELDS, k=chance.choice([1, 1, 2, 3]))
        chance.shuffle(fields)
    # What is sent while it is read ends in another way for HTTP/1.0.
    is_old = form in list_forms()["long"] and chance.random() < 0.3
    version = b"1.0" if is_old else chance.choice(VERSIONS) if is_unusual else b"1.1"
    line = b"%b %b HTTP/%b" % (method, _make_target(chance, form, is_unusual), version)
    return b"\r\n".join([line, *fields, b"", body])


def _make_target(chance: random.Random, form: Form, is_unusual: bool) -> bytes:
    query = {name: str(value) for name, value in form.query.items() if chance.random() < 0.6}
    target = form.path + (f"?{urlencode(query)}" if query else "")
    if not is_unusual or chance.random() < 0.6:
        return target.encode()
    spellings = [
        *(f"http://freiton{target}", f"HTTP://other:80{target}", target + "#part", target + "&", target + "?"),
        *(target.replace("i", "%69", 1), target.replace("1", "%31", 1), target.replace("/", "//", 1), target + "/"),
        *(target.replace("?", "?&", 1), target + "?unknown=1", "*", target.replace("/1/", "/2/"), target + "%"),
    ]
    return chance.choice(spellings).encode()


def _name(body: str, name: str) -> bytes:
    if not body.startswith("{"):
        return body.encode()
    lines = [json.loads(line) for line in body.splitlines()]
    for number, line in enumerate(lines):
        line.update({field: f"{name}l{number}" for field in NAMED if field in line})
    return "\n".join(json.dumps(line) for line in lines).encode()


def _make_body(chance: random.Random, body: bytes, is_unusual: bool) -> tuple[list[bytes], bytes]:
    """Return the fields that frame a body, and the body as it stands in the message."""
    if is_unusual and chance.random() < 0.1:
        body = body or b"GET / HTTP/1.1\r\n\r\n"
    if is_unusual and chance.random() < 0.02:
        body += b" " * LARGE
    if is_unusual and chance.random() < 0.4:
        return [b"Transfer-Encoding: chunked"], b"".join(_make_chunks(chance, body))
    return ([b"Content-Length: %d" % len(body)] if body else []), body


def _make_chunks(chance: random.Random, body: bytes) -> Iterator[bytes]:
    while body:
        size = chance.choice([1, 2, 17, 64, len(body), len(body)])
        chunk, body = body[:size], body[size:]
        yield b"%x%b\r\n%b\r\n" % (len(chunk), chance.choice(EXTENSIONS), chunk)
    yield b"0%b\r\n%b\r\n" % (chance.choice(EXTENSIONS), chance.choice(TRAILERS))
