"""The stored counts follow the rows that they count."""

from tests.support.postgresql import Connection, run


def test_events_inserted_are_counted_for_their_client(connection: Connection) -> None:
    run(connection, "insert into Clients (ID, Name) values (1, 'One'), (2, 'Two')")
    run(connection, "insert into AcdEventTypes (ID, ShortText) values (1, 'Type')")
    run(connection, "insert into AcdEventStatus (ID, ShortText) values (1, 'Status')")
    run(connection, "insert into AcdGroups (ID, ClientsID, Name) values (1, 1, 'Group')")
    insert = (
        "insert into AcdEvents (ID, ClientsID, AcdEventTypesID, AcdEventStatusID, AcdGroupsID, Sender, Subject,"
        " dtCreated, dtLastModified) select n, 1 + n % 2, 1, 1, 1, 'Sender', 'Subject',"
        " '2026-01-01T00:00:00.000', '2026-01-01T00:00:00.000' from generate_series(:first, 5) as n"
        " on conflict (ID) do update set Subject = 'Changed'"
    )
    run(connection, insert, first=3)
    run(connection, insert, first=1)
    rows = run(connection, "select ClientsID, nEvents from AcdEventsCounts order by ClientsID")
    assert rows == [{"ClientsID": 1, "nEvents": 2}, {"ClientsID": 2, "nEvents": 3}]


def test_counts_of_campaigns_changed_change_total_of_client(connection: Connection) -> None:
    insert = "insert into DiallerContactsCounts (ClientsID, DiallerCampaignsID, nContacts) values (:client, :id, :many)"
    for client, campaign, many in ((1, 1, 10), (1, 2, 5), (2, 3, 7)):
        run(connection, insert, client=client, id=campaign, many=many)
    run(connection, "update DiallerContactsCounts set nContacts = nContacts - 4 where DiallerCampaignsID = 1")
    run(connection, "delete from DiallerContactsCounts where DiallerCampaignsID = 2")
    rows = run(connection, "select ClientsID, nContacts from DiallerContactsTotals order by ClientsID")
    assert rows == [{"ClientsID": 1, "nContacts": 6}, {"ClientsID": 2, "nContacts": 7}]
