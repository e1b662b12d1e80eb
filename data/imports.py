"""Contacts that are brought in: one, or any number from a file."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from data import contacts, store, texts
from data.batches import FIELDS, Batch, make_batch
from data.fields import FOLDED, fold_others
from data.progress import Progress

# In a message.
MOST_ERRORS = 10
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


class Failed(ValueError):
    """An import of which nothing is stored, because something is wrong with a part of it.

    :param errors: what is wrong, by line, with what could not be stored.
    """

    def __init__(self, errors: Mapping[int, str]) -> None:
        super().__init__(summarise(errors.items()))
        self.errors = errors

    def explain(self, batch: Batch) -> list[Outcome]:
        """Return what became of a batch of this import."""
        errors = {**dict.fromkeys(batch.lines), **batch.errors, **self.errors}
        lines = sorted([*batch.lines, *batch.errors])
        return [Outcome(line, "failed" if errors[line] else "cancelled", error=errors[line]) for line in lines]


Report = Callable[[list[Outcome]], object]


def summarise(errors: Iterable[tuple[int, str]]) -> str:
    """Return the first ten different errors as one text, each with its first line and how many others have it.

    :param errors: lines and what is wrong with them; no more are read once there are ten different errors.
    """
    found: dict[str, list[int]] = {}
    for line, error in errors:
        if error not in found and len(found) == MOST_ERRORS:
            break
        first, count = found.get(error, (line, 0))
        found[error] = [first, count + 1]
    return "; ".join(
        f"line {line}{f' and {count - 1} more' if count > 1 else ''}: {error}" for error, (line, count) in found.items()
    )


def import_contact(clients_id: int, contact: Mapping[str, Any], *, overwrite: bool) -> str:
    """Store a contact and return it as JSON text.

    :param contact: its fields, valid by the contract.
    :param overwrite: overwrite the campaign's contact with the same user data, of several the one with the lowest ID.
    :raises store.NotFound: the client has no such campaign, or the campaign no result code with that export key.
    :raises store.Conflict: the contact to be overwritten is locked.
    """
    with store.atomic():
        batch = make_batch({1: contact}, {})
        step = _Step(clients_id, batch, overwrite)
        step.add(1, *batch.rows, *batch.settings)
        (outcome,) = step.end()
        assert outcome.contact_id is not None
        return contacts.get(clients_id, outcome.contact_id)


def import_all(clients_id: int, batches: Iterable[Batch], *, overwrite: bool, report: Report) -> None:
    """Store all contacts, or none of them if something is wrong with one.

    :param report: is told what became of some more items.
    :raises Failed: something is wrong with one of them.
    """
    with store.atomic():
        for batch in batches:
            report(_store_batch(clients_id, batch, overwrite, skip=False))


def import_each(clients_id: int, batches: Iterable[Batch], *, overwrite: bool, report: Report) -> None:
    """Store the contacts with which nothing is wrong, a thousand at a time.

    :param report: is told what became of some more items, in the transaction that stores them.
    """
    for batch in batches:
        with store.atomic():
            report(_store_batch(clients_id, batch, overwrite, skip=True))


def import_file(progress: Progress, batches: Iterable[Batch], *, overwrite: bool, skip: bool, report: Report) -> None:
    """Store the contacts of a file, a thousand at a time, from where an import of it was interrupted, if one was.

    :param progress: how far an import of the file came before; says afterwards how far this one came.
    :param batches: the contacts of the file, from its beginning.
    :param skip: go on without those with which something is wrong.
    :param report: is told what became of some more items, when they are stored.
    :raises Failed: something is wrong with one of the next thousand, none of which is stored; not if `skip`.
    """
    for batch in filter(progress.add, batches):
        with store.atomic():
            outcomes = _store_batch(progress.clients_id, batch, overwrite, skip=skip)
            progress.save(batch.last)
        progress.line = batch.last
        report(outcomes)
    with store.atomic():
        progress.end()


def _store_batch(clients_id: int, batch: Batch, overwrite: bool, *, skip: bool) -> list[Outcome]:
    """Store a batch in the transaction that is open, or that part of it with which nothing is wrong if `skip`."""
    step = _Step(clients_id, batch, overwrite)
    errors = dict(batch.errors)
    for line, row, settings in zip(batch.lines, batch.rows, batch.settings, strict=True):
        try:
            step.add(line, row, settings)
        except (store.NotFound, store.Conflict) as problem:
            errors[line] = str(problem)
    if errors and not skip:
        raise Failed(errors)
    failed = [Outcome(line, "failed", error=error) for line, error in errors.items()]
    return sorted(failed + step.end())


class _Place(NamedTuple):
    """What the settings of a contact stand for: its campaign, its result, and whether it is to be called anew."""

    campaign: int
    code: int | None
    reset: bool


class _Step:
    """Contacts that are stored in one transaction; new ones are kept back, to be inserted together."""

    def __init__(self, clients_id: int, batch: Batch, overwrite: bool) -> None:
        self.clients_id = clients_id
        self.batch = batch
        self.overwrite = overwrite and "UserData" in batch.fields
        self.now = texts.now()
        self.outcomes: list[Outcome] = []
        self.lines: list[int] = []
        self.new: list[tuple[Any, ...]] = []
        self.keys: set[tuple[int, str]] = set()
        self.places: dict[tuple[Any, ...], _Place] = {}

    def add(self, line: int, row: tuple[Any, ...], settings: tuple[Any, ...]) -> None:
        if settings not in self.places:
            self.places[settings] = self._find_place(settings)
        place = self.places[settings]
        if self.overwrite and row[0] is not None:
            duplicate = self._find_duplicate(place.campaign, row[0])
            if duplicate is not None:
                self._overwrite(duplicate, row, place)
                self.outcomes.append(Outcome(line, "overwritten", duplicate))
                return
            self.keys.add((place.campaign, row[0]))
        self.lines.append(line)
        folded = fold_others(self.batch.fields, row)
        self.new.append((self.clients_id, place.campaign, place.code, self.now, folded, *row))

    def end(self) -> list[Outcome]:
        self._insert()
        return self.outcomes

    def _insert(self) -> None:
        if not self.new:
            return
        first = store.insert_all("DiallerContacts", (*COLUMNS, *self.batch.fields), self.new)
        self.outcomes += [Outcome(line, "created", contact_id) for contact_id, line in enumerate(self.lines, first)]
        for campaign, count in Counter(row[1] for row in self.new).items():
            contacts.change_count(self.clients_id, campaign, count)
        self.lines.clear()
        self.new.clear()
        self.keys.clear()

    def _overwrite(self, contact_id: int, row: Iterable[Any], place: _Place) -> None:
        if place.reset:
            store.execute(f"update DiallerContacts set {RESET} where ID = :id", id=contact_id)
        given = dict(zip(self.batch.fields, row, strict=True))
        values = {**dict.fromkeys(FIELDS), **given, "dtImported": self.now, FOLDED: fold_others(given, given.values())}
        result = {"DiallerCampaignsResultCodesID": place.code, "dtNextTry": values.pop("dtNextTry")}
        values |= {column: value for column, value in result.items() if value is not None}
        columns = ", ".join(f"{column} = :{column}" for column in values)
        store.execute(f"update DiallerContacts set {columns} where ID = :id", id=contact_id, **values)

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

    def _find_duplicate(self, campaign: int, user_data: str) -> int | None:
        if (campaign, user_data) in self.keys:
            self._insert()
        row = store.one(
            "select ID, dtLocked from DiallerContacts where ClientsID = :client and UserData = :user_data"
            " and DiallerCampaignsID = :campaign order by ID limit 1",
            client=self.clients_id,
            user_data=user_data,
            campaign=campaign,
        )
        if row is None:
            return None
        contacts.require_unlocked(row)
        found: int = row["ID"]
        return found


def _find(sql: str, missing: str, **parameters: Any) -> int:
    row = store.one(sql, **parameters)
    if row is None:
        raise store.NotFound(missing)
    found: int = row["ID"]
    return found
