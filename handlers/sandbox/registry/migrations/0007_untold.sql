-- The first call in the history of a world of which connectors are still to be told; null if there is none.
alter table Worlds add column untold integer;

create index WorldsWithUntold on Worlds (id) where untold is not null;
