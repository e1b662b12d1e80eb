-- How many contacts a client has, so that a page costs the same with ten thousand campaigns as with ten.
create table DiallerContactsTotals (
    ClientsID integer primary key,
    nContacts integer not null
) strict;

insert into DiallerContactsTotals (ClientsID, nContacts)
select ClientsID, sum(nContacts) from DiallerContactsCounts group by ClientsID;

create trigger DiallerContactsTotalsIncreased after insert on DiallerContactsCounts begin
    insert into DiallerContactsTotals (ClientsID, nContacts) values (new.ClientsID, new.nContacts)
    on conflict do update set nContacts = nContacts + excluded.nContacts;
end;

create trigger DiallerContactsTotalsChanged after update of nContacts on DiallerContactsCounts begin
    update DiallerContactsTotals set nContacts = nContacts + new.nContacts - old.nContacts where ClientsID = new.ClientsID;
end;

create trigger DiallerContactsTotalsDecreased after delete on DiallerContactsCounts begin
    update DiallerContactsTotals set nContacts = nContacts - old.nContacts where ClientsID = old.ClientsID;
end;
