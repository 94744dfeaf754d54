"""The application behind the APIs and distributions: it knows nothing of CORS unless told to."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

BODY = b'{"orders": []}'


class Backend:
    """An HTTP server on 127.0.0.1, for the length of a ``with`` block.

    ``allowed`` are origins that it lets in by itself, as a Lambda function with CORS code would.
    ``options`` is the status of its answer to OPTIONS.
    """

    def __init__(self) -> None:
        self.allowed: frozenset[str] = frozenset()
        self.options = 204

    def __enter__(self) -> Self:
        backend = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                bare = self.command == "OPTIONS"
                self.send_response(backend.options if bare else 200)
                for name, value in backend.cors(self.headers.get("Origin")):
                    self.send_header(name, value)
                if not bare:
                    self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", "0" if bare else str(len(BODY)))
                self.end_headers()
                self.wfile.write(b"" if bare else BODY)

            do_GET = do_POST = do_PUT = do_OPTIONS = answer  # noqa: N815 - http.server's names

            def log_message(self, *_: object) -> None:
                """Silence."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        self.port = int(self._server.server_address[1])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def cors(self, origin: str | None) -> list[tuple[str, str]]:
        """What it sends to an origin that it lets in."""
        if origin not in self.allowed:
            return []
        return [
            ("Access-Control-Allow-Origin", origin or ""),
            ("Access-Control-Allow-Methods", "GET, POST, PUT"),
            ("Access-Control-Allow-Headers", "content-type, authorization"),
            ("Vary", "Origin"),
        ]
