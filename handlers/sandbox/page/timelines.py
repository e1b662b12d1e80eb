"""Timelines: what happened to a record, by the clock of its world."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from data import store
from handlers.contract import document
from handlers.sandbox.page.naming import IMPORTS, Request
from handlers.sandbox.registry import mentions
from handlers.sandbox.registry.worlds import World

# What stands first of what has happened at the same time.
FACT, CREATION, CALL, CHANGE, REQUEST, OUTGOING, PLAN = range(7)
NONE = "none"
CREATIONS = ("createAcdEvent", *IMPORTS)


class Fact(NamedTuple):
    """Something that is known.

    :param name: what it is.
    :param text: its value.
    """

    name: str
    text: str


class Item(NamedTuple):
    """What happened at a time.

    :param moment: the time of the world, in UTC in the form of records.
    :param rank: its place among what happened at the same time.
    :param number: its place among those of the same rank.
    :param kind: what it is.
    :param text: what happened.
    :param facts: what else is known of it.
    :param violations: each rule of a contract that was broken, with its place.
    :param page: the page that has more of it, without the world; empty for none.
    :param name: what the link to that page is called.
    """

    moment: str
    rank: int
    number: int
    kind: str
    text: str
    facts: Sequence[Fact] = ()
    violations: Sequence[Any] = ()
    page: str = ""
    name: str = ""


class Life(NamedTuple):
    """A record, and all that happened to it.

    :param title: what the page calls it.
    :param facts: what is known of it now.
    :param items: what happened, in any order.
    :param campaign: ID of its campaign; None if there is none.
    :param codes: the result codes that agents can give it, with the names that the page shows.
    :param is_present: whether the record is still there.
    """

    title: str
    facts: Sequence[Fact]
    items: Sequence[Item]
    campaign: int | None = None
    codes: Sequence[tuple[int, str]] = ()
    is_present: bool = True


def describe_requests(requests: Iterable[Request]) -> list[Item]:
    """Return the items of requests.

    :param requests: the requests.
    """
    summaries = _list_summaries()
    return [
        Item(
            moment=entry["moment"],
            rank=CREATION if entry["operationId"] in CREATIONS else REQUEST,
            number=entry["number"],
            kind="Request",
            text=summaries[entry["operationId"]],
            facts=[
                Fact("Operation", entry["operationId"]),
                Fact("Status", str(entry["status"] or "no answer")),
                Fact("Verdict", "valid" if entry["valid"] else "not valid"),
                *_describe_failure(entry["failure"]),
            ],
            violations=entry["violations"],
            page=f"request?number={entry['number']}",
            name=f"Request {entry['number']}",
        )
        for entry, _ in requests
    ]


def describe_calls(world: World, calls: Sequence[dict[str, Any]]) -> list[Item]:
    """Return the items of outgoing calls.

    :param world: the world.
    :param calls: the calls.
    """
    attempts = group_attempts(world, [call["id"] for call in calls])
    return [
        Item(
            moment=call["moment"],
            rank=OUTGOING,
            number=call["id"],
            kind="Outgoing call",
            text=f"{call['operationId']} to the connector",
            facts=describe_call(call, attempts.get(call["id"], [])),
            violations=[each for entry in attempts.get(call["id"], []) for each in entry["violations"]],
            page=f"outgoing?call={call['id']}",
            name=f"Outgoing call {call['id']}",
        )
        for call in calls
    ]


def describe_call(call: Any, attempts: Sequence[store.Row]) -> list[Fact]:
    """Return what is known of an outgoing call.

    :param call: the call, as the control API shows it.
    :param attempts: the entries of the journal for its attempts.
    """
    verdicts = {entry["valid"] for entry in attempts}
    answer = call["answer"]
    facts = [Fact("State", call["status"] + (f": {call['reason']}" if call["reason"] else ""))]
    if answer is not None:
        facts.append(Fact("Status", str(answer["status"])))
    facts.append(Fact("Attempts", str(call["attempts"])))
    if verdicts:
        facts.append(Fact("Verdict", "valid" if verdicts == {True} else "not valid"))
    return facts


def group_attempts(world: World, calls: Iterable[int]) -> dict[int, list[store.Row]]:
    """Return the entries of the journal for the attempts of outgoing calls, by the ID of the call.

    :param world: the world.
    :param calls: the IDs of the calls.
    """
    grouped: dict[int, list[store.Row]] = {}
    for entry in mentions.list_attempts(world.id, calls):
        grouped.setdefault(entry["call"], []).append(entry)
    return grouped


def _describe_failure(failure: Any) -> list[Fact]:
    if failure is None:
        return []
    return [Fact("Failure", f"{failure['id']} was injected" if "id" in failure else "the request preferred it")]


def _list_summaries() -> dict[str, str]:
    """Return the summary of each operation of the contract, by its operationId."""
    items = document.read()["paths"].values()
    definitions = (each for item in items for each in item.values() if isinstance(each, dict))
    return {each["operationId"]: each["summary"] for each in definitions if "operationId" in each}
