"""The HTTP client of `freiton verify`."""

import json
import shlex
import time
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import click
import httpx
from schemathesis import Case

TOKEN_VARIABLE = "$FREITON_TOKEN"


class Client:
    """Sends one request after the other, at a limited rate.

    :param base_url: the URL of the API, without the client account.
    :param token: the bearer token.
    :param timeout: how long to wait for an answer, in seconds.
    :param rate: the most requests a second.
    """

    def __init__(self, base_url: str, token: str, timeout: float, rate: float) -> None:
        headers = {"User-Agent": f"freiton-verify/{version('freiton')}", "Accept": "application/json"}
        self.base_url = base_url
        self.token = token
        self.pause = 1 / rate
        self.next = time.monotonic()
        self.count = 0
        self.http = httpx.Client(headers=headers, timeout=timeout)

    def check(self, clients_id: int) -> None:
        """Do nothing if the server answers and accepts the token.

        :param clients_id: ID of the client account.
        :raises click.UsageError: it does not.
        """
        url = f"{self.base_url}/{clients_id}/acd/events/types"
        request = self.http.build_request("GET", url, headers={"Authorization": f"Bearer {self.token}"})
        try:
            response = self.send(request)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise click.UsageError(f"the server cannot be reached: {self.clean(str(error))}") from error
        if response.status_code == httpx.codes.UNAUTHORIZED:
            raise click.UsageError(f"the server answers 401: the token is none of the client account {clients_id}")

    def prepare(self, case: Case[Any], token: str | None) -> httpx.Request:
        """Return the HTTP request of a case.

        :param case: the case.
        :param token: the token to send; None for none.
        """
        parts = case.as_transport_kwargs(base_url=self.base_url)
        headers = dict(case.headers) | ({} if token is None else {"Authorization": f"Bearer {token}"})
        body = {"json": parts["json"]} if "json" in parts else {"content": parts.get("data")}
        if body.get("content"):
            headers["Content-Type"] = str(case.media_type)
        return self.http.build_request(case.method, parts["url"], params=parts["params"], headers=headers, **body)

    def send(self, request: httpx.Request) -> httpx.Response:
        """Return the answer to a request.

        :param request: the request.
        :raises httpx.HTTPError: there is none.
        """
        time.sleep(max(0, self.next - time.monotonic()))
        self.next = time.monotonic() + self.pause
        self.count += 1
        return self.http.send(request)

    def describe(self, request: httpx.Request) -> str:
        """Return a curl command that repeats a request, with a variable in place of the token.

        :param request: the request.
        """
        authorization = request.headers.get("Authorization")
        words = ["curl", "-i"] if request.method == "GET" else ["curl", "-i", "-X", request.method]
        command = shlex.join(words)
        if authorization is not None:
            given = TOKEN_VARIABLE if authorization == f"Bearer {self.token}" else authorization.removeprefix("Bearer ")
            command += f' -H "Authorization: Bearer {given}"'
        for name in ("Content-Type", "If-None-Match"):
            if name in request.headers:
                command += f" -H {shlex.quote(f'{name}: {request.headers[name]}')}"
        if request.content:
            command += f" --data-raw {shlex.quote(request.content.decode())}"
        return f"{command} {shlex.quote(str(request.url))}"

    def clean(self, text: str) -> str:
        """Return a text without the token and with control characters escaped, so that it can be printed.

        :param text: the text.
        """
        text = text.replace(self.token, TOKEN_VARIABLE)
        return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


def read_json(response: httpx.Response) -> Any:
    """Return the body of an answer as data; None if it is no JSON.

    :param response: the answer.
    """
    try:
        return response.json()
    except (json.JSONDecodeError, UnicodeDecodeError):
        return None


def read_records(body: Any) -> list[Mapping[str, Any]]:
    """Return the records of an answer; none if its body has another form.

    :param body: the body as data.
    """
    records = body.get("records") if isinstance(body, dict) else None
    return [record for record in records if isinstance(record, dict)] if isinstance(records, list) else []
