"""The Connexion application: it answers every request that the fast path does not.

Lives here: the assembly, Connexion's extension points (security, guard, validation, error rendering), CORS, and the
endpoints without a token (health, contract, documentation). What a request is refused for is decided in `contract`;
this folder calls it. It imports the layers below and `data`, and neither `fast` nor `server`. A new middleware, or an
endpoint beside the API, goes here.
"""
