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
from tests.support.contacts import import_file, make_campaign, to_ndjson
from tests.support.postgresql import create_database, run_cluster
from tests.support.raw import SECONDS_TO_ANSWER
from tests.support.service import Service
from tests.support.uploads import make_contacts

# More than the connection can hold: 10 MB.
CONTACTS = 6_000
# Longer than the limit of a short read and the time that the server gets for a cancellation, twice.
STALL_SECONDS = 6


class Remote(Service):
    """A running demo on the PostgreSQL server of the URL."""

    server = ""

    def choose_database(self, database: Path) -> list[str]:
        """Return the options that name the database."""
        return ["--demo", "--database", create_database(self.server, "demo")]


@pytest.fixture
def remote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Remote]:
    """A demo on a server of its own."""
    with TemporaryDirectory(prefix="freiton-") as folder, run_cluster(Path(folder)) as url:
        monkeypatch.setattr(Remote, "server", url)
        with Remote(tmp_path / "freiton.db") as service:
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


def test_stall_in_the_middle_of_a_long_list_loses_no_contact(remote: Remote) -> None:
    with remote.client() as api:
        campaign = make_campaign(api)
        import_file(api, to_ndjson(make_contacts(campaign, range(CONTACTS))))
        expected = api.get("/dialler/contacts", params={"diallerCampaignsID": campaign, "orderBy": "Name"}).json()
    assert expected["count"] == CONTACTS
    processes = list_processes(remote.server)
    with httpx.stream(
        "GET",
        f"{remote.url}{BASE_PATH}/1/dialler/contacts",
        params={"diallerCampaignsID": campaign, "orderBy": "Name"},
        headers={"Authorization": "Bearer freiton-demo-1"},
        timeout=SECONDS_TO_ANSWER,
    ) as answer:
        parts = answer.iter_raw(1024)
        first = next(parts)
        send(signal.SIGSTOP, processes)
        Timer(STALL_SECONDS, send, (signal.SIGCONT, processes)).start()
        text = first + b"".join(parts)
    assert answer.status_code == HTTPStatus.OK
    assert json.loads(text) == expected
