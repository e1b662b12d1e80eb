"""The statuses of ACD events: which one follows which.

The vendor documents the names of the statuses only; the order is inferred from them and from the manual. Each change of
a status is kept.
"""

from collections.abc import Mapping, Sequence

from data import events, store, users

ENTER_SYSTEM, DISTRIBUTE, TRANSPORT_SMTP, TRANSPORT_TO_GROUP, TRANSPORT_AGENT = 0, 1, 2, 4, 10
NEW, SEEN, REMIND, CHAT_CLOSED, DONE, ERROR = 20, 30, 40, 98, 99, 100
CHAT = 7
# The statuses that can follow a status; those without any are final.
FOLLOWING: Mapping[int, Sequence[int]] = {
    ENTER_SYSTEM: (DISTRIBUTE, TRANSPORT_SMTP, TRANSPORT_TO_GROUP, ERROR),
    DISTRIBUTE: (TRANSPORT_SMTP, TRANSPORT_TO_GROUP, TRANSPORT_AGENT, ERROR),
    # Sent out as an e-mail: it has arrived, or not.
    TRANSPORT_SMTP: (DONE, ERROR),
    TRANSPORT_TO_GROUP: (DISTRIBUTE, ERROR),
    # An agent who does not take it: it is distributed again.
    TRANSPORT_AGENT: (DISTRIBUTE, NEW, ERROR),
    # Agents forward an event to a group or another agent, or as an e-mail.
    NEW: (DISTRIBUTE, TRANSPORT_SMTP, TRANSPORT_TO_GROUP, TRANSPORT_AGENT, SEEN, CHAT_CLOSED),
    SEEN: (DISTRIBUTE, TRANSPORT_SMTP, TRANSPORT_TO_GROUP, TRANSPORT_AGENT, REMIND, CHAT_CLOSED, DONE),
    REMIND: (DISTRIBUTE, TRANSPORT_SMTP, TRANSPORT_TO_GROUP, TRANSPORT_AGENT, SEEN, CHAT_CLOSED),
    **dict.fromkeys((CHAT_CLOSED, DONE, ERROR), ()),
}
# A way to another status does not lead through these: an event that is to be done is not sent out as an e-mail first.
ASIDE = (TRANSPORT_SMTP, TRANSPORT_TO_GROUP)
# The statuses in which an event is with an agent, those from which an agent gives it away, and those to which.
WITH_AGENT = (TRANSPORT_AGENT, SEEN, REMIND)
FROM_AGENT = (TRANSPORT_AGENT, NEW, SEEN, REMIND)
WITHOUT_AGENT = (DISTRIBUTE, TRANSPORT_TO_GROUP)


def list_following(type_id: int, status: int) -> list[int]:
    """Return the statuses that can follow a status of an event.

    :param type_id: ID of the type of the event; only a chat can be a closed one.
    :param status: ID of the status.
    """
    return [each for each in FOLLOWING[status] if each != CHAT_CLOSED or type_id == CHAT]


def find_way(type_id: int, status: int, target: int) -> list[int]:
    """Return the shortest way from a status to another one, without the first one; empty if there is none.

    :param type_id: ID of the type of the event.
    :param status: ID of the status that it begins with.
    :param target: ID of the status that it ends with.
    """
    ways = [[each] for each in list_following(type_id, status)]
    seen = {status}
    while ways:
        for way in ways:
            if way[-1] == target:
                return way
        seen.update(way[-1] for way in ways)
        ways = [
            [*way, each]
            for way in ways
            if way[-1] not in ASIDE
            for each in list_following(type_id, way[-1])
            if each not in seen
        ]
    return []


def change(event_id: int, target: int, user_id: int | None) -> str:
    """Give an event the next status, and return the event as JSON text.

    :param event_id: ID of the event.
    :param target: ID of the status.
    :param user_id: ID of the agent who gets the event; None for the one who has it.
    :raises store.NotFound: there is no such event, or its client account has no such user.
    :raises store.Conflict: the status cannot follow the present one, or takes another agent.
    """
    with store.atomic():
        event = _find(event_id)
        following = list_following(event["AcdEventTypesID"], event["AcdEventStatusID"])
        if target not in following:
            raise store.Conflict(_refuse(event, target, following))
        return _move(event, [target], user_id)


