"""Records: the rows of a resource as the API shows them; queries that all resources share."""

import json
from collections.abc import Mapping
from typing import Any

from data import store
from data.lists.fields import fold_texts
from data.lists.listing import list_page
from data.lists.pages import Listing, Page, Source
from data.store.texts import fold


def list_all(table: str, clients_id: int, page: Page) -> Listing:
    """Return a page of a client's records.

    :param table: the table.
    :param clients_id: ID of the client account.
    :param page: the part of the list that is asked for.
    :raises BadPage: the filter or the cursor is wrong.
    """
    return list_page(Source(table, "ClientsID = :client", {"client": clients_id}), page)


def find_by_name(table: str, clients_id: int, name: str) -> list[str]:
    """Return a client's records whose name contains a text, in any letter case, as JSON texts in name order.

    :param table: the table; it has a covering index `…ByName` for this query.
    :param clients_id: ID of the client account.
    :param name: the text.
    """
    rows = store.query(
        f"select Record from {store.current().by_index(table, f'{table}ByName')}"
        f" where ClientsID = :client and {store.current().position('NameFolded', ':name')} > 0 order by Name, ID",
        client=clients_id,
        name=fold(name),
    )
    return [row["Record"] for row in rows]


def get_by_id(table: str, clients_id: int, record_id: int, otherwise: str) -> str:
    """Return a client's record as JSON text.

    :param table: the table.
    :param clients_id: ID of the client account.
    :param record_id: ID of the record.
    :param otherwise: the error message if there is none.
    :raises store.NotFound: the client has no record with that ID.
    """
    row = store.one(
        f"select Record from {table} where ClientsID = :client and ID = :id", client=clients_id, id=record_id
    )
    if row is None:
        raise store.NotFound(otherwise)
    record: str = row["Record"]
    return record


def list_ids(table: str) -> list[int]:
    """Return the IDs of all records of a table, in order.

    :param table: a table of the system's records, such as event types.
    """
    return [row["ID"] for row in store.query(f"select ID from {table} order by ID")]


def save(table: str, owner: str, row: Mapping[str, Any], returning: str = "ID") -> Any:
    """Insert a row, or replace the one that has its ID and the same owner, and return the ID or another column.

    :param table: the table.
    :param owner: the column that holds the ID of the row's owner.
    :param row: column to value; without `ID` the row gets the next one.
    :param returning: the column.
    :raises store.NotUnique: another owner's row has that ID, or the row's name is taken.
    """
    row = fold_texts(table, row)
    if row.get("ID") is None:
        # The table gives the next one.
        row.pop("ID", None)
    columns = ", ".join(row)
    values = ", ".join(f":{column}" for column in row)
    replaced = ", ".join(f"{column} = excluded.{column}" for column in row)
    saved = store.one(
        f"insert into {table} ({columns}) values ({values})"
        f" on conflict (ID) do update set {replaced} where {table}.{owner} = excluded.{owner} returning {returning}",
        **row,
    )
    if saved is None:
        raise store.NotUnique("ID: is another owner's")
    return saved[returning]


def save_unique(table: str, key: str, row: Mapping[str, Any], otherwise: str) -> int:
    """Insert or replace a row as `save` does, unless another row of the client has its key, and return the ID.

    :param table: the table.
    :param key: the column whose values differ within a client account.
    :param row: column to value, with `ClientsID`; see `save`.
    :param otherwise: the error message if another row of the client has the key.
    :raises store.NotUnique: another row has the key, or another client's row has the ID.
    """
    namesake = store.one(
        f"select ID from {table} where ClientsID = :client and {key} = :key", client=row["ClientsID"], key=row[key]
    )
    if namesake and namesake["ID"] != row["ID"]:
        raise store.NotUnique(otherwise)
    record_id: int = save(table, "ClientsID", row)
    return record_id


def to_row(record: Mapping[str, Any], columns: set[str], known: set[str]) -> dict[str, Any]:
    """Return the row that a record is stored as.

    :param record: the record, as the API shows it.
    :param columns: the record's fields that have a column of their own.
    :param known: all fields that the API documents; all others are stored in `Extra`.
    """
    row = {field: record.get(field) for field in sorted(columns)}
    extra = {field: value for field, value in record.items() if field not in known}
    return row | {"Extra": json.dumps(extra, ensure_ascii=False, separators=(",", ":"))}
