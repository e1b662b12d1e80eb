-- Contacts have no foreign key to their campaign: a deleted campaign is gone at once, and its contacts are deleted
-- after it, a few at a time.
create table DiallerContacts (
    ID bigint primary key,
    ClientsID bigint not null,
    DiallerCampaignsID bigint not null,
    UserData text collate C,
    Client text collate C,
    Service text collate C,
    ReferenceNumber text collate C,
    Name text collate C not null check (Name <> ''),
    FirstName text collate C,
    Salutation text collate C,
    Title text collate C,
    Company text collate C,
    Address text collate C,
    PostalCode text collate C,
    City text collate C,
    Country text collate C,
    Region text collate C,
    AccountOwner text collate C,
    AccountBank text collate C,
    AccountNationalBankCode text collate C,
    AccountBIC text collate C,
    AccountNumber text collate C,
    AccountIBAN text collate C,
    -- No JSON number is infinite or NaN.
    Amount double precision check (abs(Amount) < 'infinity'),
    PhoneNumber1 text collate C,
    PhoneNumber2 text collate C,
    PhoneNumber3 text collate C,
    PhoneNumber4 text collate C,
    PhoneNumber5 text collate C,
    PhoneNumber6 text collate C,
    FaxNumber text collate C,
    Email text collate C,
    Website text collate C,
    Comment text collate C,
    ExternalSystemLink text collate C,
    Model text collate C,
    Tag text collate C,
    RandomSortOrder bigint,
    ReservedUsersUID text collate C,
    FollowUpUsersUID text collate C,
    dtImported text collate C,
    dtNextTry text collate C,
    dtLocked text collate C,
    DiallerCampaignsResultCodesID bigint,
    LastAcdAgentEndReasonsID bigint,
    bLastResultMailbox smallint check (bLastResultMailbox in (0, 1)),
    bPhoneNumber1Invalid smallint check (bPhoneNumber1Invalid in (0, 1)),
    bPhoneNumber2Invalid smallint check (bPhoneNumber2Invalid in (0, 1)),
    bPhoneNumber3Invalid smallint check (bPhoneNumber3Invalid in (0, 1)),
    bPhoneNumber4Invalid smallint check (bPhoneNumber4Invalid in (0, 1)),
    bPhoneNumber5Invalid smallint check (bPhoneNumber5Invalid in (0, 1)),
    bPhoneNumber6Invalid smallint check (bPhoneNumber6Invalid in (0, 1)),
    nTriesPhoneNumber1 bigint not null default 0,
    nTriesPhoneNumber2 bigint not null default 0,
    nTriesPhoneNumber3 bigint not null default 0,
    nTriesPhoneNumber4 bigint not null default 0,
    nTriesPhoneNumber5 bigint not null default 0,
    nTriesPhoneNumber6 bigint not null default 0,
    nPhoneNumber1LastCause bigint,
    nPhoneNumber2LastCause bigint,
    nPhoneNumber3LastCause bigint,
    nPhoneNumber4LastCause bigint,
    nPhoneNumber5LastCause bigint,
    nPhoneNumber6LastCause bigint,
    PhoneNumber1LastAcdAgentEndReasonsID bigint,
    PhoneNumber2LastAcdAgentEndReasonsID bigint,
    PhoneNumber3LastAcdAgentEndReasonsID bigint,
    PhoneNumber4LastAcdAgentEndReasonsID bigint,
    PhoneNumber5LastAcdAgentEndReasonsID bigint,
    PhoneNumber6LastAcdAgentEndReasonsID bigint,
    Extra text collate C not null default '{}' check (json_typeof(Extra::json) = 'object'),
    Folded json
);

call give_ids('DiallerContacts');

create index DiallerContactsByName on DiallerContacts (ClientsID, Name, ID);
create index DiallerContactsByID on DiallerContacts (ClientsID, ID);
create index DiallerContactsByUserData on DiallerContacts (ClientsID, UserData, ID) where UserData is not null;
create index DiallerContactsOfCampaignByName on DiallerContacts (DiallerCampaignsID, Name, ID);
create index DiallerContactsOfCampaignByID on DiallerContacts (DiallerCampaignsID, ID);

-- Plans are made once for all accounts and campaigns: as if each had a thousandth of the contacts, so that those with few
-- are not searched for among all. Without this, a page in ID order would be read by the primary key.
alter table DiallerContacts alter column ClientsID set (n_distinct = -0.001);
alter table DiallerContacts alter column DiallerCampaignsID set (n_distinct = -0.001);

