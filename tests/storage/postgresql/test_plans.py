"""PostgreSQL reads pages of contacts by an index and in its order, as long as nothing is imported and while it is."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.postgresql import Connection, run

CONTACTS = 100_000
STAGED = 500
PAGE = 101
VIEW = "DiallerContactsPresent"
# What is read, and the index that is to be used; None for any.
QUERIES = {
    f"select Record from {VIEW} where ClientsID = 1 order by Name, ID limit {PAGE}": "DiallerContactsByName",
    f"select Record from {VIEW} where ClientsID = 1 order by Name desc, ID desc limit {PAGE}": "DiallerContactsByName",
    f"select Record from {VIEW} where ClientsID = 1 and (Name, ID) > ('Name5', 5) order by Name, ID limit {PAGE}": (
        "DiallerContactsByName"
    ),
    f"select Record from {VIEW} where ClientsID = 1 order by ID limit {PAGE}": None,
    f"select Record from {VIEW} where ClientsID = 1 order by ID desc limit {PAGE}": None,
    f"select Record from {VIEW} where DiallerCampaignsID = 7 order by Name, ID limit {PAGE}": (
        "DiallerContactsOfCampaignByName"
    ),
    f"select Record from {VIEW} where DiallerCampaignsID = 7 order by ID limit {PAGE}": None,
}
LOOKUPS = {
    f"select Record from {VIEW} where ClientsID = 1 and ID = 50001": "DiallerContacts_pkey",
    f"select Record from {VIEW} where ClientsID = 1 and UserData = 'Data5000' order by ID": "DiallerContactsByUserData",
}
# As the statements of the store run once they are prepared.
GENERIC = "prepare page (bigint, bigint) as select Record from {} where ClientsID = $1 order by Name, ID limit $2"


@pytest.fixture(scope="module")
def filled(connection: Connection) -> Connection:
    """A connection to a database with many contacts of two clients and twenty campaigns, and its statistics."""
    run(
        connection,
        "insert into DiallerContacts (ClientsID, DiallerCampaignsID, UserData, Name)"
        " select 1 + n % 2, n % 20, case when n % 3 > 0 then 'Data' || n end, 'Name' || n * 7919 % 100000"
        " from generate_series(1, :contacts) as n order by n",
        contacts=CONTACTS,
    )
    connection.execute("analyze")
    return connection


@pytest.fixture(params=["no import", "imports"])
def database(filled: Connection, request: pytest.FixtureRequest) -> Iterator[Connection]:
    """The filled database, without imports, and with one that runs and one that was published just now."""
    with filled.transaction(force_rollback=True):
        if request.param == "imports":
            run(filled, "insert into DiallerContactsUploads values (1, 1, 1, 1, 0, 0, 1, 1), (2, 1, 1, 1, 1, 0, 0, 0)")
            run(
                filled,
                "insert into DiallerContactsStaged select 1, * from DiallerContacts where ID % 2 = 1 limit :staged",
                staged=STAGED,
            )
            run(filled, "insert into DiallerContactsArrivals values (:last - 999, :last, 2)", last=CONTACTS)
        yield filled


def explain(database: Connection, sql: str) -> list[dict[str, Any]]:
    """Run a statement, and return all nodes of its plan."""
    ((plan,),) = (row.values() for row in run(database, f"explain (analyze, format json) {sql}"))
    return [*_walk(plan[0]["Plan"])]


def _walk(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _walk(child)


def require_indexed(nodes: list[dict[str, Any]], index: str | None, most: int) -> None:
    """Assert that a plan reads the contacts by one index, and not many more than it returns."""
    (scan,) = (node for node in nodes if node.get("Relation Name") == node.get("Alias") == "DiallerContacts")
    assert scan["Node Type"] in ("Index Scan", "Index Only Scan")
    assert index in (None, scan["Index Name"])
    assert scan["Actual Rows"] + scan.get("Rows Removed by Filter", 0) <= most


@pytest.mark.parametrize("sql", QUERIES)
def test_page_of_contacts_is_read_by_index_without_sort(database: Connection, sql: str) -> None:
    nodes = explain(database, sql)
    # More than a page: the ID order of all clients may serve, and some contacts are hidden.
    require_indexed(nodes, QUERIES[sql], most=20 * PAGE + 2 * STAGED)
    sorts = [node for node in nodes if "Sort" in node["Node Type"]]
    assert all(node["Actual Rows"] <= STAGED and "DiallerContacts" not in _relations(node) for node in sorts)


def _relations(node: dict[str, Any]) -> set[str]:
    return {each["Relation Name"] for each in _walk(node) if "Relation Name" in each}


@pytest.mark.parametrize("sql", LOOKUPS)
def test_lookup_of_contact_uses_index(database: Connection, sql: str) -> None:
    require_indexed(explain(database, sql), LOOKUPS[sql], most=2)


def test_prepared_page_of_contacts_is_read_by_index_without_sort(database: Connection) -> None:
    database.execute("set local plan_cache_mode = force_generic_plan")
    run(database, GENERIC.format(VIEW))
    try:
        nodes = explain(database, f"execute page (1, {PAGE})")
    finally:
        database.execute("deallocate page")
    require_indexed(nodes, "DiallerContactsByName", most=PAGE + 2 * STAGED)
    assert not [node for node in nodes if node["Node Type"] == "Sort" and "DiallerContacts" in _relations(node)]


def test_view_without_imports_reads_no_row_of_theirs(filled: Connection) -> None:
    sql = f"select Record from {VIEW} where ClientsID = 1 order by Name, ID limit {PAGE}"
    scans = [node for node in explain(filled, sql) if "Relation Name" in node]
    others = [node for node in scans if not node["Relation Name"] == node["Alias"] == "DiallerContacts"]
    assert all(node["Actual Loops"] <= 1 and node["Actual Rows"] == 0 for node in others)
