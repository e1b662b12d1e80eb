"""The commands for a database as a whole."""

from pathlib import Path

import click

from data.store import Location, Refused, maintenance
from handlers.cli.options import DATABASE


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
