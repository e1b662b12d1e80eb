"""What a server keeps for later requests has a bound, however many requests come and whatever they are like."""

import asyncio
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from handlers.contract import document
from handlers.contract.routes import Routes
from handlers.fast.kept_answers import LARGEST_ANSWER, LARGEST_CACHE, MOST_ANSWERS, KeptAnswers, PlainAnswer
from handlers.fast.memory import MOST_TOKENS, Memory
from handlers.fast.path import FastPath
from handlers.responses.log import RequestLine
from tests.support.databases import open_database
from tests.support.hostile import TYPES

LINE = RequestLine("GET", "/", "-", 200)
MOST, LARGEST = 5, 100
# Each letter of the scheme in both cases, with one blank or several behind it.
SCHEMES = ["".join(letters) for letters in product(*zip("bearer", "BEARER", strict=True))]
SPELLINGS = [f"{scheme}{' ' * blanks}freiton-demo-1" for scheme in SCHEMES for blanks in range(1, 20)]
UNKNOWN = [f"Bearer unknown{number}" for number in range(MOST_TOKENS + 100)]

texts = st.binary(max_size=60)


@given(st.lists(st.tuples(texts, texts, texts), max_size=40))
def test_keep_any_answers_stays_within_number_and_size(steps: list[tuple[bytes, bytes, bytes]]) -> None:
    answers = KeptAnswers(MOST, LARGEST)
    expected: dict[bytes, PlainAnswer] = {}
    for step in steps:
        answers.add(step[0], PlainAnswer(step[1], step[2], LINE))
        expected.setdefault(step[0], PlainAnswer(step[1], step[2], LINE))
        while len(expected) > MOST or measure(expected) > LARGEST:
            del expected[next(iter(expected))]
        assert answers.answers == expected
        assert answers.size == measure(expected)


def measure(kept: dict[bytes, PlainAnswer]) -> int:
    return sum(len(data) + len(answer.fields) + len(answer.body) for data, answer in kept.items())


def test_keep_answers_of_a_megabyte_keeps_the_newest() -> None:
    answers = KeptAnswers()
    body = bytes(LARGEST_ANSWER)
    for number in range(100):
        answers.add(b"%d" % number, PlainAnswer(b"", body, LINE))
    answers.add(b"larger", PlainAnswer(b"", body + b" ", LINE))
    assert LARGEST_CACHE - len(body) - 100 < answers.size <= LARGEST_CACHE
    assert list(answers.answers) == [b"%d" % number for number in range(69, 100)]


def test_send_one_token_in_many_spellings_keeps_it_once(tmp_path: Path) -> None:
    memory = ask(tmp_path, SPELLINGS)
    assert memory.caches.find_client.cache_info().currsize == 1
    assert len(memory.caches.answers.answers) == MOST_ANSWERS < len(SPELLINGS)


def test_send_many_tokens_keeps_a_limited_number(tmp_path: Path) -> None:
    memory = ask(tmp_path, UNKNOWN)
    assert memory.caches.find_client.cache_info().currsize == MOST_TOKENS < len(UNKNOWN)
    assert len(memory.caches.answers.answers) == 0


def ask(folder: Path, credentials: Iterable[str]) -> Memory:
    """Ask the fast path for a list with each of some credentials, and return what it remembers then."""

    async def answer() -> Memory:
        with open_database(folder / "freiton.db", create=True, demo=True) as opened:
            fast = FastPath(Routes(document.read()), opened, True, ())
            for each in credentials:
                fast.answer(b"GET %b HTTP/1.1\r\nHost: freiton\r\nAuthorization: %b\r\n\r\n" % (TYPES, each.encode()))
        return fast.memory

    # In a thread of its own, whose queries have a limit then.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, answer()).result()
