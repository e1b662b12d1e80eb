"""What a consumer can meet of the contract: statuses, parameters, fields of bodies, and the values of enumerations."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from handlers.contract.headers import join_fields
from handlers.contract.operations import Operation
from handlers.contract.url import parse_query
from handlers.contract.verdicts import Asked
from handlers.sandbox.documented import ERRORS
from handlers.sandbox.registry.coverage import Counts, Item

STATUS = "status"


class Part(NamedTuple):
    """A parameter or a field of the body.

    :param place: `query`, `header` or `body`, and the name behind a slash.
    :param values: the values of its enumeration; empty if it has none.
    """

    place: str
    values: list[str]

    @property
    def items(self) -> Iterator[Item]:
        """Return all that can be met: the part at all, and each of its values."""
        yield self.place, ""
        yield from ((self.place, value) for value in self.values)


def list_parameters(operation: Operation) -> list[Part]:
    """Return the parameters of an operation that a request may lack: not those in the path.

    :param operation: the operation.
    """
    parameters = (*operation.query.values(), *operation.header.values())
    return [Part("/".join(each.place), _list_values(each.schema.schema)) for each in parameters]


def list_fields(operation: Operation) -> list[Part]:
    """Return the fields of the JSON body of an operation.

    :param operation: the operation.
    """
    schema = {} if operation.body is None else operation.body.schema
    fields = {
        name: definition
        for part in (schema, *schema.get("allOf", ()))
        for name, definition in part.get("properties", {}).items()
    }
    return [Part(f"body/{name}", _list_values(definition)) for name, definition in fields.items()]


def list_items(operation: Operation) -> list[Item]:
    """Return all that can be met of an operation.

    :param operation: the operation.
    """
    parts = (*list_parameters(operation), *list_fields(operation))
    return [
        *((STATUS, str(status)) for status in operation.answers.by_status),
        *(item for part in parts for item in part.items),
    ]


def list_met(operation: Operation, asked: Asked) -> list[Item]:
    """Return what a valid request meets of its operation.

    :param operation: the operation.
    :param asked: the request.
    """
    fields = join_fields(asked.headers)
    given = {
        "query": parse_query(asked.query),
        "header": {each.name: "" for name, each in operation.header.items() if name in fields},
        "body": json.loads(asked.body) if operation.body is not None and asked.body else {},
    }
    items = (item for where, values in given.items() for item in _meet(where, values))
    return sorted(_list_documented(operation).intersection(items))


def measure(counts: Counts, operations: list[Operation]) -> dict[str, Any]:
    """Return the coverage of the contract.

    :param counts: how often each place and value of an operation was met.
    :param operations: the operations of the contract.
    """
    described = [_describe(counts, operation) for operation in operations]
    met = sum(each["met"] for each in described)
    documented = sum(each["documented"] for each in described)
    return {
        "percentage": _divide(met, documented),
        "met": met,
        "documented": documented,
        "operations": described,
        "neverMet": [
            {"operationId": each["operationId"], "status": status["status"]}
            for each in described
            for status in each["statuses"]
            if status["status"] >= ERRORS and not status["count"]
        ],
    }


def _describe(counts: Counts, operation: Operation) -> dict[str, Any]:
    items = list_items(operation)
    met = sum((operation.identity, *item) in counts for item in items)

    def count(place: str, value: str = "") -> int:
        return counts.get((operation.identity, place, value), 0)

    def describe(part: Part) -> dict[str, Any]:
        values = [{"value": value, "count": count(part.place, value)} for value in part.values]
        return {"place": part.place, "count": count(part.place), "values": values}

    return {
        "operationId": operation.identity,
        "method": operation.method,
        "path": operation.template,
        "percentage": _divide(met, len(items)),
        "met": met,
        "documented": len(items),
        "statuses": [{"status": each, "count": count(STATUS, str(each))} for each in operation.answers.by_status],
        "parameters": [describe(part) for part in list_parameters(operation)],
        "fields": [describe(part) for part in list_fields(operation)],
    }


@cache
def _list_documented(operation: Operation) -> frozenset[Item]:
    return frozenset(list_items(operation))


def _list_values(schema: Mapping[str, Any]) -> list[str]:
    return [str(value) for value in schema.get("enum", ()) if value is not None]


def _meet(where: str, given: Mapping[str, Any]) -> Iterator[Item]:
    for name, value in given.items():
        yield f"{where}/{name}", ""
        yield f"{where}/{name}", str(value)


def _divide(met: int, documented: int) -> float:
    return round(100 * met / documented, 2)
