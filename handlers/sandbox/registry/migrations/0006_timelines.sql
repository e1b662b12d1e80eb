-- `moment` is the time of the world when a request arrived, or a call was queued; `time` and `created` are real time.
alter table Journal add column moment text;
alter table OutgoingCalls add column moment text;

-- The last entry of the journal and the last outgoing call before the world got its present database: what is older is
-- about other records, which may have had the same IDs.
alter table Worlds add column entryBefore integer not null default 0;
alter table Worlds add column callBefore integer not null default 0;
