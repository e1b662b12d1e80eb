"""Filters: the expressions that select records of a list, compiled to SQL."""

import math
from collections.abc import Callable, Collection, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from data import store
from data.lists.fields import Field
from data.lists.pages import LARGEST_INTEGER
from data.store.texts import FORMS, fold, is_moment

DEEPEST_GROUP = 50
MOST_TERMS = 100
# Compressed with the value of a field, such a filter fits into a cursor, and the cursor into a link.
MOST_BYTES = 2_000
MOST_DIGITS = 20
END = "$END"
# The terminals of the grammar as error messages name them, in the order of the messages.
WORDS = {
    "NAME": "a field",
    "FUNCTION": "contains, startswith, endswith",
    "COMPARISON": "eq, ne, gt, ge, lt, le",
    "_IN": "in",
    "NULL": "null",
    "TRUE": "true",
    "FALSE": "false",
    "NUMBER": "a number",
    "STRING": "a text in single quotes",
    "_AND": "and",
    "_OR": "or",
    "NOT": "not",
    "LPAR": "(",
    "_COMMA": "a comma",
    "_RPAR": ")",
    END: "the end",
}
# True or false, never null: a null contains no text, and is neither greater nor less than any value.
COMPARISONS = {
    "eq": "{name} is not null and {name} = :{value}",
    "ne": "{name} is null or {name} <> :{value}",
    "gt": "{name} is not null and {name} > :{value}",
    "ge": "{name} is not null and {name} >= :{value}",
    "lt": "{name} is not null and {name} < :{value}",
    "le": "{name} is not null and {name} <= :{value}",
}
COMPARISONS_WITH_NULL = {"eq": "{name} is null", "ne": "{name} is not null"}
SEARCHES = {
    "contains": "{position} > 0",
    "startswith": "{position} = 1",
    "endswith": "substr({folded}, length({folded}) - length(:{value}) + 1) = :{value}",
}
NULL = "null"
KINDS = {
    **{"text": "a text", **dict.fromkeys(FORMS, "a date-time"), "boolean": "true or false"},
    **{"integer": "a number", "real": "a number", NULL: NULL},
}

# The kinds of values that fields of these types can be compared with. All other types are compared with their own
# kind only, and every field with null.
ALIKE = {"integer": ("integer", "real"), "real": ("integer", "real"), **dict.fromkeys(FORMS, ("text",))}
TEXTS = ("text", *FORMS)


@cache
def _parser() -> Lark:
    grammar = (files("data.lists") / "filters.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", maybe_placeholders=False)


class BadFilter(ValueError):
    """An invalid expression.

    :param column: the position of the error in characters, from 1.
    :param problem: what is wrong there.
    """

    def __init__(self, column: int, problem: str) -> None:
        super().__init__(f"column {column}: {problem}")


class Condition(NamedTuple):
    """A condition on the rows of a table.

    :param sql: the SQL after `where`.
    :param parameters: the values of its named parameters.
    """

    sql: str
    parameters: Mapping[str, Any]


def compile_filter(text: str, fields: Mapping[str, Field]) -> Condition:
    """Return the condition that an expression stands for (contract: parameter filter; a part of OData 4.01's $filter).

    :param text: the expression; empty for all records.
    :param fields: name to field, for the fields that it may name.
    :raises BadFilter: it is invalid.
    """
    if not text:
        return Condition("true", {})
    encoded = text.encode()
    if len(encoded) > MOST_BYTES:
        raise BadFilter(
            len(encoded[:MOST_BYTES].decode(errors="ignore")) + 1, f"has more than {MOST_BYTES:,} bytes of UTF-8"
        )
    try:
        tree = _parser().parse(text)
    except UnexpectedInput as error:
        raise _explain(error, text) from error
    return _Compiler(fields).compile(tree)


