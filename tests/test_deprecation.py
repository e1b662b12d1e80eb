"""An operation that the contract calls deprecated says so in its answers, and when it will be gone."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from tests.conformance import CONTRACT_FILE
from tests.service import Service

START = "from handlers import contract; from pathlib import Path; contract.PATH = Path({!r}); " + (
    "from handlers.__main__ import main; main()"
)
DEPRECATED = "      deprecated: true\n      x-freiton-deprecated: '2027-01-31'\n      x-freiton-sunset: '2028-01-31'\n"
OPERATIONS = ("listAcdGroups", "getAcdGroup", "cloneDiallerCampaign")
DEPRECATION = str(int(datetime(2027, 1, 31, tzinfo=UTC).timestamp()))


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A demo server with a contract that calls three operations deprecated."""
    folder = tmp_path_factory.mktemp("deprecated")
    contract = CONTRACT_FILE.read_text(encoding="utf-8")
    for name in OPERATIONS:
        line = f"      operationId: {name}\n      x-openapi"
        assert line in contract
        contract = contract.replace(line, f"{DEPRECATED}{line}")
    (folder / "openapi.yaml").write_text(contract, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.service.FREITON", [sys.executable, "-c", START.format(str(folder / "openapi.yaml"))])
        service = Service(Path(folder) / "freiton.db", "--demo")
    with service, service.client() as client:
        # An answer to HEAD has no body that could be held against the contract.
        client.event_hooks = {}
        yield client


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/acd/groups", 200),
        ("HEAD", "/acd/groups", 200),
        ("GET", "/acd/groups?limitStart=-1", 400),
        ("GET", "/acd/groups/group/106", 200),
        ("GET", "/acd/groups/group/4711", 404),
        ("POST", "/dialler/campaigns/clone", 400),
    ],
)
def test_ask_deprecated_operation_tells_both_dates(api: httpx.Client, method: str, path: str, status: int) -> None:
    response = api.request(method, path, json={} if method == "POST" else None)
    assert response.status_code == status
    assert response.headers["Deprecation"] == f"@{DEPRECATION}"
    assert response.headers["Sunset"] == "Mon, 31 Jan 2028 00:00:00 GMT"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/acd/groups/group?name=support", 200),
        ("/dialler/campaigns", 200),
        ("/acd", 404),
        ("/acd/events/types?a=b", 400),
    ],
)
def test_ask_another_operation_tells_none(api: httpx.Client, path: str, status: int) -> None:
    response = api.get(path)
    assert response.status_code == status
    assert not {"deprecation", "sunset"} & response.headers.keys()
