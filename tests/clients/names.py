"""What the names in generated code have to be: those of the contract, each once."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import yaml
from inflection import camelize, underscore

from tests.support.conformance import CONTRACT_FILE

CONTRACT = yaml.load(CONTRACT_FILE.read_bytes(), Loader=yaml.CSafeLoader)
OPERATIONS = [operation["operationId"] for path in CONTRACT["paths"].values() for operation in path.values()]
CASES: dict[str, Callable[[str], str]] = {"camel": str, "pascal": camelize, "snake": underscore}
# Some have numbers of their own, such as `Name2`.
FIELDS = {
    field.lower() for schema in CONTRACT["components"]["schemas"].values() for field in schema.get("properties", {})
}
# Generators add these to names that they had to make up or have to keep apart.
MADE_UP = r"inline_?(?:object|request|response)\w*"
TOLD_APART = r"_?(?:\d{1,2}|_?inner|_?not|_?(?:not_?)?(?:all|any|one)_?of\w*)"


def read_words(generated: Path) -> set[str]:
    """Return all words of generated code, among them the names of its modules.

    Compiled modules are left out: in these, a byte that looks like a digit may follow a name.
    """
    files = [generated] if generated.is_file() else [file for file in generated.rglob("*") if file.is_file()]
    files = [file for file in files if file.suffix != ".pyc"]
    words = {word for file in files for word in re.findall(r"\w+", file.read_text(errors="replace"))}
    return words | {file.stem for file in files}


def judge_names(generated: Path, case: str) -> Iterator[str]:
    """Give what is wrong with the names in generated code.

    :param generated: its file or folder.
    :param case: how it spells operations; empty if it has none.
    """
    words = read_words(generated)
    spell = CASES.get(case)
    if spell:
        yield from (f"{name} is missing" for name in map(spell, OPERATIONS) if name not in words)
    known = "|".join(
        {underscore(name).replace("_", "_?") for name in [*OPERATIONS, *CONTRACT["components"]["schemas"]]}
    )
    ugly = re.compile(f"{MADE_UP}|(?:{known}){TOLD_APART}", re.IGNORECASE)
    made_up = (word for word in sorted(words) if ugly.fullmatch(word) and _join(word) not in FIELDS)
    yield from (f"{word} is made up" for word in made_up)


def _join(name: str) -> str:
    return name.replace("_", "").lower()
