-- Contacts have no foreign key to their campaign: a deleted campaign is gone at once, and its contacts are deleted after
-- it, a few at a time.
alter table DiallerContacts rename to DiallerContactsBefore;

create table DiallerContacts (
    ID integer primary key autoincrement,
    ClientsID integer not null,
    DiallerCampaignsID integer not null,
    UserData text,
    Client text,
    Service text,
    ReferenceNumber text,
    Name text not null check (Name <> ''),
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
    dtLocked text,
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
    Extra text not null default '{}' check (json_type(Extra) = 'object'),
    -- 0006 makes it.
    Record text generated always as (null) virtual
) strict;

create index DiallerContactsByName on DiallerContacts (ClientsID, Name, ID, DiallerCampaignsID);
create index DiallerContactsByID on DiallerContacts (ClientsID, ID, DiallerCampaignsID);
create index DiallerContactsByUserData on DiallerContacts (ClientsID, UserData, ID, DiallerCampaignsID)
    where UserData is not null;
create index DiallerContactsOfCampaignByName on DiallerContacts (DiallerCampaignsID, Name, ID);
create index DiallerContactsOfCampaignByID on DiallerContacts (DiallerCampaignsID, ID);

-- How many contacts a campaign has; one without any has no row.
create table DiallerContactsCounts (
    ClientsID integer not null,
    DiallerCampaignsID integer not null,
    nContacts integer not null check (nContacts >= 0),
    primary key (ClientsID, DiallerCampaignsID)
) strict, without rowid;

-- Deleted campaigns whose contacts are still being deleted.
create table DiallerContactsPurges (
    DiallerCampaignsID integer primary key
) strict;

-- How far interrupted imports of files have come.
create table DiallerContactsImports (
    ClientsID integer not null,
    File text not null,
    Line integer not null,
    primary key (ClientsID, File)
) strict, without rowid;

-- The contacts that readers see.
create view DiallerContactsPresent as
select * from DiallerContacts where DiallerCampaignsID not in (select DiallerCampaignsID from DiallerContactsPurges);

insert into DiallerContacts (ID, ClientsID, DiallerCampaignsID,
    UserData, Client, Service, ReferenceNumber, Name, FirstName, Salutation, Title, Company, Address,
    PostalCode, City, Country, Region, AccountOwner, AccountBank, AccountNationalBankCode, AccountBIC,
    AccountNumber, AccountIBAN, Amount, PhoneNumber1, PhoneNumber2, PhoneNumber3, PhoneNumber4, PhoneNumber5,
    PhoneNumber6, FaxNumber, Email, Website, Comment, ExternalSystemLink, Model, Tag, RandomSortOrder,
    ReservedUsersUID, FollowUpUsersUID, dtImported, dtNextTry, DiallerCampaignsResultCodesID,
    LastAcdAgentEndReasonsID, bLastResultMailbox, bPhoneNumber1Invalid, bPhoneNumber2Invalid,
    bPhoneNumber3Invalid, bPhoneNumber4Invalid, bPhoneNumber5Invalid, bPhoneNumber6Invalid, nTriesPhoneNumber1,
    nTriesPhoneNumber2, nTriesPhoneNumber3, nTriesPhoneNumber4, nTriesPhoneNumber5, nTriesPhoneNumber6,
    nPhoneNumber1LastCause, nPhoneNumber2LastCause, nPhoneNumber3LastCause, nPhoneNumber4LastCause,
    nPhoneNumber5LastCause, nPhoneNumber6LastCause, PhoneNumber1LastAcdAgentEndReasonsID,
    PhoneNumber2LastAcdAgentEndReasonsID, PhoneNumber3LastAcdAgentEndReasonsID,
    PhoneNumber4LastAcdAgentEndReasonsID, PhoneNumber5LastAcdAgentEndReasonsID,
    PhoneNumber6LastAcdAgentEndReasonsID, Extra)
select Contacts.ID, Campaigns.ClientsID, Contacts.DiallerCampaignsID,
    Contacts.UserData, Client, Service, ReferenceNumber, Contacts.Name, FirstName, Salutation, Title, Company, Address,
    PostalCode, City, Country, Region, AccountOwner, AccountBank, AccountNationalBankCode, AccountBIC,
    AccountNumber, AccountIBAN, Amount, PhoneNumber1, PhoneNumber2, PhoneNumber3, PhoneNumber4, PhoneNumber5,
    PhoneNumber6, FaxNumber, Email, Website, Comment, ExternalSystemLink, Model, Tag, RandomSortOrder,
    ReservedUsersUID, FollowUpUsersUID, dtImported, dtNextTry, DiallerCampaignsResultCodesID,
    LastAcdAgentEndReasonsID, bLastResultMailbox, bPhoneNumber1Invalid, bPhoneNumber2Invalid,
    bPhoneNumber3Invalid, bPhoneNumber4Invalid, bPhoneNumber5Invalid, bPhoneNumber6Invalid, nTriesPhoneNumber1,
    nTriesPhoneNumber2, nTriesPhoneNumber3, nTriesPhoneNumber4, nTriesPhoneNumber5, nTriesPhoneNumber6,
    nPhoneNumber1LastCause, nPhoneNumber2LastCause, nPhoneNumber3LastCause, nPhoneNumber4LastCause,
    nPhoneNumber5LastCause, nPhoneNumber6LastCause, PhoneNumber1LastAcdAgentEndReasonsID,
    PhoneNumber2LastAcdAgentEndReasonsID, PhoneNumber3LastAcdAgentEndReasonsID,
    PhoneNumber4LastAcdAgentEndReasonsID, PhoneNumber5LastAcdAgentEndReasonsID,
    PhoneNumber6LastAcdAgentEndReasonsID, Contacts.Extra
from DiallerContactsBefore as Contacts
join DiallerCampaigns as Campaigns on Campaigns.ID = Contacts.DiallerCampaignsID;

insert into DiallerContactsCounts (ClientsID, DiallerCampaignsID, nContacts)
select ClientsID, DiallerCampaignsID, count(*) from DiallerContacts group by ClientsID, DiallerCampaignsID;

-- An ID that was given once is never given again.
update sqlite_sequence set seq = max(seq, (select seq from sqlite_sequence where name = 'DiallerContactsBefore'))
where name = 'DiallerContacts';

drop table DiallerContactsBefore;
