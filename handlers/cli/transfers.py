"""The commands that load records from a file, and import and export files of contacts."""

import os
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, TextIO

import click

from data import campaigns, contacts, imports, store, tokens
from data.contact_rows import Batch
from data.import_progress import Changed, Progress
from data.imports import Outcome
from data.store import Location
from handlers.cli.options import CLIENT, DATABASE, use_database
from handlers.files.contacts import CSV, NDJSON, read_batches, write_csv, write_ndjson
from handlers.files.records import load
from handlers.files.resources import RESOURCES

CAMPAIGN = click.option("--campaign", help="The name of the dialler campaign.")
# Suffixes of NDJSON files, in any letter case; all other files are CSV.
NDJSON_ENDINGS = (".ndjson", ".jsonl")


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
@click.option("--skip-errors", is_flag=True, help="Skip the contacts that cannot be stored.")
@click.option("--begin-anew", is_flag=True, help="Import all of FILE, even if an interrupted import has stored a part.")
def import_contacts(file: Path, database: Location, clients_id: int, campaign: str | None, **options: bool) -> None:
    """Import the contacts in FILE: NDJSON if its name ends with .ndjson or .jsonl, else CSV in the vendor's formats.

    Without --campaign each contact names its own. The whole file is checked before anything is stored. An interrupted
    import continues where it ended when the same command is run again, also if the rest of FILE was corrected.

    \b
    Example:
      freiton contacts import contacts.csv --client 1 --campaign "Campaign 1000"
    """
    use_database(database)
    tokens.require_client(clients_id)
    fields = {}
    if campaign is not None:
        campaigns.get_by_name(clients_id, campaign)
        fields["DiallerCampaignsName"] = campaign
    progress = Progress(clients_id, _identify(file, campaign))
    tally = Counter[str]()
    with file.open("rb") as stream:
        try:
            _import(partial(_read, stream, file, fields), progress, tally, **options)
        except (ValueError, store.Unavailable, KeyboardInterrupt) as error:
            kind = click.Abort if isinstance(error, KeyboardInterrupt) else ValueError
            raise kind(f"{file}: {_explain(error, progress)}") from error
    counts = ", ".join(f"{outcome} {tally[outcome]}" for outcome in ("created", "overwritten", "failed"))
    before = f"; the first {progress.count} rows were done before" if progress.count else ""
    click.echo(counts + before)


@commands.command("export")
@click.argument("file", type=click.File("w", encoding="utf-8", atomic=True))
@DATABASE
@CLIENT
@CAMPAIGN
def export_contacts(file: TextIO, database: Location, clients_id: int, campaign: str | None) -> None:
    """Write the contacts of a client, or of one campaign, to FILE; - is standard output.

    A name that ends with .ndjson or .jsonl makes it NDJSON, all others CSV in the vendor's format.

    \b
    Example:
      freiton contacts export contacts.csv --client 1 --campaign "Campaign 1000"
    """
    use_database(database)
    tokens.require_client(clients_id)
    if campaign is not None:
        campaigns.get_by_name(clients_id, campaign)
    (write_ndjson if _is_ndjson(file.name) else write_csv)(contacts.export(clients_id, campaign), file)


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
    help="The kind of the records; by default it is recognised by their fields.",
)
def load_file(file: Any, database: Location, clients_id: int, languages_id: int | None, kind: str | None) -> None:
    """Load the JSON records in FILE, which are all of one kind: of ACD groups, users, dialler campaigns and so on.

    FILE holds an array of records, or an answer of the API as saved with curl; - is standard input. Load groups before
    their events, campaigns before their result codes and contacts, and network IVR lists before their entries. A record
    replaces a stored one with its ID.
    Every field is kept. Either all records are loaded or none.

    \b
    Example:
      freiton load answer.json --client 1
      freiton load campaigns.json --client 1 --kind campaign
      freiton load result-codes.json --client 1 --language 2
    """
    use_database(database)
    try:
        count, kind = load(file.read(), clients_id, languages_id, kind)
    except ValueError as error:
        raise ValueError(f"{file.name}: {error}") from error
    name = kind.replace("-", " ")
    click.echo(f"loaded {count} {name if count == 1 else re.sub('y$', 'ie', name) + 's'}")


def _is_ndjson(name: str) -> bool:
    return name.lower().endswith(NDJSON_ENDINGS)


def _read(stream: BinaryIO, file: Path, fields: dict[str, str], label: str) -> Iterator[Batch]:
    """Return the contacts of a file from its beginning, with a progress bar on the terminal."""
    stream.seek(0)
    return _progress(stream, label, read_batches(stream, NDJSON if _is_ndjson(file.name) else CSV, fields))


def _import(
    read: Callable[[str], Iterator[Batch]],
    progress: Progress,
    tally: Counter[str],
    *,
    overwrite_duplicates: bool,
    skip_errors: bool,
    begin_anew: bool,
) -> None:
    if not begin_anew:
        progress.find(read("comparing"))
    if not skip_errors:
        errors = imports.summarise(error for batch in read("checking") for error in batch.errors.items())
        if errors:
            raise ValueError(errors)
    report = partial(_report, tally)
    imports.import_file(progress, read("importing"), overwrite=overwrite_duplicates, skip=skip_errors, report=report)


def _explain(error: BaseException, progress: Progress) -> str:
    """Return a message: what ended an import, what is stored, and how to continue."""
    reason = "interrupted" if isinstance(error, KeyboardInterrupt) else str(error)
    if isinstance(error, Changed):
        return f"{reason}; run it with --begin-anew to import all of the file again"
    stored = f"stored up to line {progress.line}, run it again to go on" if progress.line else "nothing is stored"
    return f"{reason}; {stored}"


def _report(tally: Counter[str], outcomes: list[Outcome]) -> None:
    tally.update(outcome.outcome for outcome in outcomes)
    for outcome in outcomes:
        if outcome.error:
            click.echo(f"line {outcome.line}: {outcome.error}", err=True)


def _identify(file: Path, campaign: str | None) -> str:
    """Return a digest by which the import of a file to a campaign is recognised."""
    return sha256(repr((str(file.resolve()), campaign)).encode()).hexdigest()


def _progress(stream: BinaryIO, label: str, batches: Iterable[Batch]) -> Iterator[Batch]:
    """Return the batches, with a progress bar on the terminal: part of the file read, rows a second, time left."""
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
