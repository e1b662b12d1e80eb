-- `rule` is the failure as it was armed, as JSON. `operations` are the operationIds that it is for, as JSON; `path` is
-- the one path below the client account that it is for, null for all of its operations. Of the requests that match,
-- those from number `first` to number `last` fail; null for all from then on. `share` and `seed` are null if all of
-- them fail.
create table Failures (
    id integer primary key autoincrement,
    world text not null references Worlds on delete cascade,
    rule text not null,
    operations text not null,
    path text,
    first integer not null,
    last integer,
    share real,
    seed integer,
    met integer not null default 0,
    fired integer not null default 0
) strict;

create index FailuresOfWorld on Failures (world, id);
