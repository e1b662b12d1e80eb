-- Where connectors listen. `rule` is the target as the control API shows it, and `operations` are the operationIds that
-- it gets, both as JSON. `secret` is its password or client secret; `token` the bearer token that was fetched with it,
-- and `tokenUntil` when that ends, in seconds since 1970.
create table Targets (
    id integer primary key autoincrement,
    world text not null references Worlds on delete cascade,
    rule text not null,
    operations text not null,
    secret text not null,
    token text,
    tokenUntil real not null default 0
) strict;

create index TargetsOfWorld on Targets (world, id);

-- The calls to connectors. `data` and `answer` are JSON. Those to one target are sent one by one in the order of
-- `place`, unless the caller waits for them (`isLookup`); none before `due`. The process that sends one, its `owner`, has
-- it until `lease`; both times are in seconds since 1970. `repeats` says how often a call is sent again when it is done, `retriesLeft`
-- how often when it fails. `cause` names what a call is about that must not be told twice.
create table OutgoingCalls (
    id integer primary key autoincrement,
    world text not null references Worlds on delete cascade,
    target integer not null,
    operationId text not null,
    data text not null,
    status text not null default 'queued',
    reason text,
    attempts integer not null default 0,
    answer text,
    created text not null,
    isLookup integer not null,
    isHeld integer not null default 0,
    place real not null default 0,
    due real not null,
    owner text,
    lease real not null default 0,
    repeats integer not null,
    retriesLeft integer not null,
    cause text
) strict;

create index OutgoingCallsOfWorld on OutgoingCalls (world, id);
create unique index OutgoingCallsByCause on OutgoingCalls (world, cause) where cause is not null;
create index OutgoingCallsToSend on OutgoingCalls (target, place) where status in ('queued', 'sent');

alter table Journal add column direction text not null default 'incoming';
alter table Journal add column call integer;
