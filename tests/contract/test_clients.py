"""Clients generated from the contract, or made from it at run time, do a connector's first steps."""

import re
from pathlib import Path

import pytest

from tests.clients.gate import CLIENTS, HERE, Client, ClientFailed, try_client
from tests.clients.names import judge_names
from tests.support.service import Service

pytestmark = pytest.mark.uncovered

# The others, which `make clients` tries, need Node, Java, Go, Ruby or PHP.
WITH_PYTHON_ALONE = ["openapi-python-client", "aiopenapi3", "datamodel-code-generator"]


@pytest.mark.parametrize("name", WITH_PYTHON_ALONE)
def test_client_does_first_steps(fresh_demo: Service, tmp_path: Path, name: str) -> None:
    try_client(CLIENTS[name], fresh_demo.url, tmp_path)


@pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS)
def test_program_pages_by_cursor_and_imports_a_contact(client: Client) -> None:
    (program,) = (HERE / client.name).glob("[sS]cenario.*")
    text = program.read_text()
    assert re.search(r'rel=\\?"next|links\["next"\]', text)
    assert re.search("import_?dialler_?contact|contacts/import", text, re.IGNORECASE)


def test_each_folder_is_a_client() -> None:
    assert {path.name for path in HERE.iterdir() if path.is_dir()} - {"__pycache__"} == CLIENTS.keys()


def test_client_whose_command_fails_is_told(own_demo: Service, tmp_path: Path) -> None:
    client = CLIENTS["aiopenapi3"]
    with pytest.raises(ClientFailed, match=r"(?s)^python scenario\.py\n.*ConnectError"):
        try_client(client, "http://127.0.0.1:1", tmp_path)


@pytest.mark.parametrize(
    "word",
    [
        *("getAcdGroup_0", "GetAcdGroup1", "Inline_response_200", "InlineObject", "AcdGroupAllOf", "acd_group_inner"),
        *("DiallerContactImportNot", "dialler_contact_import_not_any_of1", "AcdGroupAllOfName"),
    ],
)
def test_made_up_name_is_told(tmp_path: Path, word: str) -> None:
    (tmp_path / "client.ts").write_text(f"export const {word} = 1;")
    assert list(judge_names(tmp_path, "")) == [f"{word} is made up"]


def test_compiled_modules_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "client.pyc").write_bytes(b"\xfagetAcdGroup0\x00")
    assert list(judge_names(tmp_path, "")) == []


def test_operation_without_function_is_told(tmp_path: Path) -> None:
    (tmp_path / "client.go").write_text("func GetAcdGroup() {}")
    faults = list(judge_names(tmp_path, "pascal"))
    assert "ListAcdGroups is missing" in faults
    assert "GetAcdGroup is missing" not in faults
