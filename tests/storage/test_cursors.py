"""A cursor is read as it was written, with the filter that it carries, and by its own list only."""

import pytest

from data.lists.cursors import Cursor, Key, is_carried, read_cursor, write_cursor

pytestmark = pytest.mark.sqlite

SCOPE = ["AcdGroups", 1, "Name", True]
FILTERS = ["", "ID gt 1", f"contains(Name,'{'x' * 400}')"]


@pytest.mark.parametrize("filter_", FILTERS)
def test_read_written_cursor_gives_it(filter_: str) -> None:
    cursor = Cursor(Key("Müller", 7), True, 12, filter_)
    given = "" if is_carried(filter_) else filter_
    assert read_cursor(write_cursor(cursor, SCOPE), SCOPE, given) == cursor


@pytest.mark.parametrize("filter_", FILTERS)
def test_read_cursor_of_another_list_is_refused(filter_: str) -> None:
    text = write_cursor(Cursor(Key("Müller", 7), True, 12, filter_), SCOPE)
    with pytest.raises(ValueError, match="another list"):
        read_cursor(text, ["AcdGroups", 2, "Name", True], "" if is_carried(filter_) else filter_)
