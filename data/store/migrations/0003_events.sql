-- The events of the ACD. `Record` is made as in 0001; a date-time at its end has no brace for `rtrim` to take off.

create table AcdEvents (
    ID integer primary key autoincrement,
    ClientsID integer not null references Clients (ID),
    AcdEventTypesID integer not null references AcdEventTypes (ID),
    AcdEventStatusID integer not null references AcdEventStatus (ID),
    AcdGroupsID integer not null references AcdGroups (ID),
    -- No foreign key: there are no users here.
    UsersID integer check (UsersID >= 0),
    Sender text not null check (length(Sender) between 1 and 255),
    Receiver text check (length(Receiver) <= 255),
    Subject text not null check (length(Subject) between 1 and 255),
    Body text check (length(Body) <= 65536),
    CrmURL text check (length(CrmURL) <= 2048),
    UserData text check (length(UserData) <= 255),
    ChatConnectorsID integer check (ChatConnectorsID >= 0),
    SkillsValue1 integer,
    SkillsValue2 integer,
    SkillsValue3 integer,
    dtCreated text not null check (dtCreated glob '????-??-??T??:??:??.???'),
    dtLastModified text not null check (dtLastModified glob '????-??-??T??:??:??.???'),
    Extra text not null default '{}' check (json_type(Extra) = 'object'),
    Record text generated always as (
        rtrim(json_object(
            'ID', ID,
            'ClientsID', ClientsID,
            'AcdEventTypesID', AcdEventTypesID,
            'AcdEventStatusID', AcdEventStatusID,
            'AcdGroupsID', AcdGroupsID,
            'UsersID', UsersID,
            'Sender', Sender,
            'Receiver', Receiver,
            'Subject', Subject,
            'Body', Body,
            'CrmURL', CrmURL,
            'UserData', UserData,
            'ChatConnectorsID', ChatConnectorsID,
            'SkillsValue1', SkillsValue1,
            'SkillsValue2', SkillsValue2,
            'SkillsValue3', SkillsValue3,
            'dtCreated', dtCreated,
            'dtLastModified', dtLastModified
        ), '}') || iif(Extra = '{}', '}', ',' || substr(Extra, 2))
    ) stored
) strict;

-- One for each field that the list can be sorted by.
create index AcdEventsByID on AcdEvents (ClientsID, ID);
create index AcdEventsByCreation on AcdEvents (ClientsID, dtCreated, ID);
create index AcdEventsByModification on AcdEvents (ClientsID, dtLastModified, ID);

-- How many events a client account has, so that a page need not count them.
create table AcdEventsCounts (
    ClientsID integer primary key references Clients (ID),
    nEvents integer not null
) strict;

create trigger AcdEventsCounted after insert on AcdEvents begin
    insert into AcdEventsCounts (ClientsID, nEvents) values (new.ClientsID, 1)
    on conflict do update set nEvents = nEvents + 1;
end;
