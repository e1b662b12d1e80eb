"""The HTTP side of Freiton: requests go from uvicorn, through the fast path or Connexion, to plain functions.

The modules here are the resources (`acd`, `users`, `dialler` and so on): one function for each operation, in
the module that `x-openapi-router-controller` names. A new operation goes there. Each folder is a layer, and imports
point one way: cli -> server -> fast | app -> resources -> files -> responses -> limits -> contract. `fast` and `app` do
not import one another. `verify` checks any server against the contract. SQL and the database stay in `data`.
"""

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

# Connexion imports Starlette's test client, which warns developers about httpx. A server does not use that client.
warnings.filterwarnings("ignore", "Using `httpx` with `starlette.testclient`")


class Layer(Protocol):
    """What a server can have in front of Connexion's application."""

    @property
    def hint(self) -> str:
        """Return what the page of the contract says of it, in HTML."""

    def __call__(self, app: Any, of: Any) -> Any:
        """Return the ASGI application of a process.

        :param app: Connexion's application.
        :param of: the store of the server.
        """


@dataclass(frozen=True)
class Settings:
    """The options that a server is started with.

    :param database: the path of the SQLite file, which is created if it does not exist, or the URL of a PostgreSQL
        database.
    :param demo: whether to serve the demo data and to accept the fixed demo tokens.
    :param cors_origins: the origins whose pages may call the API, each as in `https://example.org`; none by default.
    :param log_format: the format of the log, `text` or `json`.
    :param fast: whether plain requests are answered by the fast path, without Connexion.
    :param query_timeout: the time limit of a search, in seconds.
    :param largest_import: the largest size of an imported file of contacts, in bytes.
    :param imports_per_client: the largest number of imports of a client account at a time, in each process.
    :param import_space: the largest size of all temporary files of imports together, in bytes, in each process.
    :param layer: what is put in front of Connexion's application.
    """

    database: Path | str
    demo: bool = False
    cors_origins: tuple[str, ...] = ()
    log_format: str = "text"
    fast: bool = True
    query_timeout: float = 10
    largest_import: int = 2**30
    imports_per_client: int = 2
    import_space: int = 2**32
    layer: Layer | None = None
