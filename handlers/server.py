"""The server: uvicorn with one process or several on one socket."""

import http.client
import resource
import signal
import socket
import sys
import threading
from contextlib import closing, suppress
from functools import partial

import click
import uvicorn
from connexion import AsyncApp
from uvicorn.supervisors import Multiprocess

from data.database import open_database
from handlers import Settings, create_app, requestlog
from handlers.protocol import Protocol

# Under the ten seconds that a supervisor usually waits before it kills.
GRACE_SECONDS = 8
BACKLOG = 2048
HEADERS = [("X-Content-Type-Options", "nosniff"), ("Cache-Control", "no-store")]


def run(host: str, port: int, workers: int, settings: Settings) -> None:
    """Serve the API until SIGTERM or SIGINT; requests that have begun are answered.

    :param host: the address to listen on.
    :param port: the port, 0 for any that is free.
    :param workers: the number of processes.
    :param settings: what each of them is started with.
    :raises store.Refused: the database cannot be used.
    :raises OSError: the address cannot be listened on.
    """
    open_database(settings.database, create=True, demo=settings.demo)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
    config = uvicorn.Config(
        partial(_worker, settings),
        factory=True,
        workers=workers,
        http=Protocol,
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        headers=HEADERS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    # uvicorn raises the signal once more when it has shut down: then it is time to go.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(0))
    threading.Thread(target=_announce, args=listener.getsockname()[:2], daemon=True).start()
    if workers == 1:
        uvicorn.Server(config).run([listener])
    else:
        Multiprocess(config, [listener]).run()


def _worker(settings: Settings) -> AsyncApp:
    requestlog.configure(settings.log_format)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return create_app(settings)


def _announce(host: str, port: int) -> None:
    # The socket listens already, so that the connection waits for the first worker that accepts it.
    with suppress(OSError), closing(http.client.HTTPConnection(host, port)) as connection:
        connection.request("GET", "/health/live")
        connection.getresponse().read()
        click.echo(f"listening on http://{f'[{host}]' if ':' in host else host}:{port}")