def walk(event_id: int, target: int, user_id: int | None) -> tuple[list[int], str]:
    """Move an event on to a status by the shortest way, and return the way and the event as JSON text.

    :param event_id: ID of the event.
    :param target: ID of the status.
    :param user_id: ID of the agent who gets the event on the way; None for the one who has it.
    :raises store.NotFound: there is no such event, or its client account has no such user.
    :raises store.Conflict: no way leads to the status, or it takes another agent.
    """
    with store.atomic():
        event = _find(event_id)
        status = event["AcdEventStatusID"]
        way = [] if target == status else find_way(event["AcdEventTypesID"], status, target)
        if not way:
            reached = [
                each for each in FOLLOWING if each != status and find_way(event["AcdEventTypesID"], status, each)
            ]
            raise store.Conflict(_refuse(event, target, reached))
        return way, _move(event, way, user_id)


def list_changes(event_id: int, most: int) -> list[store.Row]:
    """Return the latest changes of the status of an event, the last one first.

    A change has `ID`, `AcdEventStatusIDBefore`, `AcdEventStatusID`, `UsersID` (who has the event then, or None) and
    `dtChanged` (the time in UTC, in the form of records).

    :param event_id: ID of the event.
    :param most: the most changes to return.
    """
    return store.query(
        "select ID, AcdEventStatusIDBefore, AcdEventStatusID, UsersID, dtChanged from AcdEventStatusChanges"
        " where AcdEventsID = :event order by ID desc limit :most",
        event=event_id,
        most=most,
    )


def _find(event_id: int) -> store.Row:
    event = store.one(
        "select ID, ClientsID, AcdEventTypesID, AcdEventStatusID, UsersID, dtCreated, dtLastModified from AcdEvents"
        " where ID = :id",
        id=event_id,
    )
    if event is None:
        raise store.NotFound("ACD event not found")
    return event


def _move(event: store.Row, way: Sequence[int], user_id: int | None) -> str:
    """Move an event on by a way that is allowed, in one change, and return it as JSON text."""
    if user_id is not None:
        users.require(event["ClientsID"], user_id)
    user, before = event["UsersID"], event["AcdEventStatusID"]
    now = max(store.now(), event["dtCreated"], event["dtLastModified"] or "")
    for status in way:
        user = _choose_user(before, status, user, user_id)
        _keep_change(event["ID"], before, status, user, now)
        before = status
    if user_id is not None and user != user_id:
        raise store.Conflict(f"status {way[-1]} is with no other agent: leave out agentId, or move on to 10 first")
    store.execute(
        "update AcdEvents set AcdEventStatusID = :status, UsersID = :user, dtLastModified = :now where ID = :id",
        status=way[-1],
        user=user,
        now=now,
        id=event["ID"],
    )
    return events.get(event["ClientsID"], event["ID"])


def _keep_change(event_id: int, before: int, status: int, user: int | None, now: str) -> None:
    store.execute(
        "insert into AcdEventStatusChanges (AcdEventsID, AcdEventStatusIDBefore, AcdEventStatusID, UsersID, dtChanged)"
        " values (:event, :before, :status, :user, :now)",
        event=event_id,
        before=before,
        status=status,
        user=user,
        now=now,
    )


def _choose_user(before: int, status: int, user: int | None, user_id: int | None) -> int | None:
    """Return the ID of the agent of an event in a status, if `user` had it before and it goes to `user_id`."""
    if status in WITHOUT_AGENT:
        # An event that has not been with an agent yet keeps the one whom it is meant for.
        return None if before in FROM_AGENT else user
    if user_id is not None and (status == TRANSPORT_AGENT or user is None):
        return user_id
    if user is None and status in WITH_AGENT:
        raise store.Conflict(f"status {status} needs an agent: give agentId")
    return user


def _refuse(event: store.Row, target: int, possible: Sequence[int]) -> str:
    status = event["AcdEventStatusID"]
    if not possible:
        return f"status {target} cannot follow {status}, which is final"
    return f"status {target} cannot follow {status}; possible: {', '.join(map(str, possible))}"
