"""Tokens: the client accounts (tenants) and their bearer tokens."""

import secrets
from binascii import crc32
from collections.abc import Mapping
from hashlib import sha256

from data import store

# Tokens that are valid without being stored: token to client ID.
Known = Mapping[str, int]
# The fixed tokens of the demo.
DEMO: Known = {f"freiton-demo-{client}": client for client in (1, 2)}


def find_client(token: str, known: Known) -> int | None:
    """Return the ID of the client that a bearer token belongs to, or None if the token is not valid.

    :param token: the token, as the client sent it.
    :param known: the tokens that are valid without being stored.
    """
    row = store.one("select ClientsID from Tokens where Hash = :hash and dtRevoked is null", hash=_hash(token))
    if row is None:
        return known.get(token)
    client: int = row["ClientsID"]
    return client


def choose_known(*, demo: bool) -> Known:
    """Return the tokens that are valid without being stored.

    :param demo: whether the demo is served.
    """
    return DEMO if demo else {}


def add_client(name: str, client_id: int | None = None) -> int:
    """Add a client and return its ID.

    :param name: its name.
    :param client_id: its ID, for example its ClientsID at the vendor; None for the next free one.
    :raises store.NotUnique: there is a client of that name or with that ID.
    """
    with store.atomic():
        given = {"Name": name} if client_id is None else {"Name": name, "ID": client_id}
        for column, value in given.items():
            if store.one(f"select ID from Clients where {column} = :value", value=value):
                raise store.NotUnique(f"there is a client already with the {column} {value}")
        values = ", ".join(f":{column}" for column in given)
        (row,) = store.query(f"insert into Clients ({', '.join(given)}) values ({values}) returning ID", **given)
    client: int = row["ID"]
    return client


def list_clients() -> list[store.Row]:
    """Return all clients in ID order, with the columns `ID`, `Name` and `bDemo`."""
    return store.query("select ID, Name, bDemo from Clients order by ID")


def require_client(clients_id: int) -> None:
    """Do nothing if there is a client with that ID.

    :param clients_id: ID of the client account.
    :raises store.NotFound: there is none.
    """
    if store.one("select ID from Clients where ID = :client", client=clients_id) is None:
        raise store.NotFound(f"there is no client {clients_id}")


def add_token(clients_id: int, name: str) -> str:
    """Add a token for a client and return it; only its SHA-256 is stored.

    :param clients_id: ID of the client account.
    :param name: what the token is for; may be empty.
    :returns: `frt_`, 160 random bits and their CRC-32, in hexadecimal digits.
    :raises store.NotFound: there is no client with that ID.
    """
    secret = secrets.token_hex(20)
    token = f"frt_{secret}{crc32(secret.encode()):08x}"
    with store.atomic():
        require_client(clients_id)
        store.execute(
            "insert into Tokens (ClientsID, Name, Hash, dtCreated) values (:client, :name, :hash, :now)",
            client=clients_id,
            name=name,
            hash=_hash(token),
            now=store.now(),
        )
    return token


def list_tokens() -> list[store.Row]:
    """Return all tokens, revoked ones too, with `ID`, `ClientsID`, `Name`, `dtCreated` and `dtRevoked` (UTC)."""
    return store.query("select ID, ClientsID, Name, dtCreated, dtRevoked from Tokens order by ID")


def revoke_token(token_id: int) -> None:
    """Make a token invalid from the next request on.

    :param token_id: ID of the token.
    :raises store.NotFound: there is no token with that ID, or it is revoked already.
    """
    with store.atomic():
        if not store.execute(
            "update Tokens set dtRevoked = :now where ID = :id and dtRevoked is null", now=store.now(), id=token_id
        ):
            raise store.NotFound(f"there is no valid token {token_id}")


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
