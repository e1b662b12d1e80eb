"""`freiton verify` finds where a server differs from the contract, all of it and nothing else, and changes nothing."""

import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.support.command import assert_fails
from tests.support.conformance import BASE_PATH
from tests.support.deviations import RESERVED, Deviation, always, answer_as_documented, apply, record, unknown
from tests.support.proxy import Exchange, Proxy, Silence
from tests.support.service import SECONDS_TO_RUN, TOP, Service, run_freiton
from tests.support.verifying import (
    ADDED,
    DOCUMENTED,
    NOTHING_MADE_UP,
    TOKEN,
    Checked,
    ignore,
    read_differences,
    read_targets,
    verify,
)


@pytest.fixture(scope="module")
def checked(own_demo: Service) -> Checked:
    """A run on a server without deviations, and what it was asked."""
    with Proxy(own_demo, ignore) as proxy:
        return verify(proxy.url), proxy.exchanges


def test_verify_demo_finds_no_difference(checked: Checked) -> None:
    run, exchanges = checked
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout == f"no differences in {len(exchanges)} requests\n"


def test_verify_demo_sends_nothing_that_writes(
    checked: Checked,
) -> None:
    sent = {exchange.operation for exchange in checked[1]}
    assert {operation for operation in sent if not operation.startswith("GET ")} == {"POST /dialler/contacts"}
    assert sent > {"GET /acd/groups", "GET /acd/groups/group/106", "GET /dialler/contacts/215383"}


def test_verify_demo_asks_each_read_for_another_account_with_its_token(checked: Checked) -> None:
    other = [exchange for exchange in checked[1] if f"{BASE_PATH}/1/" not in exchange.path]
    asked = {re.sub(r"/(\d+|abc)", "/ID", exchange.operation) for exchange in checked[1]} - {"GET /no-such-endpoint"}
    assert {re.sub(r"/\d+", "/ID", exchange.operation) for exchange in other} == asked
    assert {(exchange.token, exchange.status) for exchange in other} == {(TOKEN, 401)}


def test_verify_server_as_the_vendor_documents_it_finds_differences_in_additions_only(own_demo: Service) -> None:
    ignored = {*RESERVED, "colour", "If-None-Match"}
    with Proxy(own_demo, answer_as_documented, ignored) as proxy:
        run = verify(proxy.url, *NOTHING_MADE_UP, covered=False)
    assert run.returncode == 1
    assert run.stdout.startswith(f"{ADDED}:\n")
    assert DOCUMENTED not in run.stdout
    texts = {text for _, text in read_differences(run.stdout)}
    assert "the header Cache-Control is missing" in texts
    assert "answers 200; the contract says 400 with an unknown parameter" in texts
    assert "answers 200; the contract says 304 for If-None-Match: *" in texts


def test_verify_documented_asks_nothing_else(own_demo: Service) -> None:
    ignored = {*RESERVED, "colour", "If-None-Match"}
    with Proxy(own_demo, answer_as_documented, ignored) as proxy:
        run = verify(proxy.url, "--documented", "--max-examples", "2")
    assert (run.returncode, run.stdout) == (0, f"no differences in {len(proxy.exchanges)} requests\n")
    assert not {name for exchange in proxy.exchanges for name in exchange.query} & ignored
    assert "/abc" not in "".join(exchange.path for exchange in proxy.exchanges)


def test_verify_with_writes_finds_no_difference_and_leaves_an_event_only(fresh_demo: Service) -> None:
    paths = ("/acd/groups", "/dialler/campaigns", "/dialler/contacts")
    with fresh_demo.client() as api:
        before = [api.get(path).json() for path in paths]
        events = api.get("/acd/events").json()["count"]
        for options in (["--documented"], []):
            run = verify(str(api.base_url), "--allow-writes", *NOTHING_MADE_UP, *options)
            assert (run.returncode, run.stderr) == (0, "")
            assert re.fullmatch(r"no differences in \d+ requests\n", run.stdout)
        assert [api.get(path).json() for path in paths] == before
        assert api.get("/acd/events").json()["count"] == events + 1


def test_verify_with_writes_server_that_gives_other_ids_deletes_no_record_of_these(fresh_demo: Service) -> None:
    deviations = [
        Deviation("POST /dialler/campaigns/clone", 200, always, record(0, ID=500), ()),
        Deviation("POST /dialler/contacts/import", 200, always, record(0, ID=215383), ()),
    ]
    with Proxy(fresh_demo, apply(deviations)) as proxy:
        verify(proxy.url, "--allow-writes", *NOTHING_MADE_UP)
    deleted = {exchange.operation for exchange in proxy.exchanges if exchange.method == "DELETE"}
    assert deleted == {"DELETE /dialler/campaigns/campaign", "DELETE /dialler/contacts/contact"}


def test_verify_with_writes_server_that_stores_null_tells_it(fresh_demo: Service) -> None:
    deviation = Deviation("POST /dialler/contacts/import", 200, always, record(0, PhoneNumber1=None), ())
    with Proxy(fresh_demo, apply([deviation])) as proxy:
        run = verify(proxy.url, "--allow-writes", *NOTHING_MADE_UP)
    told = read_differences(run.stdout)
    text = 'records[0].PhoneNumber1 is null, and "+493023125000" was asked for'
    assert told == {("POST /dialler/contacts/import", text): 1}


