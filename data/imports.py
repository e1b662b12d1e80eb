"""Contacts that are brought in: one, or any number from a file."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from data import contacts, store

STEP = 1_000
# In a message.
MOST_ERRORS = 10
# What an import says of a contact; a field that it leaves out is empty.
FIELDS = (
    *("UserData", "Client", "Service", "ReferenceNumber", "Name", "FirstName", "Salutation", "Title", "Company"),
    *("Address", "PostalCode", "City", "Country", "Region", "AccountOwner", "AccountBank", "AccountNationalBankCode"),
    *("AccountBIC", "AccountNumber", "AccountIBAN", "Amount", "PhoneNumber1", "PhoneNumber2", "PhoneNumber3"),
    *("PhoneNumber4", "PhoneNumber5", "PhoneNumber6", "FaxNumber", "Email", "Website", "Comment"),
    *("ExternalSystemLink", "Model", "Tag", "RandomSortOrder", "ReservedUsersUID", "FollowUpUsersUID"),
)
COLUMNS = ("ClientsID", "DiallerCampaignsID", "dtImported", "dtNextTry", "DiallerCampaignsResultCodesID", *FIELDS)
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


class Item(NamedTuple):
    """A contact to be brought in.

    :param line: where it stands in its file, from 1.
    :param contact: its fields, valid by the contract; None if there is an error.
    :param error: what is wrong with the line.
    """

    line: int
    contact: Mapping[str, Any] | None
    error: str | None = None


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
        super().__init__("; ".join(f"line {line}: {error}" for line, error in islice(errors.items(), MOST_ERRORS)))
        self.errors = errors

    def explain(self, item: Item) -> Outcome:
        """Return what became of an item of this import."""
        error = item.error or self.errors.get(item.line)
        return Outcome(item.line, "failed" if error else "cancelled", error=error)


Report = Callable[[list[Outcome]], object]


def import_contact(clients_id: int, contact: Mapping[str, Any], *, overwrite: bool) -> str:
    """Store a contact and return it as JSON text.

    :param contact: its fields, valid by the contract.
    :param overwrite: overwrite the campaign's contact with the same user data, of several the one with the lowest ID.
    :raises store.NotFound: the client has no such campaign, or the campaign no result code with that export key.
    :raises store.Conflict: the contact to be overwritten is locked.
    """
    with store.atomic():
        step = _Step(clients_id, overwrite)
        step.add(1, contact)
        (outcome,) = step.end()
        assert outcome.contact_id is not None
        return contacts.get(clients_id, outcome.contact_id)


def import_all(clients_id: int, items: Iterable[Item], *, overwrite: bool, report: Report) -> None:
    """Store all contacts, or none of them if something is wrong with one.

    :param report: is told what became of some more items.
    :raises Failed: something is wrong with one of them.
    """
    with store.atomic():
        for batch in in_steps(items):
            report(_store_step(clients_id, batch, overwrite, skip=False))


def import_each(clients_id: int, items: Iterable[Item], *, overwrite: bool, report: Report) -> None:
    """Store the contacts with which nothing is wrong, a thousand at a time.

    :param report: is told what became of some more items, in the transaction that stores them.
    """
    for batch in in_steps(items):
        with store.atomic():
            report(_store_step(clients_id, batch, overwrite, skip=True))


def import_file(
    clients_id: int, file: str, items: Iterable[Item], *, overwrite: bool, skip: bool, report: Report
) -> None:
    """Store the contacts of a file, a thousand at a time, from where an import of it was interrupted, if one was.

    :param file: what the file is known by; see `find_line`.
    :param skip: go on without those with which something is wrong.
    :param report: is told what became of some more items, when they are stored.
    :raises Failed: something is wrong with one of the next thousand, none of which is stored; not if `skip`.
    """
    done = find_line(clients_id, file)
    place = {"client": clients_id, "file": file}
    for batch in in_steps(item for item in items if item.line > done):
        with store.atomic():
            outcomes = _store_step(clients_id, batch, overwrite, skip=skip)
            store.execute(
                "insert into DiallerContactsImports (ClientsID, File, Line) values (:client, :file, :line)"
                " on conflict do update set Line = excluded.Line",
                **place,
                line=batch[-1].line,
            )
        report(outcomes)
    with store.atomic():
        store.execute("delete from DiallerContactsImports where ClientsID = :client and File = :file", **place)


def find_line(clients_id: int, file: str) -> int:
    """Return the line of a file that an import came to that was interrupted; 0 if none was."""
    row = store.one(
        "select Line from DiallerContactsImports where ClientsID = :client and File = :file",
        client=clients_id,
        file=file,
    )
    line: int = row["Line"] if row else 0
    return line


def in_steps(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Return the items a thousand at a time."""
    rest = iter(items)
    return iter(lambda: list(islice(rest, STEP)), [])


