-- Which write-ahead log belongs to this file: the first salt of its header, to which SQLite adds one each time that it
-- restarts the log. Null: not known yet; -1: none, as in a backup. See data/store/logs.py.
create table WriteAheadLog (
    ID integer primary key check (ID = 1),
    Salt integer
) strict;

insert into WriteAheadLog (ID) values (1);
