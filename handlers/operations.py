"""The operations of the contract, compiled to functions: which arguments a plain request stands for."""

import builtins
import math
import re
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, NamedTuple

from inflection import underscore
from starlette.responses import Response

from handlers.contract import CONTROLLER, find
from handlers.envelope import JSON
from handlers.texts import INTEGER, LONGEST_INTEGER, parse_query

METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}
PLAIN_KEYWORDS = {"type", "format", "enum", "minimum", "maximum", "minLength", "maxLength", "pattern", "default"}

Reader = Callable[[str], Any]


class NotPlain(Exception):
    """The request is one for Connexion."""


class Operation(NamedTuple):
    """An operation.

    :param method: the method.
    :param template: the path, as in the contract.
    :param handler: the function that answers.
    :param path: the name and reader of each parameter in the path.
    :param query: the name of the argument, and the reader, of each parameter in the query.
    :param header: the reader of each header field that is a parameter.
    :param required: the parameters that must be given.
    :param defaults: the arguments for those that are left out.
    :param body: the schema of the body, if there is one.
    :param writes: whether it changes anything.
    """

    method: str
    template: str
    handler: Callable[..., Response]
    path: tuple[tuple[str, Reader], ...]
    query: Mapping[str, tuple[str, Reader]]
    header: Mapping[bytes, Reader]
    required: frozenset[str]
    defaults: Mapping[str, Any]
    body: str | None
    writes: bool

    @property
    def key(self) -> str:
        """The path without its parameters."""
        return re.sub(r"{[^/]+}", "", self.template)


def compile_operations(contract: Mapping[str, Any]) -> list[Operation]:
    """Return the operations of which it can be said here what a plain request stands for.

    :param contract: the contract, as data.
    """
    base = contract["servers"][0]["url"]
    resolve = _resolver(contract)
    compiled = (
        _compile(method.upper(), base + path, definition, resolve)
        for path, item in contract["paths"].items()
        for method, definition in item.items()
        if method.upper() in METHODS
    )
    return [operation for operation in compiled if operation]


def _resolver(contract: Mapping[str, Any]) -> Callable[[Any], Any]:
    def resolve(node: Any) -> Any:
        while "$ref" in node:
            node = find(contract, node["$ref"])
        return {**node, "schema": resolve(node["schema"])} if "schema" in node else node

    return resolve


def _compile(
    method: str, template: str, definition: Mapping[str, Any], resolve: Callable[[Any], Any]
) -> Operation | None:
    body = resolve(definition["requestBody"])["content"].get(JSON) if "requestBody" in definition else None
    # What takes a file reads it itself; Connexion, which gives it that, is not to be imported for it here.
    if ("requestBody" in definition and body is None) or definition.get("deprecated", False):
        return None
    handler = getattr(import_module(definition[CONTROLLER]), underscore(definition["operationId"]))
    parameters = [resolve(parameter) for parameter in definition["parameters"]]
    try:
        readers = {(parameter["in"], parameter["name"]): _make_reader(parameter["schema"]) for parameter in parameters}
    except NotPlain:
        return None
    order = re.findall(r"{([^/]+)}", template)
    given = {parameter["name"]: parameter for parameter in parameters if parameter["in"] == "query"}
    return Operation(
        method,
        template,
        handler,
        tuple((_argument(name), readers["path", name]) for name in order),
        {name: (_argument(name), readers["query", name]) for name in given},
        {name.lower().encode(): reader for (place, name), reader in readers.items() if place == "header"},
        frozenset(name for name, parameter in given.items() if parameter.get("required")),
        {_argument(name): item["schema"]["default"] for name, item in given.items() if "default" in item["schema"]},
        body and body["schema"]["$ref"].rpartition("/")[2],
        not is_read(method, definition),
    )


def is_read(method: str, definition: Mapping[str, Any]) -> bool:
    """Return whether an operation changes nothing.

    :param method: the method, in upper case.
    :param definition: the operation, as in the contract.
    """
    return method == "GET" or bool(definition.get("x-freiton-safe", False))


def _argument(name: str) -> str:
    # As Connexion names them with pythonic_params.
    argument = str(underscore(name))
    return f"{argument}_" if hasattr(builtins, argument) else argument


def _make_reader(schema: Mapping[str, Any]) -> Reader:
    """Return a function that gives the value of a parameter that is valid, and raises `NotPlain` for all others."""
    keywords = {keyword for keyword in schema if not keyword.startswith("x-")} - {"description", "example"}
    if not keywords <= PLAIN_KEYWORDS:
        raise NotPlain
    kind = schema["type"]
    pattern = re.compile(schema.get("pattern", "(?s:.*)"))
    least = schema.get("minimum" if kind == "integer" else "minLength", -math.inf)
    most = schema.get("maximum" if kind == "integer" else "maxLength", math.inf)
    allowed = schema.get("enum")

    def read(text: str) -> Any:
        value = _convert(text, kind)
        size = value if kind == "integer" else len(text)
        if not least <= size <= most or not pattern.fullmatch(text) or (allowed is not None and value not in allowed):
            raise NotPlain
        return value

    return read


def _convert(text: str, kind: str) -> Any:
    if kind == "string":
        return text
    if kind == "integer" and len(text) <= LONGEST_INTEGER and INTEGER.fullmatch(text):
        return int(text)
    if kind == "boolean" and text in ("true", "false"):
        return text == "true"
    raise NotPlain


def read_query(operation: Operation, query: str) -> dict[str, Any]:
    """Return the arguments that a query stands for.

    :raises NotPlain: it is not valid, or not in the most common spelling.
    """
    given = parse_query(query.encode()) if query else {}
    if not operation.required <= given.keys() <= operation.query.keys():
        raise NotPlain
    readers = ((*operation.query[name], text) for name, text in given.items())
    return {name: read(text) for name, read, text in readers}