class _Compiler:
    """Compiles the tree of an expression to SQL, in which all values are named parameters."""

    def __init__(self, fields: Mapping[str, Field]) -> None:
        self.fields = fields
        self.values: dict[str, Any] = {}
        self.rules: Mapping[str, Callable[[list[Any], int], str]] = {
            "conjunction": lambda nodes, level: self._join(" and ", nodes, level),
            "disjunction": lambda nodes, level: self._join(" or ", nodes, level),
            "negation": lambda nodes, level: f"not {self._descend(nodes[0], nodes[1], level)}",
            "group": lambda nodes, level: self._descend(nodes[0], nodes[1], level),
            "comparison": lambda nodes, level: self._compare(*nodes),
            "membership": lambda nodes, level: self._contain(nodes[0], nodes[2:]),
            "search": lambda nodes, level: self._search(nodes[0], *nodes[2:]),
        }

    def compile(self, tree: Tree[Token]) -> Condition:
        """Return the condition that a tree stands for."""
        return Condition(self._compile(tree.children[0], 0), self.values)

    def _compile(self, tree: Any, level: int) -> str:
        return f"({self.rules[tree.data](tree.children, level)})"

    def _join(self, word: str, nodes: list[Any], level: int) -> str:
        return word.join(self._compile(node, level) for node in nodes)

    def _descend(self, opening: Token, node: Any, level: int) -> str:
        if level >= DEEPEST_GROUP:
            raise BadFilter(_column(opening), f"is nested more than {DEEPEST_GROUP} levels deep")
        return self._compile(node, level + 1)

    def _compare(self, name: Token, word: Token, node: Token) -> str:
        field = self._field(name)
        value = self._value(name, field, node)
        if self.values[value] is None:
            return COMPARISONS_WITH_NULL.get(word.lower(), "false").format(name=name)
        return COMPARISONS[word.lower()].format(name=name, value=value)

    def _contain(self, name: Token, nodes: list[Token]) -> str:
        field = self._field(name)
        values = [self._value(name, field, node) for node in nodes]
        named = [value for value in values if self.values[value] is not None]
        found = (
            f"({name} is not null and {name} in ({', '.join(f':{value}' for value in named)}))" if named else "false"
        )
        return found if len(named) == len(values) else f"{name} is null or {found}"

    def _search(self, word: Token, name: Token, node: Token) -> str:
        field = self._field(name)
        if field.type not in TEXTS:
            texts = ", ".join(name for name, field in self.fields.items() if field.type in TEXTS)
            raise BadFilter(_column(name), f"{word.lower()} is for texts, and {name} is none; the texts are {texts}")
        value = self._keep(node, _read(node)[1])
        self.values[value] = fold(self.values[value])
        position = store.current().position(field.folded, f":{value}")
        found = SEARCHES[word.lower()].format(position=position, folded=field.folded, value=value)
        return f"{name} is not null and {found}"

    def _field(self, name: Token) -> Field:
        if name not in self.fields:
            raise BadFilter(_column(name), f"is no field; the fields are {', '.join(self.fields)}")
        return self.fields[name]

    def _value(self, name: Token, field: Field, node: Token) -> str:
        kind, value = _read(node)
        if kind not in (*ALIKE.get(field.type, (field.type,)), NULL):
            raise BadFilter(_column(node), f"{name} is {KINDS[field.type]}, and this is {KINDS[kind]}")
        if field.type in FORMS and value is not None and not is_moment(value, field.type):
            raise BadFilter(_column(node), f"{name} is a date-time, {FORMS[field.type]}, and this is none that exists")
        return self._keep(node, value)

    def _keep(self, node: Token, value: Any) -> str:
        if len(self.values) == MOST_TERMS:
            raise BadFilter(_column(node), f"has more than {MOST_TERMS} values")
        parameter = f"filter_{len(self.values)}"
        self.values[parameter] = value
        return parameter


def _read(token: Token) -> tuple[str, Any]:
    match token.type:
        case "NULL":
            return NULL, None
        case "TRUE" | "FALSE":
            return "boolean", token.type == "TRUE"
        case "STRING":
            return "text", token[1:-1].replace("''", "'")
    value: int | float
    if token.removeprefix("-").isdecimal():
        # Python refuses to read integers of thousands of digits. 20 digits are enough: they are out of range already.
        sign, digits = ("-" if token[0] == "-" else ""), token.removeprefix("-").lstrip("0")[:MOST_DIGITS] or "0"
        kind, value = "integer", int(sign + digits)
        fits = -LARGEST_INTEGER - 1 <= value <= LARGEST_INTEGER
    else:
        kind, value = "real", float(token)
        fits = math.isfinite(value)
    if not fits:
        raise BadFilter(_column(token), "is a number out of range")
    return kind, value


def _explain(error: UnexpectedInput, text: str) -> BadFilter:
    kinds = ("accepts", "expected", "allowed")
    allowed: Collection[str] = next(filter(None, (getattr(error, kind, None) for kind in kinds)), ())
    expected = ", ".join(words for terminal, words in WORDS.items() if terminal in allowed)
    if isinstance(error, UnexpectedToken) and error.token.type == END:
        return BadFilter(len(text) + 1, f"ends too early; expected {expected}")
    position = error.pos_in_stream or 0
    if isinstance(error, UnexpectedCharacters) and text[position] == "'":
        return BadFilter(position + 1, "begins a text that has no closing quote")
    return BadFilter(position + 1, f"expected {expected}")


def _column(token: Token) -> int:
    return (token.start_pos or 0) + 1
