"""A clock that steps back changes no answer, and brings no revoked token back."""

import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.support.faults import GONE_ON, check_log, check_reads, check_writes, stored_names
from tests.support.operations import OPERATIONS
from tests.support.service import TOP, Service, run_freiton

DAYS = [0, -400, 1, -1]
CLOCK = """
import datetime, os, time

def offset():
    with open(os.environ["CLOCK_OFFSET"]) as file:
        return float(file.read())

class Clock(datetime.datetime):
    # Of the size that compiled modules expect.
    __slots__ = ()

    @classmethod
    def now(cls, tz=None):
        return super().now(tz) + datetime.timedelta(seconds=offset())

original = time.time
time.time = lambda: original() + offset()
datetime.datetime = Clock
"""


def test_step_clock_back_changes_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    variables = {"CLOCK_OFFSET": str(tmp_path / "offset"), "PYTHONPATH": f"{tmp_path}{os.pathsep}{TOP}"}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "sitecustomize.py").write_text(CLOCK)
    _set_clock(tmp_path, 0)
    with Service(tmp_path / "freiton.db", "--demo") as service:
        database = ("--database", str(service.database))
        token = run_freiton("token", "add", "--client", "1", *database, environment=variables).stdout.strip()
        with service.client(token=token) as api:
            for number, days in enumerate(DAYS):
                _set_clock(tmp_path, days)
                check_reads(api, GONE_ON)
                check_writes(api, GONE_ON, f"Clone {number}")
                api.post("/acd/events/create", json=OPERATIONS["createAcdEvent"].json)
            moments = [event["dtCreated"] for event in api.get("/acd/events?orderBy=ID").json()["records"]]
            assert moments == sorted(moments)
            assert len(moments) == 7 + len(DAYS)
            _set_clock(tmp_path, -1000)
            assert run_freiton("token", "revoke", "1", *database, environment=variables).returncode == 0
            assert api.get("/acd/groups").status_code == 401
    assert stored_names(service.database) >= {f"Clone {number}" for number in range(len(DAYS))}
    times = [
        datetime.fromisoformat(line.split()[0]) for line in service.log.read_text().splitlines() if "/clone" in line
    ]
    assert [round((time - times[0]) / timedelta(days=1)) for time in times] == DAYS
    check_log(service)


def _set_clock(folder: Path, days: int) -> None:
    (folder / "new").write_text(str(timedelta(days=days).total_seconds()))
    (folder / "new").replace(folder / "offset")
