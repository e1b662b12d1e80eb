"""Connexion's validation, replaced by the compiled contract."""

from connexion.validators import ParameterValidator
from starlette.types import Scope


class CompiledValidator(ParameterValidator):  # type: ignore[misc]
    """Connexion's parameter validator, in which the compiled operation checks parameters and body together."""

    def validate(self, scope: Scope) -> None:
        """Put the handler's arguments into the scope (Connexion's extension point `validator_map`).

        :param scope: the ASGI scope of the request, in which the guard has put `operation` and `request`.
        :raises Problem: 400; a parameter or the body is not valid.
        """
        scope["arguments"] = scope["operation"].arguments(scope["request"])
