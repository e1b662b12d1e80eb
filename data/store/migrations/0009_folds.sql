-- `Folded` holds the folds of those texts of a row that are not ASCII, as a JSON object, column name to fold; null if all
-- are ASCII: then `lower` is the fold. So a search needs no Python function, for which the threads of a server would wait
-- for one another. Only rows whose record has more bytes than characters are written.

alter table AcdEventTypes add column Folded text;

update AcdEventTypes set Folded = (
    select nullif(json_group_object(key, fold(value)), '{}') from json_each(Record)
    where type = 'text' and length(value) <> length(cast(value as blob))
) where length(Record) <> length(cast(Record as blob));

alter table AcdEventStatus add column Folded text;

update AcdEventStatus set Folded = (
    select nullif(json_group_object(key, fold(value)), '{}') from json_each(Record)
    where type = 'text' and length(value) <> length(cast(value as blob))
) where length(Record) <> length(cast(Record as blob));

alter table AcdEvents add column Folded text;

update AcdEvents set Folded = (
    select nullif(json_group_object(key, fold(value)), '{}') from json_each(Record)
    where type = 'text' and length(value) <> length(cast(value as blob))
        and key not in (select key from json_each(Extra))
) where length(Record) <> length(cast(Record as blob));

alter table DiallerCampaigns add column Folded text;

update DiallerCampaigns set Folded = (
    select nullif(json_group_object(key, fold(value)), '{}') from json_each(Record)
    where type = 'text' and length(value) <> length(cast(value as blob))
        and key not in (select key from json_each(Extra)) and key <> 'Name'
) where length(Record) <> length(cast(Record as blob));

alter table DiallerContacts add column Folded text;

update DiallerContacts set Folded = (
    select nullif(json_group_object(key, fold(value)), '{}') from json_each(Record)
    where type = 'text' and length(value) <> length(cast(value as blob))
        and key not in (select key from json_each(Extra))
) where length(Record) <> length(cast(Record as blob));
