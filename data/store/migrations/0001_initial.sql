-- Tables and columns bear the API's own names.
--
-- `Record` is a row's ready JSON in the documented order. Its last known field is never a string, an array or an
-- object, so `rtrim` takes off the one closing brace; the fields that Freiton does not know (`Extra`) follow there.
-- `'[false,true]' -> b…` turns 0, 1 and null into false, true and null.

create table Clients (
    ID integer primary key autoincrement,
    Name text not null unique check (Name <> ''),
    bDemo integer not null default 0 check (bDemo in (0, 1))
) strict;

create table Tokens (
    ID integer primary key autoincrement,
    ClientsID integer not null references Clients (ID),
    Name text not null,
    Hash text not null unique,
    dtCreated text not null,
    dtRevoked text
) strict;

create table Languages (
    ID integer primary key,
    Name text not null
) strict;

create table AcdEventTypes (
    ID integer primary key,
    ShortText text not null unique,
    Record text generated always as (json_object('ShortText', ShortText, 'ID', ID)) stored
) strict;

create table AcdEventStatus (
    ID integer primary key,
    ShortText text not null unique,
    Record text generated always as (json_object('ShortText', ShortText, 'ID', ID)) stored
) strict;

create table AcdGroups (
    ID integer primary key autoincrement,
    ClientsID integer not null references Clients (ID),
    Name text not null check (Name <> ''),
    QueueMusicID4Sec integer,
    SupervisorAggregationSkill5ID integer,
    DistributionAlgorithmID integer,
    ServiceLevelSeconds integer,
    QueueOffhookAnnouncementID integer,
    bPositionAnnouncement3 integer check (bPositionAnnouncement3 in (0, 1)),
    TarifAnnouncementWavesID integer,
    bCallRedirectionAfterNumberAnnouncement integer check (bCallRedirectionAfterNumberAnnouncement in (0, 1)),
    Extra text not null default '{}' check (json_type(Extra) = 'object'),
    Record text generated always as (
        rtrim(json_object(
            'QueueMusicID4Sec', QueueMusicID4Sec,
            'SupervisorAggregationSkill5ID', SupervisorAggregationSkill5ID,
            'DistributionAlgorithmID', DistributionAlgorithmID,
            'ServiceLevelSeconds', ServiceLevelSeconds,
            'ID', ID,
            'Name', Name,
            'ClientsID', ClientsID,
            'QueueOffhookAnnouncementID', QueueOffhookAnnouncementID,
            'bPositionAnnouncement3', '[false,true]' -> bPositionAnnouncement3,
            'TarifAnnouncementWavesID', TarifAnnouncementWavesID,
            'bCallRedirectionAfterNumberAnnouncement', '[false,true]' -> bCallRedirectionAfterNumberAnnouncement
        ), '}') || iif(Extra = '{}', '}', ',' || substr(Extra, 2))
    ) stored
) strict;

create index AcdGroupsByName on AcdGroups (ClientsID, Name, ID);

create table DiallerResultCodesTypes (
    ID integer primary key,
    ShortText text not null unique generated always as ('DiallerResultCodesTypes.' || ID) virtual
) strict;

create table DiallerResultCodesTypesTexts (
    DiallerResultCodesTypesID integer not null references DiallerResultCodesTypes (ID),
    LanguagesID integer not null references Languages (ID),
    Content text not null,
    primary key (DiallerResultCodesTypesID, LanguagesID)
) strict, without rowid;

-- The default result codes, which each new campaign gets a copy of.
create table DiallerResultCodes (
    ID integer primary key,
    DiallerResultCodesTypesID integer not null references DiallerResultCodesTypes (ID),
    ExportKey text,
    bDone integer not null check (bDone in (0, 1)),
    bAborted integer not null check (bAborted in (0, 1)),
    bDelay integer not null check (bDelay in (0, 1)),
    bAppointment integer not null check (bAppointment in (0, 1)),
    bAllowDelete integer not null check (bAllowDelete in (0, 1)),
    bAgentBound integer check (bAgentBound in (0, 1)),
    TimeOffset integer,
    Extra text not null default '{}' check (json_type(Extra) = 'object')
) strict;

