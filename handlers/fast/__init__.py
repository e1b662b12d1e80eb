"""The fast path: plain requests are answered without ASGI and Connexion.

Lives here: the parser of plain requests, the caches of tokens and answers, and the queue of writes. It is an
optimisation: it gives the same responses as `app`, has `contract` decide what is valid, and can be switched off with
`--no-fast`. It imports `responses` and the layers below, `data`, and neither `app` nor `server`. A faster way for a
kind of request goes here, with a measurement; new behaviour does not.
"""
