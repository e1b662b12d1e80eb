"""Fixtures as folders: a folder for each client account, in it a JSON file for each kind of records.

    accounts.json             names of client accounts, which may be left out: [{"ID": 1, "Name": "Musterfirma"}]
    1/groups.json             what `freiton load --client 1` takes, as all files below
    1/users.json
    1/service-numbers.json
    1/cockpit-variables.json
    1/routing-applications.json
    1/network-ivr-lists.json
    1/network-ivr-list-entries.json
    1/calls.json              those that are going on
    1/events.json
    1/campaigns.json
    1/result-codes.en.json    with the English texts
    1/result-codes.de.json    with the German texts
    1/contacts.json
    1/history.json            the calls with the contacts

Each file may be left out. Files that are not JSON are ignored.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from data import store, tokens
from handlers.contract.strict_json import parse_json
from handlers.files.records import load, read_records
from handlers.files.resources import RESOURCES, Record

ACCOUNTS = "accounts.json"
LARGEST_ACCOUNT = 2**31 - 1
ENCODER = json.JSONEncoder(ensure_ascii=False, indent=2)
# The fields of a result code that depend on its language.
OF_LANGUAGE = ("Content", "DiallerResultCodesTypesContent")


class File(NamedTuple):
    """A file of a client account.

    :param name: its name.
    :param kind: the kind of its records, as for `load`.
    :param languages_id: the language of its texts; None if it has none.
    """

    name: str
    kind: str
    languages_id: int | None = None


RESULT_CODES = (File("result-codes.en.json", "result-code", 1), File("result-codes.de.json", "result-code", 2))
# In the order in which they are loaded.
FILES = tuple(
    file
    for kind, resource in RESOURCES.items()
    for file in (RESULT_CODES if kind == "result-code" else (File(f"{resource.plural}.json", kind),))
)


def load_folder(folder: Path) -> None:
    """Store all client accounts and records of a folder in the current store, or nothing.

    :param folder: the folder.
    :raises ValueError: the folder or a file has an error; the message names file, record and field.
    :raises OSError: a file cannot be read.
    """
    accounts = _read_accounts(folder)
    with store.atomic():
        for account, name in accounts.items():
            tokens.add_client(name, account)
            _check_languages(folder / str(account))
            for file in FILES:
                _load_file(folder / str(account) / file.name, account, file)


def write_folder(folder: Path, contents: Mapping[str, list[Record]]) -> None:
    """Write the files of a fixture to a folder, and delete those that it has no more.

    :param folder: the folder; it is made if it does not exist.
    :param contents: the records of each file, by its path in the folder.
    :raises ValueError: the folder has a JSON file that is none of a fixture, or a path is none. Nothing is written.
    :raises OSError: a file cannot be written.
    """
    for path in contents:
        _check_path(path)
    before = [*_find_files(folder)] if folder.exists() else []
    made = [(folder / path, _write_beside(folder / path, records)) for path, records in contents.items()]
    for file, new in made:
        new.replace(file)
    for file in before:
        if file.relative_to(folder).as_posix() not in contents:
            file.unlink()
            # Other files may be in the folder of a client account that is gone.
            with suppress(OSError):
                file.parent.rmdir()


def _check_path(path: str) -> None:
    account, _, name = path.partition("/")
    if path != ACCOUNTS and not (_is_account(account) and name in [file.name for file in FILES]):
        raise ValueError(f"{path}: is no file of a fixture")


def _write_beside(path: Path, records: list[Record]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    with new.open("w", encoding="utf-8") as file:
        file.writelines(_render(records))
    return new


def _render(records: list[Record]) -> Iterator[str]:
    """Yield the parts of a file: as one text, it would take as much memory as the records."""
    before = "["
    for record in records:
        # Line breaks in texts are escaped: these are between fields.
        fields = ENCODER.encode(record).replace("\n", "\n  ")
        yield f"{before}\n  {fields}"
        before = ","
    yield "\n]\n" if records else "[]\n"


def _find_files(folder: Path) -> Iterator[Path]:
    """Return the files of a fixture that a folder has.

    :raises ValueError: it has another JSON file.
    """
    names = [file.name for file in FILES]
    for path in sorted(folder.glob("*.json")):
        if path.name != ACCOUNTS:
            raise ValueError(f"{path}: is no file of a fixture; at the top there is {ACCOUNTS} only")
        yield path
    for path in sorted(folder.glob("*/*.json")):
        if not _is_account(path.parent.name):
            raise ValueError(f"{path}: its folder must be named like the ID of a client account")
        if path.name not in names:
            raise ValueError(f"{path}: is no file of a fixture; in a client account there are {', '.join(names)}")
        yield path


def _is_account(name: str) -> bool:
    return name.isdecimal() and name.isascii() and name == str(int(name)) and 1 <= int(name) <= LARGEST_ACCOUNT


def _read_accounts(folder: Path) -> dict[int, str]:
    """Return the name of each client account by ID: those with a file of their own, and those that are named."""
    if not folder.is_dir():
        raise ValueError(f"{folder}: is no folder")
    files = [*_find_files(folder)]
    path = folder / ACCOUNTS
    named = _read_names(path) if path in files else {}
    others = {int(file.parent.name) for file in files if file != path} - named.keys()
    accounts = {**{account: f"Account {account}" for account in others}, **named}
    if not accounts:
        raise ValueError(f"{folder}: has no client account, such as {folder / '1' / FILES[0].name}")
    return dict(sorted(accounts.items()))


def _read_names(path: Path) -> dict[int, str]:
    names: dict[int, str] = {}
    for number, record in enumerate(_read(path), start=1):
        if problem := _find_problem(record, names):
            raise ValueError(f"{path}: record {number}: {problem}")
        names[record["ID"]] = record["Name"]
    return names


def _find_problem(record: Record, before: Mapping[int, str]) -> str | None:
    account, name = record.get("ID"), record.get("Name")
    if unknown := sorted(record.keys() - {"ID", "Name"}):
        return f"{unknown[0]}: is not a field of a client account"
    if not isinstance(account, int) or not _is_account(str(account)):
        return f"ID: must be an integer from 1 to {LARGEST_ACCOUNT}"
    if account in before:
        return "ID: is given twice"
    if not isinstance(name, str) or not name:
        return "Name: must be a text that is not empty"
    return "Name: is given twice" if name in before.values() else None


def _check_languages(folder: Path) -> None:
    """Check that files of result codes differ in texts only: what was loaded first would be overwritten otherwise."""
    first, second = (folder / file.name for file in RESULT_CODES)
    if not (first.exists() and second.exists()):
        return
    known = {record["ID"]: record for record in _read(first) if "ID" in record}
    for number, record in enumerate(_read(second), start=1):
        other: Record = known.get(record.get("ID"), {})
        for field in record.keys() & other.keys() - {*OF_LANGUAGE}:
            if record[field] != other[field]:
                raise ValueError(f"{second}: record {number}: {field}: differs from {first.name}")


def _load_file(path: Path, account: int, file: File) -> None:
    if path.exists():
        try:
            load(path.read_bytes(), account, file.languages_id, file.kind)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error


def _read(path: Path) -> list[Record]:
    try:
        document: Any = parse_json(path.read_bytes())
        return read_records(document)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
