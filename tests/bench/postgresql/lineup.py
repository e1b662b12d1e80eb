"""The PostgreSQL server of the bench, its database with contacts, and the services that are compared."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from data import campaigns, store
from data.opening import open_database
from tests.bench.contestants.storage import DATABASE
from tests.bench.lineup import AUTHORIZATION, BASE, TOKEN, UVICORN
from tests.bench.postgresql import statements
from tests.bench.postgresql.costs import FILL_STEP, vacuum
from tests.bench.servers import Server, read_cpu, serving
from tests.support.postgresql import create_database, run_cluster

FREITON, PSYCOPG, ASYNCPG = "Freiton", "FastAPI, psycopg", "FastAPI, asyncpg"
CLIENT, CAMPAIGN = 1, "Bench"
APPLICATIONS = {PSYCOPG: "psycopg_app", ASYNCPG: "asyncpg_app"}
# Freiton answers it when it has loaded Connexion, because of the header field.
READY, NOT_PLAIN = f"{BASE}/dialler/campaigns/500", {**AUTHORIZATION, "X-Request-ID": "ready"}
# Half of the fields are empty, and names are spread as if they came in no order.
CONTACTS = """
    insert into DiallerContacts (
        ClientsID, DiallerCampaignsID, UserData, Client, Service, ReferenceNumber, Name, FirstName, Salutation, Company,
        Address, PostalCode, City, Country, Amount, PhoneNumber1, PhoneNumber2, Email, Comment, ExternalSystemLink, Tag,
        RandomSortOrder, dtImported
    )
    select
        1, :campaign, 'CON' || N, 'Client ' || N % 100, 'Service', 'R' || N,
        'Name ' || md5(N::text), 'First ' || N % 977, 'Frau', 'Company ' || N % 5000, 'Street ' || N % 200,
        'P' || N % 99999, 'City ' || N % 3000, 'Germany', N / 8.0, '+49' || N, '+43' || N,
        'contact' || N || '@example.org', 'Comment on contact ' || N, 'https://crm.example.org/contacts/' || N,
        'Tag ' || N % 10, N * 7 % 1000003, '2026-11-24T00:00:00.000'
    from generate_series(:first::bigint, :last::bigint) as Numbers (N)
"""


class Lineup:
    """The database server with one database, and the contestants on it.

    :param folder: where to keep it all.
    :param url: URL of the server.
    :param cores: the two cores to measure on; services run on the first one.
    :param count: how many contacts the client account has beside those of the demo.
    """

    def __init__(self, folder: Path, url: str, cores: Sequence[int], count: int) -> None:
        self.folder, self.cores = folder, cores
        self.database = create_database(url, "bench")
        self.postmaster = int((folder / "cluster/data/postmaster.pid").read_text().splitlines()[0])
        fill(self.database, count)

    def start(self, name: str) -> Server:
        """Start one of them; it may not serve yet."""
        if name == FREITON:
            options = ["--demo", "--port", "{port}", "--database", self.database]
            command = [sys.executable, "-m", "handlers", "serve", *options]
        else:
            command = [*UVICORN, f"tests.bench.postgresql.{APPLICATIONS[name]}:app"]
        log = self.folder / f"{name}.log"
        return Server(name, command, {DATABASE: self.database}, self.cores[:1], log)

    def serve(self, *names: str) -> AbstractContextManager[tuple[Server, ...]]:
        """Start some of them, wait until they serve, and stop them in the end."""
        return serving(tuple(self.start(name) for name in names), READY, NOT_PLAIN)

    def read_cpu(self) -> float:
        """Return the seconds of CPU time that the processes of the database server have taken."""
        return read_cpu(self.postmaster)


@contextmanager
def run_lineup(folder: Path, cores: Sequence[int], count: int) -> Iterator[Lineup]:
    """Run a database server whose commits wait for the disk, with contestants that can be started.

    :param folder: a folder with a short path, which the user `postgres` can reach.
    """
    with run_cluster(folder / "cluster", durable=True) as url:
        yield Lineup(folder, url, cores, count)


def fill(database: str, count: int) -> None:
    """Fill an empty database with the demo and contacts of one campaign.

    :param database: URL of the database.
    :param count: how many contacts.
    """
    with open_database(database, demo=True), store.atomic():
        campaigns.clone(CLIENT, "Campaign 1000", CAMPAIGN, None)
        (campaign,) = store.values("select ID from DiallerCampaigns where Name = :name", name=CAMPAIGN)
        for first in range(1, count + 1, FILL_STEP):
            last = min(first + FILL_STEP - 1, count)
            store.execute(CONTACTS, campaign=campaign, first=first, last=last)
        store.execute("insert into DiallerContactsCounts values (1, :campaign, :count)", campaign=campaign, count=count)
        # The demo's token is known to Freiton only.
        store.execute(
            "insert into Tokens (ClientsID, Name, Hash, dtCreated) values (1, 'bench', :hash, :now)",
            hash=statements.hash_token(TOKEN),
            now=store.now(),
        )
    vacuum(database)
