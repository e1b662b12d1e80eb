"""What Connexion's validators leave open: texts in one spelling, and JSON that every parser reads alike."""

from collections.abc import AsyncGenerator, Mapping
from http import HTTPStatus
from typing import Any

from connexion.validators import JSONRequestBodyValidator, ParameterValidator
from starlette.datastructures import Headers
from starlette.types import Scope

from handlers.documents import parse_json
from handlers.errors import Misplaced
from handlers.problems import Validator, explain
from handlers.texts import INTEGER, LONGEST_INTEGER, parse_query


class StrictParameterValidator(ParameterValidator):  # type: ignore[misc]
    """Query parameters, each at most once, in the one spelling that its schema means; and header fields."""

    def validate(self, scope: Scope) -> None:
        """Check the query string and the header against the contract.

        :raises Misplaced: 400; a parameter is unknown, given twice, missing, or its value is not valid.
        """
        headers = Headers(scope=scope)
        for parameter in self.parameters["header"]:
            if parameter["name"] in headers:
                text = ",".join(headers.getlist(parameter["name"]))
                check_text(text, parameter["schema"], ("header", parameter["name"]))
        given = parse_query(scope["query_string"])
        known = {parameter["name"]: parameter for parameter in self.parameters["query"]}
        for name, text in given.items():
            if name not in known:
                raise Misplaced(HTTPStatus.BAD_REQUEST, ("query", name), "is not a parameter of this operation")
            check_text(text, known[name]["schema"], ("query", name))
        for name, parameter in known.items():
            if parameter.get("required") and name not in given:
                raise Misplaced(HTTPStatus.BAD_REQUEST, ("query", name), "is missing")


class StrictJSONBodyValidator(JSONRequestBodyValidator):  # type: ignore[misc]
    """JSON bodies that every parser reads alike (RFC 8259, sections 4 to 8)."""

    @property
    def _validator(self) -> Any:
        return Validator(self._schema)

    async def _parse(self, stream: AsyncGenerator[bytes, None], scope: Scope) -> Any:
        try:
            return parse_json(b"".join([chunk async for chunk in stream]))
        except ValueError as error:
            raise Misplaced(HTTPStatus.BAD_REQUEST, ("body",), str(error)) from error

    def _validate(self, body: Any) -> None:
        for error in self._validator.iter_errors(body):
            path, problem = explain(error)
            raise Misplaced(HTTPStatus.BAD_REQUEST, ("body", *path), problem)


def check_text(text: str, schema: Mapping[str, Any], place: tuple[str, ...]) -> None:
    """Check the text of a parameter against its schema.

    :raises Misplaced: 400; it is no text of that type, or the value is not valid.
    """
    value: Any = text
    if schema["type"] == "integer" and INTEGER.fullmatch(text):
        # Python refuses to read integers of thousands of digits; one of 20 is out of every range already.
        value = int(text[:LONGEST_INTEGER])
    if schema["type"] == "boolean" and text in ("true", "false"):
        value = text == "true"
    for error in Validator(schema).iter_errors(value):
        raise Misplaced(HTTPStatus.BAD_REQUEST, place, explain(error)[1])
