-- Imports that store all contacts of a file or none, in steps that nobody sees before the last one; see data/uploads.py.
create table DiallerContactsUploads (
    ID integer primary key autoincrement,
    ClientsID integer not null,
    -- The milliseconds since 1970 of the last step, 0 for an import that has failed, and how many steps there were.
    nStepped integer not null,
    nSteps integer not null default 0,
    bOverwrites integer not null check (bOverwrites in (0, 1)),
    -- Whether another writer has changed what the import relied on, so that it has to begin again.
    bOvertaken integer not null default 0 check (bOvertaken in (0, 1)),
    -- Whether it has a table of overwritten contacts, and whether that is what readers see.
    bStaged integer not null default 0 check (bStaged in (0, 1)),
    bPublished integer not null default 0 check (bPublished in (0, 1))
) strict;

-- The IDs of contacts that are stored by imports that have not ended; no two ranges share one.
create table DiallerContactsArrivals (
    FirstID integer primary key,
    LastID integer not null,
    DiallerContactsUploadsID integer not null
) strict;