-- Contacts as imports have overwritten them: those of a published one replace the contacts with the same IDs.
create table DiallerContactsStaged (
    DiallerContactsUploadsID bigint not null,
    like DiallerContacts including constraints,
    primary key (DiallerContactsUploadsID, ID)
);

create index DiallerContactsStagedByName on DiallerContactsStaged (ClientsID, Name, ID);
create index DiallerContactsStagedByID on DiallerContactsStaged (ClientsID, ID);
create index DiallerContactsStagedByUserData on DiallerContactsStaged (ClientsID, UserData, ID)
    where UserData is not null;
create index DiallerContactsStagedOfCampaignByName on DiallerContactsStaged (DiallerCampaignsID, Name, ID);
create index DiallerContactsStagedOfCampaignByID on DiallerContactsStaged (DiallerCampaignsID, ID);
create index DiallerContactsStagedOfContact on DiallerContactsStaged (ID);
create index DiallerContactsStagedLocked on DiallerContactsStaged (DiallerContactsUploadsID)
    where dtLocked is not null;

-- How many contacts a campaign has; one without any has no row.
create table DiallerContactsCounts (
    ClientsID bigint not null,
    DiallerCampaignsID bigint not null,
    nContacts bigint not null check (nContacts >= 0),
    primary key (ClientsID, DiallerCampaignsID)
);

-- How many contacts a client has, so that a page costs the same with ten thousand campaigns as with ten.
create table DiallerContactsTotals (
    ClientsID bigint primary key,
    nContacts bigint not null
);

create function total_contacts() returns trigger language plpgsql as $$
begin
    insert into DiallerContactsTotals as Totals (ClientsID, nContacts)
    values (coalesce(new.ClientsID, old.ClientsID), coalesce(new.nContacts, 0) - coalesce(old.nContacts, 0))
    on conflict (ClientsID) do update set nContacts = Totals.nContacts + excluded.nContacts;
    return null;
end $$;

create trigger DiallerContactsTotalsChanged after insert or update or delete on DiallerContactsCounts
for each row execute function total_contacts();

-- Deleted campaigns whose contacts are still being deleted.
create table DiallerContactsPurges (
    DiallerCampaignsID bigint primary key
);

-- How far interrupted imports of files have come, and a digest of the contacts up to there.
create table DiallerContactsImports (
    ClientsID bigint not null,
    File text collate C not null,
    Line bigint not null,
    Digest text collate C not null default '',
    primary key (ClientsID, File)
);

-- Imports that store all contacts of a file or none, in steps that are hidden until the last one; see data/uploads.py.
create table DiallerContactsUploads (
    ID bigint primary key,
    ClientsID bigint not null,
    -- The milliseconds since 1970 of the last step, 0 for an import that has failed, and how many steps there were.
    nStepped bigint not null,
    nSteps bigint not null default 0,
    bOverwrites smallint not null check (bOverwrites in (0, 1)),
    -- Whether another writer has changed what the import relied on, so that it has to begin again.
    bOvertaken smallint not null default 0 check (bOvertaken in (0, 1)),
    -- Whether it has overwritten contacts, and whether these are what readers see.
    bStaged smallint not null default 0 check (bStaged in (0, 1)),
    bPublished smallint not null default 0 check (bPublished in (0, 1))
);

call give_ids('DiallerContactsUploads');

-- The IDs of contacts that are stored by imports that have not ended; no two ranges share one.
create table DiallerContactsArrivals (
    FirstID bigint primary key,
    LastID bigint not null,
    DiallerContactsUploadsID bigint not null
);

