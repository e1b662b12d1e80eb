"""Clients of the service that write all the time, and read back what was acknowledged."""

import itertools
import json
import random
import time
import uuid
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import psycopg

from tests.failover.cluster import Cluster, Node
from tests.failover.tally import Load, Outcome, Tally

WRITERS = 4
READERS = 2
# At each node.
DIRECT_WRITERS = 2
# An attempt that failed is repeated soon, whatever Retry-After says: looked for is the first moment that it works.
RETRY_PAUSE = 0.1
SECONDS_TO_ANSWER = 60
SECONDS_TO_BE_ACKNOWLEDGED = 120
# Of so many writes, one is given up when it is refused, to see whether refused writes are really not done.
GIVE_UP_EVERY = 4
TOKEN = "freiton-demo-1"
PREFIX = "failover-"
CREATE = "/rest/v1.0/1/acd/events/create"
EVENT = "/rest/v1.0/1/acd/events/event/{}"
# HAProxy's own answers when a server has closed the connection, or does not answer.
GATEWAY = (502, 504)
BUSY = 503

DIRECT = "direct"
INSERT = "insert into Written (Key) values (%s) on conflict (Key) do update set nTries = Written.nTries + 1"


@dataclass
class _Events:
    """What the clients of the service have in common: their notes, and ID and key of the newest acknowledged events."""

    tally: Tally = field(default_factory=Tally)
    recent: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=1))


def open_service_load(proxy: str, hosts: Sequence[str]) -> Load:
    """Start writers through the proxy, and readers of each of the hosts.

    :param proxy: the URL that HAProxy listens on.
    :param hosts: the URLs of the hosts behind it.
    """
    events = _Events()
    writers = [_Writer(proxy, events).write for _ in range(WRITERS)]
    readers = [_Reader(hosts, events).read for _ in range(READERS)]
    return Load(events.tally, [*writers, *readers])


def open_direct_load(cluster: Cluster) -> Load:
    """Start writers without the service, at each node, by which the failover of the cluster itself is measured.

    :param cluster: the cluster.
    """
    tally = Tally()
    return Load(tally, [_DirectWriter(node, tally).write for node in cluster.nodes for _ in range(DIRECT_WRITERS)])


class _Writer:
    """Creates events, each with a key of its own, and retries with that key."""

    def __init__(self, proxy: str, events: _Events) -> None:
        self.events = events
        self.api = _open_client(proxy)
        self.numbers = itertools.count(1)

    def write(self) -> None:
        """Create an event: try until it is acknowledged, or, one in some, until the first time that it is refused."""
        key = PREFIX + uuid.uuid4().hex
        gives_up = next(self.numbers) % GIVE_UP_EVERY == 0
        outcomes = set()
        deadline = time.monotonic() + SECONDS_TO_BE_ACKNOWLEDGED
        while (outcome := self._try(key)) is not Outcome.ACKNOWLEDGED:
            outcomes.add(outcome)
            if gives_up and outcomes == {Outcome.REFUSED}:
                self.events.tally.given_up.add(key)
                return
            if time.monotonic() > deadline:
                self.events.tally.complaints.append(f"{key} was not acknowledged in time")
                return
            time.sleep(RETRY_PAUSE)

    def _try(self, key: str) -> Outcome:
        event = {"AcdEventTypesID": 3, "AcdGroupsID": 137, "Sender": "+493023125155", "Subject": key, "UserData": key}
        try:
            answer = self.api.post(CREATE, json=event, headers={"Idempotency-Key": key})
        except httpx.TransportError:
            outcome = Outcome.UNKNOWN
        else:
            outcome = _classify(answer)
            self._check(key, answer, outcome)
        self.events.tally.record(key, outcome)
        return outcome

    def _check(self, key: str, answer: httpx.Response, outcome: Outcome) -> None:
        if outcome is Outcome.WRONG:
            self.events.tally.complaints.append(f"{answer.status_code} {dict(answer.headers)} {answer.text}")
        if outcome is Outcome.ACKNOWLEDGED:
            (record,) = answer.json()["records"]
            if record["UserData"] != key:
                self.events.tally.complaints.append(f"{key} was answered with {record['UserData']}")
            self.events.recent.append((record["ID"], key))


