"""What a process asks of its interpreter and operating system: Linux is served best, others work."""

import ctypes
import gc
import importlib.util
import os
import signal
import socket
import struct
import sys
import threading
from contextlib import suppress

# The signals that end a program, beside that of Ctrl+C: Windows has no SIGHUP.
END_SIGNALS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
# The value of SO_LINGER with which closing a socket sends RST. Windows has two short integers in it.
NO_LINGER = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
# Closing a listening socket resets the connections in its queue. So the queue is emptied before, while a socket filter
# of Linux (classic BPF) drops packets that open a connection: SYN without ACK.
NO_NEW_CONNECTIONS = [(0x30, 0, 0, 13), (0x54, 0, 0, 0x12), (0x15, 0, 1, 0x02), (0x06, 0, 0, 0), (0x06, 0, 0, 0xFFFF)]
SO_ATTACH_FILTER = 26
M_ARENA_MAX = -8


def count_processors() -> int:
    """Return how many processors this process may use; elsewhere than on Linux, how many the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def lower_priority(nice: int) -> None:
    """Lower the priority of this thread; elsewhere than on Linux it stays.

    :param nice: by how much, in steps of `nice`.
    """
    # Other systems would set the priority of the process.
    if sys.platform == "linux" and hasattr(os, "setpriority"):
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + nice)


def raise_file_limit() -> None:
    """Let this process open as many files as it may; Windows has no such limit."""
    if importlib.util.find_spec("resource"):
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        # macOS refuses what is more than its kernel allows.
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def share_memory_of_threads() -> None:
    """Let all threads of this process allocate from the same memory; this changes nothing elsewhere than with glibc.

    In an arena for each thread, what one thread has read and another one sends leaves pieces that nothing else can use.
    """
    if sys.platform == "linux":
        # Other C libraries than glibc have no mallopt(3).
        with suppress(AttributeError):
            ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)


def collect_rarely() -> None:
    """Let the garbage collector of this process run rarely: reference counting frees most objects with their request.

    Its usual runs take a tenth of the time of an import, and as much of that of a start, which reads the contract.
    """
    gc.set_threshold(20_000, 50, 100)


def drop_new_connections(listener: socket.socket) -> None:
    """Let a socket accept no connections but those in its queue; elsewhere than on Linux it goes on.

    :param listener: a listening socket.
    """
    if sys.platform != "linux":
        return
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in NO_NEW_CONNECTIONS))
    option = struct.pack("HL", len(NO_NEW_CONNECTIONS), ctypes.addressof(program))
    # Without the filter, the connections that are in the queue at this moment are reset, and no others.
    with suppress(OSError):
        listener.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, option)
