"""Listing: reads a page of a table's records in a total order, in bounded memory."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import takewhile
from typing import Any, NamedTuple

from data import store
from data.lists.cursors import Cursor, Key, read_cursor, write_cursor
from data.lists.fields import list_fields
from data.lists.filters import BadFilter, compile_filter
from data.lists.pages import ALL, LARGEST_INTEGER, BadPage, Chunk, Listing, Page, Source

# A page with more records is long: it is read and sent in chunks of at most this many.
CHUNK = 1000
# The first chunk is small, so that it is sent early.
FIRST_CHUNK = 50
# In bytes. A larger page is long too. A chunk ends with the record that brings it to LARGEST_CHUNK.
LARGEST_PAGE = 1024 * 1024
LARGEST_CHUNK = 64 * 1024
# Runs a statement with its parameters.
Query = Callable[..., store.Records]
NO_CURSOR = "is none that this list gave for this filter, orderBy and ascending"


def list_page(source: Source, page: Page) -> Listing:
    """Return a page of a list (contract: the parameters filter, limitStart, limitPageSize, orderBy, ascending, cursor).

    :param source: the records.
    :param page: the part of them that is asked for.
    :raises BadPage: the filter or the cursor is wrong.
    :raises ValueError: the records have no field of the name `order_by`.
    """
    cursor = _read_cursor(source, page) if page.cursor else None
    return _List(source, page._replace(filter_=cursor.filter_) if cursor else page, cursor).read()


def _find_scope(source: Source, page: Page) -> list[Any]:
    """Return what a cursor is valid for, beside its filter."""
    return [source.table, source.where, *source.parameters.values(), page.order_by, page.ascending]


def _read_cursor(source: Source, page: Page) -> Cursor:
    if page.limit_start:
        raise BadPage("cursor", "cannot be given together with limitStart")
    try:
        cursor = read_cursor(page.cursor, _find_scope(source, page), page.filter_)
    except ValueError as error:
        raise BadPage("cursor", NO_CURSOR) from error
    field = list_fields(source.stored or source.table).get(page.order_by)
    # Anybody can write a cursor, and an engine may not compare values of different types.
    if field is not None and not field.fits(cursor.key.value):
        raise BadPage("cursor", NO_CURSOR)
    return cursor


class _Span(NamedTuple):
    """The records to read: those after a key, without the first `offset`, up to and including the key `until`.

    `start` is how many records come before them.
    """

    start: int
    after: Key | None = None
    offset: int = 0
    until: Key | None = None
    is_empty: bool = False


class _Plan(NamedTuple):
    """What all pages of a list have in common.

    :param matching: the SQL that selects the matching records.
    :param parameters: the values of the filter's named parameters.
    :param nullable: whether the field to sort by can be null.
    :param together: the SQL that joins all records to one text, for lists of one chunk at most.
    """

    matching: str
    parameters: Mapping[str, Any]
    nullable: bool
    together: str


@store.cached(256)
def _make_plan(table: str, stored: str, where: str, filter_: str, order_by: str, ascending: bool) -> _Plan:
    fields = list_fields(stored)
    if order_by not in fields:
        raise ValueError(f"{table} has no column {order_by}")
    try:
        condition = compile_filter(filter_, fields)
    except BadFilter as error:
        raise BadPage("filter", str(error)) from error
    matching = f"from {table} where ({where}) and {condition.sql}"
    nullable = fields[order_by].nullable
    # The engine joins a hundred records in a quarter of the time that it takes to return them one by one.
    together = (
        f"select {store.current().join('Record')} as text, count(*) as size from ("
        f"select Record {matching} order by {_order(order_by, 'ID', ascending, nullable)} limit {CHUNK + 1}) as Records"
    )
    return _Plan(matching, condition.parameters, nullable, together)


class _List:
    """The pages of a list. A key is the place of a record in its order."""

    def __init__(self, source: Source, page: Page, cursor: Cursor | None) -> None:
        self.source, self.page, self.cursor = source, page, cursor
        stored = source.stored or source.table
        self.plan = _make_plan(source.table, stored, source.where, page.filter_, page.order_by, page.ascending)
        self.size = LARGEST_INTEGER if page.limit_page_size == ALL else page.limit_page_size
        self.parameters = {**source.parameters, **self.plan.parameters}

    def read(self) -> Listing:
        """Return the page that is asked for."""
        if self.page.is_whole and (self.source.count_all is None or self.source.count_all() <= CHUNK):
            chunk = self._read_together()
            if chunk.size <= CHUNK and len(chunk.text) < LARGEST_PAGE:
                return Listing(self.page, 0, iter([chunk]), is_long=False)
        span = self._find_span()
        is_long = self._is_long(span)
        size = FIRST_CHUNK if is_long else min(self.size, CHUNK)
        # One more row than a short page has shows whether records follow, unless the page ends at a cursor.
        rows = self._read_rows(span, size + 1, LARGEST_CHUNK if is_long else LARGEST_PAGE)
        if not is_long and sum(rows.sizes[:size]) >= LARGEST_PAGE:
            is_long, rows = True, self._read_rows(span, FIRST_CHUNK, LARGEST_CHUNK)
        has_following = len(rows.keys) > size if span.until is None and not is_long else None
        if is_long and span.until is None and self.size < LARGEST_INTEGER:
            # Records that are added while the page is sent make it longer. The next page begins after this key.
            keys = self._read_keys(span.after, min(span.offset + self.size - 1, LARGEST_INTEGER), 1)
            span = span._replace(until=keys[0] if keys else None)
        elif not is_long:
            rows = rows.cut(self.size)
            span = span._replace(until=Key(*rows.keys[-1]) if rows.keys else None)
        chunks = _Chunks(self._read_rows, rows, span.until) if is_long else iter([Chunk(rows.text, len(rows.keys))])
        listing = Listing(self.page, span.start, chunks, is_long)
        if self.page.is_whole:
            return listing
        listing = listing._replace(total=self._count())
        if self.page.limit_page_size < 1:
            return listing
        if not rows.keys:
            return self._link_around(listing)
        behind = span.start + (self.size if is_long else len(rows.keys))
        return listing._replace(
            previous=self._link(Key(*rows.keys[0]), True, span.start, None if self.cursor else span.start > 0),
            following=span.until and self._link(span.until, False, behind, has_following),
        )

    def _link_around(self, listing: Listing) -> Listing:
        """Return a page without records, with links to the records before and after its place."""
        if self.cursor:
            (value, record_id), is_before, _, _ = self.cursor
            position = listing.start
        else:
            keys = self._read_keys(None, 0, 1, forward=False)
            if not keys:
                return listing
            (value, record_id), is_before = keys[0], False
            position = self._count_matching("true", self.parameters) if listing.total is None else listing.total
        # Next to the known key: no other record can be between the two.
        key = Key(value, record_id + (1 if self.page.ascending is not is_before else -1))
        return listing._replace(previous=self._link(key, True, position), following=self._link(key, False, position))

    def _read_together(self) -> Chunk:
        text, size = store.values(self.plan.together, **self.parameters)
        return Chunk(text or b"", size)

    def _find_span(self) -> _Span:
        if not self.cursor:
            return _Span(self.page.limit_start, offset=self.page.limit_start)
        key, backward, position, _ = self.cursor
        if not backward:
            return _Span(position, after=key)
        before = self._read_keys(key, self.size, 1, forward=False)
        last = self._read_keys(key, 0, 1, forward=False)
        start = max(0, position - self.size) if before else 0
        return _Span(start, next(iter(before), None), 0, next(iter(last), None), is_empty=not last)

    def _is_long(self, span: _Span) -> bool:
        keys: list[Key] = []
        if self.size > CHUNK and not span.is_empty:
            keys = self._read_keys(span.after, min(span.offset + CHUNK, LARGEST_INTEGER), 1)
        return any(not self._is_beyond(key, span.until) for key in keys)

    def _read_rows(self, span: _Span, limit: int, largest: int) -> store.Records:
        """Return the first records of a span: `limit` at most, and no more once they have `largest` bytes."""
        # SQLite knows that the subquery has this order already. By another name for the ID, it would sort once more,
        # and for that read the records of all IDs first.
        column = "Picked.ID" if self.page.order_by == "ID" else "Value"
        order = _order(column, "Picked.ID", self.page.ascending, self.plan.nullable)
        # The subquery picks the IDs, by an index if there is one, so that skipped records are not read.
        sql = (
            f"select {store.current().encoded('Record')} as Record, Value, Picked.ID from ({{picked}}) as Picked"
            f" cross join {self.source.table} as Records where Records.ID = Picked.ID order by {order}"
        )
        query = partial(store.query_records, largest)
        rows = self._select(query, sql, span.after, span.offset, 0 if span.is_empty else limit, True, largest)
        if span.until is None:
            return rows
        within = takewhile(lambda key: not self._is_beyond(Key(*key), span.until), rows.keys)
        return rows.cut(len([*within]))

    def _read_keys(self, after: Key | None, offset: int, limit: int, forward: bool = True) -> list[Key]:
        return [Key(*key) for key in self._select(_query_keys, "{picked}", after, offset, limit, forward).keys]

    def _select(
        self, query: Query, sql: str, after: Key | None, offset: int, limit: int, forward: bool, largest: int = 0
    ) -> store.Records:
        column, rising = self.page.order_by, self.page.ascending is forward
        values = {**self.parameters, "after_id": after and after.id, "after_value": after and after.value}
        rows = store.Records()
        for segment in self._segments(after, rising):
            picked = (
                f"select {column} as Value, ID {self.plan.matching} and {segment}"
                f" order by {_order(column, 'ID', rising, self.plan.nullable)} limit :limit offset :offset"
            )
            found = query(sql.format(picked=picked), **values, limit=limit - len(rows.keys), offset=offset)
            rows = rows.extend(found)
            if len(rows.keys) == limit or (largest and sum(rows.sizes) >= largest):
                break
            offset = 0 if found.keys or not offset else offset - self._count_matching(segment, values)
        return rows

    def _segments(self, after: Key | None, rising: bool) -> list[str]:
        """Return conditions on the rows after a key, in order; each can use an index, which an `or` of them cannot."""
        column, sign = self.page.order_by, ">" if rising else "<"
        if after is None:
            return ["true"]
        if column == "ID":
            return [f"ID {sign} :after_id"]
        if after.value is None:
            nulls = f"{column} is null and ID {sign} :after_id"
            return [nulls, f"{column} is not null"] if rising else [nulls]
        beyond = f"({column}, ID) {sign} (:after_value, :after_id)"
        return [beyond, f"{column} is null"] if self.plan.nullable and not rising else [beyond]

    def _is_beyond(self, key: Key, until: Key | None) -> bool:
        if until is None:
            return False
        first, second = (key, until) if self.page.ascending else (until, key)
        return _rank(first) > _rank(second)

    def _link(self, key: Key, backward: bool, position: int, is_known: bool | None = None) -> str | None:
        """Return the text of a cursor; None if no records are in its direction (`is_known` saves that query)."""
        if is_known is None:
            is_known = bool(self._read_keys(key, 0, 1, forward=not backward))
        cursor = Cursor(key, backward, position, self.page.filter_)
        return write_cursor(cursor, _find_scope(self.source, self.page)) if is_known else None

    def _count(self) -> int | None:
        if self.page.filter_ and not self.source.counts_filtered:
            return None
        if self.source.count_all and not self.page.filter_:
            return self.source.count_all()
        return self._count_matching("true", self.parameters)

    def _count_matching(self, segment: str, parameters: Mapping[str, Any]) -> int:
        total: int
        (total,) = store.values(f"select count(*) {self.plan.matching} and {segment}", **parameters)
        return total


class _Chunks(Iterator[Chunk]):
    """The chunks of a long page. If the read of a chunk was interrupted, asking again reads it again.

    :param read: returns the first records of a span, up to a number and a size.
    :param rows: the records of the first chunk.
    :param until: the key of the last record of the page, if the page ends before the list.
    """

    def __init__(self, read: Callable[[_Span, int, int], store.Records], rows: store.Records, until: Key | None):
        self.read = read
        self.rows = rows
        self.span = _Span(0, until=until, is_empty=not rows.keys)
        self.limit = FIRST_CHUNK

    def __next__(self) -> Chunk:
        rows = self.rows if self.rows.keys else self.read(self.span, self.limit, LARGEST_CHUNK)
        if not rows.keys:
            raise StopIteration
        self.rows, self.span = store.Records(), self.span._replace(after=Key(*rows.keys[-1]))
        # A server makes all records up to the limit before it knows how many of them have the size of a chunk.
        self.limit = min(2 * len(rows.keys), CHUNK)
        return Chunk(rows.text, len(rows.keys))


def _order(column: str, record_id: str, rising: bool, nullable: bool) -> str:
    """Return the SQL of an order; a null comes before all values, and in falling order after them."""
    nulls = "" if not nullable else " nulls first" if rising else " nulls last"
    return f"{column} asc{nulls}, {record_id} asc" if rising else f"{column} desc{nulls}, {record_id} desc"


def _query_keys(sql: str, **parameters: Any) -> store.Records:
    return store.Records(keys=[(row["Value"], row["ID"]) for row in store.query(sql, **parameters)])


def _rank(key: Key) -> tuple[Any, ...]:
    return key.value is not None, *key
