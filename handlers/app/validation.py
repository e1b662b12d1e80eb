"""Connexion's validation: the compiled contract decides."""

from connexion.validators import ParameterValidator
from starlette.types import Scope


class CompiledValidator(ParameterValidator):  # type: ignore[misc]
    """Connexion's validator of parameters, which has the compiled operation read parameters and body together."""

    def validate(self, scope: Scope) -> None:
        """Find the arguments of the handler, for which the guard has prepared the request.

        :param scope: the ASGI scope of the request.
        :raises Problem: 400.
        """
        operation = scope["operation"]
        if operation is not None:
            scope["arguments"] = operation.arguments(scope["request"])
