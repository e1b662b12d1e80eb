"""Finishes the Postman collection that is generated from the contract, so that it can be run as it is."""

import json
from collections.abc import Mapping
from typing import Any

from tests.support.examples import CONTRACT, Request, build_request

OPERATIONS: dict[tuple[str, str], Mapping[str, Any]] = {
    (method.upper(), template): operation
    for template, item in CONTRACT["paths"].items()
    for method, operation in item.items()
}
# What changes something comes after all that reads, in an order in which each finds what it needs.
WRITES = [
    "createAcdEvent",
    "setCockpitVariableValue",
    "runRoutingApplication",
    "answerCall",
    "holdCall",
    "hangUpSecondLeg",
    "hangUpCall",
    "importDiallerContact",
    "importDiallerContacts",
    "lockDiallerContact",
    "unlockDiallerContact",
    "deleteDiallerContact",
    "deleteDiallerContactByUserData",
    "cloneDiallerCampaign",
    "deleteDiallerCampaign",
    "deleteDiallerCampaignByName",
]
# Whose record the later requests are about, and which path variable takes its ID.
MAKERS = {"importDiallerContact": "DiallerContactsID", "cloneDiallerCampaign": "DiallerCampaignsID"}
USERS = {
    "lockDiallerContact": "DiallerContactsID",
    "unlockDiallerContact": "DiallerContactsID",
    "deleteDiallerContact": "DiallerContactsID",
    "deleteDiallerCampaign": "DiallerCampaignsID",
}
SUCCEEDS = """\
pm.test("succeeds", () => {
    pm.response.to.have.status(200);
    pm.expect(pm.response.json().status).to.equal(200);
});"""
REMEMBERS = 'pm.collectionVariables.set("{}", pm.response.json().records[0].ID);'


def finish_collection(collection: dict[str, Any], base_url: str, token: str) -> None:
    """Fill in the examples of the contract, check each answer, and put the requests into an order that works.

    :param collection: what openapi-to-postmanv2 made of the contract; it is changed.
    :param base_url: of the service.
    :param token: of the client account that the examples are about.
    """
    # The chapters of the documentation, which have no requests.
    collection["item"] = [folder for folder in collection["item"] if folder["item"]]
    requests = [item for folder in collection["item"] for item in folder["item"]]
    assert sorted(map(find_operation, requests)) == sorted(OPERATIONS), "not one request for each operation"
    for item in requests:
        finish_item(item)
    collection["variable"] = [{"key": "baseUrl", "value": base_url}, {"key": "bearerToken", "value": token}]
    for folder in collection["item"]:
        folder["item"].sort(key=rank)
    collection["item"].sort(key=lambda folder: max(map(rank, folder["item"])))


def find_operation(item: Mapping[str, Any]) -> tuple[str, str]:
    """Return the method and the path of the contract that a request is about."""
    segments = item["request"]["url"]["path"]
    path = "".join(f"/{{{segment[1:]}}}" if segment.startswith(":") else f"/{segment}" for segment in segments)
    return item["request"]["method"], path


def rank(item: Mapping[str, Any]) -> int:
    """Return the place of a request in the order: 0 for one that reads."""
    name = OPERATIONS[find_operation(item)]["operationId"]
    return WRITES.index(name) + 1 if name in WRITES else 0


def finish_item(item: dict[str, Any]) -> None:
    """Fill in the examples of a request and check its answer."""
    method, path = find_operation(item)
    operation = OPERATIONS[method, path]
    name = operation["operationId"]
    example = build_request(method, path, operation, "documented")
    if name in USERS:
        example.path[USERS[name]] = f"{{{{{USERS[name]}}}}}"
    fill_in(item["request"], example)
    script = [SUCCEEDS, REMEMBERS.format(MAKERS[name])] if name in MAKERS else [SUCCEEDS]
    item["event"] = [{"listen": "test", "script": {"type": "text/javascript", "exec": "\n".join(script).split("\n")}}]
    item["response"] = []


def fill_in(request: dict[str, Any], example: Request) -> None:
    """Give a request the values of an example, and leave out what the example has not."""
    for variable in request["url"].get("variable", []):
        variable["value"] = str(example.path[variable["key"]])
    for parameter in request["url"].get("query", []):
        value = example.query.get(parameter["key"])
        parameter["disabled"] = value is None
        parameter["value"] = str(value).lower() if isinstance(value, bool) else str(value)
    for header in request["header"]:
        header["disabled"] = header["key"] in ("If-None-Match", "Idempotency-Key")
    if example.body:
        body = example.body if isinstance(example.body, str) else json.dumps(example.body, ensure_ascii=False, indent=2)
        request["body"] = {"mode": "raw", "raw": body}
