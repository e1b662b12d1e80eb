"""The commands that bring records in from a file, and write contacts to one."""

import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, TextIO

import click

from data import campaigns, contacts, imports, tokens
from data.batches import Batch
from data.database import open_database
from data.imports import Outcome
from handlers.accounts import CLIENT, DATABASE
from handlers.contactfile import CSV, NDJSON, read_batches, write_csv
from handlers.load import RESOURCES, load

CAMPAIGN = click.option("--campaign", help="The name of the dialler campaign.")
HEAD = 1024 * 1024


@click.group("contacts")
def commands() -> None:
    """Dialler contacts.

    \b
    Example:
      freiton contacts import contacts.csv --client 1 --campaign "Campaign 1000"
    """


@commands.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@DATABASE
@CLIENT
@CAMPAIGN
@click.option("--overwrite-duplicates", is_flag=True, help="Overwrite contacts of the campaign with the same UserData.")
@click.option("--skip-errors", is_flag=True, help="Go on without the contacts with which something is wrong.")
def import_contacts(
    file: Path, database: Path, clients_id: int, campaign: str | None, overwrite_duplicates: bool, skip_errors: bool
) -> None:
    """Import the contacts in FILE: CSV in the vendor's formats, or NDJSON if its name ends so.

    Without --campaign each contact names its own. The whole file is checked before anything is stored. An import that
    is interrupted goes on where it was when the same command is run again.

    \b
    Example:
      freiton contacts import contacts.csv --client 1 --campaign "Campaign 1000"
    """
    open_database(database)
    tokens.require_client(clients_id)
    fields = {} if campaign is None else {"DiallerCampaignsName": campaign}
    with file.open("rb") as stream:
        source = _identify(stream, campaign)
        if not skip_errors:
            _check(file, _progress(stream, "checking", _read(stream, file, fields)))
        tally = Counter[str]()
        batches = _progress(stream, "importing", _read(stream, file, fields))
        try:
            imports.import_file(
                clients_id,
                source,
                batches,
                overwrite=overwrite_duplicates,
                skip=skip_errors,
                report=partial(_report, tally),
            )
        except imports.Failed as failure:
            stored = imports.find_line(clients_id, source)
            raise ValueError(f"{file}: {failure}; stored up to line {stored}, run it again to go on") from failure
    click.echo(", ".join(f"{outcome} {tally[outcome]}" for outcome in ("created", "overwritten", "failed")))


@commands.command("export")
@click.argument("file", type=click.File("w", encoding="utf-8", atomic=True))
@DATABASE
@CLIENT
@CAMPAIGN
def export_contacts(file: TextIO, database: Path, clients_id: int, campaign: str | None) -> None:
    """Write the contacts of a client, or of one campaign, to FILE, as CSV in the vendor's format; - is standard output.

    \b
    Example:
      freiton contacts export contacts.csv --client 1 --campaign "Campaign 1000"
    """
    open_database(database)
    tokens.require_client(clients_id)
    if campaign is not None:
        campaigns.require(clients_id, campaign)
    write_csv(contacts.export(clients_id, campaign), file)


@click.command("load")
@click.argument("file", type=click.File("rb"))
@DATABASE
@CLIENT
@click.option(
    "--language",
    "languages_id",
    type=click.IntRange(1, 2),
    help="The language of the texts of result codes: 1 English, 2 German.",
)
@click.option(
    "--kind",
    type=click.Choice([*RESOURCES]),
    help="What the records are; a saved answer tells it by its fields.",
)
def load_file(file: Any, database: Path, clients_id: int, languages_id: int | None, kind: str | None) -> None:
    """Load the JSON records in FILE: ACD groups or events, dialler campaigns, result codes or contacts of a client.

    FILE holds an array of records, or an answer of the API as saved with curl; - is standard input. Load groups before
    their events, and campaigns before their result codes and contacts. A record replaces a stored one with its ID.
    Every field is kept. Either all records are loaded or none.

    \b
    Example:
      freiton load answer.json --client 1
      freiton load campaigns.json --client 1 --kind campaign
      freiton load result-codes.json --client 1 --language 2
    """
    open_database(database)
    try:
        count, kind = load(file.read(), clients_id, languages_id, kind)
    except ValueError as error:
        raise ValueError(f"{file.name}: {error}") from error
    click.echo(f"loaded {count} {kind.replace('-', ' ')}{'' if count == 1 else 's'}")


def _read(stream: BinaryIO, file: Path, fields: dict[str, str]) -> Iterator[Batch]:
    stream.seek(0)
    return read_batches(stream, NDJSON if file.suffix == ".ndjson" else CSV, fields)


def _check(file: Path, batches: Iterable[Batch]) -> None:
    errors = (error for batch in batches for error in batch.errors.items())
    if some := dict(islice(errors, imports.MOST_ERRORS)):
        raise ValueError(f"{file}: {imports.Failed(some)}")


def _report(tally: Counter[str], outcomes: list[Outcome]) -> None:
    tally.update(outcome.outcome for outcome in outcomes)
    for outcome in outcomes:
        if outcome.error:
            click.echo(f"line {outcome.line}: {outcome.error}", err=True)


def _identify(stream: BinaryIO, campaign: str | None) -> str:
    """Return what a file is known by, so that another one does not go on where this one was interrupted."""
    return sha256(repr((stream.read(HEAD), os.fstat(stream.fileno()).st_size, campaign)).encode()).hexdigest()


def _progress(stream: BinaryIO, label: str, batches: Iterable[Batch]) -> Iterator[Batch]:
    """Return the batches, while a bar on the terminal shows how far the file is read, rows a second and time left."""
    size = os.fstat(stream.fileno()).st_size
    begin = time.monotonic()
    count = 0
    with click.progressbar(
        length=size, label=label, file=sys.stderr, hidden=not sys.stderr.isatty(), item_show_func=str
    ) as bar:
        for batch in batches:
            count += len(batch.lines) + len(batch.errors)
            bar.update(stream.tell() - bar.pos, f"{count / (time.monotonic() - begin):,.0f} rows/s")
            yield batch
        bar.update(size - bar.pos)
