"""The contract has none of the defects that linters do not see, each of which the rules for it find where it is."""

import pytest

from tests.support.conformance import CONTRACT_FILE
from tests.support.contract_defects import DEFECTS, SOUND
from tests.support.contract_rules import find_problems

pytestmark = pytest.mark.sqlite


def test_find_problems_of_sound_contract_finds_none() -> None:
    assert find_problems(SOUND) == []


@pytest.mark.parametrize("name", DEFECTS)
def test_find_problems_of_contract_with_a_defect_finds_it(name: str) -> None:
    before, after, problem = DEFECTS[name]
    assert SOUND.count(before) == 1
    assert problem in find_problems(SOUND.replace(before, after))


def test_find_problems_of_the_contract_finds_none() -> None:
    assert find_problems(CONTRACT_FILE.read_text(encoding="utf-8")) == []
