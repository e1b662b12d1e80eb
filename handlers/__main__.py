"""The command line: `freiton`, or `python -m handlers`."""

import signal
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from ipaddress import ip_address
from pathlib import Path
from typing import Any, TypeVar

import click

from data import maintenance, store
from handlers import Settings
from handlers.accounts import DATABASE, check_name, client, token

# An account gets half of the room for files, and the answer to a file can take as much as the file.
LEAST_FILES = 4
Command = TypeVar("Command", bound=Callable[..., Any])


class Commands(click.Group):
    """The commands, those that need Connexion imported only when they are asked for, since it takes long."""

    later: Mapping[str, tuple[str, str]] = {
        "contacts": ("handlers.transfers", "commands"),
        "load": ("handlers.transfers", "load_file"),
        "verify": ("handlers.verify.command", "verify"),
    }

    def list_commands(self, context: click.Context) -> list[str]:
        """Return the names of all commands."""
        return sorted([*super().list_commands(context), *self.later])

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """Return the command of a name."""
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


@cli.command()
@click.option(
    "--host",
    callback=check_name,
    envvar="FREITON_HOST",
    default="127.0.0.1",
    show_default=True,
    show_envvar=True,
    help="The address to listen on.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    envvar="FREITON_PORT",
    default=8080,
    show_default=True,
    show_envvar=True,
    help="The port to listen on; 0 for any that is free.",
)
@DATABASE
@click.option(
    "--workers",
    type=click.IntRange(1),
    envvar="FREITON_WORKERS",
    default=1,
    show_default=True,
    show_envvar=True,
    help="How many processes answer requests.",
)
@click.option(
    "--request-timeout",
    type=click.FloatRange(0, min_open=True),
    envvar="FREITON_REQUEST_TIMEOUT",
    default=30,
    show_default=True,
    show_envvar=True,
    help="After how many seconds a request has to be whole, or on its way with 240 bytes a second.",
)
@click.option(
    "--demo",
    is_flag=True,
    envvar="FREITON_DEMO",
    show_envvar=True,
    help="Fill a new database with the demo data and accept the tokens freiton-demo-1 and freiton-demo-2.",
)
@click.option(
    "--demo-public",
    is_flag=True,
    envvar="FREITON_DEMO_PUBLIC",
    show_envvar=True,
    help="With --demo: allow any --host, though everybody knows the tokens.",
)
@click.option(
    "--cors-origins",
    default="",
    envvar="FREITON_CORS_ORIGINS",
    show_envvar=True,
    help="The origins whose pages may call the API, separated by commas; none by default.",
)
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    envvar="FREITON_LOG_FORMAT",
    show_default=True,
    show_envvar=True,
    help="What a line of the log on standard error looks like.",
)
@click.option(
    "--fast/--no-fast",
    default=True,
    envvar="FREITON_FAST",
    show_default=True,
    show_envvar=True,
    help="Answer plain reads and writes at once; otherwise every request goes through Connexion.",
)
@click.option(
    "--query-timeout",
    type=click.FloatRange(0, min_open=True),
    envvar="FREITON_QUERY_TIMEOUT",
    default=Settings.query_timeout,
    show_default=True,
    show_envvar=True,
    help="How many seconds a search may take.",
)
@click.option(
    "--largest-import",
    type=click.IntRange(1),
    envvar="FREITON_LARGEST_IMPORT",
    default=Settings.largest_import,
    show_default=True,
    show_envvar=True,
    help="How many bytes a file of contacts may have.",
)
@click.option(
    "--imports-per-client",
    type=click.IntRange(1),
    envvar="FREITON_IMPORTS_PER_CLIENT",
    default=Settings.imports_per_client,
    show_default=True,
    show_envvar=True,
    help="How many imports of files a client account may have at a time, in each process.",
)
@click.option(
    "--import-space",
    type=click.IntRange(1),
    envvar="FREITON_IMPORT_SPACE",
    default=Settings.import_space,
    show_default=True,
    show_envvar=True,
    help="How many bytes all temporary files of imports of a process may have; those of a client account, half.",
)
def serve(
    host: str,
    port: int,
    database: Path,
    workers: int,
    request_timeout: float,
    demo: bool,
    demo_public: bool,
    cors_origins: str,
    log_format: str,
    fast: bool,
    query_timeout: float,
    **imports: int,
) -> None:
    """Serve the API until SIGTERM or Ctrl+C.

    \b
    Example:
      freiton serve --demo --port 8080
    """
    if demo_public and not demo:
        raise click.UsageError("--demo-public is for --demo only")
    if demo and not _is_loopback(host):
        if not demo_public:
            raise click.UsageError(
                "--demo has tokens that everybody knows: --host must be a loopback address, or give --demo-public"
            )
        click.echo(f"freiton: warning: everybody who can reach {host} can read and change the demo", err=True)
    if imports["import_space"] < LEAST_FILES * imports["largest_import"]:
        raise click.UsageError(f"--import-space must be at least {LEAST_FILES} times --largest-import")
    origins = tuple(filter(None, map(str.strip, cors_origins.split(","))))
    # No other command needs it, and its imports take half of the time of most.
    from handlers.server import run

    run(
        host,
        port,
        workers,
        request_timeout,
        Settings(database, demo, origins, log_format, fast, query_timeout, **imports),
    )


@cli.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@DATABASE
def back_up(file: Path, database: Path) -> None:
    """Copy the database to FILE, also while it is being served.

    \b
    Example:
      freiton backup /var/backups/freiton.db
    """
    maintenance.backup(database, file)


@cli.command("restore")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@DATABASE
def restore_backup(file: Path, database: Path) -> None:
    """Check the backup FILE and make it the content of the database, also while it is being served.

    \b
    Example:
      freiton restore /var/backups/freiton.db
    """
    maintenance.restore(file, database)


@cli.command("check")
@DATABASE
def check_database(database: Path) -> None:
    """Check that the database is sound: that its pages fit together, and that every record has what it belongs to.

    \b
    Example:
      freiton check
    """
    problems = maintenance.find_problems(database)
    if problems:
        raise store.Refused(f"{database} is damaged: {'; '.join(problems)}")
    click.echo("sound")


cli.add_command(client)
cli.add_command(token)


def main() -> None:
    """Run the command line: exit code 0, 1 when it failed, 2 when it was called wrongly; errors are one line."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        # `nohup` has SIGHUP ignored.
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
        # Not a wrong call: a file that cannot be opened.
        _fail(1, error.format_message())
    except (store.NotFound, store.Refused, store.Unavailable, ValueError, OSError) as error:
        _fail(1, str(error))
    except store.sqlite3.DatabaseError as error:
        _fail(1, f"the database is damaged, see 'freiton check': {error}")
    except click.Abort as abort:
        _fail(128 + signal.SIGINT, str(abort) or "interrupted")
    finally:
        store.close()


def _fail(code: int, message: str) -> None:
    click.echo(f"freiton: {' '.join(message.split())}", err=True)
    sys.exit(code)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


if __name__ == "__main__":
    main()
