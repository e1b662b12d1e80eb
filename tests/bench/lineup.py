"""All who take part: how they are started, each on its own copy of one database."""

import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from hashlib import sha256
from pathlib import Path
from typing import Any

import pysqlite3
import yaml

from data import campaigns, store, tokens
from data.opening import open_database
from tests.bench.contestants import fields
from tests.bench.contestants.storage import DATABASE
from tests.bench.servers import HOST, TOP, Server, serving

BASE = "/rest/v1.0/1"
TOKEN = "freiton-demo-1"
AUTHORIZATION = {"Authorization": f"Bearer {TOKEN}"}
TYPES, LIST = "/acd/events/types", "/dialler/campaigns"
ONE = f"{LIST}/500"
PAGE = f"{LIST}?filter=contains(Name,'Bench')&orderBy=ID&ascending=false&limitStart=10&limitPageSize=50"
READS = {"T": TYPES, "I": ONE, "C": LIST}
OPERATIONS = {TYPES: TYPES, LIST: LIST, f"{LIST}/{{DiallerCampaignsID}}": ONE}

FREITON, BARE, FASTAPI, PLAIN = "Freiton", "bare ASGI", "FastAPI", "FastAPI, no models"
LITESTAR, FLASK, CONNEXION = "Litestar", "Flask, gunicorn", "Connexion, stock"
PRISM, JSON_SERVER = "Prism", "json-server"

PYTHON = [sys.executable, "-m"]
UVICORN = [*PYTHON, "uvicorn", "--host", HOST, "--port", "{port}", "--http", "httptools", "--loop", "uvloop"]
UVICORN += ["--no-access-log", "--log-level", "warning"]
GUNICORN = [*PYTHON, "gunicorn", "--bind", f"{HOST}:{{port}}", "--workers", "1", "--worker-class", "gthread"]
GUNICORN += ["--threads", "4", "--log-level", "warning"]
CONTESTANTS = "tests.bench.contestants"
TOOLS = Path(sys.prefix) / "stand_ins" / "node_modules" / ".bin"
CAMPAIGNS = 100


class Lineup:
    """The database, and whoever serves it.

    :param folder: where to keep it all.
    :param cores: the two cores to measure on; servers run on the first one.
    """

    def __init__(self, folder: Path, cores: Sequence[int]) -> None:
        self.folder, self.cores = folder, cores
        self.original, self.columns = folder / "original.db", folder / "columns.db"
        self.answers = folder / "answers.json"
        self.prism = folder / "prism.json"
        self.json_server = (folder / "db.json", folder / "routes.json")
        _build(self.original)
        _build_columns(Path(shutil.copy(self.original, self.columns)))
        with self.serve(FREITON) as (freiton,):
            bodies = {path: freiton.get(BASE + path, AUTHORIZATION)[1].decode() for path in READS.values()}
        self._write_answers(bodies)

    def start(self, name: str, *options: str, cores: Sequence[int] = (), is_new: bool = False) -> Server:
        """Start one of them; it may not serve yet.

        :param options: further options of the command.
        :param cores: the cores that it may use, if it is not the first one only.
        :param is_new: let it make its database itself.
        """
        database = self.folder / f"{name.replace(' ', '-')}{''.join(options)}.db"
        for suffix in ("", "-wal", "-shm"):
            database.with_name(database.name + suffix).unlink(missing_ok=True)
        if not is_new:
            shutil.copy(self.original if name == FREITON else self.columns, database)
        command = [*self._command(name, database), *options]
        environment = {DATABASE: str(database), "BENCH_ANSWERS": str(self.answers)}
        return Server(name, command, environment, cores or self.cores[:1], database.with_suffix(".log"))

    def serve(self, *names: str) -> AbstractContextManager[tuple[Server, ...]]:
        """Start some of them, wait until they serve, and stop them in the end."""
        return serving(tuple(self.start(name) for name in names), BASE + TYPES, AUTHORIZATION)

    def copy(self) -> Path:
        """Return one more copy of Freiton's database."""
        return Path(shutil.copy(self.original, self.folder / "copy.db"))

    def _command(self, name: str, database: Path) -> list[str]:
        commands: Mapping[str, list[str]] = {
            FREITON: [*PYTHON, "handlers", "serve", "--demo", "--port", "{port}", "--database", str(database)],
            BARE: [*UVICORN, f"{CONTESTANTS}.bare:app"],
            FASTAPI: [*UVICORN, f"{CONTESTANTS}.fastapi_app:app"],
            PLAIN: [*UVICORN, f"{CONTESTANTS}.fastapi_app:plain"],
            LITESTAR: [*UVICORN, f"{CONTESTANTS}.litestar_app:app"],
            FLASK: [*GUNICORN, f"{CONTESTANTS}.flask_app:app"],
            CONNEXION: [*UVICORN, f"{CONTESTANTS}.connexion_app:app"],
            PRISM: [str(TOOLS / "prism"), "mock", "--host", HOST, "--port", "{port}", "-v", "silent", str(self.prism)],
            JSON_SERVER: [str(TOOLS / "json-server"), "--host", HOST, "--port", "{port}", "--quiet", "--routes"]
            + [str(path) for path in reversed(self.json_server)],
        }
        return commands[name]

    def _write_answers(self, bodies: Mapping[str, str]) -> None:
        self.answers.write_text(json.dumps({BASE + path: body for path, body in bodies.items()}))
        answers = {path: json.loads(body) for path, body in bodies.items()}
        self.prism.write_text(json.dumps(_make_examples(answers)))
        names = {path: f"answer{number}" for number, path in enumerate(answers)}
        database, routes = self.json_server
        database.write_text(json.dumps({names[path]: answer for path, answer in answers.items()}))
        routes.write_text(json.dumps({BASE + path: f"/{name}" for path, name in names.items()}))


