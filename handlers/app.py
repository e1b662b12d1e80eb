"""The way of a request through Connexion: the only place that assembles it."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial, wraps
from importlib import import_module
from typing import Any

from connexion import AsyncApp, request
from connexion.exceptions import ProblemException
from connexion.middleware.context import ContextMiddleware
from connexion.middleware.exceptions import ExceptionMiddleware
from connexion.middleware.request_validation import RequestValidationMiddleware
from connexion.middleware.routing import RoutingMiddleware
from connexion.operations import AbstractOperation
from connexion.resolver import Resolution, Resolver
from inflection import underscore
from starlette.exceptions import HTTPException
from starlette.responses import Response

from data import store, tokens
from data.pages import BadPage
from handlers import Settings, contract, public
from handlers.deprecation import Deprecation, read_dates
from handlers.envelope import JSON
from handlers.errors import ApiError
from handlers.guard import Guard
from handlers.operations import METHODS, is_read
from handlers.rendering import render
from handlers.scans import Scans
from handlers.security import Security
from handlers.validation import StrictJSONBodyValidator, StrictParameterValidator

ERRORS = (
    *(ApiError, BadPage, store.NotFound, store.Conflict, store.Unavailable),
    *(ProblemException, HTTPException, Exception),
)


class HandlerResolver(Resolver):  # type: ignore[misc]
    """Finds the function of an operation: its operationId in snake case, in the module that it names.

    :param document: the contract, as data.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        super().__init__()
        self.reads = {
            definition["operationId"]
            for item in document["paths"].values()
            for method, definition in item.items()
            if method.upper() in METHODS and is_read(method.upper(), definition)
        }

    def resolve(self, operation: AbstractOperation) -> Resolution:
        """Return the handler function of an operation; one that reads takes turns with others."""
        handler = getattr(import_module(operation.router_controller), underscore(operation.operation_id))
        if operation.operation_id in self.reads:
            handler = _take_turns(handler)
        return Resolution(handler, operation.operation_id)


def _take_turns(handler: Callable[..., Response]) -> Callable[..., Awaitable[Response]]:
    @wraps(handler)
    async def answer(**arguments: Any) -> Response:
        scans: Scans = request.scope["scans"]
        return await scans.answer(request.scope["client_account"], request.receive, partial(handler, **arguments))

    return answer


def create_app(settings: Settings) -> AsyncApp:
    """Assemble the service: security, guard, then Connexion's routing and validation, then the handlers.

    :param settings: what the server is started with; its database is open.
    """
    deprecated = read_dates(contract.read())
    app = AsyncApp(
        __name__,
        middlewares=[
            *([partial(Deprecation, dates=deprecated)] if deprecated else []),
            ExceptionMiddleware,
            partial(Security, find_client=partial(tokens.find_client, demo=settings.demo)),
            partial(Guard, public=public.ENDPOINTS),
            RoutingMiddleware,
            RequestValidationMiddleware,
            ContextMiddleware,
        ],
        pythonic_params=True,
        resolver=HandlerResolver(contract.read()),
        validator_map={
            "parameter": StrictParameterValidator,
            "body": {JSON: StrictJSONBodyValidator},
        },
    )
    app.add_api(contract.read())
    for path, endpoint in public.endpoints(demo=settings.demo).items():
        app.add_url_rule(path, view_func=endpoint, methods=["GET"])
    for error in ERRORS:
        app.add_error_handler(error, render)
    return app
