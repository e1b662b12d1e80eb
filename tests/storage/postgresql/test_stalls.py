"""A PostgreSQL server that stops for some seconds, as a busy machine does, delays answers, and cuts none off."""

import json
import os
import signal
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Timer

import httpx
import psycopg
import pytest

from tests.support.conformance import BASE_PATH
from tests.support.contacts import CONTACTS, import_file, make_campaign, to_ndjson
from tests.support.postgresql import create_database, run_cluster
from tests.support.raw import SECONDS_TO_ANSWER
from tests.support.service import Service
from tests.support.uploads import make_contacts

# More than the connection can hold: 10 MB.
MANY = 6_000
# Longer than the limit of a short read and the time that the server gets for a cancellation, twice.
STALL_SECONDS = 6


@pytest.fixture
def own_server() -> Iterator[str]:
    """The URL of a server that no other test uses."""
    with TemporaryDirectory(prefix="freiton-") as folder, run_cluster(Path(folder)) as url:
        yield url


@pytest.fixture
def demo(own_server: str, tmp_path: Path) -> Iterator[Service]:
    """A demo on that server."""
    # The last option of a name counts.
    with Service(tmp_path / "freiton.db", "--demo", "--database", create_database(own_server, "demo")) as service:
        yield service


def list_processes(server: str) -> list[int]:
    """Return the IDs of the processes of a server, the one that starts the others first."""
    with psycopg.connect(f"{server}/postgres") as connection:
        own = connection.info.backend_pid
        parent = int(Path(f"/proc/{own}/stat").read_text().rpartition(")")[2].split()[1])
        children = map(int, Path(f"/proc/{parent}/task/{parent}/children").read_text().split())
        return [parent, *(each for each in children if each != own)]


def send(number: int, processes: list[int]) -> None:
    """Send a signal to each process."""
    for process in processes:
        os.kill(process, number)


def test_stall_in_the_middle_of_a_long_list_loses_no_contact(demo: Service, own_server: str) -> None:
    with demo.client() as api:
        campaign = make_campaign(api)
        import_file(api, to_ndjson(make_contacts(campaign, range(MANY))))
        path = f"{CONTACTS}?diallerCampaignsID={campaign}&orderBy=Name"
        expected = api.get(path).json()
    assert expected["count"] == MANY
    processes = list_processes(own_server)
    # Without the check of `api`, which reads the whole answer first.
    url = f"{demo.url}{BASE_PATH}/1{path}"
    with httpx.stream("GET", url, headers=api.headers, timeout=SECONDS_TO_ANSWER) as answer:
        parts = answer.iter_raw(1024)
        first = next(parts)
        send(signal.SIGSTOP, processes)
        Timer(STALL_SECONDS, send, (signal.SIGCONT, processes)).start()
        text = first + b"".join(parts)
    assert answer.status_code == HTTPStatus.OK
    assert json.loads(text) == expected
