"""The contract of the calls to connectors, compiled as that of the API is."""

from functools import cache
from pathlib import Path

from handlers.contract import document
from handlers.contract.operations import Operation
from handlers.contract.routes import Routes

CONTRACT = Path(__file__).parents[1] / "outgoing.yaml"
LOOKUPS = "Lookups"
EVENT, EVENT_QUERY = "onTelephonyEvent", "onTelephonyEventQuery"
STATISTICS = "writeCallStatistics"


@cache
def compile_routes() -> Routes:
    """Return the paths of the calls, below the URL of a target."""
    return Routes(document.read(CONTRACT))


@cache
def list_operations() -> list[str]:
    """Return the operationIds of all calls, in the order of the contract."""
    return [each.identity for each in compile_routes().operations]


def find_operation(identity: str) -> Operation:
    """Return an operation.

    :param identity: its operationId, one of `list_operations`.
    """
    return next(each for each in compile_routes().operations if each.identity == identity)


@cache
def is_lookup(identity: str) -> bool:
    """Return whether somebody waits for the answer to a call.

    :param identity: its operationId.
    """
    items = document.read(CONTRACT)["paths"].values()
    definitions = (each for item in items for each in item.values())
    return any(LOOKUPS in each["tags"] for each in definitions if each["operationId"] == identity)