create table DiallerResultCodesTexts (
    DiallerResultCodesID integer not null references DiallerResultCodes (ID),
    LanguagesID integer not null references Languages (ID),
    Content text not null,
    DiallerResultCodesTypesContent text,
    primary key (DiallerResultCodesID, LanguagesID)
) strict, without rowid;

create table DiallerCampaigns (
    ID integer primary key autoincrement,
    ClientsID integer not null references Clients (ID),
    Name text not null check (Name <> ''),
    UserData text,
    ContactPreviewTime integer,
    nMaxParallelLines integer,
    bCloseContactsOnIncomingCallsMatchCallerID integer check (bCloseContactsOnIncomingCallsMatchCallerID in (0, 1)),
    dtTo text,
    LanguagesID integer,
    bCallerIDActive integer check (bCallerIDActive in (0, 1)),
    -- No foreign keys: a saved campaign is loaded before its result codes.
    AbortOnNoTelNumberResultCodesID integer,
    IncomingCallResultCodesID integer,
    Extra text not null default '{}' check (json_type(Extra) = 'object'),
    Record text generated always as (
        rtrim(json_object(
            'ContactPreviewTime', ContactPreviewTime,
            'nMaxParallelLines', nMaxParallelLines,
            'bCloseContactsOnIncomingCallsMatchCallerID', '[false,true]' -> bCloseContactsOnIncomingCallsMatchCallerID,
            'dtTo', dtTo,
            'LanguagesID', LanguagesID,
            'bCallerIDActive', '[false,true]' -> bCallerIDActive,
            'Name', Name,
            'ID', ID,
            'UserData', UserData,
            'ClientsID', ClientsID,
            'AbortOnNoTelNumberResultCodesID', AbortOnNoTelNumberResultCodesID,
            'IncomingCallResultCodesID', IncomingCallResultCodesID
        ), '}') || iif(Extra = '{}', '}', ',' || substr(Extra, 2))
    ) stored,
    unique (ClientsID, Name)
) strict;

create table DiallerCampaignsResultCodes (
    ID integer primary key autoincrement,
    DiallerCampaignsID integer not null references DiallerCampaigns (ID) on delete cascade,
    DiallerResultCodesTypesID integer not null references DiallerResultCodesTypes (ID),
    ExportKey text,
    bDone integer not null check (bDone in (0, 1)),
    bAborted integer not null check (bAborted in (0, 1)),
    bDelay integer not null check (bDelay in (0, 1)),
    bAppointment integer not null check (bAppointment in (0, 1)),
    bAllowDelete integer not null check (bAllowDelete in (0, 1)),
    bAgentBound integer check (bAgentBound in (0, 1)),
    TimeOffset integer,
    Extra text not null default '{}' check (json_type(Extra) = 'object')
) strict;

create index DiallerCampaignsResultCodesByCampaign on DiallerCampaignsResultCodes (DiallerCampaignsID, ID);

create table DiallerCampaignsResultCodesTexts (
    DiallerCampaignsResultCodesID integer not null references DiallerCampaignsResultCodes (ID) on delete cascade,
    LanguagesID integer not null references Languages (ID),
    Content text not null,
    -- Null: the text of the type itself.
    DiallerResultCodesTypesContent text,
    primary key (DiallerCampaignsResultCodesID, LanguagesID)
) strict, without rowid;

-- A result code as the API shows it, once for each language; a text that is missing in one language is the other's.
create view DiallerCampaignsResultCodesRecords as
select
    Codes.ID,
    Codes.DiallerCampaignsID,
    Languages.ID as LanguagesID,
    rtrim(json_object(
        'bDone', '[false,true]' -> bDone,
        'DiallerResultCodesTypesContent', coalesce(Asked.DiallerResultCodesTypesContent, TypesTexts.Content),
        'bDelay', '[false,true]' -> bDelay,
        'DiallerCampaignsID', Codes.DiallerCampaignsID,
        'DiallerResultCodesTypesShortText', Types.ShortText,
        'bAllowDelete', '[false,true]' -> bAllowDelete,
        'ExportKey', ExportKey,
        'Content', coalesce(Asked.Content, Other.Content),
        'ShortText', 'DiallerCampaignsResultCodes.' || Codes.ID,
        'bAborted', '[false,true]' -> bAborted,
        'ID', Codes.ID,
        'bAgentBound', '[false,true]' -> bAgentBound,
        'TimeOffset', TimeOffset,
        'bAppointment', '[false,true]' -> bAppointment,
        'DiallerResultCodesTypesID', Codes.DiallerResultCodesTypesID
    ), '}') || iif(Extra = '{}', '}', ',' || substr(Extra, 2)) as Record
