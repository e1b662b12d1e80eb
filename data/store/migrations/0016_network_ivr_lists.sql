-- The network IVR lists of the client accounts, and their entries. `Record` is made as in 0001.
-- engine: sqlite
create table NetworkIVRLists (
    ID integer primary key autoincrement,
    ClientsID integer not null references Clients (ID),
    Name text not null check (Name <> ''),
    Extra text not null default '{}' check (json_type(Extra) = 'object'),
    Record text generated always as (
        rtrim(json_object(
            'ClientsID', ClientsID,
            'ID', ID,
            'Name', Name
        ), '}') || iif(Extra = '{}', '}', ',' || substr(Extra, 2))
    ) stored,
    Folded text
) strict;
-- engine: postgresql
create table NetworkIVRLists (
    ID bigint primary key,
    ClientsID bigint not null references Clients (ID),
    Name text collate C not null check (Name <> ''),
    Extra text collate C not null default '{}' check (json_typeof(Extra::json) = 'object'),
    Record text collate C not null,
    Folded json
);

call give_ids('NetworkIVRLists');

create function record_network_ivr_list() returns trigger language plpgsql as $$
begin
    new.Record := make_record(row_to_json(Fields), new.Extra) from (select
        new.ClientsID,
        new.ID,
        new.Name
    ) as Fields;
    return new;
end $$;

create trigger Record before insert or update on NetworkIVRLists for each row execute function record_network_ivr_list();
-- engine: all

create index NetworkIVRListsByName on NetworkIVRLists (ClientsID, Name, ID);

-- engine: sqlite
create table NetworkIVRListsEntries (
    ID integer primary key autoincrement,
    ClientsID integer not null references Clients (ID),
    NetworkIVRListsID integer not null references NetworkIVRLists (ID),
    Name text not null check (Name <> ''),
    Extra text not null default '{}' check (json_type(Extra) = 'object'),
    Record text generated always as (
        rtrim(json_object(
            'ID', ID,
            'ClientsID', ClientsID,
            'NetworkIVRListsID', NetworkIVRListsID,
            'Name', Name
        ), '}') || iif(Extra = '{}', '}', ',' || substr(Extra, 2))
    ) stored,
    Folded text
) strict;
-- engine: postgresql
create table NetworkIVRListsEntries (
    ID bigint primary key,
    ClientsID bigint not null references Clients (ID),
    NetworkIVRListsID bigint not null references NetworkIVRLists (ID),
    Name text collate C not null check (Name <> ''),
    Extra text collate C not null default '{}' check (json_typeof(Extra::json) = 'object'),
    Record text collate C not null,
    Folded json
);

call give_ids('NetworkIVRListsEntries');

create function record_network_ivr_list_entry() returns trigger language plpgsql as $$
begin
    new.Record := make_record(row_to_json(Fields), new.Extra) from (select
        new.ID,
        new.ClientsID,
        new.NetworkIVRListsID,
        new.Name
    ) as Fields;
    return new;
end $$;

create trigger Record before insert or update on NetworkIVRListsEntries for each row execute function record_network_ivr_list_entry();
-- engine: all

create index NetworkIVRListsEntriesByName on NetworkIVRListsEntries (NetworkIVRListsID, Name, ID);
