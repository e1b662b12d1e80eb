"""Contacts that are stored in one transaction."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from data import contacts, staging, store
from data.contact_rows import FIELDS, Batch
from data.lists.fields import FOLDED, fold_others
from data.store import texts
from data.uploads import Upload

# What comes before the fields in the row of a new contact.
COLUMNS = ("ClientsID", "DiallerCampaignsID", "DiallerCampaignsResultCodesID", "dtImported", FOLDED)
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
    """What became of an item.

    :param line: where it stands in its file.
    :param outcome: `created`, `overwritten`, `failed`, or `cancelled` because others failed.
    :param contact_id: the ID of the contact, unless it failed.
    :param error: why it failed.
    """

    line: int
    outcome: str
    contact_id: int | None = None
    error: str | None = None


class _Place(NamedTuple):
    """What the settings of a contact stand for: its campaign, its result, and whether it is to be called anew."""

    campaign: int
    code: int | None
    reset: bool


class Step:
    """Contacts that are stored in one transaction; new ones are kept back, to be inserted together.

    :param clients_id: the client account.
    :param batch: the contacts.
    :param overwrite: overwrite contacts with the same user data.
    :param upload: the import that they are a step of, if it has several.
    """

    def __init__(self, clients_id: int, batch: Batch, overwrite: bool, upload: Upload | None = None) -> None:
        self.clients_id = clients_id
        self.upload = upload
        self.claims = staging.has_staged()
        self.batch = batch
        self.overwrite = overwrite and "UserData" in batch.fields
        self.now = texts.now()
        self.outcomes: list[Outcome] = []
        self.lines: list[int] = []
        self.new: list[tuple[Any, ...]] = []
        self.keys: set[tuple[int, str]] = set()
        self.places: dict[tuple[Any, ...], _Place] = {}

    def add(self, line: int, row: tuple[Any, ...], settings: tuple[Any, ...]) -> None:
        """Store a contact of the batch, or keep it back.

        :raises store.NotFound: the client has no such campaign, or the campaign no result code with that export key.
        :raises store.Conflict: the contact to be overwritten is locked.
        """
        if settings not in self.places:
            self.places[settings] = self._find_place(settings)
        place = self.places[settings]
        if self.overwrite and row[0] is not None:
            duplicate = self._find_duplicate(place.campaign, row[0])
            if duplicate is not None:
                self._overwrite(duplicate["ID"], row, place, self._find_table(duplicate))
                self.outcomes.append(Outcome(line, "overwritten", duplicate["ID"]))
                return
            self.keys.add((place.campaign, row[0]))
        self.lines.append(line)
        folded = fold_others(self.batch.fields, row)
        self.new.append((self.clients_id, place.campaign, place.code, self.now, folded, *row))

    def end(self) -> list[Outcome]:
        """Store what was kept back, and return what became of all."""
        self._insert()
        return self.outcomes

    def _insert(self) -> None:
        if not self.new:
            return
        first = store.insert_all("DiallerContacts", (*COLUMNS, *self.batch.fields), self.new)
        self.outcomes += [Outcome(line, "created", contact_id) for contact_id, line in enumerate(self.lines, first)]
        counts = Counter[int](row[1] for row in self.new)
        if self.upload:
            self.upload.add(first, first + len(self.new) - 1, counts)
        else:
            count_new(self.clients_id, counts)
        self.lines.clear()
        self.new.clear()
        self.keys.clear()

    def _overwrite(self, contact_id: int, row: Iterable[Any], place: _Place, table: str) -> None:
        if place.reset:
            store.execute(f"update {table} set {RESET} where ID = :id", id=contact_id)
        given = dict(zip(self.batch.fields, row, strict=True))
        values = {**dict.fromkeys(FIELDS), **given, "dtImported": self.now, FOLDED: fold_others(given, given.values())}
        result = {"DiallerCampaignsResultCodesID": place.code, "dtNextTry": values.pop("dtNextTry")}
        values |= {column: value for column, value in result.items() if value is not None}
        columns = ", ".join(f"{column} = :{column}" for column in values)
        store.execute(f"update {table} set {columns} where ID = :id", id=contact_id, **values)

    def _find_table(self, duplicate: store.Row) -> str:
        """Return the table where a duplicate is to be overwritten."""
        if self.upload and duplicate["Upload"] is None:
            return self.upload.stage(duplicate["ID"])
        if self.claims:
            staging.claim(duplicate["ID"])
        return "DiallerContacts"

    def _find_place(self, settings: tuple[Any, ...]) -> _Place:
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
        return _Place(campaign, code, bool(reset))

    def _find_duplicate(self, campaign: int, user_data: str) -> store.Row | None:
        if (campaign, user_data) in self.keys:
            self._insert()
        row = store.one(
            f"select ID, dtLocked, {staging.find_upload()} as Upload from DiallerContacts"
            " where ClientsID = :client and UserData = :user_data and DiallerCampaignsID = :campaign"
            " and coalesce(Upload, :upload) = :upload order by ID limit 1",
            client=self.clients_id,
            user_data=user_data,
            campaign=campaign,
            upload=self.upload.id if self.upload else 0,
        )
        if row is not None:
            contacts.require_unlocked(row)
        return row


def count_new(clients_id: int, counts: Mapping[int, int]) -> None:
    """Count new contacts, in the transaction that lets others see them.

    :param counts: how many each campaign has.
    """
    for campaign, count in counts.items():
        contacts.change_count(clients_id, campaign, count)


def _find(sql: str, missing: str, **parameters: Any) -> int:
    row = store.one(sql, **parameters)
    if row is None:
        raise store.NotFound(missing)
    found: int = row["ID"]
    return found
