"""Imports of files have bounds: their size, their number at a time, their room, and the life of their client."""

import json
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command import assert_fails, read_troubles
from tests.support.contacts import NDJSON, list_contacts, post_file
from tests.support.files import read_rows
from tests.support.holding import BATCH, hold_import
from tests.support.hostile import CHUNKED, in_chunks, post_to
from tests.support.raw import await_taken, connect, receive, request
from tests.support.service import Service, run_freiton
from tests.support.triggers import Trigger
from tests.support.waiting import await_

LINE = b'{"Name":"Mustermann","PhoneNumber1":"+4989%07d"}\n'
LARGEST = 100_000
ROOM = 4 * LARGEST
# Its answer takes nearly half of the room.
WRONG = b"{}\n" * 2_500
BUSY = {"status": 503, "error": "Too many imports of this client account run at a time"}
FULL = {"status": 503, "error": "The service has no room for the import now: send it later, or in parts"}
TOO_LARGE = {"status": 413, "error": f"body: has more than {LARGEST} bytes"}
TYPE = b"Content-Type: " + NDJSON.encode()
OF_OTHER = {"diallerCampaignsID": "539"}
STORED = "select count(*) from DiallerContactsPresent where PhoneNumber1 like '+4989_______'"
# About a millisecond for each contact.
SLOW = Trigger("slow", "before insert", "DiallerContacts", seconds=0.001)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """A demo server with narrow bounds."""
    bounds = ("--largest-import", str(LARGEST), "--imports-per-client", "2", "--import-space", str(ROOM))
    with Service(tmp_path / "freiton.db", "--demo", *bounds) as service:
        yield service
    assert read_troubles(service.log) == []


def stored(service: Service) -> int:
    ((count,),) = read_rows(service.database, STORED)
    return int(count)


def test_import_of_largest_size_is_stored_and_larger_one_refused(service: Service) -> None:
    content = LINE % 1
    with service.client() as api:
        params = {"diallerCampaignsID": "538"}
        assert post_file(api, content.rjust(LARGEST), **params).json()["records"][0]["outcome"] == "created"
        answer = post_file(api, content.rjust(LARGEST + 1), **params)
        assert (answer.status_code, answer.json(), answer.headers["Connection"]) == (413, TOO_LARGE, "close")
    assert stored(service) == 1


@pytest.mark.parametrize("length", [LARGEST + 1, 10**18])
def test_import_that_says_it_is_too_large_is_refused_before_it_is_sent(service: Service, length: int) -> None:
    with connect(service.url) as connection, connection.makefile("rb") as stream:
        connection.sendall(request("POST", BATCH, TYPE, b"Content-Length: %d" % length, b"Expect: 100-continue"))
        answer = receive(stream)
    assert (answer.status, json.loads(answer.body)) == (413, TOO_LARGE)


def test_import_in_chunks_that_grows_too_large_is_refused_before_its_end(service: Service) -> None:
    with connect(service.url) as connection, connection.makefile("rb") as stream:
        chunk = in_chunks(LINE % 1).removesuffix(b"0\r\n\r\n")
        connection.sendall(request("POST", BATCH, TYPE, CHUNKED) + chunk * (LARGEST // len(LINE % 1) + 1))
        answer = receive(stream)
    assert (answer.status, json.loads(answer.body)) == (413, TOO_LARGE)
    assert stored(service) == 0


def test_import_beyond_number_at_a_time_is_refused_and_those_of_others_are_not(service: Service) -> None:
    with service.client() as api, service.client(2) as other:
        with hold_import(service), hold_import(service):
            answer = post_file(api, LINE % 1, diallerCampaignsID=538)
            assert (answer.status_code, answer.json(), answer.headers["Retry-After"]) == (503, BUSY, "1")
            assert post_file(other, LINE % 2, **OF_OTHER).json()["records"][0]["outcome"] == "created"
        await_(lambda: post_file(api, LINE % 3, diallerCampaignsID=538).status_code == 200)


def test_import_without_room_is_refused_and_those_of_others_are_not(service: Service) -> None:
    with service.client() as api, service.client(2) as other:
        with hold_import(service, LARGEST, b" " * (LARGEST - 1)):
            await_(lambda: post_file(api, WRONG).json() == FULL)
            assert post_file(other, WRONG).status_code == 200
        await_(lambda: post_file(api, WRONG).status_code == 200)


@pytest.mark.parametrize("on_error", ["abort", "skip"])
def test_import_whose_answer_has_no_room_is_refused(service: Service, on_error: str) -> None:
    with service.client() as api:
        before = list_contacts(api)
        answer = post_file(api, WRONG * 2, onError=on_error)
        assert (answer.status_code, answer.json(), answer.headers["Retry-After"]) == (503, FULL, "1")
        assert list_contacts(api) == before
        # All of its room was given back.
        assert post_file(api, (LINE % 1).rjust(LARGEST), diallerCampaignsID=538).status_code == 200


@pytest.mark.parametrize("linger", [struct.pack("ii", 1, 0), struct.pack("ii", 0, 0)], ids=["reset", "closed"])
@pytest.mark.parametrize("on_error", ["abort", "skip"])
def test_import_whose_client_is_gone_ends(tmp_path: Path, on_error: str, linger: bytes) -> None:
    with Service(tmp_path / "freiton.db", "--demo", "--imports-per-client", "1") as service, service.client() as api:
        SLOW.create(service.database)
        content = b"".join(LINE % number for number in range(20_000))
        with connect(service.url) as connection:
            connection.sendall(post_to(BATCH + b"&onError=" + on_error.encode(), content, NDJSON.encode()))
            await_taken(connection)
            await_(lambda: stored(service) > 0 or on_error == "abort")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        await_(lambda: post_file(api, LINE % 9_999_999, diallerCampaignsID=538).status_code == 200)
        assert stored(service) == 1 if on_error == "abort" else 1_000 < stored(service) < 20_000
        assert stored(service) % 1_000 == 1


def test_import_whose_client_has_sent_all_and_waits_is_answered(service: Service) -> None:
    SLOW.create(service.database)
    with connect(service.url) as connection, connection.makefile("rb") as stream:
        connection.sendall(post_to(BATCH, b"".join(LINE % number for number in range(1_500)), NDJSON.encode()))
        connection.shutdown(socket.SHUT_WR)
        answer = receive(stream)
        while answer.status == 100:
            answer = receive(stream)
    assert (answer.status, json.loads(answer.body)["count"]) == (200, 1_500)
    assert stored(service) == 1_500


def test_import_space_for_less_than_four_of_the_largest_files_is_refused(tmp_path: Path) -> None:
    run = run_freiton(
        *("serve", "--database", str(tmp_path / "freiton.db"), "--largest-import", "3", "--import-space", "11")
    )
    assert_fails(run, 2, "--import-space must be at least 4 times --largest-import")
