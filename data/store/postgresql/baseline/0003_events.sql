-- The events of the ACD.

create table AcdEvents (
    ID bigint primary key,
    ClientsID bigint not null references Clients (ID),
    AcdEventTypesID bigint not null references AcdEventTypes (ID),
    AcdEventStatusID bigint not null references AcdEventStatus (ID),
    AcdGroupsID bigint not null references AcdGroups (ID),
    -- No foreign key: there are no users here.
    UsersID bigint check (UsersID >= 0),
    Sender text collate C not null check (length(Sender) between 1 and 255),
    Receiver text collate C check (length(Receiver) <= 255),
    Subject text collate C not null check (length(Subject) between 1 and 255),
    Body text collate C check (length(Body) <= 65536),
    CrmURL text collate C check (length(CrmURL) <= 2048),
    UserData text collate C check (length(UserData) <= 255),
    ChatConnectorsID bigint check (ChatConnectorsID >= 0),
    SkillsValue1 bigint,
    SkillsValue2 bigint,
    SkillsValue3 bigint,
    dtCreated text collate C not null check (dtCreated like '____-__-__T__:__:__.___'),
    dtLastModified text collate C not null check (dtLastModified like '____-__-__T__:__:__.___'),
    Extra text collate C not null default '{}' check (json_typeof(Extra::json) = 'object'),
    Record text collate C not null,
    Folded json
);

call give_ids('AcdEvents');

-- One for each field that the list can be sorted by.
create index AcdEventsByID on AcdEvents (ClientsID, ID);
create index AcdEventsByCreation on AcdEvents (ClientsID, dtCreated, ID);
create index AcdEventsByModification on AcdEvents (ClientsID, dtLastModified, ID);

-- As for contacts, see there.
alter table AcdEvents alter column ClientsID set (n_distinct = -0.001);

create function record_event() returns trigger language plpgsql as $$
begin
    new.Record := make_record(row_to_json(Fields), new.Extra) from (select
        new.ID,
        new.ClientsID,
        new.AcdEventTypesID,
        new.AcdEventStatusID,
        new.AcdGroupsID,
        new.UsersID,
        new.Sender,
        new.Receiver,
        new.Subject,
        new.Body,
        new.CrmURL,
        new.UserData,
        new.ChatConnectorsID,
        new.SkillsValue1,
        new.SkillsValue2,
        new.SkillsValue3,
        new.dtCreated,
        new.dtLastModified
    ) as Fields;
    return new;
end $$;

create trigger Record before insert or update on AcdEvents for each row execute function record_event();

-- How many events a client account has, so that a page need not count them.
create table AcdEventsCounts (
    ClientsID bigint primary key references Clients (ID),
    nEvents bigint not null
);

create function count_events() returns trigger language plpgsql as $$
begin
    insert into AcdEventsCounts as Counts (ClientsID, nEvents)
    select ClientsID, count(*) from Inserted group by ClientsID
    on conflict (ClientsID) do update set nEvents = Counts.nEvents + excluded.nEvents;
    return null;
end $$;

create trigger AcdEventsCounted after insert on AcdEvents
referencing new table as Inserted for each statement execute function count_events();
