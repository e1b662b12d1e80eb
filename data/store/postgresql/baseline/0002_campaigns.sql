-- Dialler campaigns and their result codes.

create table DiallerResultCodesTypes (
    ID bigint primary key,
    ShortText text collate C not null unique generated always as ('DiallerResultCodesTypes.' || ID::text) stored
);

create table DiallerResultCodesTypesTexts (
    DiallerResultCodesTypesID bigint not null references DiallerResultCodesTypes (ID),
    LanguagesID bigint not null references Languages (ID),
    Content text collate C not null,
    primary key (DiallerResultCodesTypesID, LanguagesID)
);

-- The default result codes, which each new campaign gets a copy of.
create table DiallerResultCodes (
    ID bigint primary key,
    DiallerResultCodesTypesID bigint not null references DiallerResultCodesTypes (ID),
    ExportKey text collate C,
    bDone smallint not null check (bDone in (0, 1)),
    bAborted smallint not null check (bAborted in (0, 1)),
    bDelay smallint not null check (bDelay in (0, 1)),
    bAppointment smallint not null check (bAppointment in (0, 1)),
    bAllowDelete smallint not null check (bAllowDelete in (0, 1)),
    bAgentBound smallint check (bAgentBound in (0, 1)),
    TimeOffset bigint,
    Extra text collate C not null default '{}' check (json_typeof(Extra::json) = 'object')
);

create table DiallerResultCodesTexts (
    DiallerResultCodesID bigint not null references DiallerResultCodes (ID),
    LanguagesID bigint not null references Languages (ID),
    Content text collate C not null,
    DiallerResultCodesTypesContent text collate C,
    primary key (DiallerResultCodesID, LanguagesID)
);

create table DiallerCampaigns (
    ID bigint primary key,
    ClientsID bigint not null references Clients (ID),
    Name text collate C not null check (Name <> ''),
    UserData text collate C,
    ContactPreviewTime bigint,
    nMaxParallelLines bigint,
    bCloseContactsOnIncomingCallsMatchCallerID smallint check (bCloseContactsOnIncomingCallsMatchCallerID in (0, 1)),
    dtTo text collate C,
    LanguagesID bigint,
    bCallerIDActive smallint check (bCallerIDActive in (0, 1)),
    -- No foreign keys: a saved campaign is loaded before its result codes.
    AbortOnNoTelNumberResultCodesID bigint,
    IncomingCallResultCodesID bigint,
    Extra text collate C not null default '{}' check (json_typeof(Extra::json) = 'object'),
    Record text collate C not null,
    NameFolded text collate C not null default '',
    Folded json,
    unique (ClientsID, Name)
);

call give_ids('DiallerCampaigns');

create index DiallerCampaignsByName on DiallerCampaigns (ClientsID, Name, ID);

create function record_campaign() returns trigger language plpgsql as $$
begin
    new.Record := make_record(row_to_json(Fields), new.Extra) from (select
        new.ContactPreviewTime,
        new.nMaxParallelLines,
        new.bCloseContactsOnIncomingCallsMatchCallerID <> 0 as bCloseContactsOnIncomingCallsMatchCallerID,
        new.dtTo,
        new.LanguagesID,
        new.bCallerIDActive <> 0 as bCallerIDActive,
        new.Name,
        new.ID,
        new.UserData,
        new.ClientsID,
        new.AbortOnNoTelNumberResultCodesID,
        new.IncomingCallResultCodesID
    ) as Fields;
    return new;
end $$;

create trigger Record before insert or update on DiallerCampaigns
for each row execute function record_campaign();

create table DiallerCampaignsResultCodes (
    ID bigint primary key,
    DiallerCampaignsID bigint not null references DiallerCampaigns (ID) on delete cascade,
    DiallerResultCodesTypesID bigint not null references DiallerResultCodesTypes (ID),
    ExportKey text collate C,
    bDone smallint not null check (bDone in (0, 1)),
    bAborted smallint not null check (bAborted in (0, 1)),
    bDelay smallint not null check (bDelay in (0, 1)),
    bAppointment smallint not null check (bAppointment in (0, 1)),
    bAllowDelete smallint not null check (bAllowDelete in (0, 1)),
    bAgentBound smallint check (bAgentBound in (0, 1)),
    TimeOffset bigint,
    Extra text collate C not null default '{}' check (json_typeof(Extra::json) = 'object')
);

call give_ids('DiallerCampaignsResultCodes');

create index DiallerCampaignsResultCodesByCampaign on DiallerCampaignsResultCodes (DiallerCampaignsID, ID);

create table DiallerCampaignsResultCodesTexts (
    DiallerCampaignsResultCodesID bigint not null references DiallerCampaignsResultCodes (ID) on delete cascade,
    LanguagesID bigint not null references Languages (ID),
    Content text collate C not null,
    -- Null: the text of the type itself.
    DiallerResultCodesTypesContent text collate C,
    primary key (DiallerCampaignsResultCodesID, LanguagesID)
);

-- A result code as the API shows it, once for each language; a text that is missing in one language is the other's.
create view DiallerCampaignsResultCodesRecords as
select
    Codes.ID,
    Codes.DiallerCampaignsID,
    Languages.ID as LanguagesID,
    (select make_record(row_to_json(Fields), Codes.Extra) from (select
        Codes.bDone <> 0 as bDone,
        coalesce(Asked.DiallerResultCodesTypesContent, TypesTexts.Content) as DiallerResultCodesTypesContent,
        Codes.bDelay <> 0 as bDelay,
        Codes.DiallerCampaignsID,
        Types.ShortText as DiallerResultCodesTypesShortText,
        Codes.bAllowDelete <> 0 as bAllowDelete,
        Codes.ExportKey,
        coalesce(Asked.Content, Other.Content) as Content,
        'DiallerCampaignsResultCodes.' || Codes.ID as ShortText,
        Codes.bAborted <> 0 as bAborted,
        Codes.ID,
        Codes.bAgentBound <> 0 as bAgentBound,
        Codes.TimeOffset,
        Codes.bAppointment <> 0 as bAppointment,
        Codes.DiallerResultCodesTypesID
    ) as Fields) as Record
from DiallerCampaignsResultCodes as Codes
cross join Languages
join DiallerResultCodesTypes as Types on Types.ID = Codes.DiallerResultCodesTypesID
join DiallerResultCodesTypesTexts as TypesTexts
    on TypesTexts.DiallerResultCodesTypesID = Types.ID and TypesTexts.LanguagesID = Languages.ID
left join DiallerCampaignsResultCodesTexts as Asked
    on Asked.DiallerCampaignsResultCodesID = Codes.ID and Asked.LanguagesID = Languages.ID
left join DiallerCampaignsResultCodesTexts as Other
    on Other.DiallerCampaignsResultCodesID = Codes.ID and Other.LanguagesID <> Languages.ID;
