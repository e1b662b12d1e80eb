-- The service numbers of the client accounts. `Record` is made as in 0001.
-- engine: sqlite
create table ServiceNumbers (
    ID integer primary key autoincrement,
    ClientsID integer not null references Clients (ID),
    Name text not null check (Name <> ''),
    Name2 text,
    ContractNumber text,
    EndNumber text,
    dtTo text,
    dtReset text,
    ResellerTrafficManagementPoliciesID integer,
    ApplySeconds4 integer,
    ApplySeconds3 integer,
    bCockpitConferenceFlag integer check (bCockpitConferenceFlag in (0, 1)),
    ResellersID integer,
    Extra text not null default '{}' check (json_type(Extra) = 'object'),
    Record text generated always as (
        rtrim(json_object(
            'ContractNumber', ContractNumber,
            'dtTo', dtTo,
            'EndNumber', EndNumber,
            'dtReset', dtReset,
            'ResellerTrafficManagementPoliciesID', ResellerTrafficManagementPoliciesID,
            'ID', ID,
            'Name', Name,
            'Name2', Name2,
            'ApplySeconds4', ApplySeconds4,
            'ApplySeconds3', ApplySeconds3,
            'bCockpitConferenceFlag', '[false,true]' -> bCockpitConferenceFlag,
            'ClientsID', ClientsID,
            'ResellersID', ResellersID
        ), '}') || iif(Extra = '{}', '}', ',' || substr(Extra, 2))
    ) stored,
    Folded text
) strict;
-- engine: postgresql
create table ServiceNumbers (
    ID bigint primary key,
    ClientsID bigint not null references Clients (ID),
    Name text collate C not null check (Name <> ''),
    Name2 text collate C,
    ContractNumber text collate C,
    EndNumber text collate C,
    dtTo text collate C,
    dtReset text collate C,
    ResellerTrafficManagementPoliciesID bigint,
    ApplySeconds4 bigint,
    ApplySeconds3 bigint,
    bCockpitConferenceFlag smallint check (bCockpitConferenceFlag in (0, 1)),
    ResellersID bigint,
    Extra text collate C not null default '{}' check (json_typeof(Extra::json) = 'object'),
    Record text collate C not null,
    Folded json
);

call give_ids('ServiceNumbers');

create function record_service_number() returns trigger language plpgsql as $$
begin
    new.Record := make_record(row_to_json(Fields), new.Extra) from (select
        new.ContractNumber,
        new.dtTo,
        new.EndNumber,
        new.dtReset,
        new.ResellerTrafficManagementPoliciesID,
        new.ID,
        new.Name,
        new.Name2,
        new.ApplySeconds4,
        new.ApplySeconds3,
        new.bCockpitConferenceFlag <> 0 as bCockpitConferenceFlag,
        new.ClientsID,
        new.ResellersID
    ) as Fields;
    return new;
end $$;

create trigger Record before insert or update on ServiceNumbers for each row execute function record_service_number();
-- engine: all

create index ServiceNumbersByName2 on ServiceNumbers (ClientsID, Name2, ID);
