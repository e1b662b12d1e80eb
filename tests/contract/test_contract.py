"""The contract is valid, styled alike throughout, and the one that the service has handlers, tables and answers for."""

import re
from collections.abc import Mapping
from contextlib import closing
from importlib import import_module
from typing import Any

import pytest
import yaml
from inflection import underscore
from openapi_schema_validator import OAS30Validator
from openapi_spec_validator import OpenAPIV30SpecValidator
from sqlite_utils import Database

from tests.support.conformance import CONTRACT_FILE
from tests.support.contract_nodes import is_example, operations, resolve, walk
from tests.support.service import Service

pytestmark = pytest.mark.sqlite

Node = Mapping[str, Any]

ALWAYS = {"200", "400", "401", "406", "431", "500", "503"}
READ = {*ALWAYS, "304"}
OPERATIONS = {
    "listAcdEventTypes": READ,
    "listAcdEventStatus": READ,
    "listAcdEvents": READ,
    "getAcdEvent": {*READ, "404"},
    "createAcdEvent": {*ALWAYS, "404", "409", "413", "415"},
    "listAcdGroups": READ,
    "getAcdGroup": {*READ, "404"},
    "findAcdGroups": READ,
    "listDiallerCampaigns": READ,
    "getDiallerCampaign": {*READ, "404"},
    "findDiallerCampaigns": READ,
    "listDiallerResultCodes": {*READ, "404"},
    "cloneDiallerCampaign": {*ALWAYS, "404", "409", "413", "415"},
    "deleteDiallerCampaign": {*ALWAYS, "404", "412"},
    "deleteDiallerCampaignByName": {*ALWAYS, "404", "412"},
    "listDiallerContacts": {*READ, "404"},
    "getDiallerContacts": {*ALWAYS, "413", "415"},
    "getDiallerContact": {*READ, "404"},
    "findDiallerContacts": READ,
    "deleteDiallerContact": {*ALWAYS, "404", "409", "412"},
    "deleteDiallerContactByUserData": {*ALWAYS, "404", "409", "412"},
    "lockDiallerContact": {*ALWAYS, "404", "409", "412"},
    "unlockDiallerContact": {*ALWAYS, "404", "412"},
    "importDiallerContact": {*ALWAYS, "404", "409", "412", "413", "415"},
    "importDiallerContacts": {*ALWAYS, "409", "413", "415"},
    "listServiceNumbers": READ,
    "getServiceNumber": {*READ, "404"},
    "listCockpitVariables": READ,
    "getCockpitVariable": {*READ, "404"},
    "listRoutingApplications": READ,
    "listNetworkIvrLists": READ,
    "setCockpitVariableValue": {*ALWAYS, "412"},
    "runRoutingApplication": {*ALWAYS, "404", "413", "415"},
    "listNetworkIvrListEntries": {*READ, "404"},
    "listCalls": READ,
    "answerCall": {*ALWAYS, "404", "409"},
    "hangUpCall": {*ALWAYS, "404", "409"},
    "hangUpSecondLeg": {*ALWAYS, "404", "409"},
    "holdCall": {*ALWAYS, "404", "409"},
    "listUsers": READ,
    "getUser": {*READ, "404"},
}
TABLES = {
    "AcdEventTypes": "AcdEventType",
    "AcdEventStatus": "AcdEventStatus",
    "AcdEvents": "AcdEvent",
    "AcdGroups": "AcdGroup",
    "DiallerCampaigns": "DiallerCampaign",
    "DiallerCampaignsResultCodes": "DiallerResultCode",
    "DiallerContacts": "DiallerContact",
    "ServiceNumbers": "ServiceNumber",
    "CockpitVariables": "CockpitVariable",
    "RoutingApplications": "RoutingApplication",
    "NetworkIVRLists": "NetworkIVRList",
    "NetworkIVRListsEntries": "NetworkIVRListEntry",
    "Users": "User",
    "Calls": "Call",
}
# There may be so many of them that they can be sorted by the indexed fields only, or they are not sorted.
LARGE = ("AcdEvents", "DiallerContacts", "DiallerCampaignsResultCodes", "Calls")
ORDERS = {name: record for name, record in TABLES.items() if name not in LARGE}
# They are put together from other columns and tables.
DERIVED = {"ShortText", "DiallerResultCodesTypesShortText", "Content", "DiallerResultCodesTypesContent"}
COLUMN_TYPES = {"boolean": "INTEGER", "integer": "INTEGER", "number": "REAL", "string": "TEXT"}
# The days of a calendar, leap years spelt out, so that all validators decide alike; and the time of day.
DATE_TIME = (
    r"^((([0-9]{3}[1-9]|[0-9]{2}[1-9]0|[0-9][1-9]00|[1-9]000)-"
    r"((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8])))|"
    r"([0-9]{2}(0[48]|[2468][048]|[13579][26])|(0[48]|[2468][048]|[13579][26])00)-02-29)"
    r"T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\."
)
# What follows them, and the length of the whole; most records have no time zone.
MOMENT = ("[0-9]{3}$", 23)
OTHER_MOMENTS = {
    "ServiceNumber": ("[0-9]{3}[+-]([01][0-9]|2[0-3]):[0-5][0-9]$", 29),
    "CockpitVariable": ("[0-9]{6}Z$", 27),
    "Call": ("[0-9]{6}Z$", 27),
}
PREFIXES: dict[str, Node] = {
    # The vendor has `bOutbound` of a call as a number.
    r"b(?!Outbound)[A-Z]": {"type": "boolean"},
    r"n[A-Z]": {"type": "integer"},
    r"dt[A-Z]": {"type": "string", "format": None},
    r"(?!b[A-Z]).*(?<!U)(?<!Caller)ID$": {"type": "integer"},
}
# The widest value of each format, by which code generators choose a type.
LARGEST = {"int32": 2**31 - 1, "int64": 2**53 - 1}


