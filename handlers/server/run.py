"""The server: uvicorn with one process or several on one socket."""

import asyncio
import ctypes
import gc
import http.client
import resource
import signal
import socket
import struct
import sys
import threading
import time
from contextlib import closing, suppress
from functools import partial

import click
import uvicorn
from uvicorn.supervisors import Multiprocess

from data.opening import open_database
from handlers import Settings
from handlers.app.public import DEMO_TOKEN
from handlers.contract import document
from handlers.responses import log
from handlers.server.protocol import Protocol
from handlers.server.worker import Worker

# Under the ten seconds that a supervisor usually waits before it kills.
GRACE_SECONDS = 8
BACKLOG = 2048
# A closed listener resets the connections in its queue. So before it is closed, a socket filter of Linux (classic BPF)
# drops what opens a connection, SYN without ACK, while the queue is emptied.
NO_NEW_CONNECTIONS = [(0x30, 0, 0, 13), (0x54, 0, 0, 0x12), (0x15, 0, 1, 0x02), (0x06, 0, 0, 0), (0x06, 0, 0, 0xFFFF)]
SO_ATTACH_FILTER = 26
DRAIN_SECONDS = 0.2


def run(host: str, port: int, workers: int, request_timeout: float, settings: Settings) -> None:
    """Serve the API until SIGTERM or SIGINT; requests that have begun are answered.

    :param host: the address to listen on.
    :param port: the port, 0 for any that is free.
    :param workers: the number of processes.
    :param request_timeout: the seconds after which a request has to be whole, or on its way.
    :param settings: what each of them is started with.
    :raises store.Refused: the database cannot be used.
    :raises OSError: the address cannot be listened on.
    """
    open_database(settings.database, create=True, demo=settings.demo).close()
    listener = _listen(host, port)
    config = configure(settings, workers, request_timeout)
    # uvicorn raises the signal once more when it has shut down: then it is time to go.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(0))
    host, port = listener.getsockname()[:2]
    threading.Thread(target=_announce, args=(host, port, settings.demo), daemon=True).start()
    if workers == 1:
        Server(config).run([listener])
    else:
        Workers(config, [listener]).run()


def configure(settings: Settings, workers: int, request_timeout: float) -> uvicorn.Config:
    """Return uvicorn's configuration of a server.

    :param settings: what each process is started with.
    :param workers: the number of processes.
    :param request_timeout: the seconds after which a request has to be whole, or on its way.
    """
    return uvicorn.Config(
        partial(_make_worker, settings),
        factory=True,
        workers=workers,
        http=partial(Protocol, request_timeout=request_timeout),  # type: ignore[arg-type]
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        # Nothing here asks who the client of a proxy is.
        proxy_headers=False,
        headers=[("X-Content-Type-Options", "nosniff"), ("X-API-Version", document.read()["info"]["version"])],
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        reason = str(error.strerror).partition(" (while")[0]
        hint = "--host and --port choose another address, --port 0 any port that is free"
        raise OSError(f"cannot listen on {host}, port {port}: {reason}; {hint}") from error


class Server(uvicorn.Server):
    """uvicorn's server, but that it answers whoever is connected before it stops listening."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Refuse new connections, take those that wait in the queue, and let uvicorn finish them."""
        for listener in sockets or []:
            _drop_new_connections(listener)
        await asyncio.sleep(DRAIN_SECONDS)
        await super().shutdown(sockets)


class Workers(Multiprocess):
    """uvicorn's workers, who stop only when no connection waits for one of them."""

    def init_processes(self) -> None:
        """Start the workers; Ctrl+C reaches them too, but until they serve it is not theirs to handle."""
        handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
        super().init_processes()
        signal.signal(signal.SIGINT, handler)

    def terminate_all(self) -> None:
        """Refuse new connections, let the workers take those that wait in the queue, then stop them."""
        for listener in self.sockets:
            _drop_new_connections(listener)
        time.sleep(DRAIN_SECONDS)
        super().terminate_all()


def _drop_new_connections(listener: socket.socket) -> None:
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in NO_NEW_CONNECTIONS))
    option = struct.pack("HL", len(NO_NEW_CONNECTIONS), ctypes.addressof(program))
    # Without the filter, only connections that wait at this moment are reset.
    with suppress(OSError):
        listener.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, option)


def _make_worker(settings: Settings) -> Worker:
    log.configure_logging(settings.log_format)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    app = Worker(settings)
    # What is there now stays, and most of what comes goes with its request: looking for cycles more often takes a tenth
    # of an import.
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)
    return app


def _announce(host: str, port: int, demo: bool) -> None:
    # The socket listens already, so that the connection waits for the first worker that accepts it.
    with suppress(OSError), closing(http.client.HTTPConnection(host, port)) as connection:
        connection.request("GET", "/health/live")
        connection.getresponse().read()
        url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        click.echo(f"listening on {url}")
        if demo:
            path = f"{document.read()['servers'][0]['url']}/1/dialler/campaigns"
            click.echo(f'try: curl -H "Authorization: Bearer {DEMO_TOKEN}" {url}{path}')
