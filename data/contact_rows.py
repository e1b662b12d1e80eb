"""Batches: the contacts of an import as rows, a thousand at a time."""

from collections.abc import Collection, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

SIZE = 1_000
# The fields of an imported contact, each a column of its table; a field that is left out is empty.
FIELDS = (
    *("UserData", "Client", "Service", "ReferenceNumber", "Name", "FirstName", "Salutation", "Title", "Company"),
    *("Address", "PostalCode", "City", "Country", "Region", "AccountOwner", "AccountBank", "AccountNationalBankCode"),
    *("AccountBIC", "AccountNumber", "AccountIBAN", "Amount", "PhoneNumber1", "PhoneNumber2", "PhoneNumber3"),
    *("PhoneNumber4", "PhoneNumber5", "PhoneNumber6", "FaxNumber", "Email", "Website", "Comment"),
    *("ExternalSystemLink", "Model", "Tag", "RandomSortOrder", "ReservedUsersUID", "FollowUpUsersUID"),
    "dtNextTry",
)
# The other fields of an imported contact, which often are the same for many contacts.
SETTINGS = ("DiallerCampaignsID", "DiallerCampaignsName", "ResultCodesExportKey", "ResetContact")


class Batch(NamedTuple):
    """Contacts that are stored together, as rows: dicts would take twice as long to build and to bind.

    :param fields: those of `FIELDS` that any of the contacts has.
    :param lines: the number of each contact's line in its file, from 1.
    :param rows: the values of the fields for each contact; None for an empty value.
    :param settings: the values of `SETTINGS` for each contact; None for an empty value.
    :param errors: number of a line without a valid contact to what is wrong with it.
    :param last: the number of the batch's last line.
    """

    fields: Sequence[str]
    lines: Sequence[int]
    rows: Sequence[tuple[Any, ...]]
    settings: Sequence[tuple[Any, ...]]
    errors: Mapping[int, str]
    last: int

    def split(self, size: int) -> list["Batch"]:
        """Return the batch in smaller batches; the first one has all the errors.

        :param size: how many contacts each has at most.
        """
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
    """Return a batch.

    :param contacts: line number to the contact's fields, valid by the contract.
    :param errors: line number to what is wrong; contacts and errors together have at least one line.
    """
    used = set[str]().union(*contacts.values())
    fields = [field for field in FIELDS if field in used]
    rows = _pick(contacts.values(), fields)
    # By columns, because most are empty.
    settings = [_pick_column(contacts.values(), name if name in used else None) for name in SETTINGS]
    return Batch(fields, [*contacts], rows, [*zip(*settings, strict=True)], errors, max([*contacts, *errors]))


def _pick(contacts: Collection[Mapping[str, Any]], names: Sequence[str]) -> list[tuple[Any, ...]]:
    try:
        # A third of the time of `get`, where every contact has every field. With two names or more it returns tuples.
        rows = [*map(itemgetter(*names), contacts)] if contacts else []
    except KeyError:
        rows = [tuple(map(contact.get, names)) for contact in contacts]
    return [tuple(None if value == "" else value for value in row) if "" in row else row for row in rows]


def _pick_column(contacts: Collection[Mapping[str, Any]], name: str | None) -> Sequence[Any]:
    if name is None:
        return [None] * len(contacts)
    column = [contact.get(name) for contact in contacts]
    return [None if value == "" else value for value in column] if "" in column else column
