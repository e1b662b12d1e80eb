"""The queue of the calls to connectors, which all processes of a server share: each call is sent by one of them.

A process takes a call by a lease, which it renews while it sends the call. What becomes of the call is noted together
with its entry in the journal. If a process ends in between, the call is sent and not noted: when the lease ends, it is
sent again.
"""

import json
import secrets
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from data import store
from data.store.texts import render_moment
from handlers.sandbox.registry import limits, outgoing, worlds
from handlers.sandbox.registry.outgoing import ANSWERED, FAILED, QUEUED
from handlers.sandbox.registry.targets import Target
from handlers.sandbox.registry.worlds import World

# In seconds: how long a call of a target that mixes up the order waits for the next one.
HOLD_SECONDS = 5
# In seconds: how long a call belongs to a process that does not renew its lease.
LEASE_SECONDS = 5
OPEN = "status in ('queued', 'sent')"
# The calls of a target are sent one by one, but for those that somebody waits for.
FIRST = (
    "(isLookup = 1 or not exists (select 1 from OutgoingCalls as Earlier where Earlier.target = OutgoingCalls.target"
    " and Earlier.status in ('queued', 'sent') and Earlier.isLookup = 0 and Earlier.place < OutgoingCalls.place))"
)


class LeasedCall(NamedTuple):
    """A call that this process sends.

    :param id: ID of the call.
    :param world: ID of its world.
    :param target: where it is sent to; the token may be another one by now.
    :param operation_id: the operation.
    :param data: its parameters or the fields of its body, by name.
    :param attempts: how often it was sent before.
    :param repeats: how often it is sent again when it is done.
    :param retries_left: how often it is sent again when it fails.
    :param owner: what the queue calls this process as long as it has the call.
    """

    id: int
    world: str
    target: Target
    operation_id: str
    data: Mapping[str, Any]
    attempts: int
    repeats: int
    retries_left: int
    owner: str


class Draft(NamedTuple):
    """A call that is to be queued.

    :param operation_id: the operation.
    :param data: its parameters or the fields of its body, by name.
    :param is_lookup: whether somebody waits for the answer, so that it does not wait for other calls.
    :param cause: what it is about, if it must not be told twice.
    """

    operation_id: str
    data: Mapping[str, Any]
    is_lookup: bool
    cause: str | None = None


def add(world_id: str, target: Target, draft: Draft) -> Mapping[str, Any] | None:
    """Queue a call, and return it as the control API shows it; None if its cause was told before.

    :param world_id: ID of the world.
    :param target: where it is sent to.
    :param draft: the call.
    :raises store.NotFound: there is no such world.
    :raises store.Conflict: as many calls as are allowed wait.
    """
    return next(iter(add_all(world_id, [(target, draft)])), None)


def add_all(world_id: str, drafts: Sequence[tuple[Target, Draft]]) -> list[Mapping[str, Any]]:
    """Queue calls, and return those whose cause was not told before as the control API shows them.

    Calls that belong together are queued together, also if they are more than there is room for.

    :param world_id: ID of the world.
    :param drafts: the calls, each with the target where it is sent to.
    :raises store.NotFound: there is no such world.
    :raises store.Conflict: as many calls as are allowed wait.
    """
    now = time.time()
    with store.atomic():
        world = worlds.find(world_id)
        _make_room(world_id)
        rows = [row for target, draft in drafts for row in _add(world, target, draft, now)]
    store.current().work.set()
    return [outgoing.read(row) for row in rows]


