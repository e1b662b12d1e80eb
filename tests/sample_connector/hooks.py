"""What the contact centre calls: `createCallback` and `writeCallStatistics` of its contract `outgoing.yaml`.

Each call can come twice, late and out of order, and its answer may be lost. So it is stored before it is answered, and
once, by a key that it has.
"""

import json
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, tzinfo
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from crm import Call, Crm, Task

Data = Mapping[str, Any]


class Hooks:
    """The server of the connector, on a free port of this machine.

    :param crm: where it stores what it is told.
    :param zone: the time zone of the contact centre, whose calls have local times.
    """

    def __init__(self, crm: Crm, zone: tzinfo) -> None:
        self.crm = crm
        self.zone = zone
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _make_handler(self))
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> "Hooks":
        self.thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def create_callback(self, notice: Data) -> None:
        """Make a task of a callback.

        :param notice: the callback.
        """
        phone = notice.get("CallbackNumber") or notice["Caller"]
        received = self.read_local(notice["dtCallStart"])
        self.crm.save_task(Task(notice["AcdEventsID"], f"+{phone}", notice["Subject"], notice.get("Body"), received))

    def write_call_statistics(self, line: Data) -> None:
        """Store a line of the statistics of a call.

        :param line: the line.
        """
        began, ended = self.read_local(line["dtCallStart"]), self.read_local(line["dtCallEnd"])
        customer, agent = line.get("SalesForceID"), line.get("AgentUID")
        self.crm.save_call(line, Call(line["jtelStatisticsPartAID"], customer, agent, began, ended))

    def read_local(self, text: str) -> datetime:
        """Return a time of a call from the contact centre, which has no time zone.

        :param text: the time.
        """
        return datetime.fromisoformat(text).replace(tzinfo=self.zone)

    def answer(self, path: str, body: bytes) -> tuple[HTTPStatus, str]:
        """Return status and message of the answer to a call, when it is stored.

        :param path: its path.
        :param body: its body.
        """
        operations: dict[str, Callable[[Data], None]] = {
            "/jtelACD/createCallback": self.create_callback,
            "/jtelACD/writeCallStatistics": self.write_call_statistics,
        }
        if path not in operations:
            return HTTPStatus.NOT_FOUND, "unknown path"
        try:
            operations[path](json.loads(body))
        except (ValueError, KeyError, TypeError) as error:
            return HTTPStatus.BAD_REQUEST, f"not valid: {error}"
        except sqlite3.Error:
            # The contact centre sends it again.
            return HTTPStatus.INTERNAL_SERVER_ERROR, "the database cannot be used now"
        return HTTPStatus.OK, "stored"


def _make_handler(hooks: Hooks) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            body = self.rfile.read(length)
            if len(body) < length:
                # It was cut off, and comes again.
                return
            status, message = hooks.answer(self.path, body)
            answer = json.dumps({"message": message}).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def handle(self) -> None:
            # The contact centre does not wait for the answer, and sends the call again.
            with suppress(ConnectionError):
                super().handle()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    return Handler
