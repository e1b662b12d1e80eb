"""A connector under test: an HTTP server that keeps what it gets, and answers as it is told."""

import json
import socket
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

TOKEN_PATH = "/token"
NO_BODY = b""


class Received(NamedTuple):
    """A request that the connector got.

    :param method: the HTTP method.
    :param path: the path, without the query.
    :param query: the parameters of the query.
    :param headers: the header fields, names in lower case.
    :param body: the body, as data; None for none, or one that is cut off.
    """

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


class Reply(NamedTuple):
    """An answer of the connector.

    :param status: the HTTP status.
    :param body: the body.
    :param headers: further header fields.
    :param delay: how many seconds it is late.
    """

    status: int = 200
    body: bytes = NO_BODY
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),)
    delay: float = 0


class Connector:
    """A connector that listens on a free port.

    :param host: its address.
    """

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.received: list[Received] = []
        self.token_requests: list[Received] = []
        self.tokens = ["token-one", "token-two", "token-three"]
        self.expires_in: float | None = 3600
        self.answer: Callable[[Received], Reply] = lambda _: Reply()
        self.server = _make_server(host, self)
        self.port: int = self.server.server_address[1]
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{self.port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> "Connector":
        self.thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    @property
    def bodies(self) -> list[Any]:
        """Return the bodies of all calls."""
        return [each.body for each in self.received]

    def reply(self, received: Received) -> Reply:
        """Return the answer to a request, after it is noted."""
        if received.path == TOKEN_PATH:
            number = len(self.token_requests)
            self.token_requests.append(received)
            given = {"access_token": self.tokens[number % len(self.tokens)], "token_type": "Bearer"}
            timed = given if self.expires_in is None else {**given, "expires_in": self.expires_in}
            return Reply(body=json.dumps(timed).encode())
        self.received.append(received)
        return self.answer(received)


def _make_server(host: str, connector: Connector) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def _handle(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length)
            parts = urlsplit(self.path)
            received = Received(
                self.command,
                parts.path,
                dict(parse_qsl(parts.query, keep_blank_values=True)),
                {name.lower(): value for name, value in self.headers.items()},
                _read(body) if len(body) == length and body else None,
            )
            reply = connector.reply(received)
            time.sleep(reply.delay)
            self.send_response(reply.status)
            for name, value in reply.headers:
                self.send_header(name, value)
            if not any(name == "Content-Length" for name, _ in reply.headers):
                self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        do_GET = do_POST = _handle

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    class Server(ThreadingHTTPServer):
        address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        daemon_threads = True
        # With the 5 of the standard library, connections are reset when many come at once.
        request_queue_size = 128

        def handle_error(self, request: Any, client_address: Any) -> None:
            # A client that has left.
            pass

    return Server((host, 0), Handler)


def _read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return dict(parse_qsl(body.decode()))
