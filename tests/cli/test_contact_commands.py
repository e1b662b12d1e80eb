"""`freiton contacts` brings files in and out: checked first, with a bar on a terminal, and on from an interrupt."""

import csv
import json
import os
import pty
import re
import signal
import subprocess
from pathlib import Path

import pytest

from tests.support.command import assert_fails, carry_out, succeed
from tests.support.files import read_rows
from tests.support.service import FREITON, SECONDS_TO_RUN, TOP, Service, run_freiton, start_process
from tests.support.triggers import Trigger

CAMPAIGN = {"ID": 7, "Name": "Autumn", "nMaxParallelLines": None}
HEAD = '"Name";"PhoneNumber1";"UserData";"Amount"'
# Takes for ever at this contact.
HALT = Trigger("halt", "before insert", "DiallerContacts", condition="new.UserData = 'U2500'", seconds=SECONDS_TO_RUN)
IMPORTED = ("--client", "1", "--campaign", "Autumn")


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A database with a campaign."""
    path = tmp_path / "my.db"
    carry_out("client", "add", "Musterfirma GmbH", "--database", path)
    carry_out("load", "-", "--client", "1", "--database", path, stdin=json.dumps([CAMPAIGN]))
    return path


def write_contacts(file: Path, count: int, *further: str) -> Path:
    lines = [f'"Name {number}";"+49{number}";"U{number}";{number}.5' for number in range(count)]
    file.write_text("\n".join([HEAD, *lines, *further, ""]), encoding="utf-8")
    return file


def read_names(database: Path) -> list[str]:
    return [name for (name,) in read_rows(database, "select Name from DiallerContacts order by ID")]


def run_import(file: Path, database: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return run_freiton("contacts", "import", str(file), *options, "--database", str(database))


def test_import_of_many_different_errors_names_ten(database: Path) -> None:
    file = database.with_name("contacts.ndjson")
    file.write_text("".join(f'{{"Name":"A","PhoneNumber1":"1","Field{number}":1}}\n' for number in range(11)))
    run = run_import(file, database, *IMPORTED)
    assert run.returncode == 1
    assert [f"Field{number}: is not a field" in run.stderr for number in range(11)] == [True] * 10 + [False]


def test_import_csv_says_what_became_of_the_contacts(database: Path) -> None:
    file = write_contacts(database.with_name("contacts.csv"), 2_500)
    run = run_import(file, database, *IMPORTED)
    assert (run.returncode, run.stdout, run.stderr) == (0, "created 2500, overwritten 0, failed 0\n", "")
    again = run_import(file, database, *IMPORTED, "--overwrite-duplicates")
    assert again.stdout == "created 0, overwritten 2500, failed 0\n"
    assert read_names(database) == [f"Name {number}" for number in range(2_500)]


def test_import_ndjson_names_campaigns_by_itself(database: Path) -> None:
    file = database.with_name("contacts.ndjson")
    contact = {"Name": "Öz", "PhoneNumber2": "1", "DiallerCampaignsName": "Autumn"}
    file.write_text(json.dumps(contact) + "\n", encoding="utf-8")
    assert succeed("contacts", "import", file, "--client", "1", "--database", database).startswith("created 1, ")
    assert read_names(database) == ["Öz"]


def test_import_file_with_errors_names_the_first_ten_and_stores_nothing(database: Path) -> None:
    file = write_contacts(database.with_name("contacts.csv"), 1_500, *['"";"1"'] * 12)
    run = run_import(file, database, *IMPORTED)
    assert_fails(run, 1, f"{file}: line 1502 and 11 more: Name: is missing; nothing is stored\n")
    assert read_names(database) == []


def test_import_file_with_errors_names_each_but_once(database: Path) -> None:
    wrong = [f'"A";"1";"";{"1" * 16}', *(f'"A";"1";"";1{";" * number}' for number in range(1, 20))] * 2
    run = run_import(write_contacts(database.with_name("contacts.csv"), 3, *wrong), database, *IMPORTED)
    assert_fails(
        run, 1, "line 5 and 1 more: Amount: must be at most 999999999999999; line 6 and 37 more: has more than 4"
    )


def test_import_file_and_skip_errors_stores_the_others(database: Path) -> None:
    file = write_contacts(database.with_name("contacts.csv"), 3, '"";"1"')
    run = run_import(file, database, *IMPORTED, "--skip-errors")
    assert (run.returncode, run.stdout) == (0, "created 3, overwritten 0, failed 1\n")
    assert run.stderr == "line 5: Name: is missing\n"


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (("--client", "9"), "there is no client 9"),
        (("--client", "1", "--campaign", "Spring"), "Dialler campaign not found"),
        (("--client", "1"), "line 2: DiallerCampaignsID: is missing"),
    ],
)
def test_import_to_what_is_not_there_stores_nothing(database: Path, options: tuple[str, ...], error: str) -> None:
    file = write_contacts(database.with_name("contacts.csv"), 1)
    assert_fails(run_import(file, database, *options), 1, error)
    assert read_names(database) == []


def test_import_that_was_interrupted_goes_on_where_it_was(database: Path) -> None:
    file = write_contacts(database.with_name("contacts.csv"), 5_000)
    arguments = [*FREITON, "contacts", "import", str(file), *IMPORTED, "--database", str(database)]
    HALT.create(database)
    with start_process(arguments, cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        while process.poll() is None and len(read_names(database)) < 2_000:
            os.sched_yield()
        process.send_signal(signal.SIGKILL)
    assert len(read_names(database)) == 2_000
    HALT.drop(database)
    counts = "created 3000, overwritten 0, failed 0; the first 2000 rows were done before\n"
    assert succeed(*arguments[len(FREITON) :]) == counts
    assert read_names(database) == [f"Name {number}" for number in range(5_000)]
    assert succeed(*arguments[len(FREITON) :]) == "created 5000, overwritten 0, failed 0\n"


def test_import_on_terminal_shows_bar_with_rows_a_second(database: Path) -> None:
    file = write_contacts(database.with_name("contacts.csv"), 3_000)
    terminal, side = pty.openpty()
    arguments = [*FREITON, "contacts", "import", str(file), *IMPORTED, "--database", str(database)]
    with start_process(arguments, cwd=TOP, stdout=subprocess.PIPE, stderr=side) as process:
        os.close(side)
        shown = b""
        try:
            while part := os.read(terminal, 65536):
                shown += part
        except OSError:
            # How a terminal ends.
            pass
    os.close(terminal)
    assert process.returncode == 0
    assert re.search(rb"importing .*100%.*[\d,]+ rows/s", shown, re.DOTALL)


def test_export_can_be_imported_again(database: Path) -> None:
    texts = ['"Zoë; ""X""";"+491";"U1";-0.25', '"Two\nlines";"+492";"U2";']
    file = write_contacts(database.with_name("contacts.csv"), 1_001, *texts)
    run_import(file, database, *IMPORTED)
    exported, copied = database.with_name("out.csv"), database.with_name("copy.db")
    succeed("contacts", "export", exported, "--client", "1", "--campaign", "Autumn", "--database", database)
    with exported.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter=";"))
    assert len(rows) == 1_003
    assert (rows[1_001]["Name"], rows[1_001]["Amount"], rows[1_002]["Name"]) == ('Zoë; "X"', "-0.25", "Two\nlines")
    carry_out("client", "add", "Other", "--database", copied)
    carry_out("load", "-", "--client", "1", "--database", copied, stdin=json.dumps([CAMPAIGN]))
    succeed("contacts", "import", exported, "--client", "1", "--database", copied)
    again = succeed("contacts", "export", "-", "--client", "1", "--database", copied)
    assert [line.partition(";")[2] for line in again.splitlines()] == [
        line.partition(";")[2] for line in exported.read_text(encoding="utf-8").splitlines()
    ]


def test_export_of_unknown_campaign_is_refused_and_writes_no_file(database: Path) -> None:
    file = database.with_name("out.csv")
    run = run_freiton(
        *("contacts", "export", str(file), "--client", "1", "--campaign", "Spring", "--database", str(database))
    )
    assert_fails(run, 1, "Dialler campaign not found")
    assert not file.exists()


def test_import_beside_running_server_is_served_at_once(tmp_path: Path) -> None:
    with Service(tmp_path / "freiton.db", "--demo") as service, service.client() as api:
        file = write_contacts(tmp_path / "contacts.csv", 5)
        succeed(
            "contacts", "import", file, "--client", "1", "--campaign", "Campaign 1000", "--database", service.database
        )
        assert api.get("/dialler/contacts/contact", params={"userData": "U4"}).json()["count"] == 1
