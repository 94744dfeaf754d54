"""A server of real sockets whose answers never end: it says nothing, or one byte now and then."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

PAUSE = 0.02
"""Seconds between two bytes: a client that waits for each anew waits for ever."""


class SlowServer:
    """Accepts connections on a free port of 127.0.0.1, and says `begin` at once and `rest` byte by byte."""

    def __init__(self, begin: bytes, rest: bytes) -> None:
        self._begin, self._rest = begin, rest
        self._closed = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.hung_up = threading.Event()
        """Whether a client has closed its connection."""
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                thread = threading.Thread(target=self._answer, args=(connection,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _answer(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.recv(65_536)
            connection.sendall(self._begin)
            connection.settimeout(PAUSE)
            sent = 0
            while not self._closed.is_set():
                try:
                    if not connection.recv(65_536):
                        break
                except TimeoutError:
                    pass
                if self._rest:
                    connection.sendall(self._rest[sent % len(self._rest) :][:1])
                    sent += 1
        self.hung_up.set()

    def close(self) -> None:
        """End the answers and the threads."""
        self._closed.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(10)


HEAD = b"HTTP/1.1 200 OK\r\n"
BODY = HEAD + b"Content-Type: application/xml\r\nETag: x\r\nContent-Length: 100000\r\n\r\n"
WAYS = {
    "hang": (b"", b""),
    "header": (HEAD, b"x-a: b\r\n"),
    "body": (BODY, b" "),
}
"""What is said at once, and what comes byte by byte: of an HTTP answer."""
TLS = (b"", b"\x16\x03\x03\x3f\xff" + b"\x02\x00\x3f\xfb" + b"\x03\x03" + bytes(60))
"""The server's first message of a TLS handshake, byte by byte."""


@contextmanager
def slow_server(way: tuple[bytes, bytes]) -> Iterator[SlowServer]:
    """A server for the `with` block."""
    server = SlowServer(*way)
    try:
        yield server
    finally:
        server.close()
