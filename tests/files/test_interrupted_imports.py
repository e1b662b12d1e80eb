"""An import that stopped goes on behind the contacts that it has stored, and never stores one of them twice."""

import json
import os
import signal
import subprocess
from functools import partial
from pathlib import Path

import pytest

from tests.support.command import assert_fails, carry_out, succeed
from tests.support.databases import copy
from tests.support.files import execute, read_rows
from tests.support.service import FREITON, SECONDS_TO_RUN, TOP, run_freiton, start_process
from tests.support.triggers import Trigger

HEAD = '"Name";"PhoneNumber1";"ResultCodesExportKey"'
CAMPAIGNS = [
    {"ID": 7, "Name": "Autumn", "nMaxParallelLines": None},
    {"ID": 8, "Name": "Winter", "nMaxParallelLines": None},
]
STORED = "line 1201: Dialler result code not found; stored up to line 1001, run it again to go on"
CHANGED = "an import of it was interrupted, and of the contacts stored up to line 1001 some differ; "
GONE_ON = "created 500, overwritten 0, failed 0; the first 1000 rows were done before\n"
# About a millisecond for each contact behind the first thousand.
SLOW = Trigger(
    "slow", "before insert", "DiallerContacts", condition="cast(substr(new.Name, 6) as integer) > 1001", seconds=0.001
)
# The line that stops the import.
WRONG = {1_201: '"X";"1";"None"'}
ALL = "created 1500, overwritten 0, failed 0\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a database with two campaigns."""
    folder = tmp_path_factory.mktemp("imports")
    carry_out("client", "add", "Musterfirma GmbH", "--database", folder / "my.db")
    where = ("--client", "1", "--kind", "campaign", "--database", folder / "my.db")
    carry_out("load", "-", *where, stdin=json.dumps(CAMPAIGNS))
    return folder


