"""Reads: the CPU time that a server takes for a request."""

import json
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from tests.bench.figures import Figure
from tests.bench.lineup import (
    AUTHORIZATION,
    BARE,
    BASE,
    CONNEXION,
    FASTAPI,
    FLASK,
    FREITON,
    JSON_SERVER,
    LIST,
    LITESTAR,
    PAGE,
    PLAIN,
    PRISM,
    READS,
)
from tests.bench.load import COLD, Key, Load, Workload
from tests.bench.servers import Server

OTHERS = "others"
SUITE = (FREITON, BARE, FASTAPI, PLAIN, LITESTAR, FLASK, CONNEXION, PRISM, JSON_SERVER)
# They make answers up, or serve them as they like.
STAND_INS = (PRISM, JSON_SERVER)
UNCHANGED = "unchanged C"

WORKLOADS = {
    **{f"repeated {name}": Workload(f"repeated {name}", BASE + path) for name, path in READS.items()},
    **{f"cold {name}": Workload(f"cold {name}", BASE + path, COLD) for name, path in READS.items()},
    "cold page": Workload("cold page", BASE + PAGE, COLD),
    UNCHANGED: Workload(UNCHANGED, BASE + LIST),
}


class Row(NamedTuple):
    """A row of the table: the CPU time of one thing against that of another.

    :param group: what it is part of.
    :param first: a server and what it is asked.
    :param second: another.
    :param limit: the most that the ratio may be.
    :param at_least: whether the limit is the least instead.
    """

    group: str
    first: Key
    second: Key
    limit: float
    at_least: bool = False

    @property
    def what(self) -> str:
        """What is compared."""
        (server, workload), (other, others) = self.first, self.second
        return f"{workload}: {server}, against {other}{'' if workload == others else f', {others}'}"


def _compare(group: str, workload: str, other: str, limit: float) -> Row:
    return Row(group, (FREITON, workload), (other, workload), limit)


ROWS = (
    *(_compare("repeated", f"repeated {name}", BARE, 1.25) for name in READS),
    Row("repeated", (FASTAPI, "repeated T"), (FREITON, "repeated T"), 6, at_least=True),
    Row("repeated", (FASTAPI, "repeated C"), (FREITON, "repeated C"), 30, at_least=True),
    *(_compare("cold", f"cold {name}", FASTAPI, 0.33) for name in "TI"),
    *(_compare("cold", f"cold {name}", LITESTAR, 1) for name in "TI"),
    _compare("cold", "cold C", FASTAPI, 0.15),
    _compare("page", "cold page", FASTAPI, 0.5),
    Row("unchanged", (FREITON, UNCHANGED), (BARE, "repeated C"), 1.25),
    Row("unchanged", (FREITON, UNCHANGED), (FREITON, "repeated C"), 0.65),
)


def list_keys(rows: Iterable[Row], has_others: bool) -> set[Key]:
    """Return what has to be measured.

    :param has_others: for the table of all contestants too.
    """
    keys = {key for row in rows for key in (row.first, row.second)}
    return keys | ({(name, f"cold {read}") for name in SUITE for read in READS} if has_others else set())


def make_figure(row: Row, loads: Mapping[Key, Load]) -> Figure:
    """Return the ratio of a row."""
    first, second = loads.get(row.first), loads.get(row.second)
    return Figure(row.what, first.cpu / second.cpu if first and second else None, row.limit, row.at_least)


def check_answers(servers: Collection[Server]) -> None:
    """Do nothing if all of them give the same answers as the first one.

    :raises RuntimeError: one does not.
    """
    freiton, *others = servers
    for name, path in {**READS, "page": PAGE}.items():
        expected = json.loads(freiton.get(BASE + path, AUTHORIZATION)[1])
        for server in others:
            if server.name in STAND_INS or (name == "page" and server.name not in (FASTAPI, PLAIN)):
                continue
            answer, body = server.get(BASE + path, AUTHORIZATION)
            if answer.status != 200 or json.loads(body) != expected:
                raise RuntimeError(f"{server.name} answers {path} with {answer.status} and {body[:500]!r}")


def find_unchanged(freiton: Server) -> Workload | None:
    """Return the workload of a client that has the answer already, or None if the server does not say so."""
    workload = WORKLOADS[UNCHANGED]
    headers = {"If-None-Match": freiton.get(workload.path, AUTHORIZATION)[0].headers.get("ETag", "")}
    answer, _ = freiton.get(workload.path, {**AUTHORIZATION, **headers})
    return workload._replace(headers=headers) if answer.status == 304 else None
