"""The cache is never stale: no old answer, no other client's answer, none for a token that is revoked."""

import threading
import time
from collections.abc import Callable, Iterator

import httpx
import pytest

from tests.support.campaigns import clone
from tests.support.command import carry_out
from tests.support.databases import connect
from tests.support.raw import SECONDS_TO_ANSWER
from tests.support.service import Service

pytestmark = pytest.mark.uncovered

CAMPAIGN = "/dialler/campaigns/500"
READERS = 4
WRITE = "update DiallerCampaigns set UserData = :number where ID = 500"
# A limit for servers that hang, not for slow machines.
SECONDS_TO_HUNT = 300


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A demo server with two workers."""
    with Service(tmp_path_factory.mktemp("stale") / "freiton.db", "--demo", "--workers", "2") as service:
        yield service


class Hunt:
    """Readers of a record that is written again and again, each time with the next number."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.written = 0
        self.reads = 0
        self.stale: list[tuple[int, int]] = []
        self.is_over = False

    def write(self, least: int) -> None:
        """Write beside the server until there are so many writes and so many reads."""
        deadline = time.monotonic() + SECONDS_TO_HUNT
        with connect(self.service.database) as database:
            while min(self.written, self.reads) < least and time.monotonic() < deadline:
                database.execute(WRITE, {"number": str(self.written + 1)})
                self.written += 1
                time.sleep(0.002)

    def read(self) -> None:
        """Read over new and old connections, so that both workers are asked."""
        while not self.is_over:
            with self.service.client() as client:
                for _ in range(20):
                    least = self.written
                    seen = int(client.get(CAMPAIGN).json()["records"][0]["UserData"] or 0)
                    self.reads += 1
                    if seen < least:
                        self.stale.append((seen, least))


def test_read_that_begins_after_a_write_sees_it(
    service: Service, rounds: Callable[[int, int], int], figure: Callable[[str], None]
) -> None:
    hunt = Hunt(service)
    readers = [threading.Thread(target=hunt.read) for _ in range(READERS)]
    for reader in readers:
        reader.start()
    least = rounds(500, 10_000)
    try:
        hunt.write(least)
    finally:
        hunt.is_over = True
        for reader in readers:
            reader.join()
    figure(f"reads beside {hunt.written} writes from another process: {hunt.reads}, stale {len(hunt.stale)}")
    assert min(hunt.written, hunt.reads) >= least
    assert hunt.stale == []


def test_read_after_write_over_http_sees_it_on_every_connection(service: Service) -> None:
    clients = [service.client() for _ in range(8)]
    for number in range(20):
        clone(clients[0], f"Fresh {number}")
        for client in clients:
            for _ in range(2):
                assert f'"Fresh {number}"' in client.get("/dialler/campaigns").text
    for client in clients:
        client.close()


def test_read_with_another_token_gets_no_answer_of_the_first(fresh_demo: Service) -> None:
    own = f"{fresh_demo.url}/rest/v1.0/1/dialler/campaigns"
    statuses = {"freiton-demo-1": 200, "freiton-demo-2": 401, "freiton-demo-3": 401, "freiton-demo-": 401}
    with httpx.Client(timeout=SECONDS_TO_ANSWER) as client:
        for _ in range(5):
            for token, status in statuses.items():
                assert client.get(own, headers={"Authorization": f"Bearer {token}"}).status_code == status
        names = [
            client.get(
                own.replace("/1/", f"/{number}/"), headers={"Authorization": f"Bearer freiton-demo-{number}"}
            ).text
            for number in (1, 2, 1, 2)
        ]
    assert names[0] == names[2] != names[1] == names[3]


def test_read_with_token_that_is_revoked_meanwhile_is_refused(fresh_demo: Service) -> None:
    database = str(fresh_demo.database)
    token = carry_out("token", "add", "--client", "1", "--database", database).strip()
    with fresh_demo.client(token=token) as client:
        for _ in range(3):
            assert client.get("/acd/groups").status_code == 200
        carry_out("token", "revoke", "1", "--database", database)
        assert client.get("/acd/groups").status_code == 401
        assert client.get("/acd/groups", headers={"If-None-Match": "*"}).status_code == 401
