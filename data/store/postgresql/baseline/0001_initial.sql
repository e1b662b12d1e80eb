-- The first four scripts are SQLite's 0001 to 0010, with the same names. `translate` in ../statements.py quotes them.
--
-- Texts have the collation C: they are compared by code points, whatever the locale of the database is, and `lower`
-- changes ASCII letters only. Booleans are 0 and 1.

-- The number of the newest migration, and whether the database is being moved to PostgreSQL, so that it is not whole.
create table Schema (
    Version bigint not null,
    bMoving smallint not null default 0 check (bMoving in (0, 1))
);

insert into Schema (Version) values (0);

-- The highest ID that each table has given. Writers hold a lock, so that there is one at a time. Then IDs are those of
-- SQLite's autoincrement: consecutive, given again after a rollback, and not given again after a deletion.
create table Sequences (
    Name text collate C primary key,
    Last bigint not null
);

-- Return the next ID of a table. It is in a setting until `keep_last_id` stores it at the end of the statement: within
-- a transaction, each update of the same row takes longer than the one before.
create function next_id(owner text) returns bigint language plpgsql as $$
declare
    setting text := 'freiton.' || owner;
    last bigint := nullif(current_setting(setting, true), '')::bigint;
begin
    if last is null then
        last := (select Sequences.Last from Sequences where Name = owner);
    end if;
    perform set_config(setting, (last + 1)::text, true);
    return last + 1;
end $$;

create function fill_id() returns trigger language plpgsql as $$
begin
    new.ID := next_id(tg_table_name);
    return new;
end $$;

create function keep_last_id() returns trigger language plpgsql as $$
begin
    update Sequences set Last = Highest.ID from (select max(ID) as ID from Inserted) as Highest
    where Name = tg_table_name and Last < Highest.ID;
    perform set_config('freiton.' || tg_table_name, '', true);
    return null;
end $$;

-- Make a table give IDs to rows without one, or with null. A statement has to give the IDs of all its rows or of none.
-- Triggers fire in the order of their names: these before `Record`.
create procedure give_ids(owner text) language plpgsql as $$
begin
    insert into Sequences (Name, Last) values (owner, 0);
    execute format('alter table %I alter column "ID" set default next_id(%L)', owner, owner);
    execute format(
        'create trigger "ID" before insert on %I for each row when (new."ID" is null) execute function fill_id()', owner
    );
    execute format(
        'create trigger "LastID" after insert on %I referencing new table as "Inserted"'
        ' for each statement execute function keep_last_id()', owner
    );
end $$;

-- Return a record from its known fields and its unknown ones.
create function make_record(fields json, extra text) returns text language plpgsql immutable parallel safe as $$
begin
    return case extra when '{}' then fields::text else left(fields::text, -1) || ',' || substr(extra, 2) end;
end $$;

-- Return a finite number as SQLite 3.53 writes it: with up to 17 digits, see sqlite3FpDecode in its util.c.
create function real_text(x double precision) returns text language plpgsql immutable strict parallel safe as $$
declare
    -- At most 15 digits.
    short text := x::numeric;
begin
    if x = 0 then
        return '0.0';
    end if;
    if abs(x) >= 0.001 and abs(x) < 1e15 and length(btrim(translate(short, '-.', ''), '0')) <= 13 and short::float8 = x
    then
        return short || case strpos(short, '.') when 0 then '.0' else '' end;
    end if;
    return long_real_text(x);
end $$;

