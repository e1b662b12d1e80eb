"""Idempotency keys of requests that create or import (IETF draft-ietf-httpapi-idempotency-key-header)."""

import json
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, NamedTuple

IDEMPOTENCY_KEY = "Idempotency-Key"
KEY_FIELD = IDEMPOTENCY_KEY.lower().encode()


class KeyedRequest(NamedTuple):
    """What a request with an idempotency key is recognised by.

    :param key: the key.
    :param digest: SHA-256 of the operation, its arguments and the JSON body, in hexadecimal digits.
    """

    key: str
    digest: str


def read_keyed(value: bytes, operation: str, arguments: Sequence[Any], body: bytes) -> KeyedRequest:
    """Return the key and the digest of a request.

    :param value: the value of the header field, valid by the contract.
    :param operation: the operationId.
    :param arguments: the values of the path and query parameters, in the order of the contract.
    :param body: the JSON body; empty if the handler reads a file.
    """
    digest = sha256(json.dumps([operation, *arguments]).encode() + b"\n" + body)
    return KeyedRequest(value.decode("ascii"), digest.hexdigest())
