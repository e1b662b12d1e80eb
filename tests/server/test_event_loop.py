"""Nobody waits for a disk: a long body and a long answer are written to files, and read, beside the event loop."""

import os
from pathlib import Path

import pytest

from tests.support.command import read_troubles
from tests.support.contacts import import_file, make_campaign
from tests.support.service import TOP, Service

# More than is kept in memory, of the file and of the answer.
MANY = 40_000
LINE = b'{"Name":"Mustermann","PhoneNumber1":"+4989%07d"}\n'
# Writes down each use of a temporary file, once it is on disk, and whether it is in the thread of the event loop.
WATCH = """
import os, tempfile, threading

def watch(name):
    original = getattr(tempfile.SpooledTemporaryFile, name)
    def method(file, *arguments):
        result = original(file, *arguments)
        if file._rolled:
            place = "loop" if threading.current_thread() is threading.main_thread() else "thread"
            with open(os.environ["USES"], "a") as uses:
                print(place, name, file=uses)
        return result
    setattr(tempfile.SpooledTemporaryFile, name, method)

for name in ("write", "read", "seek", "flush"):
    watch(name)
"""


def test_import_long_file_leaves_event_loop_without_file_access(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text(WATCH)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{TOP}")
    monkeypatch.setenv("USES", str(tmp_path / "uses"))
    with Service(tmp_path / "freiton.db", "--demo") as service, service.client() as api:
        campaign = make_campaign(api)
        body = b"".join([LINE % number for number in range(MANY)])
        outcomes = import_file(api, body, diallerCampaignsID=campaign)
    assert [each["line"] for each in outcomes] == [*range(1, MANY + 1)]
    uses = set((tmp_path / "uses").read_text().splitlines())
    assert uses == {"thread write", "thread read", "thread seek", "thread flush"}
    assert read_troubles(service.log) == []
