"""Uploads: imports that store all contacts of a file or none, in steps that are hidden until the last one.

Each step is a transaction, and other writers write between two of them. `data.staging` hides what the steps store. The
thread of `data.purges` deletes what a failed import leaves, and moves the contacts that one has overwritten to the
table of all contacts.
"""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from data import staging, store
from data.staging import CONTACTS

# An import without a step for this long is taken for dead.
DEAD_SECONDS = 30
ENDED = "(bPublished = 1 or nStepped < :dead)"
# Contacts that are moved or deleted in one transaction.
MOVE_STEP = 200


class Overtaken(Exception):
    """Other writers have changed contacts that an import relied on: it has to start again."""


class Upload:
    """An import in steps.

    :param clients_id: ID of the client account.
    :param overwrites: whether it overwrites contacts with the same user data.
    :raises store.Unavailable: the database cannot be written to now.
    """

    def __init__(self, clients_id: int, *, overwrites: bool) -> None:
        self.clients_id = clients_id
        self.overwrites = overwrites
        self.counts = Counter[int]()
        self.steps = 0
        self.is_staged = False
        # The highest contact ID that was in use when the last step ended, of an import that overwrites contacts.
        self.last = _find_last() if overwrites else 0
        with store.atomic():
            (row,) = store.query(
                "insert into DiallerContactsUploads (ClientsID, nStepped, bOverwrites)"
                " values (:client, :now, :overwrites) returning ID",
                client=clients_id,
                now=_now(),
                overwrites=overwrites,
            )
        self.id: int = row["ID"]
        self.table = store.current().staged(self.id)
        store.current().defer_write_back(deferred=True)

    @contextmanager
    def step(self) -> Iterator[None]:
        """Run a block as the next step, in one transaction.

        :returns: a context manager.
        :raises Overtaken: another writer has changed what the import relies on.
        :raises store.Unavailable: the import was taken for dead, or the database was restored.
        """
        was_staged = self.is_staged
        try:
            with store.atomic():
                self._begin_step()
                yield
                # Contacts that others store before the next step have higher IDs.
                last = _find_last() if self.overwrites else 0
        except BaseException:
            self.is_staged = was_staged
            raise
        self.last = last
        self.steps += 1

    def add(self, first: int, last: int, campaigns: Counter[int]) -> None:
        """Hide the contacts of a range of IDs, in the step that inserts them.

        :param first: the first ID.
        :param last: the last ID.
        :param campaigns: campaign ID to number of these contacts.
        """
        self.counts += campaigns
        parameters = {"first": first, "last": last, "upload": self.id}
        if not store.execute(
            "update DiallerContactsArrivals set LastID = :last"
            " where LastID = :first - 1 and DiallerContactsUploadsID = :upload",
            **parameters,
        ):
            store.execute("insert into DiallerContactsArrivals values (:first, :last, :upload)", **parameters)
            store.current().show_staged()

    def stage(self, contact_id: int) -> store.ContactTable:
        """Copy a contact to where this import overwrites it, in the step that does it, and return that place.

        :param contact_id: ID of a contact that others see.
        """
        staging.settle(contact_id)
        if not self.is_staged:
            self.is_staged = True
            store.current().begin_staging(self.id)
            store.execute("update DiallerContactsUploads set bStaged = 1 where ID = :id", id=self.id)
        columns = staging.list_contact_columns()
        owner = self.table.owner
        store.execute(
            f"insert into {self.table.name} ({', '.join([*columns, *owner])})"
            f" select {', '.join([*columns, *owner.values()])} from {CONTACTS} where ID = :id on conflict do nothing",
            id=contact_id,
        )
        return self.table

    def reset(self, contact_id: int) -> None:
        """Have the history of a contact deleted when this import is published, in the step that overwrites it.

        :param contact_id: ID of the contact.
        """
        store.execute(
            "insert into DiallerContactsResets (DiallerContactsID, DiallerContactsUploadsID) values (:contact, :upload)"
            " on conflict do nothing",
            contact=contact_id,
            upload=self.id,
        )

    def publish(self) -> None:
        """Make visible what was stored, in the last step.

        :raises Overtaken: another writer has changed what the import relies on.
        """
        self._require_campaigns()
        if self.is_staged and self._has_locked():
            raise Overtaken
        store.execute("delete from DiallerContactsArrivals where DiallerContactsUploadsID = :id", id=self.id)
        store.execute("update DiallerContactsUploads set bPublished = 1 where ID = :id", id=self.id)
        staging.overtake(self.clients_id)
        store.current().show_staged()

    def write_back(self) -> None:
        """Do between two steps what they have left, so that no writer waits for it."""
        store.current().write_back()

    def end(self) -> None:
        """Let commits of this thread leave nothing again."""
        store.current().defer_write_back(deferred=False)

    def abandon(self) -> None:
        """Mark the import as failed, so that what it stored is deleted in the background."""
        with store.atomic():
            store.execute(
                "update DiallerContactsUploads set nStepped = 0 where ID = :id and bPublished = 0", id=self.id
            )

    def _begin_step(self) -> None:
        row = store.one(
            "update DiallerContactsUploads set nStepped = :now, nSteps = nSteps + 1"
            " where ID = :id and nSteps = :steps and nStepped > 0 returning bOvertaken",
            now=_now(),
            id=self.id,
            steps=self.steps,
        )
        if row is None:
            raise store.Unavailable("the import was taken for dead")
        if row["bOvertaken"] or (self.overwrites and self._has_new_duplicates()):
            raise Overtaken

    def _has_new_duplicates(self) -> bool:
        """Return whether others have stored a duplicate of a contact of this import since its last step."""
        return bool(
            store.query(
                f"select 1 from {CONTACTS} as Others join {CONTACTS} as Own"
                " on Own.ClientsID = Others.ClientsID and Own.UserData = Others.UserData"
                " and Own.DiallerCampaignsID = Others.DiallerCampaignsID"
                " where Others.ClientsID = :client and Others.ID > :last and Others.UserData is not null"
                f" and {staging.find_upload('Own')} = :upload and {staging.find_upload('Others')} is null limit 1",
                client=self.clients_id,
                last=self.last,
                upload=self.id,
            )
        )

    def _has_locked(self) -> bool:
        return bool(
            store.query(
                f"select 1 from {self.table.name} where {self.table.condition} and dtLocked is not null limit 1"
            )
        )

    def _require_campaigns(self) -> None:
        (count,) = store.values(
            "select count(*) from DiallerCampaigns where ClientsID = :client"
            f" and {store.current().any_of('ID', 'campaigns')}",
            client=self.clients_id,
            campaigns=[*self.counts],
        )
        if count < len(self.counts):
            raise Overtaken


