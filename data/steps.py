"""Steps: the contacts that are stored in one transaction."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from data import contacts, staging, store
from data.contact_rows import FIELDS, Batch
from data.dialler import history
from data.lists.fields import FOLDED, fold_others
from data.uploads import Upload

# The columns before the fields in the row of a new contact.
FIRST_COLUMNS = ("ClientsID", "DiallerCampaignsID", "DiallerCampaignsResultCodesID", "dtImported", FOLDED)
NUMBERS = range(1, 7)
RESET = ", ".join(
    (
        *("dtNextTry = null", "DiallerCampaignsResultCodesID = null", "LastAcdAgentEndReasonsID = null"),
        "bLastResultMailbox = null",
        *(f"bPhoneNumber{number}Invalid = null" for number in NUMBERS),
        *(f"nTriesPhoneNumber{number} = 0" for number in NUMBERS),
        *(f"nPhoneNumber{number}LastCause = null" for number in NUMBERS),
        *(f"PhoneNumber{number}LastAcdAgentEndReasonsID = null" for number in NUMBERS),
    )
)


class Outcome(NamedTuple):
    """The outcome of an import for one contact.

    :param line: the number of its line in the file, from 1.
    :param outcome: `created`, `overwritten`, `failed`, or `cancelled` because others failed.
    :param contact_id: ID of the contact, unless it failed.
    :param error: why it failed.
    """

    line: int
    outcome: str
    contact_id: int | None = None
    error: str | None = None


class _Target(NamedTuple):
    """What the settings of a contact resolve to: its campaign, its result code, and whether to reset its call data."""

    campaign: int
    code: int | None
    reset: bool


class Step:
    """Contacts that are stored in one transaction; new ones are collected and inserted together.

    :param clients_id: ID of the client account.
    :param batch: the contacts.
    :param overwrite: overwrite contacts with the same user data.
    :param upload: the import, if it has several steps.
    """

    def __init__(self, clients_id: int, batch: Batch, overwrite: bool, upload: Upload | None = None) -> None:
        self.clients_id = clients_id
        self.upload = upload
        self.batch = batch
        self.overwrite = overwrite and "UserData" in batch.fields
        self.claims = self.overwrite and staging.has_staged()
        self.now = store.now()
        self.outcomes: list[Outcome] = []
        self.lines: list[int] = []
        self.new: list[tuple[Any, ...]] = []
        self.keys: set[tuple[int, str]] = set()
        self.targets: dict[tuple[Any, ...], _Target] = {}

    def add(self, line: int, row: tuple[Any, ...], settings: tuple[Any, ...]) -> None:
        """Overwrite the duplicate of a contact, or collect the contact for the insertion.

        :param line: the number of its line in the file, from 1.
        :param row: its values, in the order of the batch's fields.
        :param settings: its values of `SETTINGS`.
        :raises store.NotFound: the client has no such campaign, or the campaign no result code with that export key.
        :raises store.Conflict: the contact to be overwritten is locked.
        """
        if settings not in self.targets:
            self.targets[settings] = self._find_target(settings)
        target = self.targets[settings]
        if self.overwrite and row[0] is not None:
            duplicate = self._find_duplicate(target.campaign, row[0])
            if duplicate is not None:
                self._overwrite(duplicate["ID"], row, target, self._find_table(duplicate))
                self.outcomes.append(Outcome(line, "overwritten", duplicate["ID"]))
                return
            self.keys.add((target.campaign, row[0]))
        self.lines.append(line)
        folded = fold_others(self.batch.fields, row)
        self.new.append((self.clients_id, target.campaign, target.code, self.now, folded, *row))

    def end(self) -> list[Outcome]:
        """Insert the contacts that were collected, and return the outcomes of all."""
        self._insert()
        return self.outcomes

    def _insert(self) -> None:
        if not self.new:
            return
        first = store.insert_all("DiallerContacts", (*FIRST_COLUMNS, *self.batch.fields), self.new)
        self.outcomes += [Outcome(line, "created", contact_id) for contact_id, line in enumerate(self.lines, first)]
        counts = Counter[int](row[1] for row in self.new)
        if self.upload:
            self.upload.add(first, first + len(self.new) - 1, counts)
        else:
            count_new(self.clients_id, counts)
        self.lines.clear()
        self.new.clear()
        self.keys.clear()

    def _overwrite(self, contact_id: int, row: Iterable[Any], target: _Target, table: store.ContactTable) -> None:
        if target.reset:
            store.execute(f"update {table.name} set {RESET} where {table.condition} and ID = :id", id=contact_id)
            self._forget_calls(contact_id, table)
        given = dict(zip(self.batch.fields, row, strict=True))
        values = {**dict.fromkeys(FIELDS), **given, "dtImported": self.now, FOLDED: fold_others(given, given.values())}
        result = {"DiallerCampaignsResultCodesID": target.code, "dtNextTry": values.pop("dtNextTry")}
        values |= {column: value for column, value in result.items() if value is not None}
        columns = ", ".join(f"{column} = :{column}" for column in values)
        store.execute(
            f"update {table.name} set {columns} where {table.condition} and ID = :id", id=contact_id, **values
        )

    def _forget_calls(self, contact_id: int, table: store.ContactTable) -> None:
        """Delete the history of a contact, or have it deleted when the import is published."""
        if self.upload and table != staging.ALL:
            self.upload.reset(contact_id)
        else:
            history.delete_of(contact_id)

    def _find_table(self, duplicate: store.Row) -> store.ContactTable:
        """Return the table where a duplicate is to be overwritten."""
        if self.upload and duplicate["Upload"] is None:
            return self.upload.stage(duplicate["ID"])
        if self.claims:
            staging.claim(duplicate["ID"])
        return staging.ALL

    def _find_target(self, settings: tuple[Any, ...]) -> _Target:
        campaign_id, name, key, reset = settings
        conditions = {"ID": campaign_id, "Name": name}
        named = {column: value for column, value in conditions.items() if value is not None}
        campaign = _find(
            "select ID from DiallerCampaigns where ClientsID = :client"
            + "".join(f" and {column} = :{column}" for column in named),
            "Dialler campaign not found",
            client=self.clients_id,
            **named,
        )
        code = key and _find(
            "select ID from DiallerCampaignsResultCodes"
            " where DiallerCampaignsID = :campaign and ExportKey = :key order by ID limit 1",
            "Dialler result code not found",
            campaign=campaign,
            key=key,
        )
        return _Target(campaign, code, bool(reset))

    def _find_duplicate(self, campaign: int, user_data: str) -> store.Row | None:
        if (campaign, user_data) in self.keys:
            self._insert()
        upload = staging.find_upload()
        row = store.one(
            f"select ID, dtLocked, {upload} as Upload from DiallerContacts"
            " where ClientsID = :client and UserData = :user_data and DiallerCampaignsID = :campaign"
            f" and coalesce({upload}, :upload) = :upload order by ID limit 1",
            client=self.clients_id,
            user_data=user_data,
            campaign=campaign,
            upload=self.upload.id if self.upload else 0,
        )
        if row is not None:
            contacts.require_unlocked(row)
        return row


def count_new(clients_id: int, counts: Mapping[int, int]) -> None:
    """Add new contacts to the stored counts, in the transaction that makes them visible.

    :param clients_id: ID of the client account.
    :param counts: campaign ID to number of new contacts.
    """
    for campaign, count in counts.items():
        contacts.change_count(clients_id, campaign, count)


def _find(sql: str, missing: str, **parameters: Any) -> int:
    row = store.one(sql, **parameters)
    if row is None:
        raise store.NotFound(missing)
    found: int = row["ID"]
    return found
