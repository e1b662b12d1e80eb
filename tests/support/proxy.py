"""A server that passes on what another answers, changed, and remembers what was asked."""

import json
import threading
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.support.conformance import BASE_PATH
from tests.support.raw import SECONDS_TO_ANSWER
from tests.support.service import Service

OF_CONNECTION = {"connection", "content-length", "date", "server", "transfer-encoding"}


class Silence(Exception):
    """The connection ends without an answer."""


@dataclass
class Exchange:
    """A request, and the answer to it, which may be changed."""

    method: str
    path: str
    query: dict[str, list[str]]
    token: str
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def operation(self) -> str:
        """The method and the path below the client account."""
        return f"{self.method} /{self.path.removeprefix(BASE_PATH).split('/', 2)[-1]}"

    @property
    def data(self) -> Any:
        """The body as data."""
        return json.loads(self.body)

    @data.setter
    def data(self, value: Any) -> None:
        self.body = json.dumps(value).encode()


class Proxy:
    """A proxy in threads of this process.

    :param service: the server that answers.
    :param change: what is done with each answer.
    :param ignored: the parameters and headers of requests that are not passed on.
    """

    def __init__(
        self, service: Service, change: Callable[[Exchange], None], ignored: Collection[str] = frozenset()
    ) -> None:
        self.ignored = {"Host", "Connection", *ignored}
        self.exchanges: list[Exchange] = []
        self.upstream = httpx.Client(base_url=service.url, verify=False, timeout=SECONDS_TO_ANSWER)
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                """Pass the request on and send what came back, changed."""
                exchange = proxy.exchange(self)
                try:
                    change(exchange)
                except Silence:
                    self.close_connection = True
                    return
                self.send_response_only(exchange.status)
                for name, value in {**exchange.headers, "Content-Length": str(len(exchange.body))}.items():
                    self.send_header(name, value)
                # A client whose time is up has closed the connection.
                with suppress(ConnectionError):
                    self.end_headers()
                    self.wfile.write(exchange.body)

            do_POST = do_DELETE = do_GET

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.url = f"http://127.0.0.1:{self.server.server_port}{BASE_PATH}/1"

    def exchange(self, handler: BaseHTTPRequestHandler) -> Exchange:
        """Return the answer of the server behind."""
        content = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        headers = {name: value for name, value in handler.headers.items() if name not in self.ignored}
        url = urlsplit(handler.path)
        query = parse_qs(url.query, keep_blank_values=True)
        passed = {name: values for name, values in query.items() if name not in self.ignored}
        response = self.upstream.request(handler.command, url.path, params=passed, headers=headers, content=content)
        kept = {name: value for name, value in response.headers.items() if name not in OF_CONNECTION}
        token = handler.headers.get("Authorization", "").removeprefix("Bearer ")
        exchange = Exchange(handler.command, url.path, query, token, response.status_code, kept, response.content)
        self.exchanges.append(exchange)
        return exchange

    def __enter__(self) -> "Proxy":
        self.thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
        self.upstream.close()