def has_ended() -> bool:
    """Return whether an import has ended whose contacts are still to be moved or deleted."""
    return bool(store.query(f"select 1 from DiallerContactsUploads where {ENDED}", dead=_find_dead()))


def take_step() -> None:
    """Move some contacts that a published import has overwritten, or delete some that a failed one has stored."""
    # `nStepped = 0` makes a later step of a slow import fail. No rows: another process has finished the work.
    for row in store.query(
        "update DiallerContactsUploads set nStepped = 0 where ID ="
        f" (select ID from DiallerContactsUploads where {ENDED} order by bPublished desc, ID limit 1)"
        " returning ID, bStaged, bPublished",
        dead=_find_dead(),
    ):
        table = store.current().staged(row["ID"]) if row["bStaged"] else None
        if not (_move_some(row["ID"], table) if row["bPublished"] else _remove_some(row["ID"], table)):
            _forget(row["ID"], table)


def _forget(upload: int, table: store.ContactTable | None) -> None:
    store.execute("delete from DiallerContactsUploads where ID = :id", id=upload)
    store.current().show_staged()
    if table:
        store.current().end_staging(upload)


def _move_some(upload: int, table: store.ContactTable | None) -> bool:
    """Move some contacts, and return whether there were any."""
    if table is None:
        return False
    some = f"select ID from {table.name} where {table.condition} order by ID limit {MOVE_STEP}"
    (last,) = store.values(f"select max(ID) from ({some}) as Some")
    if last is not None:
        staging.move(upload, table, "<= :id", id=last)
    return last is not None


def _remove_some(upload: int, table: store.ContactTable | None) -> bool:
    """Delete some contacts, and return whether there were any."""
    arrivals = store.one(
        "select FirstID, LastID from DiallerContactsArrivals where DiallerContactsUploadsID = :id limit 1", id=upload
    )
    if arrivals is None:
        return table is not None and _delete(table, "true") > 0
    first, last = arrivals["FirstID"], arrivals["LastID"]
    if _delete(staging.ALL, "ID between :first and :last", first=first, last=last) < MOVE_STEP:
        store.execute("delete from DiallerContactsArrivals where FirstID = :first", first=first)
    return True


def _delete(table: store.ContactTable, condition: str, **parameters: Any) -> int:
    return store.execute(
        f"delete from {table.name} where {table.condition} and ID in"
        f" (select ID from {table.name} where {table.condition} and {condition} order by ID limit {MOVE_STEP})",
        **parameters,
    )


def _find_last() -> int:
    return store.current().find_last_id(CONTACTS)


def _find_dead() -> int:
    """Return the time in milliseconds since 1970; imports whose last step was earlier are taken for dead."""
    return _now() - DEAD_SECONDS * 1000


def _now() -> int:
    return round(time.time() * 1000)
