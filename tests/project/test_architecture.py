"""The architecture page names files, folders and functions that exist, and each folder of the code."""

import re

import pytest

from tests.support.service import TOP

pytestmark = pytest.mark.uncovered

PAGE = (TOP / "handlers" / "README.md").read_text(encoding="utf-8")
QUOTED = set(re.findall(r"`([^`\n]+)`", PAGE))
# Paths of the API begin with a slash.
PATHS = {text for text in QUOTED if re.fullmatch(r"\w[\w./-]*(/|\.(json|lark|md|py|sql|toml|yaml))", text)}
NAMES = {text for text in QUOTED - PATHS if re.fullmatch(r"[A-Za-z_][\w.]*", text)}
CODE = ("handlers", "data")


def test_paths_that_page_names_exist() -> None:
    assert len(PATHS) > 50
    assert [path for path in sorted(PATHS) if not (TOP / path).exists()] == []


def test_folders_of_code_are_named_on_page() -> None:
    folders = {
        f"{folder.relative_to(TOP)}/"
        for top in CODE
        for folder in (TOP / top, *(TOP / top).rglob("*/"))
        if folder.is_dir() and "__pycache__" not in folder.parts
    }
    assert sorted(folders - PATHS) == []


def test_names_that_page_quotes_stand_in_code() -> None:
    code = "\n".join(file.read_text(encoding="utf-8") for top in CODE for file in (TOP / top).rglob("*.py"))
    contract = (TOP / "openapi.yaml").read_text(encoding="utf-8")
    words = set(re.findall(r"\w+", code + contract))
    assert [name for name in sorted(NAMES) if not words.issuperset(name.split("."))] == []
