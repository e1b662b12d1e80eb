"""The contract and its page come in English, German and French, which differ in nothing but human texts."""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import yaml

from handlers.app import public
from handlers.contract import document
from tests.overlays import blank, find_texts, list_catalogue, make_actions, pair, read_overlay
from tests.support.conformance import CONTRACT_FILE
from tests.support.contract_nodes import operations
from tests.support.raw import SECONDS_TO_ANSWER
from tests.support.service import Service

pytestmark = pytest.mark.sqlite

TRANSLATED = ("de", "fr")
PATHS = ("/openapi.yaml", "/openapi.json", "/docs")
CODE = re.compile(r"```.+?```|`[^`]+`", re.DOTALL)
# French puts a narrow no-break space before these marks, and inside its quotation marks.
WITHOUT_NARROW_SPACE = re.compile(r"\S*[^\u202f][:;?!»](?=[\s,.)|*]|$)|«(?!\u202f)\S*")
# A name or a term may be the same in several languages; a sentence is not.
LONGEST_ALIKE = 24
SUMMARY = {"en": "List all ACD groups", "de": "Alle ACD-Gruppen auflisten", "fr": "Lister tous les groupes ACD"}
GERMAN = {"Accept-Language": "de"}

each_language = pytest.mark.parametrize("language", TRANSLATED)
each_path = pytest.mark.parametrize("path", PATHS)


@pytest.fixture(scope="module")
def reader(demo: Service) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=demo.url, timeout=SECONDS_TO_ANSWER) as client:
        yield client


def translations(language: str) -> list[tuple[str, str, str]]:
    """Return place, English and translation of every text that has one."""
    return [
        (text.place, english, translation)
        for text, translated in pair(read_overlay(language))
        if translated
        for english, translation in zip(_as_list(text.content), _as_list(translated), strict=True)
    ]


def _as_list(texts: Any) -> list[str]:
    return texts if isinstance(texts, list) else [texts]


@each_language
def test_every_target_of_overlay_is_in_contract(language: str) -> None:
    overlay = read_overlay(language)
    assert overlay["overlay"] == "1.0.0"
    assert overlay["actions"]
    # Names the target that is not.
    document.apply(overlay, document.read())


def test_target_that_is_not_in_contract_is_refused() -> None:
    action = {"target": "$.paths[*][?@.operationId=='callHome']", "update": {"summary": "Zu Hause anrufen"}}
    with pytest.raises(ValueError, match="callHome'\\] matches nothing"):
        document.apply({"actions": [action]}, document.read())


def test_update_is_merged_into_what_its_target_has() -> None:
    contract: dict[str, Any] = {
        "tags": [{"name": "ACD", "docs": {"url": "/docs", "description": "More"}}, {"name": "Dialler"}]
    }
    update = {"docs": {"description": "Mehr"}, "x-more": {"a": 1}}
    assert document.apply({"actions": [{"target": "$.tags[?@.name=='ACD']", "update": update}]}, contract) == {
        "tags": [
            {"name": "ACD", "docs": {"url": "/docs", "description": "Mehr"}, "x-more": {"a": 1}},
            {"name": "Dialler"},
        ]
    }
    assert contract["tags"][0]["docs"] == {"url": "/docs", "description": "More"}


@each_language
def test_overlay_changes_nothing_but_human_texts(language: str) -> None:
    translated = document.translate(language)
    assert translated != document.translate("en")
    assert blank(translated) == blank(document.translate("en"))


@each_language
def test_every_text_is_translated(language: str) -> None:
    assert [text.place for text, translation in pair(read_overlay(language)) if not translation] == []


@each_language
def test_no_sentence_is_left_in_english(language: str) -> None:
    assert [
        place
        for place, english, translation in translations(language)
        if english == translation and len(english) > LONGEST_ALIKE
    ] == []


@each_language
def test_names_in_backticks_are_the_same(language: str) -> None:
    assert {
        place: names
        for place, english, translation in translations(language)
        if (names := set(CODE.findall(english)) ^ set(CODE.findall(translation)))
    } == {}


def test_french_has_its_narrow_spaces() -> None:
    prose = {place: CODE.sub("x", text) for place, english, text in translations("fr") if text != english}
    prose |= {f"page, {name}": re.sub("<.+?>", "x", text) for name, text in public.WORDS["fr"].items()}
    assert {place: found for place, text in prose.items() if (found := WITHOUT_NARROW_SPACE.findall(text))} == {}


@each_language
def test_translation_is_laid_out_as_the_english_text(language: str) -> None:
    assert {
        place: (layout(english), layout(translation))
        for place, english, translation in translations(language)
        if layout(english) != layout(translation)
    } == {}


def layout(text: str) -> tuple[int, ...]:
    """Return the numbers of headings, of rows of tables, and of cells in them."""
    rows = [line for line in text.splitlines() if line.startswith("|")]
    return len(re.findall(r"^#+ ", text, re.MULTILINE)), len(rows), sum(row.count("|") for row in rows)