from DiallerCampaignsResultCodes as Codes
cross join Languages
join DiallerResultCodesTypes as Types on Types.ID = Codes.DiallerResultCodesTypesID
join DiallerResultCodesTypesTexts as TypesTexts
    on TypesTexts.DiallerResultCodesTypesID = Types.ID and TypesTexts.LanguagesID = Languages.ID
left join DiallerCampaignsResultCodesTexts as Asked
    on Asked.DiallerCampaignsResultCodesID = Codes.ID and Asked.LanguagesID = Languages.ID
left join DiallerCampaignsResultCodesTexts as Other
    on Other.DiallerCampaignsResultCodesID = Codes.ID and Other.LanguagesID <> Languages.ID;

create table DiallerContacts (
    ID integer primary key autoincrement,
    DiallerCampaignsID integer not null references DiallerCampaigns (ID) on delete cascade,
    UserData text,
    Client text,
    Service text,
    ReferenceNumber text,
    Name text not null,
    FirstName text,
    Salutation text,
    Title text,
    Company text,
    Address text,
    PostalCode text,
    City text,
    Country text,
    Region text,
    AccountOwner text,
    AccountBank text,
    AccountNationalBankCode text,
    AccountBIC text,
    AccountNumber text,
    AccountIBAN text,
    Amount real,
    PhoneNumber1 text,
    PhoneNumber2 text,
    PhoneNumber3 text,
    PhoneNumber4 text,
    PhoneNumber5 text,
    PhoneNumber6 text,
    FaxNumber text,
    Email text,
    Website text,
    Comment text,
    ExternalSystemLink text,
    Model text,
    Tag text,
    RandomSortOrder integer,
    ReservedUsersUID text,
    FollowUpUsersUID text,
    dtImported text,
    dtNextTry text,
    DiallerCampaignsResultCodesID integer,
    LastAcdAgentEndReasonsID integer,
    bLastResultMailbox integer check (bLastResultMailbox in (0, 1)),
    bPhoneNumber1Invalid integer check (bPhoneNumber1Invalid in (0, 1)),
    bPhoneNumber2Invalid integer check (bPhoneNumber2Invalid in (0, 1)),
    bPhoneNumber3Invalid integer check (bPhoneNumber3Invalid in (0, 1)),
    bPhoneNumber4Invalid integer check (bPhoneNumber4Invalid in (0, 1)),
    bPhoneNumber5Invalid integer check (bPhoneNumber5Invalid in (0, 1)),
    bPhoneNumber6Invalid integer check (bPhoneNumber6Invalid in (0, 1)),
    nTriesPhoneNumber1 integer not null default 0,
    nTriesPhoneNumber2 integer not null default 0,
    nTriesPhoneNumber3 integer not null default 0,
    nTriesPhoneNumber4 integer not null default 0,
    nTriesPhoneNumber5 integer not null default 0,
    nTriesPhoneNumber6 integer not null default 0,
    nPhoneNumber1LastCause integer,
    nPhoneNumber2LastCause integer,
    nPhoneNumber3LastCause integer,
    nPhoneNumber4LastCause integer,
    nPhoneNumber5LastCause integer,
    nPhoneNumber6LastCause integer,
    PhoneNumber1LastAcdAgentEndReasonsID integer,
    PhoneNumber2LastAcdAgentEndReasonsID integer,
    PhoneNumber3LastAcdAgentEndReasonsID integer,
    PhoneNumber4LastAcdAgentEndReasonsID integer,
    PhoneNumber5LastAcdAgentEndReasonsID integer,
    PhoneNumber6LastAcdAgentEndReasonsID integer,
    Extra text not null default '{}' check (json_type(Extra) = 'object')
) strict;

create index DiallerContactsByCampaign on DiallerContacts (DiallerCampaignsID, Name, ID);
