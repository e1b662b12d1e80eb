-- The calls that are going on; see data/calls.py. `Record` is made as in 0001, with `bOutbound` as a number. Behind them
-- the statistics of calls that have ended; see data/call_statistics.py. A call has the same ID in both.
-- engine: sqlite
create table Calls (
    ID integer primary key autoincrement,
    ClientsID integer not null references Clients (ID),
    UFN text not null unique check (UFN <> ''),
    CallState text not null check (CallState in ('ringing', 'connected', 'held')),
    bOutbound integer not null check (bOutbound in (0, 1)),
    CallerID text,
    ServiceNumbersID integer,
    AcdGroupsID integer,
    UsersID integer,
    CurrentAgentCountLoggedInToAcd integer,
    AcdCallMonitoring_bCallRequest integer check (AcdCallMonitoring_bCallRequest in (0, 1)),
    AcdSecondaryDistributionAlgorithmID integer,
    LanguagesID integer,
    CallingPartyNumberType integer,
    ResellersID integer,
    dtCallStart text not null,
    dtAcdFirstQueueStart text,
    dtAcdCallRecordingAnnouncementStart text,
    dtAgentStart text,
    dtCallConnect text,
    Leg2Number text,
    dtLeg2Start text,
    Extra text not null default '{}' check (json_type(Extra) = 'object'),
    Record text generated always as (
        rtrim(json_object(
            'bOutbound', bOutbound,
            'CurrentAgentCountLoggedInToAcd', CurrentAgentCountLoggedInToAcd,
            'AcdCallMonitoring_bCallRequest', '[false,true]' -> AcdCallMonitoring_bCallRequest,
            'AcdSecondaryDistributionAlgorithmID', AcdSecondaryDistributionAlgorithmID,
            'LanguagesID', LanguagesID,
            'dtCallStart', dtCallStart,
            'CallingPartyNumberType', CallingPartyNumberType,
            'dtAcdFirstQueueStart', dtAcdFirstQueueStart,
            'ResellersID', ResellersID,
            'dtAcdCallRecordingAnnouncementStart', dtAcdCallRecordingAnnouncementStart,
            'UFN', UFN,
            'ID', ID,
            'ClientsID', ClientsID,
            'CallState', CallState,
            'CallerID', CallerID,
            'ServiceNumbersID', ServiceNumbersID,
            'AcdGroupsID', AcdGroupsID,
            'UsersID', UsersID,
            'dtAgentStart', dtAgentStart,
            'dtCallConnect', dtCallConnect,
            'Leg2Number', Leg2Number,
            'dtLeg2Start', dtLeg2Start
        ), '}') || iif(Extra = '{}', '}', ',' || substr(Extra, 2))
    ) stored
) strict;

create table StatisticsPartA (
    ID integer primary key,
    ClientsID integer not null references Clients (ID),
    UFN text not null,
    bOutbound integer not null check (bOutbound in (0, 1)),
    CallerID text,
    ServiceNumbersID integer,
    dtCallStart text not null,
    dtCallConnect text,
    dtCallEnd text not null,
    bCallerHangup integer not null check (bCallerHangup in (0, 1)),
    CauseCodesID integer not null
) strict;

create table AcdStatisticsPartB (
    ID integer primary key autoincrement,
    StatisticsPartAID integer not null references StatisticsPartA (ID) on delete cascade,
    AcdGroupsID integer not null,
    AcdOriginGroupsID integer,
    dtGroupStart text not null,
    dtQueueStart text,
    dtAgentConnect text,
    dtGroupEnd text not null,
    -- Null for an outbound call.
    AcdGroupEndReasonsID integer
) strict;