-- The contacts that readers see. Subqueries that name no column of `Contacts` run once; the others run only while there
-- are imports. The conditions are outside of the union so that each of its parts can be read by an index, in order.
create view DiallerContactsPresent as
select
    ID, ClientsID, DiallerCampaignsID, UserData, Client, Service, ReferenceNumber, Name, FirstName, Salutation, Title,
    Company, Address, PostalCode, City, Country, Region, AccountOwner, AccountBank, AccountNationalBankCode, AccountBIC,
    AccountNumber, AccountIBAN, Amount, PhoneNumber1, PhoneNumber2, PhoneNumber3, PhoneNumber4, PhoneNumber5,
    PhoneNumber6, FaxNumber, Email, Website, Comment, ExternalSystemLink, Model, Tag, RandomSortOrder, ReservedUsersUID,
    FollowUpUsersUID, dtImported, dtNextTry, dtLocked, DiallerCampaignsResultCodesID, LastAcdAgentEndReasonsID,
    bLastResultMailbox, bPhoneNumber1Invalid, bPhoneNumber2Invalid, bPhoneNumber3Invalid, bPhoneNumber4Invalid,
    bPhoneNumber5Invalid, bPhoneNumber6Invalid, nTriesPhoneNumber1, nTriesPhoneNumber2, nTriesPhoneNumber3,
    nTriesPhoneNumber4, nTriesPhoneNumber5, nTriesPhoneNumber6, nPhoneNumber1LastCause, nPhoneNumber2LastCause,
    nPhoneNumber3LastCause, nPhoneNumber4LastCause, nPhoneNumber5LastCause, nPhoneNumber6LastCause,
    PhoneNumber1LastAcdAgentEndReasonsID, PhoneNumber2LastAcdAgentEndReasonsID, PhoneNumber3LastAcdAgentEndReasonsID,
    PhoneNumber4LastAcdAgentEndReasonsID, PhoneNumber5LastAcdAgentEndReasonsID, PhoneNumber6LastAcdAgentEndReasonsID,
    Extra,
    (select make_record(row_to_json(Fields), Contacts.Extra) from (select
        ID, ClientsID, DiallerCampaignsID, UserData, Client, Service, ReferenceNumber, Name, FirstName, Salutation,
        Title, Company, Address, PostalCode, City, Country, Region, AccountOwner, AccountBank, AccountNationalBankCode,
        AccountBIC, AccountNumber, AccountIBAN, real_text(Amount)::json as Amount, PhoneNumber1, PhoneNumber2,
        PhoneNumber3, PhoneNumber4, PhoneNumber5, PhoneNumber6, FaxNumber, Email, Website, Comment, ExternalSystemLink,
        Model, Tag, RandomSortOrder, ReservedUsersUID, FollowUpUsersUID, dtImported, dtNextTry, dtLocked,
        DiallerCampaignsResultCodesID, LastAcdAgentEndReasonsID, bLastResultMailbox <> 0 as bLastResultMailbox,
        bPhoneNumber1Invalid <> 0 as bPhoneNumber1Invalid, bPhoneNumber2Invalid <> 0 as bPhoneNumber2Invalid,
        bPhoneNumber3Invalid <> 0 as bPhoneNumber3Invalid, bPhoneNumber4Invalid <> 0 as bPhoneNumber4Invalid,
        bPhoneNumber5Invalid <> 0 as bPhoneNumber5Invalid, bPhoneNumber6Invalid <> 0 as bPhoneNumber6Invalid,
        nTriesPhoneNumber1, nTriesPhoneNumber2, nTriesPhoneNumber3, nTriesPhoneNumber4, nTriesPhoneNumber5,
        nTriesPhoneNumber6, nPhoneNumber1LastCause, nPhoneNumber2LastCause, nPhoneNumber3LastCause,
        nPhoneNumber4LastCause, nPhoneNumber5LastCause, nPhoneNumber6LastCause, PhoneNumber1LastAcdAgentEndReasonsID,
        PhoneNumber2LastAcdAgentEndReasonsID, PhoneNumber3LastAcdAgentEndReasonsID,
        PhoneNumber4LastAcdAgentEndReasonsID, PhoneNumber5LastAcdAgentEndReasonsID, PhoneNumber6LastAcdAgentEndReasonsID
    ) as Fields) as Record,
    Folded
from (
    select null::bigint as Uploaded, * from DiallerContacts union all select * from DiallerContactsStaged
) as Contacts
where DiallerCampaignsID not in (select DiallerCampaignsID from DiallerContactsPurges)
and case when Uploaded is null then
    (
        ID < (select coalesce(min(FirstID), 9223372036854775807) from DiallerContactsArrivals)
        or coalesce(
            (select LastID from DiallerContactsArrivals where FirstID <= Contacts.ID order by FirstID desc limit 1)
            < Contacts.ID, true
        )
    )
    and not (
        exists (select from DiallerContactsUploads where bPublished = 1 and bStaged = 1)
        and exists (
            select from DiallerContactsStaged as Staged
            join DiallerContactsUploads as Uploads on Uploads.ID = Staged.DiallerContactsUploadsID
            where Staged.ID = Contacts.ID and Uploads.bPublished = 1
        )
    )
else Uploaded in (select ID from DiallerContactsUploads where bPublished = 1) end;
