"""Peers: the resets of moto's server and of WireMock.

moto's server is empty after a reset: a test has to make its objects again. WireMock reads its stubs from files again,
as a world is copied from its fixture. The measured servers have a hundred objects and a hundred stubs.
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from tests.bench.figures import Figure
from tests.bench.sandbox.client import Client
from tests.bench.sandbox.times import Times
from tests.bench.sandbox.worlds import AFTER, DEMO, LATER, RESET
from tests.bench.servers import HOST, Server

MOTO, WIREMOCK = "moto server", "WireMock"
AGAIN = "its state made again by requests"
TOOLS = Path(sys.prefix)
JARS = "stand_ins/node_modules/wiremock/build/wiremock-standalone-*.jar"
BUCKETS, OBJECTS = 5, 20
# Rounds that do not count, because Java is slow at first.
WARM_UP_ROUNDS = 100
STUBS = BUCKETS * OBJECTS


class Moto:
    """moto's server with buckets and objects.

    :param server: the server.
    """

    def __init__(self, server: Server) -> None:
        self.client = Client(server)

    def measure(self, times: Times) -> None:
        """Measure all rows once.

        :param times: where to note them.
        """
        times.take(MOTO, AGAIN, self._fill)
        self.client.take(times, MOTO, RESET, "POST", "/moto-api/reset")
        for what in (AFTER, LATER):
            self.client.take(times, MOTO, what, "GET", "/")

    def _fill(self) -> None:
        for bucket in range(BUCKETS):
            self.client.send("PUT", f"/bucket{bucket}")
            for number in range(OBJECTS):
                self.client.send("PUT", f"/bucket{bucket}/object{number}", {"number": number})


class WireMock:
    """WireMock with stubs from files, and one more that a test adds.

    :param server: the server.
    """

    def __init__(self, server: Server) -> None:
        self.client = Client(server)
        for _ in range(WARM_UP_ROUNDS):
            self.measure(Times())

    def measure(self, times: Times) -> None:
        """Measure all rows once.

        :param times: where to note them.
        """
        self.client.send("POST", "/__admin/mappings", make_stub(STUBS))
        self.client.take(times, WIREMOCK, RESET, "POST", "/__admin/reset")
        for what in (AFTER, LATER):
            self.client.take(times, WIREMOCK, what, "GET", "/records/1")


def make_stub(number: int) -> Mapping[str, object]:
    """Return a stub of WireMock.

    :param number: its number.
    """
    answer = {"status": 200, "jsonBody": {"status": 200, "records": [{"ID": number}]}}
    return {"request": {"method": "GET", "urlPath": f"/records/{number}"}, "response": answer}


def start_moto(folder: Path, cores: Sequence[int]) -> Server:
    """Start moto's server.

    :param folder: a folder for its log.
    :param cores: the cores that it may use.
    """
    command = [str(TOOLS / "moto/bin/moto_server"), "--host", HOST, "--port", "{port}"]
    server = Server(MOTO, command, {}, cores, folder / "moto.log")
    server.wait("/", {})
    return server


def start_wiremock(folder: Path, cores: Sequence[int]) -> Server:
    """Start WireMock.

    :param folder: a folder for its files.
    :param cores: the cores that it may use.
    """
    mappings = folder / "wiremock" / "mappings"
    mappings.mkdir(parents=True)
    for number in range(STUBS):
        (mappings / f"{number}.json").write_text(json.dumps(make_stub(number)))
    (jar,) = TOOLS.glob(JARS)
    command = ["java", "-jar", str(jar), "--bind-address", HOST, "--port", "{port}", "--disable-banner"]
    command += ["--root-dir", str(mappings.parent)]
    server = Server(WIREMOCK, command, {}, cores, folder / "wiremock.log")
    server.wait("/records/1", {})
    return server


PEERS: Sequence[tuple[Callable[[Path, Sequence[int]], Server], Callable[[Server], Moto | WireMock]]] = (
    (start_moto, Moto),
    (start_wiremock, WireMock),
)


def judge(times: Times) -> Iterator[Figure]:
    """Yield the figures of peers: back at the state that a test begins with, and the first answer then.

    :param times: what was measured.
    """
    ours = times.find(DEMO, RESET) + times.find(DEMO, AFTER)
    wiremock = times.find(WIREMOCK, RESET) + times.find(WIREMOCK, AFTER)
    moto = times.find(MOTO, RESET) + times.find(MOTO, AFTER)
    yield Figure("reset and first answer, against WireMock", ours / wiremock, 1)
    yield Figure("reset and first answer, against moto server, empty then", ours / moto, 2)
    yield Figure("the same, against moto server with its state made again", ours / (moto + times.find(MOTO, AGAIN)), 1)
