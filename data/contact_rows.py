"""Contacts on their way in, a thousand at a time."""

from collections.abc import Collection, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

SIZE = 1_000
# What an import says of a contact, each a column of its table; a field that it leaves out is empty.
FIELDS = (
    *("UserData", "Client", "Service", "ReferenceNumber", "Name", "FirstName", "Salutation", "Title", "Company"),
    *("Address", "PostalCode", "City", "Country", "Region", "AccountOwner", "AccountBank", "AccountNationalBankCode"),
    *("AccountBIC", "AccountNumber", "AccountIBAN", "Amount", "PhoneNumber1", "PhoneNumber2", "PhoneNumber3"),
    *("PhoneNumber4", "PhoneNumber5", "PhoneNumber6", "FaxNumber", "Email", "Website", "Comment"),
    *("ExternalSystemLink", "Model", "Tag", "RandomSortOrder", "ReservedUsersUID", "FollowUpUsersUID"),
    "dtNextTry",
)
# What it says beside that, alike for many contacts.
SETTINGS = ("DiallerCampaignsID", "DiallerCampaignsName", "ResultCodesExportKey", "ResetContact")


class Batch(NamedTuple):
    """Contacts that are stored together, as rows: dicts take twice as long to put away and to bind.

    :param fields: those of `FIELDS` that any of the contacts has.
    :param lines: where each contact stands in its file, from 1.
    :param rows: the values of the fields for each contact; null for what is empty.
    :param settings: the values of `SETTINGS` for each contact, likewise.
    :param errors: what is wrong with lines that hold no valid contact.
    :param last: the last line of all.
    """

    fields: Sequence[str]
    lines: Sequence[int]
    rows: Sequence[tuple[Any, ...]]
    settings: Sequence[tuple[Any, ...]]
    errors: Mapping[int, str]
    last: int

    def split(self, size: int) -> list["Batch"]:
        """Return the batch in parts of so many contacts; the errors are in the first one."""
        parts = [
            self._replace(
                lines=self.lines[at : at + size],
                rows=self.rows[at : at + size],
                settings=self.settings[at : at + size],
                errors={},
            )
            for at in range(0, max(1, len(self.lines)), size)
        ]
        return [parts[0]._replace(errors=self.errors), *parts[1:]]


def make_batch(contacts: Mapping[int, Mapping[str, Any]], errors: Mapping[int, str]) -> Batch:
    """Return contacts as they are stored.

    :param contacts: their fields by line, valid by the contract.
    :param errors: what is wrong with the other lines; both together are one line at least.
    """
    used = set[str]().union(*contacts.values())
    fields = [field for field in FIELDS if field in used]
    rows = _pick(contacts.values(), fields)
    return Batch(fields, [*contacts], rows, _pick(contacts.values(), SETTINGS), errors, max([*contacts, *errors]))


def _pick(contacts: Collection[Mapping[str, Any]], names: Sequence[str]) -> list[tuple[Any, ...]]:
    try:
        # A third of the time of `get`, if all have all; there are two names at least, so that it gives tuples.
        rows = [*map(itemgetter(*names), contacts)] if contacts else []
    except KeyError:
        rows = [tuple(map(contact.get, names)) for contact in contacts]
    return [tuple(None if value == "" else value for value in row) if "" in row else row for row in rows]