CONTRACT: dict[str, Any] = yaml.load(CONTRACT_FILE.read_bytes(), Loader=yaml.CSafeLoader)
COMPONENTS: dict[str, Any] = CONTRACT["components"]
SCHEMAS: dict[str, Any] = COMPONENTS["schemas"]


DEFINITIONS = operations(CONTRACT)
NODES = [(place, node) for place, node in walk(CONTRACT) if not is_example(place)]
# Where the fields of a schema stand: in itself, or in the part beside its base or its rules.
HOLDERS = [("properties",), ("allOf", "0", "properties"), ("allOf", "1", "properties")]
FIELDS = [(place, node) for place, node in NODES if place[:2] == ("components", "schemas") and place[3:-1] in HOLDERS]
PLACES = {f"{place[2]}.{place[-1]}": place for place, _ in FIELDS}
PROPERTIES = {f"{place[2]}.{place[-1]}": node for place, node in FIELDS}
VALUES = {**SCHEMAS, **PROPERTIES}
REFERENCES = [node["$ref"] for _, node in NODES if isinstance(node, dict) and "$ref" in node]
BODIES = {
    content["schema"]["$ref"]
    for operation in DEFINITIONS.values()
    if "requestBody" in operation
    for content in operation["requestBody"]["content"].values()
}
OBJECTS = [name for name, schema in SCHEMAS.items() if schema["type"] == "object"]


def of_type(kind: str) -> list[str]:
    """Return the names of the schemas and properties of a type."""
    return [name for name, schema in VALUES.items() if schema.get("type") == kind]


def find_fields(name: str) -> dict[str, Any]:
    """Return the schema of this name, or the part of it that has the fields."""
    parts: list[dict[str, Any]] = [SCHEMAS[name], *SCHEMAS[name].get("allOf", [])]
    return next((part for part in parts if "properties" in part), parts[0])


def test_validate_contract_by_specification_gives_no_error() -> None:
    assert list(OpenAPIV30SpecValidator(CONTRACT).iter_errors()) == []


