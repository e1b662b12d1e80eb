"""The memory of a server."""

from pathlib import Path

import httpx

from tests.support.raw import SECONDS_TO_ANSWER
from tests.support.service import Service

NOW, AT_MOST = "VmRSS", "VmHWM"


def read_memory(service: Service, kind: str = NOW) -> int:
    """Return the memory that a server takes with Connexion, in KiB.

    :param kind: NOW, or AT_MOST until now.
    """
    # Connexion answers this, so that it is loaded then.
    assert httpx.options(f"{service.url}/docs", timeout=SECONDS_TO_ANSWER).status_code == 200
    status = Path(f"/proc/{service.process.pid}/status").read_text()
    return int(status.partition(f"{kind}:")[2].split()[0])
