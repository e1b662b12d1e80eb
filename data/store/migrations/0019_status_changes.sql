-- The changes of the statuses of ACD events, in the order of their IDs; see data/event_status.py.
-- engine: sqlite
create table AcdEventStatusChanges (
    ID integer primary key autoincrement,
    AcdEventsID integer not null references AcdEvents (ID),
    AcdEventStatusIDBefore integer not null references AcdEventStatus (ID),
    AcdEventStatusID integer not null references AcdEventStatus (ID),
    -- The agent who has the event then.
    UsersID integer,
    dtChanged text not null
) strict;
-- engine: postgresql
create table AcdEventStatusChanges (
    ID bigint primary key,
    AcdEventsID bigint not null references AcdEvents (ID),
    AcdEventStatusIDBefore bigint not null references AcdEventStatus (ID),
    AcdEventStatusID bigint not null references AcdEventStatus (ID),
    UsersID bigint,
    dtChanged text collate C not null
);

call give_ids('AcdEventStatusChanges');
-- engine: all

create index AcdEventStatusChangesOfEvent on AcdEventStatusChanges (AcdEventsID, ID);
