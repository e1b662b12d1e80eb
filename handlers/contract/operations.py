"""The operations of the contract, each compiled once: from a request to the arguments of a handler, or a refusal."""

import builtins
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from http import HTTPStatus
from importlib import import_module
from typing import Any, NamedTuple

from inflection import underscore
from starlette.responses import Response
from werkzeug.http import parse_options_header

from handlers.contract.answers import Answers
from handlers.contract.compiled_schemas import CompiledSchema
from handlers.contract.document import CONTROLLER
from handlers.contract.headers import accepts
from handlers.contract.idempotency import KEY_FIELD, read_keyed
from handlers.contract.preconditions import read_precondition
from handlers.contract.problems import Problem
from handlers.contract.schemas import resolve
from handlers.contract.strict_json import parse_json
from handlers.contract.url import parse_query, read_integer, read_number

JSON = "application/json"
CONTENT_TYPE = b"content-type"
MISSING = "is missing"

Fields = Mapping[bytes, bytes]
Arguments = dict[str, Any]
_accepts = lru_cache(256)(accepts)
_parse_type = lru_cache(256)(parse_options_header)


class Request(NamedTuple):
    """The parts of a request that an operation reads.

    :param found: the arguments that are found before the body arrives: from the path, and from preconditions.
    :param query: the query string, percent-encoded.
    :param fields: the header fields by name in lower case; the values of a repeated field are joined by commas.
    :param body: the body; empty if the operation takes none, or if its handler reads a file itself.
    """

    found: Arguments
    query: bytes
    fields: Fields
    body: bytes = b""


class Parameter:
    """A compiled parameter of an operation.

    :param definition: the parameter, as in the contract, references resolved.
    """

    def __init__(self, definition: Mapping[str, Any]) -> None:
        self.name: str = definition["name"]
        self.place = (definition["in"], self.name)
        self.schema = CompiledSchema(definition["schema"])
        self.is_required: bool = definition.get("required", False)
        # The name of the handler's argument: the same as Connexion's with `pythonic_params`.
        name = str(underscore(self.name))
        self.argument = f"{name}_" if hasattr(builtins, name) else name
        self.type: str = definition["schema"]["type"]

    def read(self, text: str) -> Any:
        """Return the value of a parameter.

        :param text: the text of the value in the URL or header, decoded.
        :raises Problem: 400; the text is not of the parameter's type, or does not match its schema.
        """
        value: Any = text
        if self.type == "integer":
            value = read_integer(text)
        elif self.type == "number":
            value = read_number(text)
        elif self.type == "boolean" and text in ("true", "false"):
            value = text == "true"
        if problem := self.schema.find_problem(value):
            raise Problem(self.place, problem[1])
        return value


