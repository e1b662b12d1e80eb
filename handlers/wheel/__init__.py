"""Freiton, a self-hosted contact-centre REST service, and its sandbox for the tests of connectors.

    from freiton import Sandbox

    with Sandbox() as sandbox, sandbox.world() as world:
        print(world.base_url, world.token)

This folder becomes the package `freiton` of the wheel, with `handlers` and `data` beside it. The wheel adds no other
package to site-packages, so that projects with a `handlers` or `data` of their own can import theirs.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .testing.control import SandboxError
    from .testing.sandbox import Sandbox
    from .testing.world import World

__all__ = ["Sandbox", "SandboxError", "World"]


def __getattr__(name: str) -> Any:
    """Import a class of the sandbox when it is first used: the command line and the pytest plugin start without.

    :param name: the name of the class.
    :raises AttributeError: the package has no such name.
    """
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .testing import sandbox

    return getattr(sandbox, name)
