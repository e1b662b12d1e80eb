"""Starting and stopping: uvicorn with one process, or with several on one socket."""

import asyncio
import atexit
import gc
import http.client
import signal
import socket
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
from handlers.platform import collect_rarely, drop_new_connections, raise_file_limit, share_memory_of_threads
from handlers.responses import log
from handlers.server.protocol import Protocol
from handlers.server.worker import Worker

# In seconds: less than the ten that a supervisor usually waits before SIGKILL.
GRACE_SECONDS = 8
# A worker that does not answer its supervisor for so long is killed. It loses its requests, so that a worker that only
# waits for a processor must not be taken for dead.
SECONDS_TO_BE_DEAD = 30
BACKLOG = 2048
DRAIN_SECONDS = 0.2


def run(host: str, port: int, workers: int, request_timeout: float, settings: Settings) -> None:
    """Serve the API until SIGTERM or SIGINT; requests that have begun to arrive are answered first.

    :param host: the address to listen on, IPv4, IPv6 or a name.
    :param port: the port; 0 for any free port.
    :param workers: the number of processes.
    :param request_timeout: the time limit of a request, in seconds: it has to be complete, or to arrive fast enough.
    :param settings: the options of each process.
    :raises store.Refused: the database cannot be used.
    :raises OSError: the address cannot be listened on.
    """
    # Open until the end: SQLite begins a new log after the last connection is closed.
    with open_database(settings.database, create=True, demo=settings.demo):
        listener = _listen(host, port)
        config = configure(settings, workers, request_timeout)
        # uvicorn raises the signal again after its shutdown. This handler then ends the process.
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

    :param settings: the options of each process.
    :param workers: the number of processes.
    :param request_timeout: the time limit of a request, in seconds: it has to be complete, or to arrive fast enough.
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
        # The address of the client is not used.
        proxy_headers=False,
        headers=[("X-Content-Type-Options", "nosniff"), ("X-API-Version", document.read()["info"]["version"])],
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_worker_healthcheck=SECONDS_TO_BE_DEAD,
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
    """uvicorn's server, which also answers connections in the queue of its socket before it stops."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Refuse new connections, accept those in the queue, then shut down (overrides uvicorn's).

        :param sockets: the listening sockets.
        """
        for listener in sockets or []:
            drop_new_connections(listener)
        await asyncio.sleep(DRAIN_SECONDS)
        await super().shutdown(sockets)


class Workers(Multiprocess):
    """uvicorn's supervisor of several workers, which stops them only after the queue of the socket is empty."""

    def init_processes(self) -> None:
        """Start the workers (overrides uvicorn's).

        Ctrl+C reaches the workers too: SIGINT is ignored until they serve and handle it themselves.
        """
        handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
        super().init_processes()
        signal.signal(signal.SIGINT, handler)

    def terminate_all(self) -> None:
        """Stop the workers after they have accepted the connections in the queue (overrides uvicorn's).

        New connections are refused meanwhile.
        """
        for listener in self.sockets:
            drop_new_connections(listener)
        time.sleep(DRAIN_SECONDS)
        super().terminate_all()


def _make_worker(settings: Settings) -> Worker:
    log.configure_logging(settings.log_format)
    raise_file_limit()
    share_memory_of_threads()
    collect_rarely()
    worker = Worker(settings)
    # SIGHUP ends the process without the end of ASGI's lifespan.
    atexit.register(worker.store.close)
    # The objects that exist now live as long as the process.
    gc.freeze()
    return worker


def _announce(host: str, port: int, demo: bool) -> None:
    # The socket listens already: the connection waits in its queue until the first worker accepts it.
    with suppress(OSError), closing(http.client.HTTPConnection(host, port)) as connection:
        connection.request("GET", "/health/live")
        connection.getresponse().read()
        url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        click.echo(f"listening on {url}")
        if demo:
            path = f"{document.read()['servers'][0]['url']}/1/dialler/campaigns"
            click.echo(f'try: curl -H "Authorization: Bearer {DEMO_TOKEN}" {url}{path}')
