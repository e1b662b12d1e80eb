-- A digest of the contacts up to the line, so that a repaired file goes on; rows without one are of earlier versions.
alter table DiallerContactsImports add column Digest text not null default '';
