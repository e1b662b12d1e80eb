"""The journal as an HTTP archive (HAR 1.2), which browsers and proxies open."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.metadata import version
from typing import Any
from urllib.parse import parse_qsl

from handlers.sandbox.registry.journal import EntryFilter

# What HAR says of sizes and times that are not known.
UNKNOWN = -1
# How many entries are read at a time, and what comes after the last.
PAGE, END = 50, "]}}"


class Archive(Iterator[bytes]):
    """The entries of a journal as an HTTP archive, in parts; fields that HAR does not have begin with an underscore.

    :param read: returns the first entries that a filter matches, up to a number.
    :param given: the filter.
    """

    def __init__(self, read: Callable[[EntryFilter, int], list[Any]], given: EntryFilter) -> None:
        self.read = read
        self.given = given
        self.is_first, self.is_complete = True, False

    def __next__(self) -> bytes:
        """Return the next part; if reading it is interrupted, the next call reads it again."""
        if self.is_complete:
            raise StopIteration
        entries = self.read(self.given, PAGE)
        texts = [json.dumps(_render(entry), ensure_ascii=False) for entry in entries]
        begin = _begin() if self.is_first else "," if entries else ""
        self.is_first, self.is_complete = False, len(entries) < PAGE
        if entries:
            self.given = self.given._replace(after=entries[-1]["number"])
        return f"{begin}{','.join(texts)}{END if self.is_complete else ''}".encode()


def _begin() -> str:
    creator = json.dumps({"name": "freiton", "version": version("freiton")})
    return f'{{"log": {{"version": "1.2", "creator": {creator}, "entries": ['


def _render(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    milliseconds = entry["milliseconds"]
    return {
        "startedDateTime": f"{entry['time']}Z",
        "time": milliseconds,
        "request": _render_request(entry),
        "response": _render_response(entry),
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
        "_operationId": entry["operationId"],
        "_requestId": entry["requestId"],
        "_violations": entry["violations"],
        "_failure": entry["failure"],
    }


def _render_request(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    request = entry["request"]
    headers = request["headers"]
    query = f"?{entry['query']}" if entry["query"] else ""
    posted = {"mimeType": headers.get("content-type", ""), "params": [], "text": request["body"]}
    return {
        "method": entry["method"],
        "url": f"{entry['scheme']}://{headers.get('host', 'localhost')}{entry['path']}{query}",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _list_pairs(headers.items()),
        "queryString": _list_pairs(parse_qsl(entry["query"], keep_blank_values=True)),
        "headersSize": UNKNOWN,
        "bodySize": request["size"],
        **({"postData": posted} if request["size"] else {}),
    }


def _render_response(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    response = entry["response"]
    encoding = {"encoding": response["encoding"]} if "encoding" in response else {}
    return {
        "status": entry["status"] or 0,
        "statusText": "",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _list_pairs(response["headers"].items()),
        "content": {
            "size": response["size"],
            "mimeType": response["headers"].get("content-type", ""),
            "text": response["body"],
            **encoding,
        },
        "redirectURL": response["headers"].get("location", ""),
        "headersSize": UNKNOWN,
        "bodySize": response["size"],
    }


def _list_pairs(pairs: Iterable[tuple[str, str]]) -> list[Mapping[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]
