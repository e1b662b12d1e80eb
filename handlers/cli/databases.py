"""The commands for a database as a whole."""

import sys
from contextlib import ExitStack
from pathlib import Path

import click

from data.moves import Move, open_target
from data.opening import open_database
from data.store import Location, Refused, maintenance
from handlers.cli.options import DATABASE, DatabaseType


@click.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@DATABASE
def back_up(file: Path, database: Location) -> None:
    """Copy the database to FILE, also while it is being served.

    \b
    Example:
      freiton backup /var/backups/freiton.db
    """
    maintenance.backup(database, file)


@click.command("restore")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@DATABASE
def restore_backup(file: Path, database: Location) -> None:
    """Check the backup FILE and replace the content of the database with it, also while it is being served.

    \b
    Example:
      freiton restore /var/backups/freiton.db
    """
    maintenance.restore(file, database)


@click.command("move")
@click.option("--from", "source", type=DatabaseType(), required=True, help="The database that is moved.")
@click.option("--to", "target", type=DatabaseType(), required=True, help="A new database, on any engine.")
def move_database(source: Location, target: Location) -> None:
    """Copy everything from one database to another, and compare the two. IDs and tokens are kept.

    Stop what serves the database first. A move that was interrupted goes on when it is run again. Nothing can serve the
    target before the move has ended. The source stays as it is.

    \b
    Example:
      freiton move --from freiton.db --to postgresql://db.example.org/freiton
    """
    with ExitStack() as stack:
        opened = open_database(source)
        stack.callback(opened.close)
        moved = open_target(target)
        stack.callback(moved.close)
        move = Move(opened, moved)
        with click.progressbar(length=move.length, label="moving", file=sys.stderr) as bar:
            move.run(bar.update)
        click.echo(f"{move.length // 2} rows are in {moved.name}")


@click.command("check")
@DATABASE
def check_database(database: Location) -> None:
    """Check the database: the integrity of its pages, and that no record refers to a missing one.

    \b
    Example:
      freiton check
    """
    problems = maintenance.find_problems(database)
    if problems:
        raise Refused(f"{database} is damaged: {'; '.join(problems)}")
    click.echo("sound")
