"""A client of any of the servers, on one connection."""

import json
from functools import partial
from typing import Any

from tests.bench.sandbox.times import Times
from tests.bench.servers import Server


class Client:
    """Sends requests, and notes how long they take.

    :param server: the server.
    :param token: the bearer token of all requests; empty for none.
    """

    def __init__(self, server: Server, token: str = "") -> None:
        self.server = server
        self.connection = server.connect()
        self.headers = {"Content-Type": "application/json"}
        if token:
            self.headers["Authorization"] = f"Bearer {token}"

    def send(self, method: str, path: str, body: Any = None) -> bytes:
        """Send a request and return the body of its answer.

        :param method: the HTTP method.
        :param path: path and query.
        :param body: the JSON body, as data; None for none.
        :raises RuntimeError: it has failed.
        """
        self.connection.request(method, path, None if body is None else json.dumps(body), self.headers)
        answer = self.connection.getresponse()
        content = answer.read()
        if not 200 <= answer.status < 300:
            raise RuntimeError(f"{self.server.name}, {method} {path}: {answer.status} {content!r}")
        return content

    def take(self, times: Times, subject: str, what: str, *request: Any) -> bytes:
        """Send a request, note how long it takes, and return the body of its answer.

        :param times: the times.
        :param subject: whose time it is.
        :param what: what the request does.
        :param request: the arguments of `send`.
        """
        return times.take(subject, what, partial(self.send, *request))
