"""The HTTP side of Freiton: from the contract, by way of Connexion, to plain functions."""

import warnings
from dataclasses import dataclass
from pathlib import Path

# Connexion imports Starlette's test client, which a server has no use for, nor for its advice to developers.
warnings.filterwarnings("ignore", "Using `httpx` with `starlette.testclient`")


@dataclass(frozen=True)
class Settings:
    """What a server is started with.

    :param database: the SQLite file; it is made if there is none.
    :param demo: serve the demo data, and accept the fixed demo tokens.
    :param cors_origins: the origins whose pages may call the API; none by default.
    :param log_format: `text` or `json`.
    :param fast: answer plain reads and writes without Connexion.
    :param query_timeout: the seconds that a search may take.
    :param largest_import: how many bytes a file of contacts may have.
    :param imports_per_client: how many imports of files a client account may have at a time, in each process.
    :param import_space: how many bytes the temporary files of all imports of a process may have together.
    """

    database: Path
    demo: bool = False
    cors_origins: tuple[str, ...] = ()
    log_format: str = "text"
    fast: bool = True
    query_timeout: float = 10
    largest_import: int = 2**30
    imports_per_client: int = 2
    import_space: int = 2**32
