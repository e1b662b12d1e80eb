"""The parts of a contract: its operations, parameters and schemas, each with its place."""

from collections.abc import Iterator, Mapping
from typing import Any

Node = Mapping[str, Any]
Place = tuple[str, ...]

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
COMBINATIONS = ("allOf", "anyOf", "oneOf")


def walk(node: Any, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Give a node and each one below it, with the keys that lead there."""
    yield place, node
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        yield from walk(child, (*place, str(key)))


def is_example(place: Place) -> bool:
    """Tell whether a place of a contract is inside an example."""
    return "example" in place or "value" in place


def definitions(contract: Node) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Give each mapping of a contract but those of examples, with the keys that lead there."""
    return ((place, node) for place, node in walk(contract) if isinstance(node, dict) and not is_example(place))


def resolve(contract: Node, node: Any) -> Any:
    """Return what a reference leads to within the contract, or the node itself if it is none."""
    if not isinstance(node, Mapping) or "$ref" not in node:
        return node
    target: Any = contract
    for key in node["$ref"].removeprefix("#/").split("/"):
        target = target[key]
    return resolve(contract, target)


def operations(contract: Node) -> dict[str, Node]:
    """Return the operations of a contract, ID to definition."""
    found = (path[method] for path in contract["paths"].values() for method in METHODS if method in path)
    return {operation["operationId"]: operation for operation in found}


def parameters(contract: Node, operation: Node) -> dict[str, Node]:
    """Return the parameters of an operation, name to definition."""
    found = (resolve(contract, parameter) for parameter in operation.get("parameters", []))
    return {parameter["name"]: parameter for parameter in found}


def properties(contract: Node, schema: Any) -> dict[str, Any]:
    """Return the properties that a schema and the parts of it define, name to definition: the first of each name."""
    schema = resolve(contract, schema)
    found: dict[str, Any] = {}
    for part in (part for key in COMBINATIONS for part in schema.get(key, [])):
        found = {**properties(contract, part), **found}
    return {**found, **schema.get("properties", {})}


def parts(contract: Node) -> Iterator[tuple[Place, Node, Node]]:
    """Give each schema of a contract that is no reference, its place, and the properties of the schemas around it."""
    for place, node in definitions(contract):
        if place[-1:] == ("schema",) or place[:-1] == ("components", "schemas"):
            yield from inner_parts(contract, node, place, {})


def inner_parts(contract: Node, schema: Any, place: Place, around: Node) -> Iterator[tuple[Place, Node, Node]]:
    """Give a schema and those inside it, as `parts` does.

    :param schema: the schema; nothing is given of a reference.
    :param place: its place.
    :param around: the properties of the schemas around it.
    """
    if not isinstance(schema, dict) or "$ref" in schema:
        return
    yield place, schema, around
    known = {**properties(contract, schema), **around}
    for key in COMBINATIONS:
        for index, part in enumerate(schema.get(key, [])):
            yield from inner_parts(contract, part, (*place, key, str(index)), known)
    yield from inner_parts(contract, schema.get("not"), (*place, "not"), known)
    for name, part in schema.get("properties", {}).items():
        yield from inner_parts(contract, part, (*place, "properties", name), {})
    for key in ("items", "additionalProperties"):
        yield from inner_parts(contract, schema.get(key), (*place, key), {})


def reach(contract: Node, references: set[str]) -> set[str]:
    """Return references and all those inside what they lead to."""
    found: set[str] = set()
    while references:
        found |= references
        inside = [node for each in references for _, node in walk(resolve(contract, {"$ref": each}))]
        references = {node["$ref"] for node in inside if isinstance(node, dict) and "$ref" in node} - found
    return found
