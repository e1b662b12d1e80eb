"""The commands for fixtures of the sandbox."""

import json
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import urlopen

import click

from handlers.files.fixtures import write_folder

# In seconds: a large world takes some time.
TIMEOUT = 300


@click.group("fixture")
def commands() -> None:
    """Fixtures of the sandbox, as folders of JSON files.

    \b
    Example:
      freiton fixture save fixtures/crm --world default
    """


@commands.command("save")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--world", default="default", show_default=True, help="The ID of the world.")
@click.option("--url", default="http://127.0.0.1:8080", show_default=True, help="Where the sandbox is.")
def save_fixture(folder: Path, world: str, url: str) -> None:
    """Write a world of a running sandbox to FOLDER, for 'freiton serve --sandbox --fixture NAME=FOLDER'.

    FOLDER gets accounts.json, and for each client account a folder with a file for each kind of records, such as
    groups.json, users.json, campaigns.json and contacts.json; files without records are left out. The same records
    give the same bytes. Tokens, the clock, imports that have not ended and the IDs of deleted records are not saved;
    what the dialler has counted is counted again from the calls.

    \b
    Example:
      freiton fixture save fixtures/crm --world default --url http://127.0.0.1:8080
    """
    files = _fetch(f"{url.rstrip('/')}/sandbox/v1/worlds/{quote(world, safe='')}/fixture")
    write_folder(folder, {file["path"]: file["records"] for file in files})
    count = sum(len(file["records"]) for file in files)
    click.echo(f"saved {count} records in {len(files)} files")


def _fetch(url: str) -> list[Any]:
    if not url.startswith(("http://", "https://")):
        raise click.UsageError("--url must begin with http:// or https://")
    try:
        with urlopen(url, timeout=TIMEOUT) as response:
            files: list[Any] = json.load(response)["files"]
    except HTTPError as error:
        raise click.ClickException(f"the sandbox answers {error.code}: {_explain(error)}") from error
    except (OSError, HTTPException, ValueError, LookupError, TypeError) as error:
        raise click.ClickException(f"the sandbox cannot be reached: {error}") from error
    return files


def _explain(error: HTTPError) -> str:
    try:
        return str(json.load(error)["error"])
    except (ValueError, LookupError, TypeError):
        return "is it a server with --sandbox?"
