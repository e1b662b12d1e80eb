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
    """

    database: Path
    demo: bool = False
    cors_origins: tuple[str, ...] = ()
    log_format: str = "text"
    fast: bool = True
