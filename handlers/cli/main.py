"""The command line: collects the commands, and turns errors into exit codes."""

import signal
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, TypeVar

import click

from data import store
from handlers.cli.accounts import client, token
from handlers.cli.databases import back_up, check_database, move_database, restore_backup
from handlers.cli.serve import serve
from handlers.platform import END_SIGNALS

Command = TypeVar("Command", bound=Callable[..., Any])


class Commands(click.Group):
    """The commands. Those that import Connexion or more of HTTP, which takes long, are imported when they are run."""

    later: Mapping[str, tuple[str, str]] = {
        "fixture": ("handlers.cli.fixtures", "commands"),
        "contacts": ("handlers.cli.transfers", "commands"),
        "coverage": ("handlers.cli.coverage", "coverage"),
        "run": ("handlers.cli.run", "run_command"),
        "load": ("handlers.cli.transfers", "load_file"),
        "verify": ("handlers.verify.command", "verify"),
    }

    def list_commands(self, context: click.Context) -> list[str]:
        """Return the names of all commands.

        :param context: the context of the command line.
        """
        return sorted([*super().list_commands(context), *self.later])

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """Return the command of a name; None if there is none.

        :param context: the context of the command line.
        :param name: the name.
        """
        if name not in self.later:
            return super().get_command(context, name)
        module, function = self.later[name]
        command: click.Command = getattr(import_module(module), function)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="freiton", message="%(version)s")
def cli() -> None:
    """A contact-centre service that speaks the jtel REST API v1.0.

    \b
    Example:
      freiton serve --demo
    """


for command in (serve, back_up, restore_backup, check_database, move_database, client, token):
    cli.add_command(command)


def main() -> None:
    """Run the command line. Exit code 0, 1 for a failure, 2 for wrong usage; an error is one line on standard error."""
    for number in END_SIGNALS:
        # `nohup` starts programs with SIGHUP ignored.
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, lambda number, _: sys.exit(128 + number))
    try:
        sys.exit(cli.main(prog_name="freiton", standalone_mode=False))
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(error.exit_code)
    except click.UsageError as error:
        _fail(2, error.format_message())
    except click.ClickException as error:
        # No usage error: a file cannot be opened.
        _fail(1, error.format_message())
    except (store.NotFound, store.Refused, store.Unavailable, ValueError, OSError) as error:
        _fail(1, str(error))
    except store.EngineError as error:
        _fail(1, f"the database is damaged, see 'freiton check': {error}")
    except click.Abort as abort:
        _fail(128 + signal.SIGINT, str(abort) or "interrupted")


def _fail(code: int, message: str) -> None:
    click.echo(f"freiton: {' '.join(message.split())}", err=True)
    sys.exit(code)
