"""Calls to a connector under test: what they are made with, by the examples of their contract."""

from typing import Any

from handlers.contract import document
from handlers.contract.schemas import resolve
from handlers.sandbox.outgoing.contract import CONTRACT
from tests.support.connectors import Connector
from tests.support.sandbox import World

DOCUMENT = document.read(CONTRACT)
DEFINITIONS: dict[str, dict[str, Any]] = {
    each["operationId"]: resolve(each, DOCUMENT) for item in DOCUMENT["paths"].values() for each in item.values()
}
# In seconds: long enough for any machine.
LONG = 60


def read_data(identity: str) -> dict[str, Any]:
    """Return the parameters and the body of the example of an operation."""
    definition = DEFINITIONS[identity]
    parameters = {each["name"]: each["example"] for each in definition["parameters"]}
    content = definition.get("requestBody", {}).get("content", {})
    bodies = [each["examples"]["usual"]["value"] for each in content.values()]
    return {**parameters, **(bodies[0] if bodies else {})}


def read_answer(identity: str, status: int = 200) -> Any:
    """Return the body of the example of an answer."""
    answer = DEFINITIONS[identity]["responses"][str(status)]
    return answer["content"]["application/json"]["examples"]["usual"]["value"]


def register(world: World, connector: Connector, **options: Any) -> dict[str, Any]:
    """Register a connector in a world, and return the target."""
    answer = world.ask("POST", "/outgoing/targets", json={"url": connector.url, **options})
    assert answer.status_code == 201, answer.text
    target: dict[str, Any] = answer.json()
    return target


def call(world: World, identity: str, data: Any = None, *, wait: float = LONG, **options: Any) -> dict[str, Any]:
    """Call the connector of a world, by default with the example of the contract, and return the call."""
    body = {"operationId": identity, "data": read_data(identity) if data is None else data, **options}
    answer = world.ask("POST", "/outgoing/calls", json=body, params={"wait": wait}, timeout=2 * LONG)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def number(world: World, count: int, **options: Any) -> list[int]:
    """Call writeCallStatistics with numbers from 1 on, without waiting, and return the IDs of the calls."""
    lines = [{"jtelStatisticsPartAID": each, "bOutbound": 0} for each in range(1, count + 1)]
    return [call(world, "writeCallStatistics", line, wait=0, **options)["id"] for line in lines]


def numbers(connector: Connector) -> list[int]:
    """Return the numbers that writeCallStatistics came with, in their order."""
    return [body["jtelStatisticsPartAID"] for body in connector.bodies if body is not None]


def find(world: World, call_id: int, wait: float = LONG) -> dict[str, Any]:
    """Return a call when it is done."""
    answer = world.ask("GET", f"/outgoing/calls/{call_id}", params={"wait": wait}, timeout=2 * LONG)
    found: dict[str, Any] = answer.raise_for_status().json()
    return found


def read_journal(world: World) -> list[dict[str, Any]]:
    """Return the entries of the calls in the journal."""
    answer = world.ask("GET", "/journal", params={"direction": "outgoing"})
    entries: list[dict[str, Any]] = answer.raise_for_status().json()["entries"]
    return entries
