-- The last run of the dialler in each world. `scenario` is what it was given, as JSON. `tries` is the number of calls,
-- `started` and `now` are times of the world. `stopping` asks the process that plays to stop, `beat` is when it has last
-- played, in seconds since 1970, and `ran` whether the clock of the world ran before.
create table Runs (
    world text primary key references Worlds on delete cascade,
    number integer not null,
    scenario text not null,
    state text not null,
    reason text,
    tries integer not null default 0,
    started text not null,
    now text not null,
    stopping integer not null default 0,
    beat real not null,
    ran integer not null
) strict;
