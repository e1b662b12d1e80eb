-- The calls with contacts, one row a try, and what the dialler has counted in each hour; see data/dialler/.
-- `Record` has the fields of the call with the outside party in `StatisticsPartA`, whose ID is that of the row
-- and of no telephone call; see data/call_ids.py.
-- engine: sqlite
create table DiallerContactsHistory (
    ID integer primary key autoincrement,
    ClientsID integer not null,
    DiallerCampaignsID integer not null,
    DiallerContactsID integer not null references DiallerContacts (ID) on delete cascade,
    -- The agent, the number that was tried and its place; a contact that calls in has no such place.
    UsersUID text,
    PhoneNumber text,
    nPhoneNumber integer,
    -- The number's try in a busy series, and when the series began; null unless the next try belongs to it.
    nBusyTries integer,
    dtBusySince text,
    -- The result code that the call gave to the contact.
    DiallerCampaignsResultCodesID integer,
    CONNRES integer not null,
    bAnsweringMachine integer not null check (bAnsweringMachine in (0, 1)),
    bOutbound integer not null check (bOutbound in (0, 1)),
    dtCallStart text not null,
    dtCallConnect text,
    dtCallEnd text not null,
    CauseCodesID integer not null,
    -- When the contact was to be called again after the call, which no record shows.
    dtNextTry text,
    Record text generated always as (json_object(
        'ID', ID,
        'ClientsID', ClientsID,
        'DiallerCampaignsID', DiallerCampaignsID,
        'DiallerContactsID', DiallerContactsID,
        'UsersUID', UsersUID,
        'PhoneNumber', PhoneNumber,
        'nPhoneNumber', nPhoneNumber,
        'nBusyTries', nBusyTries,
        'dtBusySince', dtBusySince,
        'DiallerCampaignsResultCodesID', DiallerCampaignsResultCodesID,
        'CONNRES', CONNRES,
        'bAnsweringMachine', '[false,true]' -> bAnsweringMachine,
        'StatisticsPartA', json_object(
            'ID', ID,
            'ClientsID', ClientsID,
            'bOutbound', '[false,true]' -> bOutbound,
            'dtCallStart', dtCallStart,
            'dtCallConnect', dtCallConnect,
            'dtCallEnd', dtCallEnd,
            'CauseCodesID', CauseCodesID
        )
    )) virtual
) strict;

create table StatisticsDiallerCampaigns (
    ID integer primary key autoincrement,
    DiallerCampaignsID integer not null references DiallerCampaigns (ID) on delete cascade,
    -- The full hour in which the calls ended.
    dtStats text not null,
    nTriesConnected integer not null default 0,
    nTriesNoAnswer integer not null default 0,
    nTriesBusy integer not null default 0,
    nTriesInvalid integer not null default 0,
    nTriesAborted integer not null default 0,
    nTriesAnsweringMachine integer not null default 0,
    nTriesError integer not null default 0,
    nContactsDone integer not null default 0,
    nContactsAborted integer not null default 0,
    nContactsAppointment integer not null default 0,
    nContactsDelay integer not null default 0,
    unique (DiallerCampaignsID, dtStats)
) strict;

-- The contacts that an import has overwritten and reset. Once it is published, readers see nothing of their history,
-- which is deleted when they are moved to the table of all contacts; see data/staging.py.
create table DiallerContactsResets (
    DiallerContactsID integer not null,
    DiallerContactsUploadsID integer not null references DiallerContactsUploads (ID) on delete cascade,
    primary key (DiallerContactsID, DiallerContactsUploadsID)
) strict, without rowid;
-- engine: postgresql
create table DiallerContactsHistory (
    ID bigint primary key,
    ClientsID bigint not null,
    DiallerCampaignsID bigint not null,
    DiallerContactsID bigint not null references DiallerContacts (ID) on delete cascade,
    UsersUID text collate C,
    PhoneNumber text collate C,
    nPhoneNumber bigint,
    nBusyTries bigint,
    dtBusySince text collate C,
    DiallerCampaignsResultCodesID bigint,
    CONNRES bigint not null,
    bAnsweringMachine smallint not null check (bAnsweringMachine in (0, 1)),
    bOutbound smallint not null check (bOutbound in (0, 1)),
    dtCallStart text collate C not null,
    dtCallConnect text collate C,
    dtCallEnd text collate C not null,
    CauseCodesID bigint not null,
    dtNextTry text collate C,
    Record text collate C not null
);

call give_ids('DiallerContactsHistory');

create function record_call() returns trigger language plpgsql as $$
begin
    new.Record := row_to_json(Fields) from (select
        new.ID,
        new.ClientsID,
        new.DiallerCampaignsID,
        new.DiallerContactsID,
        new.UsersUID,
        new.PhoneNumber,
        new.nPhoneNumber,
        new.nBusyTries,
        new.dtBusySince,
        new.DiallerCampaignsResultCodesID,
        new.CONNRES,
        new.bAnsweringMachine <> 0 as bAnsweringMachine,
        (select row_to_json(Part) from (select
            new.ID,
            new.ClientsID,
            new.bOutbound <> 0 as bOutbound,
            new.dtCallStart,
            new.dtCallConnect,
            new.dtCallEnd,
            new.CauseCodesID
        ) as Part) as StatisticsPartA
    ) as Fields;
    return new;
end $$;

create trigger Record before insert or update on DiallerContactsHistory
for each row execute function record_call();

create table StatisticsDiallerCampaigns (
    ID bigint primary key,
    DiallerCampaignsID bigint not null references DiallerCampaigns (ID) on delete cascade,
    dtStats text collate C not null,
    nTriesConnected bigint not null default 0,
    nTriesNoAnswer bigint not null default 0,
    nTriesBusy bigint not null default 0,
    nTriesInvalid bigint not null default 0,
    nTriesAborted bigint not null default 0,
    nTriesAnsweringMachine bigint not null default 0,
    nTriesError bigint not null default 0,
    nContactsDone bigint not null default 0,
    nContactsAborted bigint not null default 0,
    nContactsAppointment bigint not null default 0,
    nContactsDelay bigint not null default 0,
    unique (DiallerCampaignsID, dtStats)
);

call give_ids('StatisticsDiallerCampaigns');

create table DiallerContactsResets (
    DiallerContactsID bigint not null,
    DiallerContactsUploadsID bigint not null references DiallerContactsUploads (ID) on delete cascade,
    primary key (DiallerContactsID, DiallerContactsUploadsID)
);
-- engine: all

create index DiallerContactsHistoryOfContact on DiallerContactsHistory (DiallerContactsID, ID);
create index DiallerContactsResetsOfUpload on DiallerContactsResets (DiallerContactsUploadsID);

create view DiallerContactsHistoryPresent as
select * from DiallerContactsHistory as History where not exists (
    select 1 from DiallerContactsResets as Resets
    join DiallerContactsUploads as Uploads on Uploads.ID = Resets.DiallerContactsUploadsID
    where Resets.DiallerContactsID = History.DiallerContactsID and Uploads.bPublished = 1
);
