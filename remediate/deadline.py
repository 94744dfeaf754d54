"""Total deadlines of network requests: an answer that comes byte by byte must not keep a run for ever.

A socket's own timeout begins anew with every byte that comes. So each request has a `Deadline` that
watches its connections and shuts them down once the time is over, whatever the request waits for:
a proxy, TLS, the answer's headers or its body. Looking up a name cannot be broken off; the system's
resolver has its own limits.
"""

from __future__ import annotations

import heapq
import socket
import threading
import time
from contextlib import suppress
from itertools import count
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Self

TIMEOUT = 60.0
"""Seconds that one request may take from its first to its last byte, where `--timeout` names no others."""

_local = threading.local()


class Deadline:
    """The time of one request, from the beginning of the `with` block; for one thread.

    `passed` is whether it is over: then the connections that were watched are shut down, and what was
    read of an answer may be less than all of it.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.end = time.perf_counter() + seconds
        self.passed = False
        self.over = False
        self._lock = threading.Lock()
        self._watched: dict[int, socket.socket] = {}

    def __enter__(self) -> Self:
        _local.deadline = self
        _watchdog.add(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _local.deadline = None
        with self._lock:
            self.over = True
            for copy in self._watched.values():
                copy.close()
            self._watched.clear()

    @property
    def left(self) -> float:
        """Return the seconds that are left, at least a hundredth: 0 would mean not to wait at all."""
        return max(self.end - time.perf_counter(), 0.01)

    def watch(self, connection: socket.socket) -> None:
        """Shut the connection down when the time is over. TLS may take the socket over afterwards."""
        with self._lock:
            number = connection.fileno()
            if self.over or number in self._watched:
                return
            # A copy, because TLS takes the connection away from its socket object.
            self._watched[number] = connection.dup()
            if self.passed:
                _shut_down(connection)

    def expire(self) -> None:
        """Shut down what is watched, unless the request is over."""
        with self._lock:
            if self.over:
                return
            self.passed = True
            for copy in self._watched.values():
                _shut_down(copy)


def watch(connection: socket.socket) -> None:
    """Let the deadline of this thread's request, where it has one, watch the connection."""
    deadline: Deadline | None = getattr(_local, "deadline", None)
    if deadline is not None:
        deadline.watch(connection)


def connect(
    address: tuple[str, int], timeout: float = TIMEOUT, source_address: tuple[str, int] | None = None
) -> socket.socket:
    """Connect as `socket.create_connection` does, watched by the deadline of this thread's request.

    All addresses of the host together have no more time than the request has left. Raises `OSError`.
    """
    deadline: Deadline | None = getattr(_local, "deadline", None)
    host, port = address
    errors: list[OSError] = []
    for family, kind, protocol, _, target in socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM):
        if deadline is not None and deadline.passed:
            errors.append(TimeoutError("timed out"))
            break
        connection = socket.socket(family, kind, protocol)
        try:
            connection.settimeout(timeout if deadline is None else min(timeout, deadline.left))
            if source_address:
                connection.bind(source_address)
            connection.connect(target)
        except OSError as error:
            errors.append(error)
            connection.close()
            continue
        connection.settimeout(timeout)
        watch(connection)
        return connection
    raise errors[0] if errors else OSError(f"{host} has no address")


def _shut_down(connection: socket.socket) -> None:
    with suppress(OSError):  # the other side was faster
        connection.shutdown(socket.SHUT_RDWR)


class _Watchdog:
    """The thread that ends what is late; it begins with the first request, and again after a fork."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[tuple[float, int, Deadline]] = []
        self._numbers = count()
        self._wake: SimpleQueue[None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def add(self, deadline: Deadline) -> None:
        with self._lock:
            while self._waiting and self._waiting[0][2].over:
                heapq.heappop(self._waiting)
            heapq.heappush(self._waiting, (deadline.end, next(self._numbers), deadline))
            is_first = self._waiting[0][2] is deadline
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="deadlines", daemon=True)
                self._thread.start()
        if is_first:
            self._wake.put(None)

    def _run(self) -> None:
        while True:
            with self._lock:
                now = time.perf_counter()
                while self._waiting and self._waiting[0][0] <= now:
                    heapq.heappop(self._waiting)[2].expire()
                pause = self._waiting[0][0] - now if self._waiting else None
            with suppress(Empty):
                self._wake.get(timeout=pause)


_watchdog = _Watchdog()