def test_list_operations_gives_the_documented_ones() -> None:
    assert DEFINITIONS.keys() == OPERATIONS.keys()
    assert sum(len(path) for path in CONTRACT["paths"].values()) == len(OPERATIONS)


@pytest.mark.parametrize("name", OPERATIONS)
def test_read_operation_finds_it_complete(name: str) -> None:
    operation = DEFINITIONS[name]
    assert callable(getattr(import_module(operation["x-openapi-router-controller"]), underscore(name)))
    (tag,) = operation["tags"]
    assert tag in {tag["name"] for tag in CONTRACT["tags"]}
    assert operation["summary"]
    assert operation["description"]
    assert operation["responses"].keys() == OPERATIONS[name]


@pytest.mark.parametrize("name", OPERATIONS)
def test_read_responses_of_operation_finds_example_bodies(name: str) -> None:
    for status, response in DEFINITIONS[name]["responses"].items():
        if status == "304":
            assert "content" not in resolve(CONTRACT, response)
            continue
        examples = resolve(CONTRACT, response)["content"]["application/json"]["examples"]
        assert {example["value"]["status"] for example in examples.values()} == {int(status)}
        assert all(example["summary"] for example in examples.values())


@pytest.mark.parametrize("name", OPERATIONS)
def test_read_links_of_operation_finds_references_only(name: str) -> None:
    for response in DEFINITIONS[name]["responses"].values():
        links = resolve(CONTRACT, response).get("links", {})
        assert all(link.keys() == {"$ref"} for link in links.values())


@pytest.mark.parametrize("name", OBJECTS)
def test_read_object_schema_finds_requests_and_errors_closed_and_the_rest_open(name: str) -> None:
    is_body = f"#/components/schemas/{name}" in BODIES and "x-freiton-any-fields" not in SCHEMAS[name]
    closed = is_body or name == "ErrorAnswer"
    assert find_fields(name)["additionalProperties"] is not closed


@pytest.mark.parametrize("name", [name for name in OBJECTS if f"#/components/schemas/{name}" not in BODIES])
def test_read_answer_schema_finds_all_properties_required_in_order(name: str) -> None:
    fields = find_fields(name)
    assert list(fields["properties"]) == fields["required"]


def test_read_schemas_outside_components_finds_references_only() -> None:
    inline = [place for place, node in NODES if place[-1:] in (("schema",), ("items",)) and node.keys() != {"$ref"}]
    assert inline == []


def test_read_properties_finds_no_nested_object_but_one_that_may_be_null() -> None:
    # A reference cannot be nullable.
    nested = [name for name, part in PROPERTIES.items() if part.get("type") == "object" and not part.get("nullable")]
    assert nested == []


def test_read_result_of_contact_finds_the_fields_of_result_codes() -> None:
    result, code = PROPERTIES["DiallerContactExtended.DiallerCampaignsResultCodes"], SCHEMAS["DiallerResultCode"]
    assert [result[key] for key in ("required", "properties")] == [code[key] for key in ("required", "properties")]


@pytest.mark.parametrize("name", of_type("integer"))
def test_read_integer_finds_format_and_range(name: str) -> None:
    schema = VALUES[name]
    assert -LARGEST[schema["format"]] - 1 <= schema["minimum"] <= schema["maximum"] <= LARGEST[schema["format"]]


@pytest.mark.parametrize("name", of_type("string"))
def test_read_string_finds_longest_length_or_values(name: str) -> None:
    # A filter is limited in bytes, not in characters, and of a cursor its form says nothing.
    unlimited = name in ("Filter", "Cursor") or VALUES[name].get("format") == "binary"
    assert VALUES[name].keys() & {"maxLength", "enum"} or unlimited


def test_read_patterns_finds_them_about_the_whole_text_and_without_looking_around() -> None:
    patterns = [node for place, node in NODES if place[-1:] == ("pattern",)]
    assert patterns
    assert [text for text in patterns if not re.fullmatch(r"\^.*\$", text) or "(?" in text] == []