def test_verify_with_writes_server_that_gives_the_clone_another_name_stops(fresh_demo: Service) -> None:
    deviation = Deviation("POST /dialler/campaigns/clone", 200, always, record(0, Name="Campaign 1000"), ())
    with Proxy(fresh_demo, apply([deviation])) as proxy:
        run = verify(proxy.url, "--allow-writes", *NOTHING_MADE_UP)
    assert run.returncode == 1
    assert re.search(r'records\[0\]\.Name is "Campaign 1000", and "freiton-verify-\w+" was asked for', run.stdout)
    assert [exchange.operation for exchange in proxy.exchanges if exchange.method == "DELETE"] == []


def test_verify_server_that_echoes_token_never_tells_it(own_demo: Service, tmp_path: Path) -> None:
    odd = f"{TOKEN}\x9b"
    deviation = Deviation("GET /acd/groups", 200, always, record(0, ServiceLevelSeconds=odd), ())
    file = tmp_path / "junit.xml"
    with Proxy(own_demo, apply([deviation])) as proxy:
        run = verify(proxy.url, "--junit", str(file), *NOTHING_MADE_UP)
    assert run.returncode == 1
    assert r'ServiceLevelSeconds is "$FREITON_TOKEN\x9b"' in run.stdout
    assert TOKEN not in run.stdout + run.stderr + file.read_text()
    assert "Bearer $FREITON_TOKEN" in run.stdout


def test_verify_in_another_folder_asks_the_same_and_leaves_nothing(
    own_demo: Service, checked: Checked, tmp_path: Path
) -> None:
    (tmp_path / "schemathesis.toml").write_text("nonsense = [")
    with Proxy(own_demo, ignore) as proxy:
        run = verify(proxy.url, cwd=tmp_path, covered=False)
    assert (run.returncode, run.stderr) == (0, "")
    assert [path.name for path in tmp_path.iterdir()] == ["schemathesis.toml"]
    assert read_targets(proxy.exchanges) == read_targets(checked[1])


def test_verify_with_another_seed_makes_other_requests_up(own_demo: Service, checked: Checked) -> None:
    with Proxy(own_demo, ignore) as proxy:
        verify(proxy.url, "--seed", "1", covered=False)
    assert read_targets(proxy.exchanges) != read_targets(checked[1])


def test_verify_sends_no_faster_than_it_may(own_demo: Service) -> None:
    begin = time.monotonic()
    with Proxy(own_demo, ignore) as proxy:
        verify(proxy.url, "--documented", *NOTHING_MADE_UP, "--rate-limit", "50", covered=False)
    assert time.monotonic() - begin >= (len(proxy.exchanges) - 1) / 50


def test_verify_server_that_is_silent_goes_on_after_timeout(own_demo: Service) -> None:
    over = threading.Event()

    def be_silent(exchange: Exchange) -> None:
        over.wait(SECONDS_TO_RUN)
        raise Silence

    deviation = Deviation("GET /acd/groups", 400, unknown, be_silent, ())
    nothing = Deviation("GET /no-such-endpoint", 404, always, be_silent, ())
    with Proxy(own_demo, apply([deviation, nothing])) as proxy:
        run = verify(proxy.url, *NOTHING_MADE_UP, "--timeout", "3")
        over.set()
    told = read_differences(run.stdout)
    assert told["GET /acd/groups", "gives no answer (ReadTimeout)"] == 1
    assert told["GET /no-such-endpoint", "gives no answer (ReadTimeout)"] == 1


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--url", "http://127.0.0.1:1/rest/v1.0/1"], "the server cannot be reached: "),
        (["--url", "http://127.0.0.1:1/rest/v1.0"], "--url must be an http or https URL with a ClientsID at its end"),
        (["--url", "ftp://127.0.0.1/1"], "--url must be "),
        (["--url", "http://me:secret@127.0.0.1/1"], "--url must be "),  # pragma: allowlist secret
        (["--url", "http://127.0.0.1:1/1", "--token", "two words"], "--token must be printable ASCII"),
        (["--token", "x"], "'--url'"),
    ],
)
def test_verify_called_wrongly_says_why(options: list[str], text: str) -> None:
    assert_fails(run_freiton("verify", *options, environment={"FREITON_TOKEN": "secret-token"}), 2, text)


def test_verify_without_token_says_why() -> None:
    assert_fails(run_freiton("verify", "--url", "http://127.0.0.1:1/1"), 2, "'--token'", "FREITON_TOKEN")


def test_verify_with_token_that_is_refused_says_so(own_demo: Service) -> None:
    run = verify(f"{own_demo.url}/rest/v1.0/1", token="wrong-token")
    assert_fails(run, 2, "the server answers 401: the token is none of the client account 1")
    assert "wrong-token" not in run.stderr


def test_verify_without_schemathesis_says_how_to_install_it() -> None:
    code = "import sys; sys.modules['schemathesis'] = None; from handlers.__main__ import main; main()"
    run = subprocess.run(
        [sys.executable, "-c", code, "verify", "--url", "http://127.0.0.1:1/1", "--token", "x"],
        cwd=TOP,
        capture_output=True,
        text=True,
        check=False,
    )
    assert_fails(run, 2, "pip install 'freiton[verify]'")
