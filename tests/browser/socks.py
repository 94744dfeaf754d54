"""A SOCKS5 proxy on 127.0.0.1 that leads names to other addresses and refuses all others (RFC 1928).

Firefox has no option for it, as Chromium has in --host-resolver-rules. HTTP stays byte for byte the
same, because the proxy only copies.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import struct
import threading
from collections.abc import Mapping
from fnmatch import fnmatchcase
from socketserver import StreamRequestHandler, ThreadingTCPServer
from types import TracebackType
from typing import Self

_VERSION, _NO_AUTHENTICATION, _CONNECT = 5, 0, 1
_IPV4, _NAME = 1, 3
_GRANTED, _UNREACHABLE = 0, 4


class SocksProxy:
    """The proxy, for the length of a ``with`` block; `routes` lead patterns of `name:port` to `host:port`."""

    def __init__(self, routes: Mapping[str, str]) -> None:
        class Handler(StreamRequestHandler):
            def handle(self) -> None:
                with contextlib.suppress(ConnectionError, struct.error):
                    _serve(self, routes)

        self._server = ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self.port = int(self._server.server_address[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _serve(handler: StreamRequestHandler, routes: Mapping[str, str]) -> None:
    """One connection: greeting, request, and what is sent either way."""
    _, methods = struct.unpack("!BB", handler.rfile.read(2))
    handler.rfile.read(methods)
    handler.wfile.write(bytes([_VERSION, _NO_AUTHENTICATION]))
    _, command, _, kind = struct.unpack("!BBBB", handler.rfile.read(4))
    address = _route(_host_and_port(handler, kind), routes) if command == _CONNECT else None
    if address is None:
        handler.wfile.write(_reply(_UNREACHABLE))
        return
    with socket.create_connection(address) as server:
        handler.wfile.write(_reply(_GRANTED))
        _copy(handler.connection, server)


def _host_and_port(handler: StreamRequestHandler, kind: int) -> str:
    if kind == _NAME:
        host = handler.rfile.read(handler.rfile.read(1)[0]).decode()
    elif kind == _IPV4:
        host = socket.inet_ntop(socket.AF_INET, handler.rfile.read(4))
    else:
        host = f"[{socket.inet_ntop(socket.AF_INET6, handler.rfile.read(16))}]"
    [port] = struct.unpack("!H", handler.rfile.read(2))
    return f"{host}:{port}"


def _route(asked: str, routes: Mapping[str, str]) -> tuple[str, int] | None:
    for pattern, address in routes.items():
        if fnmatchcase(asked, pattern):
            host, _, port = address.rpartition(":")
            return host, int(port)
    return None


def _reply(status: int) -> bytes:
    return struct.pack("!BBBB4sH", _VERSION, status, 0, _IPV4, bytes(4), 0)


def _copy(client: socket.socket, server: socket.socket) -> None:
    """Copy both ways until either side has closed."""
    with selectors.DefaultSelector() as selector:
        selector.register(client, selectors.EVENT_READ, server)
        selector.register(server, selectors.EVENT_READ, client)
        while True:
            for key, _ in selector.select():
                data = key.fileobj.recv(65536)
                if not data:
                    return
                key.data.sendall(data)