@each_language
def test_catalogue_makes_the_overlay_that_it_comes_from(language: str) -> None:
    overlay = read_overlay(language)
    made = {**overlay, "actions": make_actions(list_catalogue(overlay))}
    assert document.apply(made, document.translate("en")) == document.translate(language)


def test_texts_are_found_in_every_part_of_contract() -> None:
    places = {text.place for text in find_texts(document.read())}
    assert {
        "$.info.description",
        "$.servers[?@.url=='/rest/v1.0'].description",
        "$.tags[?@.name=='ACD groups'].description",
        "$.paths[*][?@.operationId=='listAcdGroups'].summary",
        "$.paths[*][?@.operationId=='listAcdGroups'].responses['200'].description",
        "$.components.schemas.AcdGroup.description",
        "$.components.schemas.LanguagesID['x-enum-descriptions']",
        "$.components.securitySchemes.bearerAuth.description",
    } <= places
    assert {place.split(".")[2].split("[")[0] for place in places if place.startswith("$.components.")} == set(
        document.read()["components"]
    )
    assert not [place for place in places if re.search(r"\[\d+\]", place)]


def test_contract_without_language_is_the_file_without_the_names_of_modules(reader: httpx.Client) -> None:
    response = reader.get("/openapi.yaml")
    lines = CONTRACT_FILE.read_text("utf-8").splitlines(keepends=True)
    assert response.text == "".join(line for line in lines if "x-openapi-router-controller" not in line)
    assert len(response.text.splitlines()) == len(lines) - len(operations(document.read()))
    assert response.headers["Content-Language"] == "en"


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("de", "de"),
        ("DE", "de"),
        ("fr-CH", "fr"),
        ("de-AT,en;q=0.5", "de"),
        ("en;q=0.2, fr;q=0.9, de;q=0.3", "fr"),
        ("es, it;q=0.9, de;q=0.1", "de"),
        ("*", "en"),
        ("en;q=0, *;q=0.5", "de"),
        ("de;q=0", "en"),
        ("de;q=0, fr;q=0", "en"),
        ("es", "en"),
        ("", "en"),
        ("de;q=x;;,,", "en"),
        (";;;", "en"),
    ],
)
@each_path
def test_accept_language_chooses_language(reader: httpx.Client, path: str, accepted: str, language: str) -> None:
    response = reader.get(path, headers={"Accept-Language": accepted})
    assert response.status_code == 200
    assert (response.headers["Content-Language"], response.headers["Vary"]) == (language, "Accept-Language")
    assert response.content == reader.get(path, params={"lang": language}).content


@pytest.mark.parametrize("language", document.LANGUAGES)
@each_path
def test_lang_wins_over_accept_language(reader: httpx.Client, path: str, language: str) -> None:
    response = reader.get(path, params={"lang": language}, headers={"Accept-Language": "fr, de;q=0.9"})
    assert (response.status_code, response.headers["Content-Language"]) == (200, language)


@pytest.mark.parametrize("query", ["lang=es", "lang=", "lang=DE", "lang=de-AT", "lang=de&lang=fr", "lang=%ff"])
@each_path
def test_unknown_lang_is_refused(reader: httpx.Client, path: str, query: str) -> None:
    response = reader.get(f"{path}?{query}", headers=GERMAN)
    assert response.status_code == 400
    assert response.json()["error"].startswith("lang: ")
    assert response.headers["X-Error-Pointer"] == "#/query/lang"


@pytest.mark.parametrize("language", document.LANGUAGES)
def test_contract_as_json_and_as_yaml_say_the_same_in_the_same_order(reader: httpx.Client, language: str) -> None:
    as_json = reader.get("/openapi.json", params={"lang": language}).json()
    as_yaml = yaml.safe_load(reader.get("/openapi.yaml", params={"lang": language}).content)
    assert json.dumps(as_json) == json.dumps(as_yaml)
    assert "x-openapi-router-controller" not in json.dumps(as_json)
    assert as_json["paths"]["/{ClientsID}/acd/groups"]["get"]["summary"] == SUMMARY[language]


@pytest.mark.parametrize(
    ("language", "title", "word"),
    [
        ("en", "Freiton API", "The demo token"),
        ("de", "Freiton-API", "Das Demo-Token"),
        ("fr", "API Freiton", "Le jeton de démonstration"),
    ],
)
def test_page_is_in_its_language_and_links_to_the_others(
    reader: httpx.Client, language: str, title: str, word: str
) -> None:
    page = reader.get("/docs", params={"lang": language}).text
    assert f'<html lang="{language}">' in page
    assert f"<title>{title}</title>" in page
    assert word in page
    assert re.findall(r'href="docs\?lang=(..)"', page) == ["en", "de", "fr"]
    assert re.findall(r'hreflang="(..)" aria-current="true"', page) == [language]
    assert f'data-language="{language}"' in page
