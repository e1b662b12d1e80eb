"""The answers that the contract documents for an operation, and what is wrong with one."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from werkzeug.http import parse_options_header

from handlers.contract.compiled_schemas import CompiledSchema
from handlers.contract.document import find
from handlers.contract.schemas import resolve
from handlers.contract.strict_json import parse_json

JSON = "application/json"
# What the server itself adds to every answer.
OF_THE_SERVER = {"cache-control", "x-api-version", "x-request-id"}

# The key of an answer that may come without its body, or with any JSON (RFC 6839, section 3.1).
OPTIONAL = "x-freiton-optional-body"

Finding = tuple[tuple[str, ...], str]


class Answer:
    """An answer that is documented for an operation, compiled when it is first met.

    :param definition: the answer, as in the contract; only its schemas may still be references.
    :param document: the contract, as data.
    """

    def __init__(self, definition: Mapping[str, Any], document: Mapping[str, Any]) -> None:
        self.definition = definition
        self.document = document
        self.media_types: Mapping[str, Any] = definition.get("content", {})

    @cached_property
    def required(self) -> list[str]:
        """Return the names of the header fields that the application has to give."""
        fields = resolve(self.definition.get("headers", {}), self.document)
        return [name for name, each in fields.items() if each.get("required") and name.lower() not in OF_THE_SERVER]

    @cached_property
    def schema(self) -> CompiledSchema | None:
        """Return the schema of its JSON body; None if it has none."""
        content = self.media_types.get(JSON)
        return None if content is None else CompiledSchema(resolve(content["schema"], self.document))

    def find_problems(self, fields: Mapping[bytes, bytes], body: bytes | None) -> Iterator[Finding]:
        """Yield each place of an answer that the contract does not allow, and why.

        :param fields: the header fields by name in lower case.
        :param body: the body; None if it is not known, or if the answer has none because of the method.
        """
        for name in self.required:
            if name.lower().encode() not in fields:
                yield ("header", name), "is missing"
        is_optional = self.definition.get(OPTIONAL, False)
        if body == b"" and is_optional:
            return
        media_type, _ = parse_options_header(fields.get(b"content-type", b"").decode("latin-1"))
        if is_optional and media_type.endswith("+json"):
            media_type = JSON
        if self.media_types and media_type not in self.media_types:
            yield ("header", "Content-Type"), f"must be {' or '.join(self.media_types)}"
        elif body is not None and media_type == JSON and self.schema is not None:
            yield from _find_body_problems(self.schema, body)
        elif body and not self.media_types:
            yield ("body",), "must be empty"


class Answers:
    """The answers that are documented for an operation.

    :param definitions: the answers by status, as in the contract.
    :param document: the contract, as data.
    """

    def __init__(self, definitions: Mapping[str, Any], document: Mapping[str, Any]) -> None:
        self.by_status = {
            int(status): Answer(find(document, each["$ref"]) if "$ref" in each else each, document)
            for status, each in definitions.items()
        }

    @property
    def fields(self) -> set[str]:
        """Return the names of the header fields of all answers."""
        return {name for answer in self.by_status.values() for name in answer.definition.get("headers", ())}

    @property
    def produces(self) -> str:
        """Return the media type of the answer that says that all went well."""
        success = next(answer for status, answer in self.by_status.items() if status < 300)
        return next(iter(success.media_types))

    def find_problems(self, status: int, fields: Mapping[bytes, bytes], body: bytes | None) -> Iterator[Finding]:
        """Yield each place of an answer that the contract does not allow, and why.

        :param status: the HTTP status.
        :param fields: the header fields by name in lower case.
        :param body: the body; None if it is not known, or if the answer has none because of the method.
        """
        if status not in self.by_status:
            yield ("status",), f"must be one of {', '.join(map(str, self.by_status))}"
        else:
            yield from self.by_status[status].find_problems(fields, body)


def _find_body_problems(schema: CompiledSchema, body: bytes) -> Iterator[Finding]:
    try:
        value = parse_json(body, allow_nul=True)
    except ValueError as error:
        yield ("body",), str(error)
    else:
        for path, why in schema.find_problems(value):
            yield ("body", *path), why.replace("this request", "this answer")
