"""Responses: what handlers return, in the shapes that the contract documents.

Lives here: the success envelopes, errors, entity tags and preconditions, idempotency keys, streaming, the log and the
request ID. This folder imports `limits`, `contract` and `data`. It knows nothing of single operations, Connexion and
uvicorn. A new envelope, error shape or header field of all responses goes here.
"""
