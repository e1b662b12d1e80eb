-- How a request was sent; what is older may have been sent by https.
alter table Journal add column scheme text not null default 'http';
