"""Records: rows as the API shows them, a page of a list at a time."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from data import store


@dataclass(frozen=True)
class Page:
    """The part of a list that is asked for.

    :param filter_: text that the name contains, in any letter case; empty for all.
    :param limit_start: how many records come before the first one.
    :param limit_page_size: how many records at most; -1 for all.
    :param order_by: the column to sort by.
    :param ascending: False turns the whole order round.
    """

    filter_: str
    limit_start: int
    limit_page_size: int
    order_by: str
    ascending: bool


def list_page(table: str, name: str, page: Page, where: str = "true", **parameters: Any) -> list[str]:
    """Return a page of a table's records as JSON texts, in an order that is total.

    :param table: the table.
    :param name: the column that the filter is matched against.
    :param page: the part that is asked for; its `order_by` is a column of the table.
    :param where: SQL condition on the rows.
    :param parameters: the values of the condition's named parameters.
    :raises ValueError: the table has no column of the name `order_by`.
    """
    if page.order_by not in _columns(table):
        raise ValueError(f"{table} has no column {page.order_by}")
    order = "asc nulls first" if page.ascending else "desc nulls last"
    rows = store.query(
        f"select Record from {table} where {where} and (:filter = '' or instr(fold({name}), :filter))"
        f" order by {page.order_by} {order}, ID {order} limit :size offset :start",
        **parameters,
        filter=store.fold(page.filter_),
        size=page.limit_page_size,
        start=page.limit_start,
    )
    return [row["Record"] for row in rows]


def find_by_name(table: str, clients_id: int, name: str) -> list[str]:
    """Return a client's records whose name contains a text, in any letter case, as JSON texts in name order."""
    page = Page(filter_=name, limit_start=0, limit_page_size=-1, order_by="Name", ascending=True)
    return list_page(table, "Name", page, "ClientsID = :client", client=clients_id)


def get_by_id(table: str, clients_id: int, record_id: int, otherwise: str) -> str:
    """Return a client's record as JSON text.

    :param table: the table.
    :param clients_id: the client.
    :param record_id: the record's ID.
    :param otherwise: what to say if there is none.
    :raises store.NotFound: the client has no record with that ID.
    """
    row = store.one(
        f"select Record from {table} where ClientsID = :client and ID = :id", client=clients_id, id=record_id
    )
    if row is None:
        raise store.NotFound(otherwise)
    record: str = row["Record"]
    return record


def save(table: str, owner: str, row: Mapping[str, Any]) -> int:
    """Insert a row, or replace the one that has its ID and the same owner, and return the ID.

    :param table: the table.
    :param owner: the column that says whose the row is.
    :param row: column name to value; without `ID` the row gets the next one.
    :raises store.NotUnique: another owner's row has that ID, or the row's name is taken.
    """
    columns = ", ".join(row)
    values = ", ".join(f":{column}" for column in row)
    replaced = ", ".join(f"{column} = excluded.{column}" for column in row)
    saved = store.one(
        f"insert into {table} ({columns}) values ({values})"
        f" on conflict (ID) do update set {replaced} where {owner} = excluded.{owner} returning ID",
        **row,
    )
    if saved is None:
        raise store.NotUnique("ID: is another owner's")
    record_id: int = saved["ID"]
    return record_id


def to_row(record: Mapping[str, Any], columns: set[str], known: set[str]) -> dict[str, Any]:
    """Return the row that a record is stored as.

    :param record: the record, as the API shows it.
    :param columns: the record's fields that have a column of their own.
    :param known: all fields that the API documents; the others are kept together in `Extra`.
    """
    row = {field: record.get(field) for field in sorted(columns)}
    extra = {field: value for field, value in record.items() if field not in known}
    return row | {"Extra": json.dumps(extra, ensure_ascii=False, separators=(",", ":"))}


@cache
def _columns(table: str) -> frozenset[str]:
    columns = frozenset(store.connection()[table].columns_dict)
    # Not to be remembered.
    if not columns:
        raise store.Unavailable(f"there is no table {table}")
    return columns
