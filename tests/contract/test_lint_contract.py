"""`make lint-contract` finds nothing in the contract, and fails on whatever one of its tools finds in another."""

from pathlib import Path

import pytest

from tests.lint_contract import LINTERS, RUNNERS, main
from tests.support.conformance import CONTRACT_FILE
from tests.support.service import TOP

pytestmark = [pytest.mark.node, pytest.mark.sqlite]

OTHERS = [TOP / "handlers" / "sandbox" / name for name in ("control.yaml", "outgoing.yaml")]
TOOLS = {**LINTERS, **RUNNERS}
# Each is for its tool to find; what one of the others finds as well does not matter.
DEFECTS = {
    "spectral": ("      tags: [ACD events]\n", "      tags: [Events]\n", "operation-tag-defined"),
    "redocly": (
        "      required: [ShortText, ID]\n",
        "      required: [ShortText, ID, Name]\n",
        "no-required-schema-properties-undefined",
    ),
    "ibm": ("      pattern: '^[^\\x00]*$'\n", "      pattern: '[^\\x00]*'\n", "ibm-anchored-patterns"),
    "specification": ("      in: path\n      required: true\n", "      in: path\n", "components/parameters"),
    "own rules": ("          format: double\n", "          format: decimal64\n", "unknown format decimal64"),
    "re2": ("      pattern: '^[^\\x00]*$'\n", "      pattern: '^(?!x)[^\\x00]*$'\n", "components/schemas/Name/pattern"),
    "dredd": (
        "      example: 536\n",
        "      examples: {spare: {summary: Spare, value: 536}}\n",
        "DiallerCampaignsID",
    ),
    "portman": ("      example: 536\n", "      example: 99999\n", "/:DiallerCampaignsID - Status code is 2xx"),
    "schemathesis": (
        "      required: [ShortText, ID]\n",
        "      required: [ShortText, ID, Name]\n",
        "Response violates schema",
    ),
}


def plant(folder: Path, defect: str) -> Path:
    """Return a copy of the contract with a defect."""
    before, after, _ = DEFECTS[defect]
    text = CONTRACT_FILE.read_text(encoding="utf-8")
    assert before in text
    contract = folder / "openapi.yaml"
    contract.write_text(text.replace(before, after, 1), encoding="utf-8")
    return contract


@pytest.mark.parametrize("name", TOOLS)
def test_lint_contract_with_a_defect_finds_it(tmp_path: Path, name: str) -> None:
    verdict = TOOLS[name](plant(tmp_path, name))
    assert any(DEFECTS[name][2] in text for text in (*verdict.errors, *verdict.warnings))


def test_lint_the_contract_says_that_nothing_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    main(str(CONTRACT_FILE), *map(str, OTHERS))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(TOOLS) + len(OTHERS) * len(LINTERS)
    assert all(line.endswith(": 0 errors, 0 warnings") for line in lines)


def test_lint_contract_with_a_warning_shows_it_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="1"):
        main(str(plant(tmp_path, "ibm")))
    shown = capsys.readouterr().out
    assert "ibm-anchored-patterns: components/schemas/Name/pattern: " in shown
    assert ": 0 errors, 1 warnings\n" in shown


def test_lint_what_is_no_contract_says_so(tmp_path: Path) -> None:
    contract = tmp_path / "openapi.yaml"
    with pytest.raises(SystemExit, match="spectral"):
        main(str(contract))