def remove_clones(server: Server) -> None:
    """Delete the campaigns that were cloned, from beside the server."""
    connection = pysqlite3.connect(server.log.with_suffix(".db"), isolation_level=None, timeout=30)
    connection.execute("pragma foreign_keys = on")
    connection.execute("delete from DiallerCampaigns where Name like 'Clone %'")
    connection.close()


def _build(path: Path) -> None:
    with open_database(path, create=True, demo=True):
        _fill()


def _fill() -> None:
    for number in range(1, CAMPAIGNS + 1 - len(store.query("select ID from DiallerCampaigns where ClientsID = 1"))):
        campaigns.clone(1, "Campaign 1000", f"Bench {number:03}", None)
    with store.atomic():
        for number, row in enumerate(store.query("select ID from DiallerCampaigns where ClientsID = 1 order by ID")):
            extra = json.dumps(fields.make_further(number), ensure_ascii=False, separators=(",", ":"))
            store.execute("update DiallerCampaigns set Extra = :extra where ID = :id", extra=extra, id=row["ID"])
        # The demo's token is known to Freiton only.
        store.execute(
            "insert into Tokens (ClientsID, Name, Hash, dtCreated) values (1, 'bench', :hash, :now)",
            hash=sha256(next(token for token, client in tokens.DEMO.items() if client == 1).encode()).hexdigest(),
            now=store.now(),
        )


def _build_columns(path: Path) -> None:
    """Give the further fields of campaigns columns of their own, as the others than Freiton would have them."""
    connection = pysqlite3.connect(path, isolation_level=None)
    for name, type_ in fields.COLUMNS.items():
        connection.execute(f"alter table DiallerCampaigns add column {name} {type_}")
    values = ", ".join(f"{name} = Extra ->> '{name}'" for name in fields.COLUMNS)
    connection.execute(f"update DiallerCampaigns set {values}, Extra = '{{}}'")
    connection.close()


def _make_examples(answers: Mapping[str, Any]) -> Any:
    """Return the contract with these answers for examples; Prism serves its paths without the base path."""
    contract = yaml.load((TOP / "openapi.yaml").read_bytes(), Loader=yaml.CSafeLoader)
    for operation, path in OPERATIONS.items():
        answer = contract["paths"][f"/{{ClientsID}}{operation}"]["get"]["responses"]["200"]
        answer["content"]["application/json"]["examples"] = {"bench": {"value": answers[path]}}
    contract["paths"] = {f"/rest/v1.0{path}": item for path, item in contract["paths"].items()}
    return contract
