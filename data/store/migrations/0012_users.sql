-- The users of the client accounts. `Record` is made as in 0001.
-- engine: sqlite
create table Users (
    ID integer primary key autoincrement,
    ClientsID integer not null references Clients (ID),
    UID text not null check (UID <> ''),
    FirstName text,
    Name text,
    NickName text,
    bActive integer check (bActive in (0, 1)),
    TelActive text,
    bTelCallsForwarding integer check (bTelCallsForwarding in (0, 1)),
    bUseWebMail integer check (bUseWebMail in (0, 1)),
    dtPBXTelephoneStatus text,
    ResellersID integer,
    TelStatusID integer,
    AgentStatusAfterLogoutRejectedID integer,
    Extra text not null default '{}' check (json_type(Extra) = 'object'),
    Record text generated always as (
        rtrim(json_object(
            'bTelCallsForwarding', '[false,true]' -> bTelCallsForwarding,
            'bUseWebMail', '[false,true]' -> bUseWebMail,
            'dtPBXTelephoneStatus', dtPBXTelephoneStatus,
            'ID', ID,
            'ClientsID', ClientsID,
            'UID', UID,
            'FirstName', FirstName,
            'Name', Name,
            'NickName', NickName,
            'bActive', '[false,true]' -> bActive,
            'TelActive', TelActive,
            'ResellersID', ResellersID,
            'TelStatusID', TelStatusID,
            'AgentStatusAfterLogoutRejectedID', AgentStatusAfterLogoutRejectedID
        ), '}') || iif(Extra = '{}', '}', ',' || substr(Extra, 2))
    ) stored,
    Folded text
) strict;
-- engine: postgresql
create table Users (
    ID bigint primary key,
    ClientsID bigint not null references Clients (ID),
    UID text collate C not null check (UID <> ''),
    FirstName text collate C,
    Name text collate C,
    NickName text collate C,
    bActive smallint check (bActive in (0, 1)),
    TelActive text collate C,
    bTelCallsForwarding smallint check (bTelCallsForwarding in (0, 1)),
    bUseWebMail smallint check (bUseWebMail in (0, 1)),
    dtPBXTelephoneStatus text collate C,
    ResellersID bigint,
    TelStatusID bigint,
    AgentStatusAfterLogoutRejectedID bigint,
    Extra text collate C not null default '{}' check (json_typeof(Extra::json) = 'object'),
    Record text collate C not null,
    Folded json
);

call give_ids('Users');

create function record_user() returns trigger language plpgsql as $$
begin
    new.Record := make_record(row_to_json(Fields), new.Extra) from (select
        new.bTelCallsForwarding <> 0 as bTelCallsForwarding,
        new.bUseWebMail <> 0 as bUseWebMail,
        new.dtPBXTelephoneStatus,
        new.ID,
        new.ClientsID,
        new.UID,
        new.FirstName,
        new.Name,
        new.NickName,
        new.bActive <> 0 as bActive,
        new.TelActive,
        new.ResellersID,
        new.TelStatusID,
        new.AgentStatusAfterLogoutRejectedID
    ) as Fields;
    return new;
end $$;

create trigger Record before insert or update on Users for each row execute function record_user();
-- engine: all

-- A user logs in with the UID.
create unique index UsersByUID on Users (ClientsID, UID);
