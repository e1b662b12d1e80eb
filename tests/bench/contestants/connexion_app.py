"""Connexion as it comes: the contract, handlers that return dictionaries, and the middleware of the default."""

from collections.abc import Callable
from typing import Any

from connexion import AsyncApp
from connexion.exceptions import ResolverError
from connexion.resolver import Resolver
from connexion.security import BearerSecurityHandler
from inflection import underscore

from tests.bench.contestants import storage
from tests.bench.servers import TOP

NOT_IMPLEMENTED = 501

tokens = storage.list_tokens()


async def list_acd_event_types(clients_id: int, **page: Any) -> Any:
    """Answer with the event types."""
    return storage.list_envelope(storage.list_event_types(), "ID")


async def list_dialler_campaigns(clients_id: int, **page: Any) -> Any:
    """Answer with the client's campaigns."""
    return storage.list_envelope(storage.list_campaigns(clients_id), "Name")


async def get_dialler_campaign(clients_id: int, dialler_campaigns_id: int) -> Any:
    """Answer with one campaign."""
    try:
        return storage.found_envelope([storage.get_campaign(clients_id, dialler_campaigns_id)])
    except storage.NotFound:
        return {"status": 404, "error": "Dialler campaign not found"}, 404


def check_token(token: str, request: Any) -> dict[str, Any] | None:
    """Return what there is to know about a token, None if it is not that of the client account."""
    clients_id = request.scope["path"].split("/")[3]
    if storage.is_valid(tokens, token, int(clients_id)):
        return {"sub": clients_id}
    return None


class Bearer(BearerSecurityHandler):
    """Bearer tokens, without naming a function in the contract."""

    def _resolve_func(self, security_scheme: dict[str, Any]) -> Callable[..., Any]:
        return check_token


def find_handler(name: str) -> Any:
    """Return the function of an operation.

    :raises ResolverError: it has none here.
    """
    try:
        return globals()[underscore(name.rpartition(".")[2])]
    except KeyError as error:
        raise ResolverError(name) from error


app = AsyncApp(__name__, pythonic_params=True, resolver=Resolver(find_handler), security_map={"bearer": Bearer})
app.add_api(TOP / "openapi.yaml", resolver_error=NOT_IMPLEMENTED)
