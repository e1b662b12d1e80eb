"""The options of `freiton serve` for the sandbox."""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from handlers import Settings
from handlers.sandbox.registry.limits import Limits

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
        "--sandbox-idle",
        "idle_seconds",
        type=click.FloatRange(0, min_open=True),
        envvar="FREITON_SANDBOX_IDLE",
        default=Limits().idle_seconds,
        show_default=True,
        show_envvar=True,
        help="With --sandbox: the seconds after its last request that a world is deleted.",
    ),
    click.option(
        "--sandbox-worlds",
        "most_worlds",
        type=click.IntRange(1),
        envvar="FREITON_SANDBOX_WORLDS",
        default=Limits().most_worlds,
        show_default=True,
        show_envvar=True,
        help="With --sandbox: the most worlds at a time.",
    ),
    click.option(
        "--sandbox-snapshots",
        "most_snapshots",
        type=click.IntRange(0),
        envvar="FREITON_SANDBOX_SNAPSHOTS",
        default=Limits().most_snapshots,
        show_default=True,
        show_envvar=True,
        help="With --sandbox: the most snapshots of a world.",
    ),
    click.option(
        "--sandbox-upload",
        "largest_upload",
        type=click.IntRange(1),
        envvar="FREITON_SANDBOX_UPLOAD",
        default=Limits().largest_upload,
        show_default=True,
        show_envvar=True,
        help="With --sandbox: the most bytes of an uploaded snapshot.",
    ),
    click.option(
        "--sandbox-journal",
        "journal_length",
        type=click.IntRange(1),
        envvar="FREITON_SANDBOX_JOURNAL",
        default=Limits().journal_length,
        show_default=True,
        show_envvar=True,
        help="With --sandbox: the most requests in the journal of a world; the oldest go.",
    ),
    click.option(
        "--sandbox-journal-body",
        "largest_kept",
        type=click.IntRange(0),
        envvar="FREITON_SANDBOX_JOURNAL_BODY",
        default=Limits().largest_kept,
        show_default=True,
        show_envvar=True,
        help="With --sandbox: the bytes of each body that the journal keeps.",
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
    settings: Settings, *, sandbox: bool, sandbox_public: bool, sandbox_dir: Path | None, **limits: Any
) -> Iterator[Settings]:
    """Yield the settings of a server, changed to those of a sandbox if one is wanted.

    :param settings: the settings that all other options give.
    :param sandbox: whether it is a sandbox.
    :param sandbox_public: whether others than this machine may reach it.
    :param sandbox_dir: the folder of the worlds; None for one that is deleted at the end.
    :param limits: the fields of `Limits`.
    :raises store.Refused: the folder cannot be used.
    """
    if not sandbox:
        _refuse_others(sandbox_dir, limits)
        yield settings
        return
    from handlers.sandbox.serving import Layer, prepare

    with ExitStack() as stack:
        folder = sandbox_dir or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="freiton-")))
        folder.mkdir(parents=True, exist_ok=True)
        database = prepare(folder.absolute(), Limits(**limits))
        yield replace(settings, database=database, demo=True, fast=False, layer=Layer(folder.absolute()))


def _refuse_others(sandbox_dir: Path | None, limits: Mapping[str, Any]) -> None:
    if sandbox_dir is not None or Limits(**limits) != Limits():
        raise click.UsageError("the options --sandbox-... are for --sandbox only")