def has_room(world_id: str) -> bool:
    """Return whether there is room for calls that can be queued later: they leave half of the queue to others.

    :param world_id: ID of the world.
    """
    return _count_waiting(world_id) < max(1, limits.read().most_calls // 2)


def lease(most: int) -> list[LeasedCall]:
    """Return calls that this process has to send now, in their order.

    :param most: the most calls.
    """
    now = time.time()
    where = f"{OPEN} and lease < :now and due <= :now and {FIRST}"
    if most < 1 or store.one(f"select id from OutgoingCalls where {where} limit 1", now=now) is None:
        return []
    with store.atomic():
        rows = store.query(
            "select OutgoingCalls.id, OutgoingCalls.world, target, operationId, data, attempts, repeats, retriesLeft,"
            " rule, secret, token, tokenUntil from OutgoingCalls join Targets on Targets.id = target"
            f" where {where} order by place limit :most",
            now=now,
            most=most,
        )
        leased = [_read(row) for row in rows]
        for each in leased:
            store.execute(
                "update OutgoingCalls set status = 'sent', isHeld = 0, owner = :owner, lease = :lease where id = :id",
                id=each.id,
                owner=each.owner,
                lease=now + LEASE_SECONDS,
            )
    return leased


def renew(leased: Iterable[LeasedCall]) -> None:
    """Keep calls that this process is sending.

    :param leased: the calls.
    """
    owned = json.dumps([each.owner for each in leased])
    store.execute(
        "update OutgoingCalls set lease = :lease"
        " where status = 'sent' and owner in (select value from json_each(:owned))",
        lease=time.time() + LEASE_SECONDS,
        owned=owned,
    )


def find_pause(longest: float) -> float:
    """Return after how many seconds a call is to be sent, if no other is queued or done before.

    :param longest: the most seconds.
    """
    now = time.time()
    (moment,) = store.values(
        "select min(moment) from"
        f" (select max(due, lease) as moment from OutgoingCalls where {OPEN}) as Moments where moment > :now",
        now=now,
    )
    return longest if moment is None else min(longest, max(0.0, moment - now) + 0.001)


def finish(leased: LeasedCall, answer: Mapping[str, Any] | None, reason: str | None, *, is_failure: bool) -> None:
    """Note what has become of a call: it is done, or sent again; nothing if this process has it no more.

    :param leased: the call.
    :param answer: the answer as the control API shows it; None for none.
    :param reason: why there is no answer; None if there is one.
    :param is_failure: whether it is sent again if it has retries left.
    """
    rule, due = leased.target.rule, time.time()
    status, repeats, retries = FAILED if answer is None else ANSWERED, leased.repeats, leased.retries_left
    if is_failure and retries:
        status, retries, due = QUEUED, retries - 1, due + rule["retryWait"]
    elif repeats:
        status, repeats, retries = QUEUED, repeats - 1, rule["retries"]
    store.execute(
        "update OutgoingCalls set status = :status, reason = :reason, answer = :answer, attempts = attempts + 1,"
        " due = :due, lease = 0, repeats = :repeats, retriesLeft = :retries"
        " where id = :id and owner = :owner and status = 'sent'",
        status=status,
        reason=reason,
        answer=None if answer is None else json.dumps(answer, ensure_ascii=False),
        due=due,
        repeats=repeats,
        retries=retries,
        id=leased.id,
        owner=leased.owner,
    )


def release(leased: LeasedCall) -> None:
    """Give a call back that was not sent to its end, because the process ends.

    :param leased: the call.
    """
    store.execute(
        "update OutgoingCalls set status = 'queued', lease = 0 where id = :id and owner = :owner and status = 'sent'",
        id=leased.id,
        owner=leased.owner,
    )


def release_all() -> None:
    """Give all calls back, when no server uses the registry."""
    store.execute("update OutgoingCalls set status = 'queued', lease = 0 where status = 'sent'")


def _add(world: World, target: Target, draft: Draft, now: float) -> list[store.Row]:
    rows = _insert(world, target, draft, now)
    for row in rows:
        store.execute("update OutgoingCalls set place = id where id = :id", id=row["id"])
        if target.rule["outOfOrder"] and not draft.is_lookup:
            _mix_up(target.id, row["id"], now)
    return rows


def _insert(world: World, target: Target, draft: Draft, now: float) -> list[store.Row]:
    rule = target.rule
    return store.query(
        "insert into OutgoingCalls"
        " (world, target, operationId, data, created, moment, isLookup, due, repeats, retriesLeft, cause)"
        " values (:world, :target, :operation, :data, :created, :moment, :lookup, :due, :repeats, :retries, :cause)"
        f" on conflict do nothing returning {outgoing.FIELDS}",
        world=world.id,
        target=target.id,
        operation=draft.operation_id,
        data=json.dumps(draft.data, ensure_ascii=False),
        created=store.now(),
        moment=render_moment(world.clock.read()),
        lookup=draft.is_lookup,
        due=now + rule["delay"],
        repeats=int(rule["duplicate"]),
        retries=rule["retries"],
        cause=draft.cause,
    )


def _mix_up(target_id: int, call_id: int, now: float) -> None:
    """Hold a call back, or send one that was held back behind it."""
    held = store.query(
        "update OutgoingCalls set isHeld = 0, place = :place, due = :now"
        " where target = :target and isHeld = 1 and status = 'queued' returning id",
        target=target_id,
        place=call_id + 0.5,
        now=now,
    )
    if not held:
        store.execute(
            "update OutgoingCalls set isHeld = 1, due = due + :hold where id = :id", id=call_id, hold=HOLD_SECONDS
        )


def _count_waiting(world_id: str) -> int:
    (waiting,) = store.values(f"select count(*) from OutgoingCalls where world = :world and {OPEN}", world=world_id)
    return int(waiting)


def _make_room(world_id: str) -> None:
    """Forget the oldest calls that are done.

    :raises store.Conflict: as many calls as are allowed wait.
    """
    most = limits.read().most_calls
    waiting = _count_waiting(world_id)
    if waiting >= most:
        raise store.Conflict(f"{waiting} outgoing calls of the world wait, the most that are allowed")
    store.execute(
        f"delete from OutgoingCalls where world = :world and not {OPEN} and id <= (select id from OutgoingCalls"
        f" where world = :world and not {OPEN} order by id desc limit 1 offset :most)",
        world=world_id,
        most=most - 1,
    )


def _read(row: store.Row) -> LeasedCall:
    rule = json.loads(row["rule"])
    target = Target(row["target"], rule, row["secret"], row["token"], row["tokenUntil"])
    return LeasedCall(
        id=row["id"],
        world=row["world"],
        target=target,
        operation_id=row["operationId"],
        data=json.loads(row["data"]),
        attempts=row["attempts"],
        repeats=row["repeats"],
        retries_left=row["retriesLeft"],
        owner=secrets.token_hex(8),
    )