class Operation:
    """A compiled operation of the contract.

    :param method: the HTTP method, in upper case.
    :param template: the path of the operation, as in the contract, with the base path in front.
    :param definition: the operation, as in the contract.
    :param document: the contract, as data.
    """

    def __init__(self, method: str, template: str, definition: Mapping[str, Any], document: Mapping[str, Any]) -> None:
        self.method = method
        self.template = template
        self.identity: str = definition["operationId"]
        # Empty if the service sends the requests itself.
        self.controller: str = definition.get(CONTROLLER, "")
        parameters = [Parameter(resolve(each, document)) for each in definition["parameters"]]
        path = {each.name: each for each in parameters if each.place[0] == "path"}
        self.path = [path[segment[1:-1]] for segment in template.split("/") if segment.startswith("{")]
        self.query = {each.name: each for each in parameters if each.place[0] == "query"}
        self.required = [each.name for each in self.query.values() if each.is_required]
        self.header = {each.name.lower().encode(): each for each in parameters if each.place[0] == "header"}
        self.defaults = {
            each.argument: each.schema.schema["default"]
            for each in self.query.values()
            if "default" in each.schema.schema
        }
        taken: Mapping[str, Any] = definition.get("requestBody", {"content": {}})
        content: Mapping[str, Any] = taken["content"]
        # Whether a request without a body is refused.
        self.needs_body: bool = taken.get("required", False)
        # The media types of the request body; empty if the operation takes no body.
        self.media_types = tuple(content)
        body = content.get(JSON)
        schema = None if body is None else resolve(body["schema"], document)
        self.body = None if schema is None else CompiledSchema(schema)
        # Whether the caller chooses the names of the body's fields. Nothing of it is stored.
        self.takes_any_fields: bool = schema is not None and schema.get("x-freiton-any-fields", False)
        # The names of the header fields of its responses.
        self.answers = Answers(definition["responses"], document)
        self.response_fields = self.answers.fields
        # The media type of its responses.
        self.produces: str = self.answers.produces
        # Whether the operation only reads.
        self.is_read = bool(definition.get("x-freiton-safe", method == "GET"))
        # Whether the operation takes preconditions: the contract documents 412 for it.
        self.is_conditional = "412" in definition["responses"]
        # Whether the operation takes an idempotency key.
        self.takes_key = KEY_FIELD in self.header

    @cached_property
    def handler(self) -> Callable[..., Response]:
        """Return the handler: the function that is named like the operationId, in snake case.

        The contract names its module, in `x-openapi-router-controller`.
        """
        handler: Callable[..., Response] = getattr(import_module(self.controller), underscore(self.identity))
        return handler

    @property
    def reads_file(self) -> bool:
        """Return whether the handler reads the body itself, as it arrives: the body is a file and not JSON."""
        return bool(self.media_types) and self.body is None

    def read_path(self, texts: Sequence[str]) -> Arguments:
        """Return the handler's arguments from the path parameters.

        :param texts: the text of each path parameter, in the order of the path.
        :raises Problem: 400; a value is not valid.
        """
        return {each.argument: each.read(text) for each, text in zip(self.path, texts, strict=True)}

    def read_query(self, query: bytes) -> Mapping[str, Any]:
        """Return the handler's arguments from the query string, with the defaults of parameters that are not given.

        :param query: the query string, percent-encoded; empty if there is none.
        :raises Problem: 400; a parameter is unknown, repeated or missing, or its value is not valid.
        """
        if not query and not self.required:
            return self.defaults
        given = parse_query(query)
        values = self.read_given(given)
        for problem in self.find_missing(given):
            raise problem
        return {**self.defaults, **values}

    def read_given(self, given: Mapping[str, str]) -> Arguments:
        """Return the handler's arguments from parameters of a query string.

        :param given: the parameters, by name.
        :raises Problem: 400; a parameter is unknown, or its value is not valid.
        """
        for name in given:
            if name not in self.query:
                raise Problem(("query", name), "is not a parameter of this operation")
        return {self.query[name].argument: self.query[name].read(text) for name, text in given.items()}

    def find_missing(self, given: Collection[str]) -> Iterator[Problem]:
        """Yield a problem for each parameter that a query string lacks.

        :param given: the names of the parameters that it has.
        """
        return (Problem(("query", name), MISSING) for name in self.required if name not in given)

    def read_preconditions(self, fields: Fields) -> Arguments:
        """Return the handler's argument from If-Match and If-None-Match, if one is given (RFC 9110, section 13.1).

        :param fields: the header fields by name in lower case.
        :raises Problem: 400; the operation takes no preconditions, or a value is no list of entity tags.
        """
        is_plain_read = self.method == "GET" and self.is_read
        return {} if is_plain_read else read_precondition(fields, allowed=self.is_conditional)

    def check_accept(self, fields: Fields) -> None:
        """Check that the client accepts the media type of the responses (RFC 9110, section 12.5.1).

        :param fields: the header fields by name in lower case.
        :raises Problem: 406; the Accept header does not allow it.
        """
        if b"accept" in fields and not _accepts(fields[b"accept"].decode("latin-1"), self.produces):
            raise Problem(("header", "Accept"), f"must allow {self.produces}", HTTPStatus.NOT_ACCEPTABLE)

    def check_header(self, fields: Fields) -> None:
        """Check the header fields that are parameters of the operation.

        :param fields: the header fields by name in lower case.
        :raises Problem: 400; a value is not valid.
        """
        for name, parameter in self.header.items():
            if name in fields:
                parameter.read(fields[name].decode("latin-1"))

    def check_media_type(self, fields: Fields) -> str:
        """Return the media type of the request body, in lower case and without parameters.

        :param fields: the header fields by name in lower case.
        :raises Problem: 415; the operation does not take the media type, its charset or the content coding (RFC 9110,
            section 15.5.16).
        """
        media_type, options = _parse_type(fields.get(CONTENT_TYPE, b"").decode("latin-1"))
        why = None
        if media_type.lower() not in self.media_types:
            why = f"must be {' or '.join(self.media_types)}"
        elif options.get("charset", "utf-8").lower() != "utf-8":
            why = "its charset must be utf-8"
        if why is not None:
            raise Problem(("header", "Content-Type"), why, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        if fields.get(b"content-encoding", b"identity").lower() != b"identity":
            raise Problem(("header", "Content-Encoding"), "must be identity", HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        return str(media_type.lower())

    def require_body(self, body: bytes) -> None:
        """Check that there is a body, for an operation that needs one, in JSON.

        :param body: the body.
        :raises Problem: 400; it is empty.
        """
        if self.needs_body and not body:
            raise Problem(("body",), MISSING)

    def read_body(self, body: bytes) -> Arguments:
        """Return the handler's argument from a JSON body; nothing if the operation takes no JSON, or if there is none.

        :param body: the body, in UTF-8; empty if there is none.
        :raises Problem: 400; the body is not strict JSON (see `parse_json`), or does not match its schema.
        """
        if self.body is None or not body:
            return {}
        try:
            value = parse_json(body, allow_nul=self.takes_any_fields)
        except ValueError as error:
            raise Problem(("body",), str(error)) from error
        if problem := self.body.find_problem(value):
            path, why = problem
            raise Problem(("body", *path), why)
        return {"body": value}

    def read_key(self, fields: Fields, arguments: Arguments, body: bytes) -> Arguments:
        """Return the handler's argument from `Idempotency-Key`, if one is given and the operation takes one.

        :param fields: the header fields by name in lower case; `check_header` has checked them.
        :param arguments: the arguments from the path and the query string.
        :param body: the JSON body; empty if the handler reads a file.
        """
        if not self.takes_key or KEY_FIELD not in fields:
            return {}
        values = [arguments.get(each.argument) for each in (*self.path, *self.query.values())]
        return {"keyed": read_keyed(fields[KEY_FIELD], self.identity, values, body)}

    def arguments(self, request: Request) -> Arguments:
        """Return all arguments of the handler.

        :param request: the request; `check_media_type` has checked it if it has a body.
        :raises Problem: 400; a parameter or the body is not valid.
        """
        self.check_header(request.fields)
        arguments = {**request.found, **self.read_query(request.query)}
        return {
            **arguments,
            **self.read_body(request.body),
            **self.read_key(request.fields, arguments, request.body),
        }


def compile_operations(document: Mapping[str, Any]) -> list[Operation]:
    """Return the compiled operations of a contract.

    :param document: the contract, as data.
    """
    base = document["servers"][0]["url"].rstrip("/")
    return [
        Operation(method.upper(), base + path, definition, document)
        for path, item in document["paths"].items()
        for method, definition in item.items()
    ]
