-- `NameFolded` is the name as it is compared when letter case does not matter; every write of a name writes it too. The
-- index holds all that a search by name looks at, in the order of its answer.

alter table AcdGroups add column NameFolded text not null default '';

update AcdGroups set NameFolded = fold(Name);

drop index AcdGroupsByName;

create index AcdGroupsByName on AcdGroups (ClientsID, Name, ID, NameFolded);

alter table DiallerCampaigns add column NameFolded text not null default '';

update DiallerCampaigns set NameFolded = fold(Name);

create index DiallerCampaignsByName on DiallerCampaigns (ClientsID, Name, ID, NameFolded);
