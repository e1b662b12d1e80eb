"""A request chooses its answer itself with `Prefer` (RFC 7240), in the spelling of Prism."""

import time

import httpx
import pytest

from tests.support.examples import CONTRACT
from tests.support.operations import CLONE, OPERATIONS
from tests.support.sandbox import World

SOURCE = "/dialler/campaigns/535"
# In seconds.
DELAY = 0.2


def prefer(world: World, *values: str, path: str = SOURCE) -> httpx.Response:
    """Return the answer to a read that prefers something."""
    with world.client() as client:
        return client.get(path, headers=[("Prefer", value) for value in values])


@pytest.mark.parametrize("identity", OPERATIONS)
def test_preferring_a_documented_error_gives_it(world: World, identity: str) -> None:
    operation = next(
        each for item in CONTRACT["paths"].values() for each in item.values() if each["operationId"] == identity
    )
    with world.client() as client:
        for code in (each for each in operation["responses"] if int(each) >= 400):
            client.headers["Prefer"] = f"code={code}"
            answer = OPERATIONS[identity].of(client)
            assert (str(answer.status_code), answer.headers["Preference-Applied"]) == (code, f"code={code}")


@pytest.mark.parametrize(
    ("values", "status", "applied", "seconds"),
    [
        (["code=404"], 404, "code=404", 0),
        (['CODE = "404"'], 404, "code=404", 0),
        (["code=404; why=so, respond-async"], 404, "code=404", 0),
        (["return=minimal", "code=503"], 503, "code=503", 0),
        (["code=404, code=503", "code=401"], 404, "code=404", 0),
        ([f"delay={DELAY}"], 200, f"delay={DELAY}", DELAY),
        ([f"code=503, delay={DELAY}"], 503, f"code=503, delay={DELAY}", DELAY),
        ([f"delay={DELAY}", "code=503"], 503, f"code=503, delay={DELAY}", DELAY),
        (["return=minimal"], 200, None, 0),
        (["code", "x=1"], 400, None, 0),
        (["=;,,"], 200, None, 0),
        (['"code=404"'], 200, None, 0),
    ],
)
def test_preferring_gives_what_is_asked_for_and_says_so(
    world: World, values: list[str], status: int, applied: str | None, seconds: float
) -> None:
    begin = time.monotonic()
    answer = prefer(world, *values)
    assert (answer.status_code, answer.headers.get("Preference-Applied")) == (status, applied)
    assert time.monotonic() - begin >= seconds


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("code=409", "code must be one of 400, 401, 404, 406, 431, 500, 503"),
        ("code=200", "code must be one of 400"),
        ("code=0404", "code must be one of 400"),
        ("delay=61", "delay must be a number of seconds up to 60"),
        ("delay=-1", "delay must be"),
        ("delay=soon", "delay must be"),
        ("delay=1e9", "delay must be"),
    ],
)
def test_preferring_what_the_contract_does_not_document_is_refused(world: World, value: str, words: str) -> None:
    answer = prefer(world, value)
    assert (answer.status_code, answer.headers["X-Error-Pointer"]) == (400, "#/header/Prefer")
    assert words in answer.json()["error"]


def test_preferring_an_error_writes_nothing(world: World) -> None:
    with world.client() as client:
        assert client.post("/dialler/campaigns/clone", json=CLONE, headers={"Prefer": "code=503"}).status_code == 503
        assert client.post("/dialler/campaigns/clone", json=CLONE).status_code == 200


def test_preferring_at_an_unknown_endpoint_is_ignored(world: World) -> None:
    with world.client() as client:
        answer = client.get("/nothing", headers={"Prefer": "code=503"})
    assert (answer.status_code, answer.content) == (404, b"")


def test_request_that_prefers_does_not_meet_failures(world: World) -> None:
    world.ask("POST", "/failures", json={"status": 503}).raise_for_status()
    assert prefer(world, "code=404").status_code == 404
    assert prefer(world, "return=minimal").status_code == 503
