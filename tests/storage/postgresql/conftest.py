"""A PostgreSQL server, and databases with the schema of records."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
from psycopg.rows import dict_row

from data.store.postgresql.connections import SETTINGS
from tests.support.postgresql import Connection, create_database, make_schema, run_cluster

numbers = count()


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The URL of a server for the whole run; its database `records` has the schema, and no rows."""
    # Not below pytest's folders, which are closed to the user that the server runs as.
    with TemporaryDirectory(prefix="freiton-") as folder, run_cluster(Path(folder)) as url:
        make_schema(create_database(url, "records"))
        yield url


@pytest.fixture(scope="module")
def connection(server: str) -> Iterator[Connection]:
    """A connection as the service has it, to a database of one file's own with the schema; rows are dicts."""
    url = create_database(server, f"test{next(numbers)}", "records")
    with psycopg.connect(url, autocommit=True, row_factory=dict_row) as connection:
        connection.execute(SETTINGS)
        yield connection
