"""Rules for a contract that its linters do not have: each gives the problems that it finds, one text a problem."""

import re
from collections import Counter
from collections.abc import Callable, Iterator

import yaml

from tests.support.contract_nodes import (
    Node,
    definitions,
    inner_parts,
    operations,
    parameters,
    parts,
    properties,
    reach,
    resolve,
)

# The formats of the specification and of its registry that are of use here, with the type that each belongs to.
FORMATS = {
    **dict.fromkeys(("int32", "int64"), "integer"),
    **dict.fromkeys(("float", "double"), "number"),
    **dict.fromkeys(("binary", "byte", "password", "email", "uri", "uuid"), "string"),
    **dict.fromkeys(("date", "date-time"), "string"),
}
DESCRIBED = ("headers", "links", "parameters", "requestBodies", "schemas", "securitySchemes", "servers", "tags")
# The key that says who answers: `outgoing` requests are answered by connectors.
DIRECTION = "x-freiton-direction"
# What the service sends with every answer.
EVERYWHERE = {"X-API-Version", "X-Request-ID"}
NO_ANSWER = re.compile("no answer|without an answer", re.IGNORECASE)
LONGEST_INTRODUCTION = 500
LONGEST_LENGTH = 2**31 - 1
# Templates take the first three for theirs, and comments in generated code end at the last.
RESERVED = ("{{", "{#", "{%", "*/")


def find_long_introduction(contract: Node) -> Iterator[str]:
    """Find an introduction that is too long to be copied into each file of a client, as most generators do."""
    if len(contract["info"].get("description", "")) > LONGEST_INTRODUCTION:
        yield f"info/description: has more than {LONGEST_INTRODUCTION} characters"


def find_broken_links(contract: Node) -> Iterator[str]:
    """Find links to an unknown operation, with an unknown parameter or a body, or without a required parameter."""
    known = operations(contract)
    for place, link in definitions(contract):
        if place[-2:-1] != ("links",) or "operationId" not in link:
            continue
        name = "/".join(place)
        if link["operationId"] not in known:
            yield f"{name}: unknown operation {link['operationId']}"
            continue
        target = known[link["operationId"]]
        accepted = parameters(contract, target)
        required = {key for key, parameter in accepted.items() if parameter.get("required")}
        given = link.get("parameters", {}).keys()
        yield from (f"{name}: parameter {key} is unknown" for key in sorted(given - accepted.keys()))
        yield from (f"{name}: parameter {key} is missing" for key in sorted(required - given))
        # Bruno refuses other values, and so does OpenAPI 3.1.
        values = link.get("parameters", {}).items()
        yield from (f"{name}: parameter {key} is no text" for key, value in values if not isinstance(value, str))
        if resolve(contract, target.get("requestBody", {})).get("required"):
            # No parameter can carry a body, and a client that follows the link has none.
            yield f"{name}: {link['operationId']} needs a body"
        if "requestBody" in link:
            # OpenAPI Generator and aiopenapi3 refuse the whole contract for one that is an object.
            yield f"{name}: has a body"


def find_missing_examples(contract: Node) -> Iterator[str]:
    """Find what Dredd asks for: an `example` of each required parameter, and examples of each body."""
    for name, operation in operations(contract).items():
        for parameter in parameters(contract, operation).values():
            if parameter.get("required") and "example" not in parameter:
                yield f"{name}: parameter {parameter['name']} has no example"
        bodies = {"request": operation.get("requestBody", {}), **operation["responses"]}
        for place, body in bodies.items():
            for media_type, content in resolve(contract, body).get("content", {}).items():
                if not content.keys() & {"example", "examples"}:
                    yield f"{name}: {place} in {media_type} has no example"


def find_silent_writes(contract: Node) -> Iterator[str]:
    """Find operations that change something, and do not say whether they have done so if no answer comes."""
    for path in contract["paths"].values():
        for method, operation in path.items():
            changes = not operation.get("x-freiton-safe", method == "get")
            if changes and not NO_ANSWER.search(operation.get("description", "")):
                yield f"{operation['operationId']}: does not say what may have happened if no answer comes"


