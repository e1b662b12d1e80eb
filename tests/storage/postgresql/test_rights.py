"""A role that may only read and write rows can do all that the service does."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.support.postgresql import Connection, run


@pytest.fixture
def writer(connection: Connection) -> Iterator[Connection]:
    """A connection as such a role; what a test does there is undone."""
    with connection.transaction(force_rollback=True):
        connection.execute("create role writer")
        connection.execute("grant select, insert, update, delete on all tables in schema public to writer")
        connection.execute("set local role writer")
        yield connection


def test_import_by_role_without_ownership_is_seen(writer: Connection) -> None:
    run(writer, "insert into Clients (Name) values ('Client')")
    (campaign,) = run(writer, "insert into DiallerCampaigns (ClientsID, Name) values (1, 'Name') returning ID, Record")
    assert campaign["ID"] == 1
    run(writer, "insert into DiallerContacts (ClientsID, DiallerCampaignsID, Name) values (1, 1, 'Old')")
    (upload,) = run(
        writer,
        "insert into DiallerContactsUploads (ClientsID, nStepped, bOverwrites, bStaged, bPublished)"
        " values (1, 1, 1, 1, 1) returning ID",
    )
    run(writer, "insert into DiallerContactsStaged select :id, * from DiallerContacts", id=upload["ID"])
    run(writer, "update DiallerContactsStaged set Name = 'New'")
    assert run(writer, "select ID, Name from DiallerContactsPresent") == [{"ID": 1, "Name": "New"}]


def test_table_created_by_role_without_ownership_is_refused(writer: Connection) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), writer.transaction():
        run(writer, "create table Others (ID bigint)")
