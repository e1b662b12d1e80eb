"""A handler that fails runs once, and its error is answered in the shape of all errors and logged."""

import asyncio
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

import pytest

from data import store
from handlers.contract import document
from handlers.contract.routes import Routes
from handlers.fast.kept_answers import PlainAnswer
from handlers.fast.path import FastPath
from tests.support.command import read_troubles
from tests.support.databases import open_database
from tests.support.files import execute
from tests.support.hostile import BASE, get
from tests.support.service import TOP, Service

SECRET = "the customer's number is 0123456789"
ERRORS = [KeyError, IndexError, ValueError, TypeError, UnicodeError, AssertionError, store.EngineError]
# What each list reads first.
TABLES = {"/acd/groups": "AcdGroups", "/acd/events?limitPageSize=2": "AcdEvents"}
# Overflows when it is read, not before.
FAILING = "create view {} as select * from Kept where abs(-9223372036854775807 - ID / ID) = 0"
# Writes down each statement that the server sends to SQLite.
TRACE = """
import os
import pysqlite3.dbapi2

original = pysqlite3.dbapi2.connect

def connect(*arguments, **options):
    connection = original(*arguments, **options)
    connection.set_trace_callback(write)
    return connection

def write(statement):
    with open(os.environ["STATEMENTS"], "a") as file:
        print(" ".join(statement.split()), file=file)

pysqlite3.connect = pysqlite3.dbapi2.connect = connect
"""


class Handlers(ModuleType):
    """A module of handlers of which one fails."""

    def __init__(self, error: Exception) -> None:
        super().__init__("failing_handlers")
        self.error = error
        self.runs = 0

    def list_acd_groups(self, **arguments: Any) -> NoReturn:
        """Fail (contract: listAcdGroups)."""
        self.runs += 1
        raise self.error


@pytest.mark.parametrize("kind", ERRORS)
def test_fail_in_handler_of_plain_read_runs_it_once(
    kind: type[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    handlers = Handlers(kind(SECRET))
    monkeypatch.setitem(sys.modules, handlers.__name__, handlers)
    contract = deepcopy(document.read())
    contract["paths"]["/{ClientsID}/acd/groups"]["get"]["x-openapi-router-controller"] = handlers.__name__

    async def ask() -> Any:
        with open_database(tmp_path / "freiton.db", create=True, demo=True) as opened:
            return FastPath(Routes(contract), opened, True, ()).answer(get(BASE + b"/acd/groups"))

    # In a thread of its own, whose queries have a limit then.
    with ThreadPoolExecutor(1) as thread:
        answer = thread.submit(asyncio.run, ask()).result()
    assert handlers.runs == 1
    assert isinstance(answer, PlainAnswer)
    assert answer.line.status == 500
    assert json.loads(answer.body) == {"status": 500, "error": "Internal server error"}
    assert caplog.messages == [f"{kind.__name__} in list_acd_groups, line {_line(handlers.list_acd_groups)}"]


def _line(function: Any) -> int:
    return int(function.__code__.co_firstlineno) + 3


@pytest.fixture
def statements(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file in which the servers of a test write down their statements."""
    (tmp_path / "sitecustomize.py").write_text(TRACE)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{TOP}")
    monkeypatch.setenv("STATEMENTS", str(tmp_path / "statements"))
    return tmp_path / "statements"


@pytest.mark.sqlite
@pytest.mark.parametrize(("path", "table"), TABLES.items())
def test_fail_on_damaged_table_is_answered_alike_and_asks_the_database_once(
    statements: Path, path: str, table: str
) -> None:
    asked, answers, troubles = [], [], []
    for name, option in (("fast", "--fast"), ("slow", "--no-fast")):
        with Service(statements.with_name(f"{name}.db"), "--demo", option) as service, service.client() as api:
            assert api.get(path).status_code == 200
            execute(service.database, [f"alter table {table} rename to Kept", FAILING.format(table)])
            statements.write_text("")
            answers.append(api.get(path))
            asked.append([line for line in statements.read_text().splitlines() if table in line])
        troubles.append(read_troubles(service.log))
    assert [answer.json() for answer in answers] == [{"status": 500, "error": "Internal server error"}] * 2
    assert asked[0] == asked[1] != []
    assert troubles[0] == troubles[1]
    assert len(troubles[0]) == 1
