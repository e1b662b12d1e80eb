"""Scripts: numbered migrations that change the tables of a database, forward only, for all engines.

A line `-- engine: sqlite` or `-- engine: postgresql` begins statements of this engine only, and `-- engine: all` ends
them.
"""

from importlib.resources import files
from importlib.resources.abc import Traversable

MIGRATIONS = files("data.store") / "migrations"
ENGINE = "-- engine: "
ALL = "all"


def list_scripts(folder: Traversable) -> list[Traversable]:
    """Return the scripts of a folder in their order.

    :param folder: the folder.
    """
    return sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name)


def read_script(script: Traversable, engine: str) -> str:
    """Return the statements of a script for an engine.

    :param script: the script.
    :param engine: the name of the engine.
    """
    chosen, lines = ALL, []
    for line in script.read_text(encoding="utf-8").splitlines(keepends=True):
        if line.startswith(ENGINE):
            chosen = line.removeprefix(ENGINE).strip()
        elif chosen in (ALL, engine):
            lines.append(line)
    return "".join(lines)
