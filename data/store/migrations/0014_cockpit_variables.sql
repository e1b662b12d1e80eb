-- The cockpit variables of the client accounts. `Record` is made as in 0001.
-- engine: sqlite
create table CockpitVariables (
    ID integer primary key autoincrement,
    ClientsID integer not null references Clients (ID),
    Name text not null check (Name <> ''),
    Description text,
    CounterAbsolute integer not null default 0,
    Counter10Minutes integer not null default 0,
    Counter30Minutes integer not null default 0,
    CounterDay integer not null default 0,
    MinValue integer,
    MaxValue integer,
    MinBGColor text,
    MaxBGColor text,
    bWritable integer check (bWritable in (0, 1)),
    bVisible integer check (bVisible in (0, 1)),
    dtLastModified text,
    Extra text not null default '{}' check (json_type(Extra) = 'object'),
    Record text generated always as (
        rtrim(json_object(
            'Description', Description,
            'CounterAbsolute', CounterAbsolute,
            'Name', Name,
            'Counter10Minutes', Counter10Minutes,
            'Counter30Minutes', Counter30Minutes,
            'CounterDay', CounterDay,
            'MinValue', MinValue,
            'ID', ID,
            'MinBGColor', MinBGColor,
            'dtLastModified', dtLastModified,
            'MaxValue', MaxValue,
            'MaxBGColor', MaxBGColor,
            'bWritable', '[false,true]' -> bWritable,
            'bVisible', '[false,true]' -> bVisible,
            'ClientsID', ClientsID
        ), '}') || iif(Extra = '{}', '}', ',' || substr(Extra, 2))
    ) stored,
    Folded text
) strict;
-- engine: postgresql
create table CockpitVariables (
    ID bigint primary key,
    ClientsID bigint not null references Clients (ID),
    Name text collate C not null check (Name <> ''),
    Description text collate C,
    CounterAbsolute bigint not null default 0,
    Counter10Minutes bigint not null default 0,
    Counter30Minutes bigint not null default 0,
    CounterDay bigint not null default 0,
    MinValue bigint,
    MaxValue bigint,
    MinBGColor text collate C,
    MaxBGColor text collate C,
    bWritable smallint check (bWritable in (0, 1)),
    bVisible smallint check (bVisible in (0, 1)),
    dtLastModified text collate C,
    Extra text collate C not null default '{}' check (json_typeof(Extra::json) = 'object'),
    Record text collate C not null,
    Folded json
);

call give_ids('CockpitVariables');

create function record_cockpit_variable() returns trigger language plpgsql as $$
begin
    new.Record := make_record(row_to_json(Fields), new.Extra) from (select
        new.Description,
        new.CounterAbsolute,
        new.Name,
        new.Counter10Minutes,
        new.Counter30Minutes,
        new.CounterDay,
        new.MinValue,
        new.ID,
        new.MinBGColor,
        new.dtLastModified,
        new.MaxValue,
        new.MaxBGColor,
        new.bWritable <> 0 as bWritable,
        new.bVisible <> 0 as bVisible,
        new.ClientsID
    ) as Fields;
    return new;
end $$;

create trigger Record before insert or update on CockpitVariables for each row execute function record_cockpit_variable();
-- engine: all

create index CockpitVariablesByName on CockpitVariables (ClientsID, Name, ID);