class _Reader:
    """Reads events that were acknowledged, from any of the hosts."""

    def __init__(self, hosts: Sequence[str], events: _Events) -> None:
        self.events = events
        self.apis = [_open_client(host) for host in hosts]

    def read(self) -> None:
        """Read the newest event; it is there, or the host refuses to say."""
        if not self.events.recent:
            return
        number, key = self.events.recent[-1]
        try:
            answer = random.choice(self.apis).get(EVENT.format(number))
        except httpx.TransportError:
            return
        if answer.status_code == httpx.codes.OK and answer.json()["records"][0]["UserData"] == key:
            self.events.tally.read.append(time.monotonic())
        elif _classify(answer) not in (Outcome.REFUSED, Outcome.UNKNOWN):
            self.events.tally.complaints.append(f"read {key}: {answer.status_code} {answer.text}")


class _DirectWriter:
    """Inserts keys at one node while that is the primary."""

    def __init__(self, node: Node, tally: Tally) -> None:
        self.node = node
        self.tally = tally
        self.key = uuid.uuid4().hex
        self.connection: psycopg.Connection[tuple[Any, ...]] | None = None

    def write(self) -> None:
        """Insert a key; if the outcome is unknown, the next attempt is of the same key."""
        try:
            if self.connection is None:
                self.connection = self.node.connect(DIRECT, attributes="read-write")
        except psycopg.OperationalError:
            # The node is not the primary.
            time.sleep(RETRY_PAUSE)
            return
        try:
            self.connection.execute(INSERT, [self.key])
        except psycopg.errors.ReadOnlySqlTransaction:
            self._fail(Outcome.REFUSED)
        except psycopg.OperationalError:
            self._fail(Outcome.UNKNOWN)
        else:
            self.tally.record(self.key, Outcome.ACKNOWLEDGED)
            self.key = uuid.uuid4().hex

    def _fail(self, outcome: Outcome) -> None:
        self.tally.record(self.key, outcome)
        assert self.connection is not None
        self.connection.close()
        self.connection = None


def prepare_direct(cluster: Cluster) -> None:
    """Make the database of the writers without the service.

    :param cluster: the cluster.
    """
    with cluster.connect("postgres") as connection:
        connection.execute(f"create database {DIRECT}")
    with cluster.connect(DIRECT) as connection:
        connection.execute("create table Written (Key text primary key, nTries integer not null default 1)")


def list_direct(cluster: Cluster) -> list[str]:
    """Return the keys that the writers without the service have stored.

    :param cluster: the cluster.
    """
    with cluster.connect(DIRECT) as connection:
        return [key for (key,) in connection.execute("select Key from Written")]


def list_events(cluster: Cluster, database: str) -> list[str]:
    """Return the keys of the events that the service has stored.

    :param cluster: the cluster.
    :param database: the name of the service's database.
    """
    with cluster.connect(database) as connection:
        found = connection.execute('select "UserData" from "AcdEvents" where "UserData" like %s', [f"{PREFIX}%"])
        return [key for (key,) in found]


def _open_client(url: str) -> httpx.Client:
    return httpx.Client(
        base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=SECONDS_TO_ANSWER, verify=False
    )


def _classify(answer: httpx.Response) -> Outcome:
    """Tell what an answer says of the write: a 503 says that nothing was done, unless it says that this is unknown."""
    if answer.status_code == httpx.codes.OK:
        return Outcome.ACKNOWLEDGED
    if answer.status_code in GATEWAY:
        return Outcome.UNKNOWN
    if answer.status_code != BUSY or not answer.headers.get("Retry-After", "").isdecimal():
        return Outcome.WRONG
    return Outcome.UNKNOWN if "not known" in _read_error(answer) else Outcome.REFUSED


def _read_error(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["error"])
    except (json.JSONDecodeError, KeyError, TypeError):
        return ""