def find_missing_headers(contract: Node) -> Iterator[str]:
    """Find answers that do not declare the header fields of every answer; those of others than the service need not."""
    if contract["info"].get(DIRECTION) == "outgoing":
        return
    for name, operation in operations(contract).items():
        for status, response in operation["responses"].items():
            missing = EVERYWHERE - resolve(contract, response).get("headers", {}).keys()
            yield from (f"{name}: {status} does not declare {header}" for header in sorted(missing))


def find_shared_names(contract: Node) -> Iterator[str]:
    """Find names of components of several kinds, which openapi-typescript-codegen and others take for one."""
    kinds: dict[str, list[str]] = {}
    for kind, components in contract.get("components", {}).items():
        for name in components:
            kinds.setdefault(name, []).append(kind)
    yield from (f"components: {name} is a name in {', '.join(found)}" for name, found in kinds.items() if found[1:])


def find_references_to_bodies(contract: Node) -> Iterator[str]:
    """Find bodies that stand in the components, where swagger-typescript-api and openapi3 do not look for them."""
    for name, operation in operations(contract).items():
        if "$ref" in operation.get("requestBody", {}):
            yield f"{name}: the body is a reference"


def find_references_to_successes(contract: Node) -> Iterator[str]:
    """Find successful answers in the components, of which swagger-typescript-api does not see that they are JSON."""
    for name, operation in operations(contract).items():
        for status, answer in operation.get("responses", {}).items():
            if status.startswith("2") and "$ref" in answer:
                yield f"{name}: the answer {status} is a reference"


def find_unknown_formats(contract: Node) -> Iterator[str]:
    """Find formats that nobody knows, or that belong to another type."""
    for place, schema, _ in parts(contract):
        if "format" in schema and FORMATS.get(schema["format"]) != schema.get("type"):
            yield f"{'/'.join(place)}: unknown format {schema['format']} of {schema.get('type')}"


def find_missing_descriptions(contract: Node) -> Iterator[str]:
    """Find what has no description; a part of a schema may leave it to a schema around it."""
    for place, node in definitions(contract):
        is_named = place[-2:-1] and place[-2] in DESCRIBED and place[-3:-2] != ("properties",)
        if is_named and "$ref" not in node and not node.get("description"):
            yield f"{'/'.join(place)}: no description"
    for place, schema, around in parts(contract):
        for name, part in schema.get("properties", {}).items():
            if "$ref" not in part and not part.get("description") and not around.get(name, {}).get("description"):
                yield f"{'/'.join(place)}/properties/{name}: no description"


def find_closed_parts(contract: Node) -> Iterator[str]:
    """Find what allows no further properties, and is combined with something that has further ones."""
    for place, schema, around in parts(contract):
        combined = [schema, *(resolve(contract, part) for part in schema.get("allOf", []))]
        names = {*around, *properties(contract, schema)}
        for part in combined:
            if part.get("additionalProperties") is False and (more := names - part.get("properties", {}).keys()):
                yield f"{'/'.join(place)}: closed, but combined with {', '.join(sorted(more))}"


def find_required_choices(contract: Node) -> Iterator[str]:
    """Find required names in a part of a combination, which five generators take for required in every case."""
    for place, schema, around in parts(contract):
        if place[-2] in ("anyOf", "oneOf"):
            yield from (
                f"{'/'.join(place)}: requires {name} in a case only"
                for name in schema.get("required", [])
                if name in around
            )


def find_fields_beside_parts(contract: Node) -> Iterator[str]:
    """Find fields beside a base, lost by openapi-zod-client, or beside `not`, made a class by OpenAPI Generator."""
    for place, schema, _ in parts(contract):
        if "properties" in schema and any("$ref" in part for part in schema.get("allOf", [])):
            yield f"{'/'.join(place)}: has properties beside a base"
        if "properties" in schema and "not" in schema:
            yield f"{'/'.join(place)}: has properties beside not"


def find_oversized_limits(contract: Node) -> Iterator[str]:
    """Find limits on items, of which dtsgenerator makes tuples of that length, and lengths beyond 32 bits."""
    for place, schema, _ in parts(contract):
        yield from (f"{'/'.join(place)}: has {limit}" for limit in ("minItems", "maxItems") if limit in schema)
        if schema.get("maxLength", 0) > LONGEST_LENGTH:
            yield f"{'/'.join(place)}: maxLength has more than 32 bits"


