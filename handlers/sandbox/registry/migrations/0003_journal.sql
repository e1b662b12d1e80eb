-- The number of the last entry of each world's journal, and how many entries went because it had reached its limit.
create table Journals (
    world text primary key references Worlds on delete cascade,
    last integer not null,
    dropped integer not null default 0
) strict;

-- What entries are searched by comes first: long texts at the end are not read then. `request`, `response`,
-- `violations` and `failure` are JSON.
create table Journal (
    world text not null references Worlds on delete cascade,
    number integer not null,
    operationId text,
    method text not null,
    path text not null,
    clientsId integer,
    status integer,
    valid integer not null,
    time text not null,
    requestId text not null,
    query text not null,
    milliseconds real not null,
    violations text not null,
    failure text,
    request text not null,
    response text not null,
    primary key (world, number)
) strict;

-- How often a part of the contract was met, such as `status` 404 or `query/orderBy` Name; `value` is empty where a
-- parameter or field was given at all. The counts of worlds that were deleted are those of the world ''.
create table Coverage (
    world text not null,
    operationId text not null,
    place text not null,
    value text not null,
    count integer not null,
    primary key (world, operationId, place, value)
) strict, without rowid;

create trigger KeepCoverage before delete on Worlds begin
    insert into Coverage (world, operationId, place, value, count)
    select '', operationId, place, value, count from Coverage where world = old.id
    on conflict do update set count = count + excluded.count;
    delete from Coverage where world = old.id;
end;