def _store_step(clients_id: int, batch: Iterable[Item], overwrite: bool, *, skip: bool) -> list[Outcome]:
    """Store a batch in the transaction that is open, or that part of it with which nothing is wrong if `skip`."""
    step = _Step(clients_id, overwrite)
    for line, contact, error in batch:
        if contact is None:
            step.outcomes.append(Outcome(line, "failed", error=error))
            continue
        try:
            step.add(line, contact)
        except (store.NotFound, store.Conflict) as problem:
            step.outcomes.append(Outcome(line, "failed", error=str(problem)))
    outcomes = step.end()
    errors = {outcome.line: outcome.error for outcome in outcomes if outcome.error}
    if errors and not skip:
        raise Failed(errors)
    return outcomes


class _Step:
    """Contacts that are stored in one transaction; new ones are kept back, to be inserted together."""

    def __init__(self, clients_id: int, overwrite: bool) -> None:
        self.clients_id = clients_id
        self.overwrite = overwrite
        self.now = store.now()
        self.outcomes: list[Outcome] = []
        self.new: list[tuple[int, tuple[Any, ...]]] = []
        self.keys: set[tuple[int, str]] = set()
        self.campaigns: dict[tuple[int | None, str | None], int] = {}
        self.codes: dict[tuple[int, str], int] = {}

    def add(self, line: int, contact: Mapping[str, Any]) -> None:
        if "" in contact.values():
            contact = {field: value for field, value in contact.items() if value != ""}
        get = contact.get
        campaign = self._find_campaign(get("DiallerCampaignsID"), get("DiallerCampaignsName"))
        code = self._find_code(campaign, get("ResultCodesExportKey"))
        user_data = get("UserData")
        if self.overwrite and user_data:
            duplicate = self._find_duplicate(campaign, user_data)
            if duplicate is not None:
                result = {"dtNextTry": get("dtNextTry"), "DiallerCampaignsResultCodesID": code}
                self._overwrite(duplicate, contact, result)
                self.outcomes.append(Outcome(line, "overwritten", duplicate))
                return
            self.keys.add((campaign, user_data))
        self.new.append((line, (self.clients_id, campaign, self.now, get("dtNextTry"), code, *map(get, FIELDS))))

    def end(self) -> list[Outcome]:
        self._insert()
        return sorted(self.outcomes)

    def _insert(self) -> None:
        if not self.new:
            return
        rows = [row for _, row in self.new]
        first = store.insert_all("DiallerContacts", COLUMNS, rows)
        self.outcomes += [Outcome(line, "created", first + index) for index, (line, _) in enumerate(self.new)]
        for campaign, count in Counter(row[1] for row in rows).items():
            contacts.change_count(self.clients_id, campaign, count)
        self.new.clear()
        self.keys.clear()

    def _overwrite(self, contact_id: int, contact: Mapping[str, Any], result: Mapping[str, Any]) -> None:
        if contact.get("ResetContact"):
            store.execute(f"update DiallerContacts set {RESET} where ID = :id", id=contact_id)
        row = {field: contact.get(field) for field in FIELDS}
        row |= {"dtImported": self.now, **{column: value for column, value in result.items() if value is not None}}
        columns = ", ".join(f"{column} = :{column}" for column in row)
        store.execute(f"update DiallerContacts set {columns} where ID = :id", id=contact_id, **row)

    def _find_campaign(self, campaign_id: int | None, name: str | None) -> int:
        if (campaign_id, name) not in self.campaigns:
            conditions = {"ID": campaign_id, "Name": name}
            given = {column: value for column, value in conditions.items() if value is not None}
            where = " and ".join(f"{column} = :{column}" for column in given)
            self.campaigns[campaign_id, name] = _find(
                f"select ID from DiallerCampaigns where ClientsID = :client and {where}",
                "Dialler campaign not found",
                client=self.clients_id,
                **given,
            )
        return self.campaigns[campaign_id, name]

    def _find_code(self, campaign: int, key: str | None) -> int | None:
        if key is not None and (campaign, key) not in self.codes:
            self.codes[campaign, key] = _find(
                "select ID from DiallerCampaignsResultCodes"
                " where DiallerCampaignsID = :campaign and ExportKey = :key order by ID limit 1",
                "Dialler result code not found",
                campaign=campaign,
                key=key,
            )
        return None if key is None else self.codes[campaign, key]

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