def find_closed_answers(contract: Node) -> Iterator[str]:
    """Find values that answers are confined to: strict clients of today would refuse an answer of tomorrow."""
    answers = {
        content["schema"]["$ref"]
        for operation in operations(contract).values()
        for response in operation["responses"].values()
        for content in resolve(contract, response).get("content", {}).values()
    }
    for reference in sorted(reach(contract, answers)):
        place = tuple(reference.removeprefix("#/").split("/"))
        for inside, schema, _ in inner_parts(contract, resolve(contract, {"$ref": reference}), place, {}):
            if "enum" in schema:
                yield f"{'/'.join(inside)}: is an enum in an answer"


def find_untyped_objects(contract: Node) -> Iterator[str]:
    """Find objects of which nothing is said, so that every client loses their type; a caller may name all fields."""
    for place, schema, _ in parts(contract):
        is_named = properties(contract, schema) or schema.get("x-freiton-any-fields")
        if schema.get("type") == "object" and not is_named:
            yield f"{'/'.join(place)}: is an object without properties"


def find_undefined_required(contract: Node) -> Iterator[str]:
    """Find names that are required, and are no properties."""
    for place, schema, around in parts(contract):
        known = {*around, *properties(contract, schema)}
        for name in schema.get("required", []):
            if name not in known:
                yield f"{'/'.join(place)}: required {name} is no property"


def find_names_that_differ_by_case(contract: Node) -> Iterator[str]:
    """Find names that are the same in a language or a file system without letter case."""
    groups = [("/".join(place), list(map(str, node))) for place, node in definitions(contract)]
    groups += [("operations", list(operations(contract))), ("tags", [tag["name"] for tag in contract.get("tags", [])])]
    groups += [(name, list(parameters(contract, operation))) for name, operation in operations(contract).items()]
    for place, names in groups:
        for folded, count in Counter(name.casefold() for name in names).items():
            if count > 1:
                yield f"{place}: {', '.join(name for name in names if name.casefold() == folded)} differ by case only"


def find_duplicate_keys(text: str) -> Iterator[str]:
    """Find keys that a mapping has twice; the standard lets a parser take either of the two."""
    nodes = [yaml.compose(text, Loader=yaml.CSafeLoader)]
    while nodes:
        node = nodes.pop()
        if isinstance(node, yaml.SequenceNode):
            nodes += node.value
        elif isinstance(node, yaml.MappingNode):
            nodes += [value for _, value in node.value]
            keys = Counter(key.value for key, _ in node.value)
            line = node.start_mark.line + 1
            yield from (f"line {line}: duplicate key {key}" for key, count in keys.items() if count > 1)


def find_reserved_characters(text: str) -> Iterator[str]:
    """Find characters that templates or comments in generated code take for theirs."""
    for number, line in enumerate(text.splitlines(), start=1):
        yield from (f"line {number}: {found}" for found in RESERVED if found in line)


TEXT_RULES: tuple[Callable[[str], Iterator[str]], ...] = (find_duplicate_keys, find_reserved_characters)
CONTRACT_RULES: tuple[Callable[[Node], Iterator[str]], ...] = (
    find_long_introduction,
    find_broken_links,
    find_missing_examples,
    find_silent_writes,
    find_missing_headers,
    find_shared_names,
    find_references_to_bodies,
    find_references_to_successes,
    find_unknown_formats,
    find_missing_descriptions,
    find_closed_parts,
    find_required_choices,
    find_fields_beside_parts,
    find_oversized_limits,
    find_closed_answers,
    find_untyped_objects,
    find_undefined_required,
    find_names_that_differ_by_case,
)


def find_problems(text: str) -> list[str]:
    """Return what all rules find in a contract in YAML."""
    contract = yaml.load(text, Loader=yaml.CSafeLoader)
    found = [problem for rule in TEXT_RULES for problem in rule(text)]
    return found + [problem for rule in CONTRACT_RULES for problem in rule(contract)]
