-- The idempotency keys of requests that were carried out, with their answers; see data/idempotency.py.
-- engine: sqlite
create table IdempotencyKeys (
    ID integer primary key autoincrement,
    ClientsID integer not null references Clients (ID),
    IdempotencyKey text not null check (length(IdempotencyKey) between 1 and 255),
    -- Counts the keys of the client account; a key whose number is far behind the newest is deleted.
    nNumber integer not null,
    -- SHA-256 of the request, in hexadecimal digits.
    Digest text not null,
    -- The last line that is stored of a file whose import has not ended; null when the request is carried out.
    Line integer,
    -- The body of the answer; null if there is none yet, or if it is too long to be kept.
    Answer text,
    dtCreated text not null,
    unique (ClientsID, IdempotencyKey)
) strict;
-- engine: postgresql
create table IdempotencyKeys (
    ID bigint primary key,
    ClientsID bigint not null references Clients (ID),
    IdempotencyKey text collate C not null check (length(IdempotencyKey) between 1 and 255),
    nNumber bigint not null,
    Digest text collate C not null,
    Line bigint,
    Answer text collate C,
    dtCreated text collate C not null,
    unique (ClientsID, IdempotencyKey)
);

call give_ids('IdempotencyKeys');
-- engine: all

create index IdempotencyKeysByNumber on IdempotencyKeys (ClientsID, nNumber);
create index IdempotencyKeysByCreation on IdempotencyKeys (dtCreated);
