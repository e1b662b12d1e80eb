"""Readers see the contacts that they are to see, whatever imports and purges have left."""

from collections.abc import Iterator

import pytest

from tests.support.postgresql import Connection, run

OLD, FAILED, PUBLISHED = 1, 2, 3


@pytest.fixture
def database(connection: Connection) -> Iterator[Connection]:
    """A database with the contacts 1 to 6 in the campaigns 1 and 2; what a test does there is undone."""
    with connection.transaction(force_rollback=True):
        run(
            connection,
            "insert into DiallerContacts (ID, ClientsID, DiallerCampaignsID, UserData, Name)"
            " select n, 1, 1 + n % 2, 'Data' || n, 'Old' || n from generate_series(1, 6) as n",
        )
        yield connection


def read(database: Connection, where: str = "ClientsID = 1") -> list[str]:
    """Return the names of the contacts that readers see, in ID order; the record of each fits."""
    rows = run(database, f"select ID, Name, Record::json ->> 'Name' as Own from DiallerContactsPresent where {where}")
    assert all(row["Name"] == row["Own"] for row in rows)
    return [row["Name"] for row in sorted(rows, key=lambda row: row["ID"])]


def begin_upload(database: Connection, upload: int, *, staged: bool = False) -> None:
    """Add an import that is not published; with a changed copy of contact 3 if it is staged."""
    run(
        database,
        "insert into DiallerContactsUploads (ID, ClientsID, nStepped, bOverwrites, bStaged)"
        " values (:upload, 1, 1, 1, :staged)",
        upload=upload,
        staged=int(staged),
    )
    if staged:
        run(
            database,
            "insert into DiallerContactsStaged select :upload, * from DiallerContacts where ID = 3",
            upload=upload,
        )
        run(
            database,
            "update DiallerContactsStaged set Name = :name, DiallerCampaignsID = 1"
            " where DiallerContactsUploadsID = :upload",
            name=f"New{upload}",
            upload=upload,
        )


def publish(database: Connection, upload: int) -> None:
    """Publish an import."""
    run(database, "delete from DiallerContactsArrivals where DiallerContactsUploadsID = :upload", upload=upload)
    run(database, "update DiallerContactsUploads set bPublished = 1 where ID = :upload", upload=upload)


def test_read_without_imports_returns_all_contacts(database: Connection) -> None:
    assert read(database) == [f"Old{n}" for n in range(1, 7)]


def test_read_during_purge_returns_contacts_of_other_campaigns(database: Connection) -> None:
    run(database, "insert into DiallerContactsPurges values (2)")
    assert read(database) == ["Old2", "Old4", "Old6"]
    begin_upload(database, PUBLISHED, staged=True)
    publish(database, PUBLISHED)
    run(database, "update DiallerContactsStaged set DiallerCampaignsID = 2")
    assert read(database) == ["Old2", "Old4", "Old6"]


def test_read_during_import_returns_contacts_outside_of_its_ranges(database: Connection) -> None:
    begin_upload(database, OLD)
    run(database, "insert into DiallerContactsArrivals values (2, 3, :upload), (5, 5, :upload)", upload=OLD)
    assert read(database) == ["Old1", "Old4", "Old6"]
    publish(database, OLD)
    assert len(read(database)) == 6


def test_read_of_overwritten_contact_returns_old_one_until_import_is_published(database: Connection) -> None:
    begin_upload(database, FAILED, staged=True)
    begin_upload(database, PUBLISHED, staged=True)
    old = [f"Old{n}" for n in range(1, 7)]
    assert read(database) == old
    publish(database, PUBLISHED)
    assert read(database) == [*old[:2], "New3", *old[3:]]
    assert read(database, "ClientsID = 1 and ID = 3") == ["New3"]
    assert read(database, "ClientsID = 1 and UserData = 'Data3'") == ["New3"]
    assert read(database, "DiallerCampaignsID = 1") == ["Old2", "New3", "Old4", "Old6"]
    run(database, "delete from DiallerContactsStaged where DiallerContactsUploadsID = :upload", upload=PUBLISHED)
    assert read(database) == old
