"""The human texts of the contract and their translations, which the overlays in `handlers/contract/overlays` hold.

python -m tests.overlays missing de             what has no translation, and where it stands
python -m tests.overlays catalogue de > de.yaml every text once, with its translation, to be edited
python -m tests.overlays write de < de.yaml     the overlay anew, from such a catalogue
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any, NamedTuple, TextIO

import click
import yaml

from handlers.contract import document

HUMAN = ("summary", "description", "x-displayName", "x-enum-descriptions")
# What they hold is no part of the contract but data.
DATA = ("default", "enum", "example", "value")
# What their keys are is up to the contract.
MAPS = (
    *("callbacks", "content", "encoding", "examples", "headers", "links", "parameters", "patternProperties", "paths"),
    *("properties", "requestBodies", "responses", "schemas", "securitySchemes", "variables"),
)


class Text(NamedTuple):
    """A human text, or a list of such.

    :param target: the JSONPath of the object that an action of an overlay updates.
    :param path: the keys from there.
    :param holder: the object that has it.
    """

    target: str
    path: tuple[str, ...]
    holder: dict[str, Any]

    @property
    def content(self) -> Any:
        """The text, or the list."""
        return self.holder[self.path[-1]]

    @property
    def place(self) -> str:
        """The JSONPath of the text itself."""
        return _join(self.target, self.path)


def find_texts(node: Any, target: str = "$", path: tuple[str, ...] = (), named: bool = False) -> Iterator[Text]:
    """Yield every human text of a contract, in its order.

    :param named: whether the keys of the node are names.
    """
    if isinstance(node, list):
        for index, item in enumerate(node):
            yield from find_texts(item, _join(target, path) + _select(index, item))
    elif isinstance(node, dict):
        target, path = _anchor(node, target, path)
        for key, value in node.items():
            if named or key not in (*HUMAN, *DATA):
                yield from find_texts(value, target, (*path, key), not named and key in MAPS)
            elif key in HUMAN:
                yield Text(target, (*path, key), node)


def _anchor(node: Mapping[str, Any], target: str, path: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    if target != "$":
        return target, path
    match path:
        case ("paths", _, _):
            return f"$.paths[*][?@.operationId=='{node['operationId']}']", ()
        case ("info",) | ("components", _, _):
            return _join(target, path), ()
    return target, path


def _select(index: int, item: Any) -> str:
    names = [name for name in ("name", "url", "properties") if isinstance(item, dict) and name in item]
    if names == ["properties"]:
        return "[?@.properties]"
    return f"[?@.{names[0]}=='{item[names[0]]}']" if names else f"[{index}]"


def _join(target: str, path: tuple[str, ...]) -> str:
    return target + "".join(f".{key}" if key.isidentifier() else f"['{key}']" for key in path)


def blank(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a contract with None for every human text."""
    blanked = deepcopy(dict(document))
    for text in find_texts(blanked):
        text.holder[text.path[-1]] = None
    return blanked


def read_overlay(language: str) -> dict[str, Any]:
    """Return the overlay of a language."""
    overlay: dict[str, Any] = yaml.safe_load((document.OVERLAYS / f"{language}.yaml").read_bytes())
    return overlay


def pair(overlay: Mapping[str, Any]) -> Iterator[tuple[Text, Any]]:
    """Yield every human text of the contract with its translation, None if there is none."""
    translated = find_texts(document.apply(overlay, blank(document.read())))
    translations = {text.place: text.content for text in translated}
    for text in find_texts(document.read()):
        yield text, translations[text.place]


def list_catalogue(overlay: Mapping[str, Any]) -> dict[str, str]:
    """Return every human text of the contract, in its order, with its translation, empty if there is none."""
    catalogue: dict[str, str] = {}
    for text, translation in pair(overlay):
        if isinstance(text.content, list):
            catalogue |= dict(zip(text.content, translation or [""] * len(text.content), strict=True))
        elif not catalogue.get(text.content):
            catalogue[text.content] = translation or ""
    return catalogue


def make_actions(catalogue: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the actions of the overlay that a catalogue makes of the contract."""
    removals, updates = [], defaultdict[str, dict[str, Any]](dict)
    for text in find_texts(document.read()):
        parts = text.content if isinstance(text.content, list) else [text.content]
        translations = [catalogue.get(part) for part in parts]
        if not all(translations):
            continue
        node = updates[text.target]
        for key in text.path[:-1]:
            node = node.setdefault(key, {})
        if isinstance(text.content, list):
            removals.append({"target": text.place, "remove": True})
            node[text.path[-1]] = translations
        else:
            node[text.path[-1]] = translations[0]
    return [*removals, *({"target": target, "update": update} for target, update in updates.items())]


@click.group()
def cli() -> None:
    """Read and write the translations of the contract."""


LANGUAGE = click.argument("language", type=click.Choice(document.LANGUAGES[1:]))


@cli.command()
@LANGUAGE
def missing(language: str) -> None:
    """List every text that has no translation, with its place."""
    for text, translation in pair(read_overlay(language)):
        if not translation:
            click.echo(f"{text.place}: {text.content}")


@cli.command()
@LANGUAGE
def catalogue(language: str) -> None:
    """Print every text once, with its translation."""
    texts = list_catalogue(read_overlay(language))
    for english, translation in texts.items():
        click.echo(document.dump([{"en": english, language: translation}]))


@cli.command()
@LANGUAGE
@click.argument("file", type=click.File(encoding="utf-8"), default="-")
def write(language: str, file: TextIO) -> None:
    """Write the overlay from a catalogue."""
    texts = {entry["en"].strip(): (entry[language] or "").strip() for entry in yaml.safe_load(file) or []}
    stripped = {english: texts.pop(english.strip(), "") for english in list_catalogue({"actions": []})}
    overlay = {**read_overlay(language), "actions": make_actions(stripped)}
    (document.OVERLAYS / f"{language}.yaml").write_text(document.dump(overlay), encoding="utf-8")
    for english in texts:
        click.echo(f"not in the contract: {english}", err=True)


if __name__ == "__main__":
    cli()
