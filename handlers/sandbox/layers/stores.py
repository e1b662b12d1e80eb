"""The databases of the worlds that a process has used lately, each with its store and the quotas of its imports."""

from collections import OrderedDict
from pathlib import Path
from typing import NamedTuple

from data.opening import open_database
from data.purges import Purge
from data.store import Store
from handlers.limits.quotas import Quotas

# Each has a thread, and a connection for each thread that used it.
MOST_OPEN = 64


class Opened(NamedTuple):
    """An open database of a world.

    :param store: its store.
    :param quotas: the quotas of its imports: worlds do not take them from one another.
    """

    store: Store
    quotas: Quotas


class Stores:
    """Opens the databases of worlds, and closes those that were not used for longest.

    :param folder: the folder of the databases.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.open: OrderedDict[str, Opened] = OrderedDict()

    def get(self, file: str, quotas: Quotas) -> Opened:
        """Return a database, opened now if it is not open.

        :param file: its name in the registry.
        :param quotas: the quotas of the server, which each world gets for itself.
        :raises store.Refused: there is no such file: the world was reset or deleted a while ago.
        """
        opened = self.open.get(file)
        if opened is None:
            own = Quotas(quotas.largest, quotas.most_at_once, quotas.room)
            path = self.folder / file
            opened = self.open[file] = Opened(open_database(path, durable=False), own)
            # The database of a world that was reset or deleted is deleted later, maybe by another process.
            Purge(opened.store, lambda: not path.exists())
            if len(self.open) > MOST_OPEN:
                self.open.popitem(last=False)[1].store.close()
        self.open.move_to_end(file)
        return opened

    def close(self) -> None:
        """Close all databases."""
        for opened in self.open.values():
            opened.store.close()
        self.open.clear()
