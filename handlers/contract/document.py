"""The contract, `openapi.yaml`: as it is written, as data, and in the languages that there is an overlay for."""

import json
from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import yaml

# A link to the file at the top of the repository, so that it is part of the installed package.
PATH = Path(__file__).with_name("openapi.yaml")
OVERLAYS = Path(__file__).with_name("overlays")
LANGUAGES = ("en", "de", "fr")
# The module of an operation's handler, which Connexion asks for.
CONTROLLER = "x-openapi-router-controller"


class Dumper(yaml.CSafeDumper):
    """Writes texts of several lines as such."""


def _represent_text(dumper: Dumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, "|" if "\n" in text else None)


Dumper.add_representer(str, _represent_text)


@cache
def read() -> dict[str, Any]:
    """Return the contract as data."""
    return _load(PATH)


def find(document: Mapping[str, Any], reference: str) -> Any:
    """Return the component of a document that a reference names, such as `#/components/schemas/Done`."""
    kind, name = reference.split("/")[-2:]
    return document["components"][kind][name]


@cache
def render_yaml(language: str) -> bytes:
    """Return the contract in a language, as YAML; in English as it is written, but for the names of our modules."""
    if language != "en":
        return dump(translate(language)).encode()
    return b"".join(line for line in PATH.read_bytes().splitlines(keepends=True) if CONTROLLER.encode() not in line)


@cache
def render_json(language: str) -> bytes:
    """Return the contract in a language, as JSON."""
    return json.dumps(translate(language), ensure_ascii=False).encode()


def translate(language: str) -> dict[str, Any]:
    """Return the contract in a language as it is served, as data: without the names of our modules."""
    served = {**read(), "paths": {path: _strip(item) for path, item in read()["paths"].items()}}
    return served if language == "en" else apply(_load(OVERLAYS / f"{language}.yaml"), served)


def apply(overlay: Mapping[str, Any], document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document changed by an overlay (OpenAPI Overlay 1.0), whose updates append to no array.

    :raises ValueError: a target of the overlay matches nothing.
    """
    # A server that is asked for English only need not import it.
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
    """Return a document as YAML."""
    return yaml.dump(document, Dumper=Dumper, allow_unicode=True, sort_keys=False, width=120)


def _load(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
    return document


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
