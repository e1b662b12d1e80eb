-- Which write-ahead log belongs to this file: the first salt of its header, which SQLite counts up each time that it
-- begins again. Null: not known yet; -1: none, as in a backup. See data/logs.py.
create table WriteAheadLog (
    ID integer primary key check (ID = 1),
    Salt integer
) strict;

insert into WriteAheadLog (ID) values (1);
