"""The options of `freiton serve` for the sandbox."""

import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from handlers import Settings
from handlers.sandbox.registry.fixtures import DEMO, EMPTY
from handlers.sandbox.registry.limits import Limits

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
# A name, an IPv4 address, or an IPv6 address without brackets.
HOST = re.compile(r"[a-z0-9.:_-]{1,253}")


def read_fixtures(context: click.Context, parameter: click.Parameter, given: Iterable[str]) -> Mapping[str, Path]:
    """Return folders by the names of the fixtures that are made of them.

    :param context: the context of the command.
    :param parameter: the option.
    :param given: the values, each as in `NAME=FOLDER`.
    :raises click.BadParameter: a value is not like that, or a name is taken.
    """
    named: dict[str, Path] = {}
    for value in given:
        name, _, folder = value.partition("=")
        if not NAME.fullmatch(name) or not folder:
            raise click.BadParameter("must be NAME=FOLDER; NAME has letters, digits, dots, dashes and underscores")
        if name in (DEMO, EMPTY) or name in named:
            raise click.BadParameter(f"there is a fixture {name} already")
        named[name] = Path(folder)
    return named


def read_hosts(context: click.Context, parameter: click.Parameter, given: str | None) -> tuple[str, ...]:
    """Return the hosts that outgoing calls may go to, in lower case.

    :param context: the context of the command.
    :param parameter: the option.
    :param given: the hosts, separated by commas; None for none.
    :raises click.BadParameter: a host is not like that.
    """
    hosts = tuple(host.strip().lower() for host in (given or "").split(",") if host.strip())
    for host in hosts:
        if not HOST.fullmatch(host):
            raise click.BadParameter(f"{host!r} is not the name or address of a host")
    return hosts


def _limit(option: str, field: str, kind: "click.ParamType[Any]", text: str) -> Callable[..., Any]:
    """Return the option for a field of `Limits`."""
    return click.option(
        option,
        field,
        type=kind,
        envvar=f"FREITON_{option[2:].upper().replace('-', '_')}",
        default=getattr(Limits(), field),
        show_default=True,
        show_envvar=True,
        help=f"With --sandbox: {text}",
    )


OPTIONS = (
    click.option(
        "--sandbox",
        is_flag=True,
        envvar="FREITON_SANDBOX",
        show_envvar=True,
        help="Serve worlds for the tests of connectors, and a control API under /sandbox/v1; implies --demo --no-fast.",
    ),
    click.option(
        "--sandbox-public",
        is_flag=True,
        envvar="FREITON_SANDBOX_PUBLIC",
        show_envvar=True,
        help="With --sandbox: allow any --host, although the control API needs no token.",
    ),
    click.option(
        "--sandbox-dir",
        type=click.Path(file_okay=False, path_type=Path),
        envvar="FREITON_SANDBOX_DIR",
        show_envvar=True,
        help="With --sandbox: the folder that keeps the worlds; by default a restart forgets them.",
    ),
    click.option(
        "--fixture",
        "named",
        multiple=True,
        metavar="NAME=FOLDER",
        callback=read_fixtures,
        help="With --sandbox: make a fixture of a folder, see 'freiton fixture save'; may be given several times.",
    ),
    _limit(
        "--sandbox-idle",
        "idle_seconds",
        click.FloatRange(0, min_open=True),
        "the seconds after its last request that a world is deleted.",
    ),
    _limit("--sandbox-worlds", "most_worlds", click.IntRange(1), "the most worlds at a time."),
    _limit("--sandbox-snapshots", "most_snapshots", click.IntRange(0), "the most snapshots of a world."),
    _limit("--sandbox-failures", "most_failures", click.IntRange(1), "the most failures that are armed in a world."),
    _limit("--sandbox-upload", "largest_upload", click.IntRange(1), "the most bytes of an uploaded snapshot."),
    _limit(
        "--sandbox-journal",
        "journal_length",
        click.IntRange(1),
        "the most requests in the journal of a world; the oldest go.",
    ),
    _limit(
        "--sandbox-journal-body", "largest_kept", click.IntRange(0), "the bytes of each body that the journal keeps."
    ),
    _limit("--sandbox-calls", "most_calls", click.IntRange(1), "the most outgoing calls of a world that wait."),
    click.option(
        "--outgoing-hosts",
        metavar="HOST[,HOST]",
        callback=read_hosts,
        envvar="FREITON_OUTGOING_HOSTS",
        show_envvar=True,
        help="With --sandbox: hosts beside this machine that outgoing calls may go to, names or addresses.",
    ),
    _limit(
        "--sandbox-wait",
        "longest_wait",
        click.FloatRange(0),
        "the most seconds that a request to the control API waits for requests of the API.",
    ),
)


def sandbox_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of the sandbox to a command.

    :param command: the function of the command.
    """
    for option in reversed(OPTIONS):
        command = option(command)
    return command


@contextmanager
def open_sandbox(
    settings: Settings,
    *,
    sandbox: bool,
    sandbox_public: bool,
    sandbox_dir: Path | None,
    named: Mapping[str, Path],
    outgoing_hosts: tuple[str, ...],
    **limits: Any,
) -> Iterator[Settings]:
    """Yield the settings of a server, changed to those of a sandbox if one is wanted.

    :param settings: the settings that all other options give.
    :param sandbox: whether it is a sandbox.
    :param sandbox_public: whether others than this machine may reach it.
    :param sandbox_dir: the folder of the worlds; None for one that is deleted at the end.
    :param named: folders by the names of the fixtures that are made of them.
    :param outgoing_hosts: the hosts beside this machine that outgoing calls may go to.
    :param limits: the fields of `Limits`.
    :raises store.Refused: the folder cannot be used.
    :raises ValueError: the folder of a fixture has an error.
    """
    if not sandbox:
        _refuse_others(sandbox_dir is not None or bool(named) or bool(outgoing_hosts), limits)
        yield settings
        return
    if click.get_current_context().get_parameter_source("database") is ParameterSource.COMMANDLINE:
        raise click.UsageError("--sandbox has databases of its own: --sandbox-dir names their folder, not --database")
    # Imported here: other commands do not need it.
    from handlers.sandbox.serving import Layer, prepare

    with ExitStack() as stack:
        folder = sandbox_dir or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="freiton-")))
        folder.mkdir(parents=True, exist_ok=True)
        database = prepare(folder.absolute(), Limits(**limits), named)
        yield replace(
            settings, database=database, demo=True, fast=False, layer=Layer(folder.absolute(), outgoing_hosts)
        )


def _refuse_others(is_given: bool, limits: Mapping[str, Any]) -> None:
    if is_given or Limits(**limits) != Limits():
        raise click.UsageError("the options --sandbox-..., --fixture and --outgoing-hosts are for --sandbox only")
