"""What a call says of who calls: Basic credentials, or a bearer token.

The token is fetched with client credentials (RFC 6749, section 4.4), and kept in the registry for all processes.
"""

import base64
import json
import time
from collections.abc import Collection
from typing import NamedTuple
from urllib.parse import urlencode

from data import store
from handlers.sandbox.outgoing.addresses import Forbidden, read_url
from handlers.sandbox.outgoing.exchange import Broken, Outbound, Passed, Terms, send
from handlers.sandbox.registry import targets
from handlers.sandbox.registry.targets import Target

NONE, BASIC, OAUTH = "none", "basic", "clientCredentials"
FORM = ((b"Content-Type", b"application/x-www-form-urlencoded"), (b"Accept", b"application/json"))
# In seconds: a token that ends so soon is not used any more.
SPARE_SECONDS = 5
# In seconds: how long a token is kept whose answer does not say when it ends. One that ends before is refused with 401.
USUAL_SECONDS, LONGEST_SECONDS = 3600.0, 10.0**9


class Credentials(NamedTuple):
    """The credentials of a call.

    :param value: the value of `Authorization`; empty for none.
    :param secrets: the texts that nobody may read.
    :param is_kept: whether they may have ended, so that 401 is a reason to fetch new ones.
    """

    value: str
    secrets: Collection[str]
    is_kept: bool = False


async def find(registry: store.Store, world_id: str, target: Target, terms: Terms, *, anew: bool) -> Credentials:
    """Return the credentials for a call to a target.

    :param registry: the registry, which keeps tokens.
    :param world_id: ID of the world.
    :param target: the target.
    :param terms: how the token is asked for.
    :param anew: fetch a token, although there may be one.
    :raises Broken: the token URL gives none; the reason says why.
    """
    given = target.rule["credentials"]
    if given["kind"] == NONE:
        return Credentials("", ())
    if given["kind"] == BASIC:
        encoded = base64.b64encode(f"{given['user']}:{target.secret}".encode()).decode()
        return Credentials(f"Basic {encoded}", _list_secrets(target.secret, encoded))
    with registry.use():
        latest = targets.find(world_id, target.id)
    if latest.token and not anew and latest.token_until > time.time():
        return _bear(target, latest.token, is_kept=True)
    token, seconds = await _fetch(target, terms)
    with registry.use():
        targets.save_token(target.id, token, time.time() + seconds - SPARE_SECONDS)
    return _bear(target, token, is_kept=False)


async def _fetch(target: Target, terms: Terms) -> tuple[str, float]:
    """Return a new token, and for how many seconds it is valid."""
    given, passed = target.rule["credentials"], Passed()
    form = {"grant_type": "client_credentials", "client_id": given["clientId"], "client_secret": target.secret}
    try:
        place = read_url(given["tokenUrl"])
        await send(Outbound("POST", place, place.path or "/", FORM, urlencode(form).encode()), terms, passed)
    except Forbidden as error:
        raise Broken(f"no token: the token URL {error}") from error
    except Broken as error:
        raise Broken(f"no token: {error}") from error
    if passed.status != 200:
        raise Broken(f"no token: the token URL has answered {passed.status}")
    return _read_token(bytes(passed.body.kept))


def _read_token(answer: bytes) -> tuple[str, float]:
    try:
        given = json.loads(answer)
        token, seconds = given["access_token"], given.get("expires_in")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise Broken("no token: the answer of the token URL has no access_token") from error
    # What a header field takes; RFC 6750, section 2.1, allows less.
    if not isinstance(token, str) or not token or not token.isascii() or not token.isprintable() or " " in token:
        raise Broken("no token: the access_token is not a bearer token")
    is_told = isinstance(seconds, int | float) and 0 <= seconds <= LONGEST_SECONDS
    return token, float(seconds) if is_told else USUAL_SECONDS


def _bear(target: Target, token: str, *, is_kept: bool) -> Credentials:
    return Credentials(f"Bearer {token}", _list_secrets(target.secret, token), is_kept)


def _list_secrets(*texts: str) -> list[str]:
    return [text for text in texts if text]
