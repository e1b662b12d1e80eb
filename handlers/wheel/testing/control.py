"""Requests to the control API of a sandbox."""

import http.client
import json
from collections.abc import Mapping
from contextlib import closing
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

PREFIX = "/sandbox/v1"
# In seconds: a limit for a server that hangs, not for a slow machine.
TIMEOUT = 60
NONE: Mapping[str, Any] = {}


class SandboxError(Exception):
    """The sandbox has refused a request, or cannot be reached.

    :param message: what it says.
    :param status: the HTTP status of its answer; None without an answer.
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class Control:
    """Sends requests to the control API; each takes a connection of its own, so that threads can share the object.

    :param url: the URL of the server; what follows the host and the port is ignored.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise SandboxError(f"{url} is not the http URL of a sandbox")
        self.url = f"http://{parts.netloc}"
        self.address = (parts.hostname, parts.port or 80)

    @property
    def base_url(self) -> str:
        """Return the URL of the control API."""
        return self.url + PREFIX

    def ask(
        self, method: str, path: str, body: Any = None, *, query: Mapping[str, Any] = NONE, timeout: float = TIMEOUT
    ) -> Any:
        """Send a request, and return the body of the answer as data, or as text if it is no JSON.

        :param method: the HTTP method.
        :param path: the path below `/sandbox/v1`, percent-encoded.
        :param body: the body of the request, as data; None for none.
        :param query: the parameters of the query, by name; those that are None are left out.
        :param timeout: how many seconds to wait for the answer.
        :raises SandboxError: the request was refused, or there is no answer.
        """
        given = {name: _render(value) for name, value in query.items() if value is not None}
        target = f"{PREFIX}{path}{'?' if given else ''}{urlencode(given)}"
        try:
            status, headers, answer = self._send(method, target, body, timeout)
        except (OSError, http.client.HTTPException) as error:
            raise SandboxError(f"no answer of the sandbox {self.url}: {error or type(error).__name__}") from error
        if status >= http.client.BAD_REQUEST:
            raise SandboxError(f"{method} {self.url}{target}: {_explain(status, headers, answer)}", status)
        return json.loads(answer) if _is_json(headers) else answer.decode()

    def _send(self, method: str, target: str, body: Any, timeout: float) -> tuple[int, http.client.HTTPMessage, bytes]:
        content = None if body is None else json.dumps(body)
        headers = {} if content is None else {"Content-Type": "application/json"}
        with closing(http.client.HTTPConnection(*self.address, timeout=timeout)) as connection:
            connection.request(method, target, content, {**headers, "Connection": "close"})
            with connection.getresponse() as response:
                return response.status, response.headers, response.read()


def join(*parts: str) -> str:
    """Return the path of parts, each with a slash in front.

    :param parts: the parts, not percent-encoded.
    """
    return "".join(f"/{quote(part, safe='')}" for part in parts)


def _render(value: Any) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)


def _is_json(headers: http.client.HTTPMessage) -> bool:
    return headers.get("Content-Type", "").startswith("application/json")


def _explain(status: int, headers: http.client.HTTPMessage, answer: bytes) -> str:
    if _is_json(headers):
        return str(json.loads(answer)["error"])
    if status == http.client.NOT_FOUND:
        return "there is no such endpoint; was the server started with 'freiton serve --sandbox'?"
    return f"status {status}"