-- The legs to agents and to others. Those of a call that is going on are here before its StatisticsPartA.
create table StatisticsPartB (
    ID integer primary key autoincrement,
    StatisticsPartAID integer not null,
    AcdStatisticsPartBID integer,
    -- The agent, or the number that the second leg goes to.
    UsersID integer,
    Number text,
    dtLegStart text not null,
    dtLegConnect text,
    dtLegEnd text not null,
    CONNRES integer not null,
    CauseCodesID integer not null
) strict;
-- engine: postgresql
create table Calls (
    ID bigint primary key,
    ClientsID bigint not null references Clients (ID),
    UFN text collate C not null unique check (UFN <> ''),
    CallState text collate C not null check (CallState in ('ringing', 'connected', 'held')),
    bOutbound smallint not null check (bOutbound in (0, 1)),
    CallerID text collate C,
    ServiceNumbersID bigint,
    AcdGroupsID bigint,
    UsersID bigint,
    CurrentAgentCountLoggedInToAcd bigint,
    AcdCallMonitoring_bCallRequest smallint check (AcdCallMonitoring_bCallRequest in (0, 1)),
    AcdSecondaryDistributionAlgorithmID bigint,
    LanguagesID bigint,
    CallingPartyNumberType bigint,
    ResellersID bigint,
    dtCallStart text collate C not null,
    dtAcdFirstQueueStart text collate C,
    dtAcdCallRecordingAnnouncementStart text collate C,
    dtAgentStart text collate C,
    dtCallConnect text collate C,
    Leg2Number text collate C,
    dtLeg2Start text collate C,
    Extra text collate C not null default '{}' check (json_typeof(Extra::json) = 'object'),
    Record text collate C not null
);

call give_ids('Calls');

create function record_live_call() returns trigger language plpgsql as $$
begin
    new.Record := make_record(row_to_json(Fields), new.Extra) from (select
        new.bOutbound,
        new.CurrentAgentCountLoggedInToAcd,
        new.AcdCallMonitoring_bCallRequest <> 0 as AcdCallMonitoring_bCallRequest,
        new.AcdSecondaryDistributionAlgorithmID,
        new.LanguagesID,
        new.dtCallStart,
        new.CallingPartyNumberType,
        new.dtAcdFirstQueueStart,
        new.ResellersID,
        new.dtAcdCallRecordingAnnouncementStart,
        new.UFN,
        new.ID,
        new.ClientsID,
        new.CallState,
        new.CallerID,
        new.ServiceNumbersID,
        new.AcdGroupsID,
        new.UsersID,
        new.dtAgentStart,
        new.dtCallConnect,
        new.Leg2Number,
        new.dtLeg2Start
    ) as Fields;
    return new;
end $$;

create trigger Record before insert or update on Calls for each row execute function record_live_call();

create table StatisticsPartA (
    ID bigint primary key,
    ClientsID bigint not null references Clients (ID),
    UFN text collate C not null,
    bOutbound smallint not null check (bOutbound in (0, 1)),
    CallerID text collate C,
    ServiceNumbersID bigint,
    dtCallStart text collate C not null,
    dtCallConnect text collate C,
    dtCallEnd text collate C not null,
    bCallerHangup smallint not null check (bCallerHangup in (0, 1)),
    CauseCodesID bigint not null
);

create table AcdStatisticsPartB (
    ID bigint primary key,
    StatisticsPartAID bigint not null references StatisticsPartA (ID) on delete cascade,
    AcdGroupsID bigint not null,
    AcdOriginGroupsID bigint,
    dtGroupStart text collate C not null,
    dtQueueStart text collate C,
    dtAgentConnect text collate C,
    dtGroupEnd text collate C not null,
    AcdGroupEndReasonsID bigint
);

call give_ids('AcdStatisticsPartB');

create table StatisticsPartB (
    ID bigint primary key,
    StatisticsPartAID bigint not null,
    AcdStatisticsPartBID bigint,
    UsersID bigint,
    Number text collate C,
    dtLegStart text collate C not null,
    dtLegConnect text collate C,
    dtLegEnd text collate C not null,
    CONNRES bigint not null,
    CauseCodesID bigint not null
);

call give_ids('StatisticsPartB');
-- engine: all

create index CallsByUFN on Calls (ClientsID, UFN);
create index StatisticsPartAOfClient on StatisticsPartA (ClientsID, ID);
create index StatisticsPartAByUFN on StatisticsPartA (UFN);
create index AcdStatisticsPartBOfCall on AcdStatisticsPartB (StatisticsPartAID);
create index StatisticsPartBOfCall on StatisticsPartB (StatisticsPartAID);
