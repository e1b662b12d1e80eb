"""`freiton check` says in words what is wrong with a database, and changes nothing."""

from pathlib import Path

import pytest

from tests.support.files import DAMAGES, check_refusal, execute, run_maintenance

pytestmark = pytest.mark.sqlite

MOST_PROBLEMS = 10
MANY_ORPHANS = """
    with recursive Numbers (N) as (select 1 union all select N + 1 from Numbers where N < 100)
    insert into DiallerCampaignsResultCodesTexts select 7000 + N, 1, 'Text', null from Numbers
"""


@pytest.mark.parametrize("kind", DAMAGES)
def test_check_damaged_file_says_what_is_wrong(copy: Path, kind: str) -> None:
    damage, problem = DAMAGES[kind]
    damage(copy)
    content = copy.read_bytes()
    check_refusal(run_maintenance("check", None, copy), copy, problem)
    assert copy.read_bytes() == content


@pytest.mark.parametrize("command", ["check", "backup", "restore"])
def test_run_command_without_file_is_refused(tmp_path: Path, command: str) -> None:
    missing, other = tmp_path / "missing.db", tmp_path / "other.db"
    file, database = (missing, other) if command == "restore" else (other, missing)
    answer = run_maintenance(command, None if command == "check" else file, database)
    assert answer == (1, "", f"freiton: there is no database {missing}\n")
    assert list(tmp_path.iterdir()) == []


def test_check_file_with_many_problems_says_first_ten(copy: Path) -> None:
    execute(copy, ["pragma foreign_keys = off", MANY_ORPHANS])
    code, _, error = run_maintenance("check", None, copy)
    assert (code, error.count("that is not there")) == (1, MOST_PROBLEMS)
