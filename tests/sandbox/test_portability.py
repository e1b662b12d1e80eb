"""The sandbox runs without what only Linux has, and without the packages that have no wheels elsewhere."""

import os
import re
import socket
import sys
from pathlib import Path

import httpx
import pytest
from freiton import Sandbox

from handlers import platform
from tests.support.campaigns import SOURCE, ask_to_clone
from tests.support.service import TOP

# What macOS and Windows lack, or one of them. An imported package that needs more than the sandbox does would fail.
ELSEWHERE = """
import os, signal, sys, sysconfig
# Read while the name of the system is right.
sysconfig.get_config_vars()
for name in ("fcntl", "grp", "pwd", "pysqlite3", "resource", "termios", "uvloop"):
    sys.modules[name] = None
for name in ("sched_getaffinity", "sched_setaffinity", "setpriority", "getpriority", "nice", "sendfile"):
    delattr(os, name)
for name in ("SIGHUP", "SIGUSR1", "pthread_sigmask", "sigwait", "sigtimedwait", "setitimer"):
    delattr(signal, name)
sys.platform = "elsewhere"
"""
HERE = re.compile(
    r"import (resource|fcntl|termios|uvloop|pysqlite3|ctypes)\b|signal\.(SIG(?!INT|TERM|_)|pthread|sigwait)\w*"
    r"|os\.(sched_|setpriority|getpriority|nice|fork|kill|sendfile|posix_|get\w*uid)\w*|sys\.platform|SO_ATTACH|/proc/"
)


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let new processes have only what all systems have."""
    (tmp_path / "sitecustomize.py").write_text(ELSEWHERE, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))


@pytest.mark.usefixtures("elsewhere")
def test_serve_sandbox_elsewhere_does_what_it_does_on_linux() -> None:
    with Sandbox() as sandbox, sandbox.world() as world:
        headers = {"Authorization": f"Bearer {world.token}"}
        with httpx.Client(base_url=world.base_url, headers=headers, verify=False) as api:
            assert api.get("/dialler/contacts", params={"filter": "Name ge 'A'"}).json()["count"] > 100
            with world.snapshot():
                assert ask_to_clone(api, SOURCE, "Tonight").status_code == 200
            world.reset()
            assert ask_to_clone(api, SOURCE, "Tonight").status_code == 200


def test_what_one_system_has_stands_in_one_file() -> None:
    files = (path for top in ("handlers", "data") for path in (TOP / top).rglob("*.py"))
    found = {path.relative_to(TOP).as_posix() for path in files if HERE.search(path.read_text(encoding="utf-8"))}
    assert found == {"handlers/platform.py"}


def test_without_socket_filter_connections_are_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "elsewhere")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        platform.drop_new_connections(listener)
        with socket.create_connection(listener.getsockname(), 5):
            pass
