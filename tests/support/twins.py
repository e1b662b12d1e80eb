"""A process with two servers, each with a database of its own: `python -m tests.support.twins FILE FILE`."""

import signal
import socket
import sys
from pathlib import Path
from threading import Thread

import uvicorn

from handlers import Settings
from handlers.server.run import configure
from tests.support.databases import locate, open_database

REQUEST_TIMEOUT = 30


def serve(databases: list[Path]) -> None:
    """Serve the demo from each of some new databases, print their ports in one line, and stop at SIGTERM.

    :param databases: the paths that name them.
    """
    # Before the servers, which only listen to it in a main thread.
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in databases]
    servers = []
    for database in databases:
        open_database(database, create=True, demo=True).close()
        servers.append(uvicorn.Server(configure(Settings(locate(database), demo=True), 1, REQUEST_TIMEOUT)))
    threads = [
        Thread(target=server.run, args=([listener],)) for server, listener in zip(servers, listeners, strict=True)
    ]
    for thread in threads:
        thread.start()
    print(*(listener.getsockname()[1] for listener in listeners), flush=True)
    signal.sigwait([signal.SIGTERM])
    for server, thread in zip(servers, threads, strict=True):
        server.should_exit = True
        thread.join()


if __name__ == "__main__":
    serve([Path(argument) for argument in sys.argv[1:]])
