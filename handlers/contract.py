"""The contract, `openapi.yaml`: as it is written, and as data."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

# A link to the file at the top of the repository, so that it is part of the installed package.
PATH = Path(__file__).with_name("openapi.yaml")


@cache
def read() -> dict[str, Any]:
    """Return the contract as data."""
    contract: dict[str, Any] = yaml.load(PATH.read_bytes(), Loader=yaml.CSafeLoader)
    return contract
