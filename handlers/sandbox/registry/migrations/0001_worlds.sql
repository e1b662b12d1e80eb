-- Each table's columns are named like the fields of the control API's answers.

-- What the server was started with; the values are read by all of its processes.
create table Limits (
    name text primary key,
    value real not null
) strict;

-- `file` names a database in the folder of the registry, as everywhere below; `accounts` are the IDs of its client
-- accounts, as JSON.
create table Fixtures (
    name text primary key,
    file text not null,
    accounts text not null
) strict;

-- `used` is in seconds since 1970. The clock is stopped at `frozenAt`, or `offset` milliseconds ahead of real time.
create table Worlds (
    id text primary key,
    fixture text not null,
    file text not null,
    accounts text not null,
    created text not null,
    used real not null,
    frozenAt text,
    offset integer not null default 0
) strict;

create index WorldsByUse on Worlds (used);

create table Snapshots (
    world text not null references Worlds on delete cascade,
    name text not null,
    file text not null,
    accounts text not null,
    size integer not null,
    created text not null,
    frozenAt text,
    offset integer not null,
    primary key (world, name)
) strict;

-- Databases that nothing names any more. Requests that began before may still use them for a while.
create table Leavings (
    file text primary key,
    since real not null
) strict;
