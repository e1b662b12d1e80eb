"""The command that serves the API."""

from ipaddress import ip_address
from typing import Any

import click

from data.store import Location
from handlers import Settings
from handlers.cli.options import DATABASE, check_name
from handlers.cli.sandbox import open_sandbox, sandbox_options
from handlers.platform import collect_rarely

# A client account gets half of the space, and the answer to a file can be as large as the file.
LEAST_FILES = 4


@click.command("serve")
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
    help="The number of processes that answer requests.",
)
@click.option(
    "--request-timeout",
    type=click.FloatRange(0, min_open=True),
    envvar="FREITON_REQUEST_TIMEOUT",
    default=30,
    show_default=True,
    show_envvar=True,
    help="Seconds until a request must have arrived completely, or be arriving at 240 bytes a second.",
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
    help="With --demo: allow any --host, although the tokens are public.",
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
    help="The format of the log on standard error.",
)
@click.option(
    "--fast/--no-fast",
    default=True,
    envvar="FREITON_FAST",
    show_default=True,
    show_envvar=True,
    help="Answer plain reads and writes on the fast path; otherwise all requests go through Connexion.",
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
    help="The most bytes of a file of contacts.",
)
@click.option(
    "--imports-per-client",
    type=click.IntRange(1),
    envvar="FREITON_IMPORTS_PER_CLIENT",
    default=Settings.imports_per_client,
    show_default=True,
    show_envvar=True,
    help="The most imports of files that a client account can run at a time, in each process.",
)
@click.option(
    "--import-space",
    type=click.IntRange(1),
    envvar="FREITON_IMPORT_SPACE",
    default=Settings.import_space,
    show_default=True,
    show_envvar=True,
    help="The most bytes of all temporary files of imports in a process; a client account can use half.",
)
@sandbox_options
def serve(
    host: str,
    port: int,
    database: Location,
    workers: int,
    request_timeout: float,
    demo: bool,
    demo_public: bool,
    cors_origins: str,
    log_format: str,
    fast: bool,
    query_timeout: float,
    largest_import: int,
    imports_per_client: int,
    import_space: int,
    **sandbox: Any,
) -> None:
    """Serve the API until SIGTERM or Ctrl+C.

    \b
    Example:
      freiton serve --demo --port 8080
    """
    _check_public("--demo", host, demo, demo_public)
    if import_space < LEAST_FILES * largest_import:
        raise click.UsageError(f"--import-space must be at least {LEAST_FILES} times --largest-import")
    origins = tuple(filter(None, map(str.strip, cors_origins.split(","))))
    imports = (largest_import, imports_per_client, import_space)
    settings = Settings(database, demo, origins, log_format, fast, query_timeout, *imports)
    _check_public("--sandbox", host, sandbox["sandbox"], sandbox["sandbox_public"])
    collect_rarely()
    # Imported here: it takes half of the run time of most other commands.
    from handlers.server.run import run

    with open_sandbox(settings, **sandbox) as served:
        run(host, port, workers, request_timeout, served)


def _check_public(option: str, host: str, given: bool, public: bool) -> None:
    """Check that others than this machine reach what needs no secret only if that is wanted."""
    if public and not given:
        raise click.UsageError(f"{option}-public is for {option} only")
    if given and not _is_loopback(host):
        if not public:
            raise click.UsageError(
                f"{option} has tokens that everybody knows: --host must be a loopback address, or give {option}-public"
            )
        click.echo(f"freiton: warning: everybody who can reach {host} can read and change the {option[2:]}", err=True)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
