"""The assembly of the Connexion application, and of nothing else."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial, wraps
from inspect import iscoroutinefunction
from typing import Any

from connexion import AsyncApp, request
from connexion.exceptions import ProblemException
from connexion.middleware.context import ContextMiddleware
from connexion.middleware.exceptions import ExceptionMiddleware
from connexion.middleware.request_validation import RequestValidationMiddleware
from connexion.middleware.routing import RoutingMiddleware
from connexion.operations import AbstractOperation
from connexion.resolver import Resolution, Resolver
from connexion.spec import OpenAPISpecification
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp

from data import store, tokens
from data.lists.pages import BadPage
from handlers import Settings
from handlers.app import public
from handlers.app.guard import Guard
from handlers.app.rendering import render
from handlers.app.security import Security
from handlers.app.validation import CompiledValidator
from handlers.contract import document
from handlers.contract.operations import Operation
from handlers.contract.problems import Refusal
from handlers.contract.routes import Routes
from handlers.limits.scans import Scans

# The tests hold the contract against the schema of OpenAPI. Connexion would at each start, for most of its time.
OpenAPISpecification.openapi_schema = {}

ERRORS = (
    *(Refusal, BadPage, store.NotFound, store.Conflict, store.Unavailable),
    *(ProblemException, HTTPException, Exception),
)


class HandlerResolver(Resolver):  # type: ignore[misc]
    """Gives Connexion the handler of each operation (Connexion's extension point `resolver`).

    Handlers are called with the arguments from the compiled operation.

    :param operations: the compiled operations of the contract.
    """

    def __init__(self, operations: Iterable[Operation]) -> None:
        super().__init__()
        self.operations = {operation.identity: operation for operation in operations}

    def resolve(self, operation: AbstractOperation) -> Resolution:
        """Return the handler of an operation (overrides `Resolver`).

        A read runs in the threads of `Scans`, unless its handler is a coroutine.

        :param operation: the operation, as Connexion knows it.
        """
        compiled = self.operations[operation.operation_id]
        takes_turns = compiled.is_read and not iscoroutinefunction(compiled.handler)
        return Resolution(_take_turns(compiled) if takes_turns else _answer(compiled), compiled.identity)


def _take_turns(operation: Operation) -> Callable[..., Awaitable[Response]]:
    @wraps(operation.handler)
    async def answer(**_: Any) -> Response:
        scope = request.scope
        scans: Scans = scope["scans"]
        read = partial(operation.handler, **scope["arguments"])
        return await scans.answer(scope["client_account"], request.receive, read)

    return answer


def _answer(operation: Operation) -> Callable[..., Any]:
    handler = operation.handler
    if iscoroutinefunction(handler):

        @wraps(handler)
        async def answer_later(**_: Any) -> Any:
            return await handler(**request.scope["arguments"])

        return answer_later

    @wraps(handler)
    def answer(**_: Any) -> Response:
        return handler(**request.scope["arguments"])

    return answer


def create_app(settings: Settings, of: store.Store, routes: Routes) -> ASGIApp:
    """Return the application of the API, with the layer of the settings in front.

    :param settings: the options that the server is started with.
    :param of: the store of the tokens and of all records.
    :param routes: all paths that are served.
    """
    security = partial(Security, of=of, known=tokens.choose_known(demo=settings.demo))
    app = assemble(document.read(), routes, security)
    hint = "" if settings.layer is None else settings.layer.hint
    add_endpoints(app, public.endpoints(demo=settings.demo, further=hint))
    if settings.layer is None:
        return app  # type: ignore[no-any-return]
    layered: ASGIApp = settings.layer(app, of)
    return layered


def add_endpoints(app: AsyncApp, endpoints: Mapping[str, public.Endpoint]) -> None:
    """Add endpoints outside the contract to an application.

    :param app: the application.
    :param endpoints: their functions, by path.
    """
    for path, endpoint in endpoints.items():
        app.add_url_rule(path, view_func=endpoint, methods=["GET"])


def assemble(contract: Mapping[str, Any], routes: Routes, *first: Callable[..., ASGIApp]) -> AsyncApp:
    """Return the application of a contract: the guard, Connexion's routing and validation, then the handlers.

    :param contract: the contract, as data.
    :param routes: its paths, and those beside it.
    :param first: middleware that a request goes through before the guard.
    """
    app = AsyncApp(
        __name__,
        middlewares=[
            ExceptionMiddleware,
            *first,
            partial(Guard, routes=routes),
            RoutingMiddleware,
            RequestValidationMiddleware,
            ContextMiddleware,
        ],
        pythonic_params=True,
        resolver=HandlerResolver(routes.operations),
        validator_map={"parameter": CompiledValidator, "body": {}},
    )
    app.add_api(dict(contract))
    for error in ERRORS:
        app.add_error_handler(error, render)
    return app
