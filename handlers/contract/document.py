"""The contract as a document: as data, and rendered as YAML and JSON in each language that has an overlay."""

import json
from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import yaml

# A symbolic link to the file at the top of the repository, so that the installed package contains it.
PATH = Path(__file__).with_name("openapi.yaml")
OVERLAYS = Path(__file__).with_name("overlays")
LANGUAGES = ("en", "de", "fr")
# The key of an operation that names the module of its handler, for Connexion.
CONTROLLER = "x-openapi-router-controller"


class Dumper(yaml.CSafeDumper):
    """A YAML dumper that writes texts of several lines as literal blocks."""


def _represent_text(dumper: Dumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, "|" if "\n" in text else None)


Dumper.add_representer(str, _represent_text)


@cache
def read(path: Path = PATH) -> dict[str, Any]:
    """Return a contract as data.

    :param path: its file, by default that of the API.
    """
    document: dict[str, Any] = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
    return document


def find(document: Mapping[str, Any], reference: str) -> Any:
    """Return the component that a reference names.

    :param document: the OpenAPI document, as data.
    :param reference: the local reference, such as `#/components/schemas/Done`.
    """
    kind, name = reference.split("/")[-2:]
    return document["components"][kind][name]


@cache
def render_yaml(language: str = LANGUAGES[0], path: Path = PATH) -> bytes:
    """Return a contract as YAML in UTF-8, without the names of our modules; the English one keeps its comments.

    :param language: one of `LANGUAGES`; only the contract of the API is translated.
    :param path: its file.
    """
    if language != LANGUAGES[0]:
        return dump(translate(language)).encode()
    return b"".join(line for line in path.read_bytes().splitlines(keepends=True) if CONTROLLER.encode() not in line)


@cache
def render_json(language: str = LANGUAGES[0], path: Path = PATH) -> bytes:
    """Return a contract as JSON in UTF-8, without the names of our modules.

    :param language: one of `LANGUAGES`; only the contract of the API is translated.
    :param path: its file.
    """
    return json.dumps(translate(language, path), ensure_ascii=False).encode()


def translate(language: str, path: Path = PATH) -> dict[str, Any]:
    """Return a contract as it is served in a language, as data: without the names of our modules.

    :param language: one of `LANGUAGES`; only the contract of the API is translated.
    :param path: its file.
    """
    contract = read(path)
    served = {**contract, "paths": {path: _strip(item) for path, item in contract["paths"].items()}}
    return served if language == LANGUAGES[0] else apply(read(OVERLAYS / f"{language}.yaml"), served)


def apply(overlay: Mapping[str, Any], document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of a document, changed by an overlay (OpenAPI Overlay 1.0); updates do not append to arrays.

    :param overlay: the overlay, as data.
    :param document: the document, as data; it is not modified.
    :raises ValueError: a target of the overlay matches nothing.
    """
    # Imported only when a translation is requested: a server that serves English only does without it.
    from jsonpath_rfc9535 import find

    changed: dict[str, Any] = deepcopy(dict(document))
    for action in overlay["actions"]:
        nodes: list[Any] = list(find(action["target"], changed))
        if not nodes:
            raise ValueError(f"{action['target']} matches nothing")
        for node in nodes:
            if action.get("remove"):
                del node.parent.value[node.location[-1]]
            else:
                _merge(node.value, action["update"])
    return changed


def dump(document: Any) -> str:
    """Return a document as YAML.

    :param document: the document, as data.
    """
    return yaml.dump(document, Dumper=Dumper, allow_unicode=True, sort_keys=False, width=120)


def _strip(item: Mapping[str, Any]) -> dict[str, Any]:
    return {
        method: {name: value for name, value in operation.items() if name != CONTROLLER}
        for method, operation in item.items()
    }


def _merge(old: dict[str, Any], new: Mapping[str, Any]) -> None:
    for name, value in new.items():
        if isinstance(value, dict) and name in old:
            _merge(old[name], value)
        else:
            old[name] = value
