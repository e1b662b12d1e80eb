"""A write that is answered where it arrives is answered as any other: in parts, in a row, while the server stops."""

import json
import re
import signal
import socket
import struct
from typing import BinaryIO

import pytest

from tests.support.command import read_troubles
from tests.support.databases import is_postgresql, writing
from tests.support.files import locked, read_names, read_served_names
from tests.support.hostile import BASE, get, post, post_clone
from tests.support.raw import await_refusal, await_taken, connect, exchange, receive, request
from tests.support.service import SECONDS_TO_STOP, Service
from tests.support.waiting import await_

DELETE = BASE + b"/dialler/campaigns/campaign?name=%b"
LINE = re.compile(r" (POST|DELETE) \S+/dialler/campaigns/\S+ 1 (\d{3}) ")


def read_writes(service: Service) -> list[str]:
    """Return the status of each write in the log."""
    return [line[2] for line in map(LINE.search, service.log.read_text().splitlines()) if line]


def read_name(stream: BinaryIO) -> tuple[int, str]:
    """Return the status of the next answer, and the name of its record."""
    answer = receive(stream)
    return answer.status, json.loads(answer.body)["records"][0]["Name"]


@pytest.mark.parametrize("size", [20, 150, 10_000])
def test_write_in_parts_is_answered(fresh_demo: Service, size: int) -> None:
    data = post_clone(b"In parts")
    with connect(fresh_demo.url) as connection, connection.makefile("rb") as stream:
        for start in range(0, len(data), size):
            connection.sendall(data[start : start + size])
            await_taken(connection)
        assert read_name(stream) == (200, "In parts")
        connection.sendall(post_clone(b"Whole"))
        assert read_name(stream) == (200, "Whole")


def test_write_whose_body_is_not_plain_in_its_second_part_is_refused(fresh_demo: Service) -> None:
    head, _, body = post(b'{"source": 1, "destination": "x"}').partition(b"\r\n\r\n")
    with connect(fresh_demo.url) as connection, connection.makefile("rb") as stream:
        for _ in range(2):
            connection.sendall(head + b"\r\n\r\n")
            await_taken(connection)
            connection.sendall(body)
            answer = receive(stream)
            assert (answer.status, answer.headers["x-error-pointer"]) == (400, "#/body/source")


def test_requests_in_a_row_are_answered_in_order(fresh_demo: Service) -> None:
    row = (
        post_clone(b"First")
        + post_clone(b"First")
        + request("DELETE", DELETE % b"First")
        + post_clone(b"First")
        + get(b"/health/live")
    )
    assert [answer.status for answer in exchange(fresh_demo.url, row)] == [200, 409, 200, 200, 200]


def test_request_that_comes_while_one_is_written_is_answered_behind_it(fresh_demo: Service) -> None:
    with connect(fresh_demo.url) as connection, connection.makefile("rb") as stream:
        with locked(fresh_demo.database):
            connection.sendall(post_clone(b"Waiting"))
            await_taken(connection)
            # Not read before the first is answered.
            connection.sendall(post_clone(b"Behind"))
        assert [read_name(stream), read_name(stream)] == [(200, "Waiting"), (200, "Behind")]


def test_server_that_stops_answers_what_is_written(fresh_demo: Service) -> None:
    with connect(fresh_demo.url) as connection, connection.makefile("rb") as stream:
        connection.sendall(get(b"/health/ready"))
        assert receive(stream).status == 200
        with locked(fresh_demo.database):
            connection.sendall(post_clone(b"At last"))
            await_taken(connection)
            fresh_demo.process.send_signal(signal.SIGTERM)
            await_refusal(fresh_demo.url)
        assert read_name(stream) == (200, "At last")
        assert stream.read() == b""
    assert fresh_demo.process.wait(SECONDS_TO_STOP) == 0
    assert "At last" in read_names(fresh_demo.database)


def test_server_that_stops_waits_for_the_rest_of_a_write(fresh_demo: Service) -> None:
    data = post_clone(b"Half")
    with connect(fresh_demo.url) as connection, connection.makefile("rb") as stream:
        connection.sendall(data[:-10])
        await_taken(connection)
        fresh_demo.process.send_signal(signal.SIGTERM)
        await_refusal(fresh_demo.url)
        connection.sendall(data[-10:])
        answer = receive(stream)
        assert (answer.status, answer.headers["connection"]) == (200, "close")
    assert fresh_demo.process.wait(SECONDS_TO_STOP) == 0
    assert "Half" in read_names(fresh_demo.database)


@pytest.mark.parametrize("leaves", [False, True], ids=["stopped", "left"])
def test_end_while_the_token_of_an_incomplete_write_is_looked_up(fresh_demo: Service, leaves: bool) -> None:
    data = post_clone(b"Half")
    with connect(fresh_demo.url) as connection, connection.makefile("rb") as stream:
        with writing(fresh_demo.database) as database:
            if is_postgresql():
                database.execute("lock table Tokens in access exclusive mode")
            connection.sendall(data[:-10])
            await_taken(connection)
            if leaves:
                connection.shutdown(socket.SHUT_WR)
            else:
                fresh_demo.process.send_signal(signal.SIGTERM)
                await_refusal(fresh_demo.url)
        if leaves:
            assert stream.read() == b""
        else:
            connection.sendall(data[-10:])
            answer = receive(stream)
            assert (answer.status, answer.headers["connection"]) == (200, "close")
            assert fresh_demo.process.wait(SECONDS_TO_STOP) == 0
    await_(lambda: read_writes(fresh_demo) == (["499"] if leaves else ["200"]))
    assert ("Half" in read_names(fresh_demo.database)) is not leaves
    assert read_troubles(fresh_demo.log) == []


def test_client_that_leaves_before_its_write_is_whole_is_logged(fresh_demo: Service) -> None:
    before = read_served_names(fresh_demo)
    with connect(fresh_demo.url) as connection:
        connection.sendall(post_clone(b"Never")[:-10])
        await_taken(connection)
    await_(lambda: read_writes(fresh_demo) == ["499"])
    assert read_served_names(fresh_demo) == before
    assert read_troubles(fresh_demo.log) == []


@pytest.mark.parametrize("seconds", [None, 0], ids=["closed", "reset"])
def test_client_that_leaves_while_its_write_waits_is_written(fresh_demo: Service, seconds: int | None) -> None:
    with locked(fresh_demo.database), connect(fresh_demo.url) as connection:
        connection.sendall(post_clone(b"Gone"))
        await_taken(connection)
        if seconds is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, seconds))
    await_(lambda: "Gone" in read_names(fresh_demo.database))
    await_(lambda: read_writes(fresh_demo) == ["200"])
    assert fresh_demo.stop() == 0
    assert read_troubles(fresh_demo.log) == []


def test_write_that_fails_has_the_id_of_its_answer_in_the_log(fresh_demo: Service) -> None:
    with locked(fresh_demo.database):
        (answer,) = exchange(fresh_demo.url, post_clone(b"Locked out"))
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    identity = answer.headers["x-request-id"]
    fresh_demo.stop()
    lines = [line for line in fresh_demo.log.read_text().splitlines() if identity in line]
    assert [line.split()[1] for line in lines] == ["ERROR", "INFO"]