@pytest.fixture(scope="module")
def stopped_folder(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same after an import of a file has stopped; only in this place, the file is known by its path."""
    file, database = write_contacts(folder / "contacts.csv", WRONG), folder / "stopped.db"
    copy(folder / "my.db", database)
    assert_fails(run_import(file, database), 1, f"{file}: {STORED}")
    return folder


@pytest.fixture
def database(folder: Path, tmp_path: Path) -> Path:
    """A database with two campaigns."""
    return copy(folder / "my.db", tmp_path / "my.db")


@pytest.fixture
def stopped(stopped_folder: Path, tmp_path: Path) -> Path:
    """The database after an import that has stopped."""
    database = copy(stopped_folder / "stopped.db", tmp_path / "my.db")
    assert read_names(database) == names(*range(2, 1_002))
    return database


@pytest.fixture
def file(folder: Path) -> Path:
    """The file of contacts, where it was imported from; line 1,201 names an unknown result code."""
    return write_contacts(folder / "contacts.csv", WRONG)


def write_contacts(path: Path, wrong: dict[int, str], count: int = 1_500) -> Path:
    lines = [wrong.get(line, f'"Name {line}";"+49{line}";') for line in range(2, count + 2)]
    path.write_text("\n".join([HEAD, *lines, ""]), encoding="utf-8")
    return path


def run_import(file: Path, database: Path, *options: str, campaign: str = "Autumn") -> subprocess.CompletedProcess[str]:
    where = ("--client", "1", "--campaign", campaign, "--database", str(database))
    return run_freiton("contacts", "import", str(file), *where, *options)


def read_names(database: Path, campaign: int = 7) -> list[str]:
    names = f"select Name from DiallerContacts where DiallerCampaignsID = {campaign} order by ID"
    return [name for (name,) in read_rows(database, names)]


def names(*lines: int) -> list[str]:
    return [f"Name {line}" for line in lines]


@pytest.mark.parametrize("name", ["contacts.csv", "repaired.csv"])
def test_import_of_repaired_file_goes_on(stopped: Path, file: Path, name: str) -> None:
    repaired = write_contacts(file.with_name(name), {})
    assert run_import(repaired, stopped).stdout == GONE_ON
    assert read_names(stopped) == names(*range(2, 1_502))
    assert run_import(repaired, stopped).stdout == ALL
    assert read_rows(stopped, "select count(*) from DiallerContactsImports") == [(0,)]


def test_import_that_stops_twice_goes_on_from_second_stop(stopped: Path, file: Path) -> None:
    write_contacts(file, {2_201: '"X";"1";"None"'}, 2_500)
    assert_fails(
        run_import(file, stopped), 1, "line 2201: Dialler result code not found; stored up to line 2001, run it"
    )
    assert_fails(
        run_import(file, stopped), 1, "line 2201: Dialler result code not found; stored up to line 2001, run it"
    )
    run = run_import(write_contacts(file, {}, 2_500), stopped)
    assert run.stdout == "created 500, overwritten 0, failed 0; the first 2000 rows were done before\n"
    assert read_names(stopped) == names(*range(2, 2_502))


def test_import_of_repaired_file_with_wrong_row_says_what_is_stored(stopped: Path, file: Path) -> None:
    write_contacts(file, {1_400: '"";"1"'})
    run = run_import(file, stopped)
    assert_fails(run, 1, f"{file}: line 1400: Name: is missing; stored up to line 1001, run it again to go on")


@pytest.mark.parametrize("change", [{900: '"Other";"1"'}, {900: ""}, {2: '"Name 2";"+492";""\n'}])
@pytest.mark.parametrize("mode", [(), ("--skip-errors",)])
def test_import_whose_stored_contacts_have_changed_asks_for_option(
    stopped: Path, file: Path, change: dict[int, str], mode: tuple[str, ...]
) -> None:
    write_contacts(file, change)
    run = run_import(file, stopped, *mode)
    assert_fails(run, 1, f"{file}: {CHANGED}run it with --begin-anew to import all of the file again")
    assert read_names(stopped) == names(*range(2, 1_002))
    count = 1_499 if change == {900: ""} else 1_500
    again = run_import(file, stopped, *mode, "--begin-anew")
    assert again.stdout == f"created {count}, overwritten 0, failed 0\n"
    assert len(read_names(stopped)) == 1_000 + count
    assert run_import(file, stopped, *mode).stdout == again.stdout


def test_import_of_file_that_has_become_shorter_asks_for_option(stopped: Path, file: Path) -> None:
    write_contacts(file, {}, 500)
    assert_fails(run_import(file, stopped), 1, CHANGED)


def test_import_of_same_file_to_other_campaign_or_client_begins_at_first_row(stopped: Path, file: Path) -> None:
    write_contacts(file, {})
    assert run_import(file, stopped, campaign="Winter").stdout == ALL
    assert read_names(stopped, 8) == names(*range(2, 1_502))
    assert read_names(stopped) == names(*range(2, 1_002))
    carry_out("client", "add", "Other", "--database", stopped)
    other = json.dumps([{"ID": 9, "Name": "Autumn", "nMaxParallelLines": None}])
    carry_out("load", "-", "--client", "2", "--kind", "campaign", "--database", stopped, stdin=other)
    where = ("--client", "2", "--campaign", "Autumn", "--database", stopped)
    assert succeed("contacts", "import", file, *where) == ALL
    assert run_import(file, stopped).stdout == GONE_ON


def test_import_of_other_file_beside_stopped_one_begins_at_first_row(stopped: Path, file: Path) -> None:
    other = write_contacts(file.with_name("other.csv"), {2: '"Other";"1"'})
    assert run_import(other, stopped).stdout == ALL
    assert run_import(write_contacts(file, {}), stopped).stdout == GONE_ON


def test_import_stopped_by_earlier_version_is_not_taken_for_another(database: Path, file: Path) -> None:
    execute(database, ["insert into DiallerContactsImports (ClientsID, File, Line) values (1, 'a digest', 1001)"])
    assert run_import(write_contacts(file, {}), database).stdout == ALL
    assert read_rows(database, "select File, Line from DiallerContactsImports") == [("a digest", 1_001)]


def test_import_interrupted_by_keyboard_says_how_to_go_on(database: Path, file: Path) -> None:
    write_contacts(file, {}, 10_000)
    SLOW.create(database)
    options = ["--client", "1", "--campaign", "Autumn", "--database", str(database)]
    arguments = [*FREITON, "contacts", "import", str(file), *options]
    # Who runs the tests may ignore Ctrl+C, which a child would take over.
    default = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    pipe = subprocess.PIPE
    with start_process(arguments, cwd=TOP, stdout=pipe, stderr=pipe, text=True, preexec_fn=default) as process:
        while process.poll() is None and not read_names(database):
            os.sched_yield()
        process.send_signal(signal.SIGINT)
        output, error = process.communicate(timeout=SECONDS_TO_RUN)
    stored = len(read_names(database))
    assert 0 < stored < 10_000
    said = f"freiton: {file}: interrupted; stored up to line {stored + 1}, run it again to go on\n"
    assert (process.returncode, output, error) == (130, "", said)
    run = run_import(file, database)
    assert (
        run.stdout == f"created {10_000 - stored}, overwritten 0, failed 0; the first {stored} rows were done before\n"
    )
    assert read_names(database) == names(*range(2, 10_002))