@pytest.mark.parametrize("kind", ["parameters", "headers"])
def test_read_parameters_finds_examples(kind: str) -> None:
    assert [name for name, part in COMPONENTS[kind].items() if len(part.keys() & {"example", "examples"}) != 1] == []


def test_read_nullable_finds_it_on_properties_only() -> None:
    places = [place for place, node in NODES if place[-1:] == ("nullable",)]
    assert places
    assert [place for place in places if place[:2] != ("components", "schemas") or place[-3] != "properties"] == []
    assert [name for name, part in PROPERTIES.items() if "nullable" in part and "enum" in part] == []


@pytest.mark.parametrize("prefix", PREFIXES)
def test_read_names_finds_the_type_that_they_carry(prefix: str) -> None:
    named = [(name.rpartition(".")[2], part) for name, part in PROPERTIES.items()]
    named += [(part["name"], resolve(CONTRACT, part["schema"])) for part in COMPONENTS["parameters"].values()]
    found = [(name, {key: part.get(key) for key in PREFIXES[prefix]}) for name, part in named if re.match(prefix, name)]
    assert found
    assert [name for name, part in found if part != PREFIXES[prefix]] == []


@pytest.mark.parametrize("name", [name for name in PROPERTIES if name.rpartition(".")[2].startswith("dt")])
def test_read_date_time_finds_the_form_of_its_record(name: str) -> None:
    fraction, length = OTHER_MOMENTS.get(name.partition(".")[0], MOMENT)
    assert (PROPERTIES[name]["pattern"], PROPERTIES[name]["maxLength"]) == (DATE_TIME + fraction, length)


def test_read_components_finds_all_used() -> None:
    used = {*REFERENCES, *(f"#/components/securitySchemes/{name}" for part in CONTRACT["security"] for name in part)}
    assert {f"#/components/{kind}/{name}" for kind, parts in COMPONENTS.items() for name in parts} == used


def validate(pointer: str, value: Any) -> list[str]:
    """Return what is wrong with a value by the schema that a pointer leads to."""
    validator = OAS30Validator({"$ref": pointer, "components": COMPONENTS})
    return [error.message for error in validator.iter_errors(value)]


@pytest.mark.parametrize("place", [place for place, node in NODES if place[-1:] == ("schema",)], ids="/".join)
def test_validate_examples_by_their_schema_gives_no_error(place: tuple[str, ...]) -> None:
    part = CONTRACT
    for key in place[:-1]:
        part = part[int(key)] if isinstance(part, list) else part[key]
    values = [part["example"]] if "example" in part else [example["value"] for example in part["examples"].values()]
    assert values
    assert [validate(part["schema"]["$ref"], value) for value in values] == [[]] * len(values)


@pytest.mark.parametrize("name", [name for name, part in PROPERTIES.items() if part.get("type", "array") != "array"])
def test_validate_example_of_property_gives_no_error(name: str) -> None:
    assert validate("/".join(("#", *PLACES[name])), PROPERTIES[name]["example"]) == []


@pytest.mark.parametrize("table", ORDERS)
def test_read_orders_of_list_finds_all_fields_of_its_record(table: str) -> None:
    assert SCHEMAS[f"{table}OrderBy"]["enum"] == list(SCHEMAS[ORDERS[table]]["properties"])


@pytest.mark.parametrize("table", TABLES)
def test_read_columns_finds_the_fields_of_the_record(demo: Service, table: str) -> None:
    with closing(Database(demo.database).conn) as connection:
        rows = connection.execute(f"pragma table_info({table})").fetchall()
    columns = {name: (kind, not (required or key)) for _, name, kind, required, _, key in rows}
    for helper in ("Extra", "NameFolded", "Folded"):
        columns.pop(helper, None)
    fields = {
        name: (COLUMN_TYPES[part["type"]], part.get("nullable", False))
        for name, part in SCHEMAS[TABLES[table]]["properties"].items()
        if table != "DiallerCampaignsResultCodes" or name not in DERIVED
    }
    assert columns == fields
