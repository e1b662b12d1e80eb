"""A sandbox: a server in a process of its own, or one that runs already."""

from types import TracebackType
from typing import Any

from .control import Control, SandboxError, join
from .process import Process
from .world import World

__all__ = ["Sandbox", "SandboxError", "World"]


class Sandbox:
    """A running sandbox; as a context manager, it is stopped at the end of the block.

    :param options: options of `freiton serve` for the server that is started, such as `--sandbox-idle=60`.
    :param url: a URL of a sandbox that runs already, which is used instead and not stopped; only its host and port
        count.
    :raises SandboxError: the server does not start, or the URL is none.
    """

    def __init__(self, *options: str, url: str | None = None) -> None:
        self._process = None if url else Process(*options)
        self._control = Control(url or (self._process.url if self._process else ""))

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Return the URL of the server, without a path."""
        return self._control.url

    @property
    def control_url(self) -> str:
        """Return the URL of the control API."""
        return self._control.base_url

    def world(self, fixture: str = "demo") -> World:
        """Make a world.

        :param fixture: what it is made of: `demo`, the documented examples, `empty`, or a fixture of your own.
        :raises SandboxError: there is no such fixture, or there are as many worlds as are allowed.
        """
        return World(self._control, self._control.ask("POST", "/worlds", {"fixture": fixture}))

    def find_world(self, world_id: str = "default") -> World:
        """Return a world that exists.

        :param world_id: its ID; by default the world that the demo's tokens lead to.
        :raises SandboxError: there is none.
        """
        return World(self._control, self._control.ask("GET", join("worlds", world_id)))

    def coverage(self) -> dict[str, Any]:
        """Return what the requests of all worlds have covered of the contract since the sandbox started."""
        answer: dict[str, Any] = self._control.ask("GET", "/coverage")
        return answer

    def stop(self) -> None:
        """Stop the server, if it was started by this object."""
        if self._process:
            self._process.stop()
