-- The routing applications of the client accounts. `Record` is made as in 0001.
-- engine: sqlite
create table RoutingApplications (
    ID integer primary key autoincrement,
    ClientsID integer not null references Clients (ID),
    Name text not null check (Name <> ''),
    TestCLI text,
    RoutingApplicationTypesID integer,
    RoutingApplicationFilesActiveID integer,
    RoutingApplicationFilesTestID integer,
    dtCallLogStart text,
    WorkFlowApplicationTypesID integer,
    bOverflowLicense integer check (bOverflowLicense in (0, 1)),
    Extra text not null default '{}' check (json_type(Extra) = 'object'),
    Record text generated always as (
        rtrim(json_object(
            'TestCLI', TestCLI,
            'RoutingApplicationTypesID', RoutingApplicationTypesID,
            'RoutingApplicationFilesActiveID', RoutingApplicationFilesActiveID,
            'RoutingApplicationFilesTestID', RoutingApplicationFilesTestID,
            'dtCallLogStart', dtCallLogStart,
            'ClientsID', ClientsID,
            'ID', ID,
            'WorkFlowApplicationTypesID', WorkFlowApplicationTypesID,
            'bOverflowLicense', '[false,true]' -> bOverflowLicense,
            'Name', Name
        ), '}') || iif(Extra = '{}', '}', ',' || substr(Extra, 2))
    ) stored,
    Folded text
) strict;
-- engine: postgresql
create table RoutingApplications (
    ID bigint primary key,
    ClientsID bigint not null references Clients (ID),
    Name text collate C not null check (Name <> ''),
    TestCLI text collate C,
    RoutingApplicationTypesID bigint,
    RoutingApplicationFilesActiveID bigint,
    RoutingApplicationFilesTestID bigint,
    dtCallLogStart text collate C,
    WorkFlowApplicationTypesID bigint,
    bOverflowLicense smallint check (bOverflowLicense in (0, 1)),
    Extra text collate C not null default '{}' check (json_typeof(Extra::json) = 'object'),
    Record text collate C not null,
    Folded json
);

call give_ids('RoutingApplications');

create function record_routing_application() returns trigger language plpgsql as $$
begin
    new.Record := make_record(row_to_json(Fields), new.Extra) from (select
        new.TestCLI,
        new.RoutingApplicationTypesID,
        new.RoutingApplicationFilesActiveID,
        new.RoutingApplicationFilesTestID,
        new.dtCallLogStart,
        new.ClientsID,
        new.ID,
        new.WorkFlowApplicationTypesID,
        new.bOverflowLicense <> 0 as bOverflowLicense,
        new.Name
    ) as Fields;
    return new;
end $$;

create trigger Record before insert or update on RoutingApplications for each row execute function record_routing_application();
-- engine: all

create index RoutingApplicationsByName on RoutingApplications (ClientsID, Name, ID);
