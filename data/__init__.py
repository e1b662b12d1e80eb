"""The storage side of Freiton: the queries, one module a resource. It knows nothing of HTTP.

`acd`, `events`, `users`, `campaigns`, `contacts`, `tokens` and so on hold the queries of a resource, `records` what
they share.
`imports`, `steps`, `uploads` and `staging` store contacts from files, `purges` deletes in the background,
`dialler/` plays calls and keeps their history, `idempotency` keeps the answers to requests that may be sent again,
`opening` opens a database and fills a new one.
Imports go one way: resources -> lists -> store. Nothing here imports `handlers`. A new resource gets a module here; its
tables go to a new file in `store/migrations/`.
"""
