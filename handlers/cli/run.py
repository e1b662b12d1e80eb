"""The command that runs another one with a sandbox."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from os import environ
from types import FrameType

import click
from freiton import Sandbox, SandboxError, World

from handlers.platform import END_SIGNALS


@click.command("run", context_settings={"allow_interspersed_args": False})
@click.option(
    "--fixture",
    default="demo",
    show_default=True,
    help="What the world is made of: demo, empty, or NAME=FOLDER, see 'freiton fixture save'.",
)
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def run_command(command: tuple[str, ...], fixture: str) -> None:
    """Run COMMAND with a sandbox of its own, and exit with its exit code.

    It tells the command by variables where the sandbox is: FREITON_URL is the base URL of the API with the client
    account, FREITON_API_URL without it, FREITON_CLIENT_ID the account, FREITON_TOKEN its bearer token, FREITON_WORLD
    the ID of the world, FREITON_CONTROL the URL of the control API.

    \b
    Example:
      freiton run -- pytest
    """
    program = shutil.which(command[0])
    if program is None:
        raise click.BadParameter(f"there is no program {command[0]}", param_hint="COMMAND")
    try:
        code = _run_in_sandbox([program, *command[1:]], fixture)
    except SandboxError as error:
        raise click.ClickException(str(error)) from error
    # As shells tell the signal that has ended a program.
    sys.exit(code if code >= 0 else 128 - code)


def _run_in_sandbox(command: list[str], fixture: str) -> int:
    name, of_folder, _ = fixture.partition("=")
    options = [f"--fixture={fixture}"] if of_folder else []
    with Sandbox(*options) as sandbox, sandbox.world(name) as world:
        return _run(command, _name(sandbox, world))


def _name(sandbox: Sandbox, world: World) -> Mapping[str, str]:
    return {
        "FREITON_URL": world.base_url,
        "FREITON_API_URL": world.api_url,
        "FREITON_CLIENT_ID": str(world.client_id),
        "FREITON_TOKEN": world.token,
        "FREITON_WORLD": world.id,
        "FREITON_CONTROL": sandbox.control_url,
    }


def _run(command: list[str], variables: Mapping[str, str]) -> int:
    with subprocess.Popen(command, env={**environ, **variables}) as process, _passing_on(process):
        return process.wait()


@contextmanager
def _passing_on(process: "subprocess.Popen[bytes]") -> Iterator[None]:
    """Pass signals on to a process, instead of being ended by them.

    :param process: the process.
    """

    def pass_on(number: int, frame: FrameType | None) -> None:
        # A terminal sends Ctrl+C to the process itself.
        if number != signal.SIGINT or not sys.stdin.isatty():
            process.send_signal(number)

    usual = {number: signal.signal(number, pass_on) for number in (signal.SIGINT, *END_SIGNALS)}
    try:
        yield
    finally:
        for number, handler in usual.items():
            signal.signal(number, handler)