-- Return a finite number other than 0 as `real_text` does. SQLite's digits are not those of the exact value: it
-- multiplies with the first 64 bits of a power of ten, and shortens a number only if its digits end in 99 or 000.
create function long_real_text(x double precision) returns text language plpgsql immutable strict parallel safe as $$
declare
    bits bigint := ('x' || encode(float8send(abs(x)), 'hex'))::bit(64)::bigint;
    mantissa bigint := bits & ((1::bigint << 52) - 1) | (least(bits >> 52, 1) << 52);
    -- mantissa * 2 ^ shift has 64 bits; times 2 ^ exponent it is abs(x).
    shift int := 64 - length(ltrim(mantissa::bit(64)::text, '0'));
    exponent int := greatest(bits >> 52, 1) - 1075 - shift;
    -- abs(x) * 10 ^ places has 18 or 19 digits before the point. 78913 / 2 ^ 18 is log10(2).
    places int := 17 - ((exponent + 63) * 78913 >> 18);
    -- The largest power of two that is not above 10 ^ places. 108853 / 2 ^ 15 is log2(10).
    size int := places * 108853 >> 15;
    power numeric := div(
        10::numeric ^ greatest(places, 0) * 2::numeric ^ greatest(63 - size, 0),
        10::numeric ^ greatest(-places, 0) * 2::numeric ^ greatest(size - 63, 0));
    digits numeric := div(div(mantissa * 2::numeric ^ shift * power, 2::numeric ^ (62 - exponent - size)) + 1, 2);
    n int := length(digits::text);
    shorter numeric := case
        when substr(digits::text, 15, 2) = '99' then round(digits, 14 - n)
        when substr(digits::text, 14, 3) = '000' or places <= 0 then trunc(digits, 13 - n) end;
    rounded numeric := case (shorter || 'e' || -places)::float8 when abs(x) then shorter else round(digits, 17 - n) end;
    exponent10 int := length(rounded::text) - places - 1;
    is_plain boolean := exponent10 between -4 and 16;
    shown text := trim_scale((rounded || 'e' || -places - case when is_plain then 0 else exponent10 end)::numeric);
begin
    return case when x < 0 then '-' else '' end || shown || case strpos(shown, '.') when 0 then '.0' else '' end
        || case when is_plain then '' else to_char(exponent10, '"e"FMSG900') end;
end $$;

create table Clients (
    ID bigint primary key,
    Name text collate C not null unique check (Name <> ''),
    bDemo smallint not null default 0 check (bDemo in (0, 1))
);

call give_ids('Clients');

create table Tokens (
    ID bigint primary key,
    ClientsID bigint not null references Clients (ID),
    Name text collate C not null,
    Hash text collate C not null unique,
    dtCreated text collate C not null,
    dtRevoked text collate C
);

call give_ids('Tokens');

create table Languages (
    ID bigint primary key,
    Name text collate C not null
);

create table AcdEventTypes (
    ID bigint primary key,
    ShortText text collate C not null unique,
    Record text collate C not null,
    -- The folds of the texts that are not ASCII, column name to fold; null if all are ASCII.
    Folded json
);

create table AcdEventStatus (like AcdEventTypes including constraints including indexes);

-- `Record` is a row's ready JSON in the documented order. Triggers write it, because a generated column must not call
-- `row_to_json`.
create function record_short_text() returns trigger language plpgsql as $$
begin
    new.Record := row_to_json(Fields) from (select new.ShortText, new.ID) as Fields;
    return new;
end $$;

create trigger Record before insert or update on AcdEventTypes
for each row execute function record_short_text();

create trigger Record before insert or update on AcdEventStatus
for each row execute function record_short_text();

create table AcdGroups (
    ID bigint primary key,
    ClientsID bigint not null references Clients (ID),
    Name text collate C not null check (Name <> ''),
    QueueMusicID4Sec bigint,
    SupervisorAggregationSkill5ID bigint,
    DistributionAlgorithmID bigint,
    ServiceLevelSeconds bigint,
    QueueOffhookAnnouncementID bigint,
    bPositionAnnouncement3 smallint check (bPositionAnnouncement3 in (0, 1)),
    TarifAnnouncementWavesID bigint,
    bCallRedirectionAfterNumberAnnouncement smallint check (bCallRedirectionAfterNumberAnnouncement in (0, 1)),
    -- The fields that Freiton does not know.
    Extra text collate C not null default '{}' check (json_typeof(Extra::json) = 'object'),
    Record text collate C not null,
    -- The name as it is compared when letter case does not matter.
    NameFolded text collate C not null default ''
);

call give_ids('AcdGroups');

create index AcdGroupsByName on AcdGroups (ClientsID, Name, ID);

create function record_group() returns trigger language plpgsql as $$
begin
    new.Record := make_record(row_to_json(Fields), new.Extra) from (select
        new.QueueMusicID4Sec,
        new.SupervisorAggregationSkill5ID,
        new.DistributionAlgorithmID,
        new.ServiceLevelSeconds,
        new.ID,
        new.Name,
        new.ClientsID,
        new.QueueOffhookAnnouncementID,
        new.bPositionAnnouncement3 <> 0 as bPositionAnnouncement3,
        new.TarifAnnouncementWavesID,
        new.bCallRedirectionAfterNumberAnnouncement <> 0 as bCallRedirectionAfterNumberAnnouncement
    ) as Fields;
    return new;
end $$;

create trigger Record before insert or update on AcdGroups for each row execute function record_group();
