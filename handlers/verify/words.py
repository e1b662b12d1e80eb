"""The differences between an answer and the contract, in words."""

import json
import operator
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, NamedTuple

import httpx
import jsonschema_rs
from schemathesis import Case
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.openapi.checks import JsonSchemaError, MissingContentType, MissingHeaders, UndefinedContentType
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)

from handlers.verify.client import read_json

CHECKS = [content_type_conformance, response_headers_conformance, response_schema_conformance]
LONGEST_VALUE = 80
TYPES_IN_WORDS = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "an array",
    "object": "an object",
}
LIMITS: Mapping[str, tuple[str, Callable[[Any, Any], bool]]] = {
    "minimum": ("at least {}", operator.ge),
    "maximum": ("at most {}", operator.le),
    "minLength": ("at least {} characters", lambda value, limit: len(value) >= limit),
    "maxLength": ("at most {} characters", lambda value, limit: len(value) <= limit),
}


class Finding(NamedTuple):
    """Something that is wrong with an answer.

    :param place: identifies the difference, so that it is listed once.
    :param text: what is wrong.
    :param in_header: whether it is in a header; the vendor's pages name no headers.
    """

    place: str
    text: str
    in_header: bool = False


def judge(case: Case[Any], response: httpx.Response, statuses: Collection[int], reason: str) -> Iterator[Finding]:
    """Return what is wrong with an answer by the contract.

    :param case: the request.
    :param response: the answer.
    :param statuses: the statuses that are right.
    :param reason: why, in words that follow the statuses.
    """
    if response.status_code not in statuses:
        expected = join([str(status) for status in sorted(statuses)])
        yield Finding(f"answer{reason}", f"answers {response.status_code}; the contract says {expected}{reason}")
    findings: list[Finding] = []
    try:
        case.validate_response(response, checks=CHECKS)
    except FailureGroup as group:
        findings = [finding for failure in group.exceptions for finding in describe(failure, response)]
    contradictions = list(_compare(response))
    told = {finding.place.partition(" ")[0] for finding in contradictions}
    yield from contradictions
    yield from sorted(finding for finding in findings if finding.place not in told)


def _compare(response: httpx.Response) -> Iterator[Finding]:
    """Yield where an answer contradicts itself, which a schema cannot express."""
    body = read_json(response)
    if not isinstance(body, dict):
        return
    records, count, status = body.get("records"), body.get("count"), body.get("status")
    if isinstance(records, list) and isinstance(count, int) and count != len(records):
        yield Finding("count", f"count is {count}, and records has {len(records)}")
    if isinstance(status, int) and status != response.status_code:
        yield Finding(
            f"status {response.status_code}",
            f"status in the body is {status}, and that of the answer {response.status_code}",
        )


def describe(failure: Failure, response: httpx.Response) -> Iterator[Finding]:
    """Return the findings of a failure of Schemathesis.

    :param failure: the failure.
    :param response: the answer.
    """
    if isinstance(failure, MissingHeaders):
        for name in failure.missing_headers:
            yield Finding(f"{name} missing", f"the header {name} is missing", True)
    elif isinstance(failure, MissingContentType):
        yield Finding("content type", "there is no content type; the contract says application/json")
    elif isinstance(failure, UndefinedContentType):
        expected = join(failure.defined_content_types)
        place = f"content type {failure.content_type}"
        yield Finding(place, f"the content type is {failure.content_type}; the contract says {expected}")
    elif not isinstance(failure, JsonSchemaError):
        found = "no JSON" if response.content else "empty"
        yield Finding(found, f"the body is {found}; the contract says JSON")
    elif failure.title.startswith("Response header"):
        broken = (name for name, value in response.headers.items() if value == str(failure.instance))
        name = next(broken, "of the answer")
        yield Finding(name, f"the header {name} is {show(failure.instance)}; {_say(failure)}", True)
    else:
        yield from _describe_body(failure)


def _describe_body(failure: JsonSchemaError) -> Iterator[Finding]:
    keyword, schema, instance = failure.schema_path[-1], failure.schema, failure.instance
    names = instance.keys() if isinstance(instance, dict) else set()
    path = tuple(failure.instance_path)
    if keyword == "required":
        for name in schema["required"]:
            if name not in names:
                place = format_path((*path, name))
                yield Finding(f"{_anonymous(place)} missing", f"{place} is missing")
    elif keyword == "additionalProperties":
        for name in names - schema["properties"].keys():
            place = format_path((*path, name))
            yield Finding(f"{_anonymous(place)} further", f"{place} is a further field, and the contract allows none")
    else:
        place = format_path(path)
        yield Finding(_anonymous(place), f"{place} is {show(instance)}; {_say(failure)}")


def _say(failure: JsonSchemaError) -> str:
    """Return what the contract says; of its limits, only a broken one."""
    schema, value = failure.schema, failure.instance
    # A nullable schema is an anyOf, and Schemathesis does not say which keyword in it is broken.
    wanted: Mapping[str, Any] = next((part for part in schema.get("anyOf", []) if part["type"] != "null"), schema)
    words = TYPES_IN_WORDS[wanted["type"]] + (" or null" if "anyOf" in schema else "")
    if not jsonschema_rs.is_valid({"type": wanted["type"]}, value):
        return f"the contract says {words}"
    broken = [
        text.format(show(wanted[name]))
        for name, (text, holds) in LIMITS.items()
        if name in wanted and not holds(value, wanted[name])
    ]
    example = show(wanted.get("example", "that of its schema"))
    return f"the contract says {words}, {broken[0] if broken else f'such as {example}'}"


def format_path(path: Collection[str | int]) -> str:
    """Return a place in a body in the notation `records[3].Name`.

    :param path: names and indexes, from the top.
    """
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".") or "the body"


def _anonymous(place: str) -> str:
    return re.sub(r"\[\d+\]", "[]", place)


def show(value: Any) -> str:
    """Return a value as JSON, cut to 80 characters.

    :param value: the value.
    """
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"


def join(words: Collection[str]) -> str:
    """Return an enumeration: `a, b or c`.

    :param words: the words, at least one.
    """
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last
