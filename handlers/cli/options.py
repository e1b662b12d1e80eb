"""Options that several commands have, and the checks of their values."""

from pathlib import Path
from typing import Any

import click

from data.opening import open_database
from data.store import Location, is_url

CLIENT_IDS = click.IntRange(1, 2**31 - 1)


class DatabaseType(click.Path):
    """The type of an option that names a database: the path of a SQLite file, or the URL of a PostgreSQL database."""

    name = "file or url"

    def __init__(self) -> None:
        super().__init__(dir_okay=False, path_type=Path)

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> Any:
        """Return the path or the URL (click).

        :param value: the text.
        :param parameter: the option or argument.
        :param context: the context of the command.
        :raises click.BadParameter: it is empty, or a name that other SQLite programs do not take for a file's.
        """
        if is_url(str(value)):
            return value
        path: Path = super().convert(value, parameter, context)  # type: ignore[assignment]
        if path == Path():
            raise click.BadParameter("must not be empty")
        if path.name == ":memory:" or str(path).startswith("file:"):
            raise click.BadParameter(f"must be the path of a file, not {path}")
        return path


DATABASE = click.option(
    "--database",
    type=DatabaseType(),
    envvar="FREITON_DATABASE",
    default="freiton.db",
    show_default=True,
    show_envvar=True,
    help="The SQLite file, or the URL of a PostgreSQL database.",
)
CLIENT = click.option("--client", "clients_id", type=CLIENT_IDS, required=True, help="The ID of the client account.")


def check_text(context: click.Context, parameter: click.Parameter, text: str) -> str:
    """Return a text that fits into one line of a list.

    :param context: the context of the command.
    :param parameter: the option or argument.
    :param text: the text.
    :raises click.BadParameter: it has control characters.
    """
    if not text.isprintable():
        raise click.BadParameter("must not have control characters")
    return text


def check_name(context: click.Context, parameter: click.Parameter, name: str) -> str:
    """Return a name that fits into one line of a list.

    :param context: the context of the command.
    :param parameter: the option or argument.
    :param name: the name.
    :raises click.BadParameter: it is empty or has control characters.
    """
    if not name:
        raise click.BadParameter("must not be empty")
    return check_text(context, parameter, name)


def use_database(location: Location, *, create: bool = False) -> None:
    """Make a database the current store until the command ends, and close it then.

    :param location: the SQLite file, or the URL of a PostgreSQL database.
    :param create: create the file if there is none.
    :raises store.Refused: it cannot be used.
    :raises store.Unavailable: it cannot be written to now.
    """
    click.get_current_context().with_resource(open_database(location, create=create))
