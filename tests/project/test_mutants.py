"""`make mutants` mutates every module whose tests are named, in what they can notice, and chooses by its seed."""

from pathlib import Path

import pytest

from tests import mutants
from tests.support.service import TOP

# The modules beside data/ that depend on nothing but their arguments, and those that read files.
PURE = {f"handlers/contract/{path.name}" for path in (TOP / "handlers/contract").glob("[a-z]*.py")} - {
    "handlers/contract/problems.py"
}
MODULE = """
from functools import lru_cache

STEP = 4
SHARE = 5


@lru_cache(3)
def choose(size: int | None, *sizes: int | str) -> int | None:
    for each, _ in zip(sizes, sizes, strict=True):
        if each == size and size is not None:
            return size + 1
    return None
"""


def test_table_names_every_module_of_data_and_tests_that_exist() -> None:
    modules = {str(path.relative_to(TOP)) for path in (TOP / "data").rglob("*.py")} - mutants.WITHOUT_CODE
    local = {module for module in modules if not module.startswith(mutants.ON_SERVER)}
    assert mutants.TESTS.keys() >= local | PURE
    assert [module for module in mutants.TESTS if not (TOP / module).is_file()] == []
    tests = {test for tests in mutants.TESTS.values() for test in tests.split()}
    assert all(mutants.find_test(test).is_file() for test in tests)


def test_find_mutants_leaves_out_what_no_test_can_notice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "module.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(mutants, "TOP", tmp_path)
    groups = list(mutants.find_mutants("module.py"))
    places = [(group[0].start_pos[0], group[0].operator_name.partition("_")[0]) for group in groups]
    assert places == [
        (5, "core/NumberReplacer"),
        (10, "core/ZeroIterationForLoop"),
        (11, "core/AddNot"),
        (11, "core/ReplaceComparisonOperator"),
        (11, "core/ReplaceAndWithOr"),
        (12, "core/ReplaceBinaryOperator"),
        (12, "core/NumberReplacer"),
    ]


def test_choose_mutants_gives_the_same_for_the_same_seed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(mutants, "TESTS", {"data/lists/cursors.py": "paging", "data/store/texts.py": "search"})
    one, same, another = (mutants.choose_mutants(10, seed) for seed in (1, 1, 2))
    assert one == same != another
    assert len({(spec.module_path, spec.start_pos, spec.operator_name) for spec in one}) == 10
    assert "in 2 modules, 10 of them tried, seed 1" in capsys.readouterr().out
