"""The embedded AWS as a server of its own, whose whole state can be kept and put back.

`python -m tests.faults.embedded` prints its address and serves until its input ends. Besides AWS
it answers `POST /faults/reset` (empty, then the broken application), `/faults/empty`,
`/faults/save` and `/faults/load`.
"""

from __future__ import annotations

import copy
import logging
import os
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterable
from typing import Any

SERVICES = ("s3", "apigateway", "apigatewayv2", "cloudfront")
Environ = dict[str, Any]
Wsgi = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


class Controlled:
    """AWS as a WSGI application, with the four commands in front of it."""

    def __init__(self, aws: Wsgi | None) -> None:
        self._aws = aws
        self._saved: list[tuple[Any, dict[str, Any]]] = []
        self._buckets: dict[str, Any] = {}
        self.url = ""

    def __call__(self, environ: Environ, start: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if not path.startswith("/faults/"):
            assert self._aws is not None
            return self._aws(environ, start)
        getattr(self, path.removeprefix("/faults/"))()
        start("200 OK", [("Content-Length", "0")])
        return [b""]

    def empty(self) -> None:
        from moto.backends import get_backend

        for service in SERVICES:
            for account in get_backend(service).values():
                for backend in account.values():
                    backend.reset()

    def reset(self) -> None:
        from remediate.aws import Aws
        from remediate.sandbox.seed import seed

        self.empty()
        aws = Aws(region="eu-west-1", endpoint_url=self.url, concurrency=1)
        seed(aws)
        aws.close()

    def save(self) -> None:
        from moto.backends import get_backend

        self._saved = [
            (backend, _copied(backend, backend.__dict__))
            for service in SERVICES
            for account in get_backend(service).values()
            for backend in account.values()
        ]
        self._buckets = dict(get_backend("s3").bucket_accounts)

    def load(self) -> None:
        from moto.backends import get_backend

        # moto knows besides which account a bucket belongs to.
        known = get_backend("s3").bucket_accounts
        known.clear()
        known.update(self._buckets)
        for backend, held in self._saved:
            fresh = _copied(backend, held)
            backend.__dict__.clear()
            backend.__dict__.update(fresh)


def _copied(backend: Any, held: dict[str, Any]) -> dict[str, Any]:
    """A deep copy in which the backend stays itself."""
    return copy.deepcopy(held, {id(backend): backend})


def serve() -> None:
    """Serve on a free port of 127.0.0.1 until standard input ends."""
    os.environ["MOTO_DISABLE_GLOBAL_CORS"] = "true"
    from moto.moto_server.werkzeug_app import (
        DomainDispatcherApplication,
        MotoRequestHandler,
        create_backend_app,
    )
    from werkzeug.serving import make_server

    from remediate.sandbox.patches import install
    from tests.models import collect_rarely, share_models

    share_models()
    collect_rarely()
    install()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    controlled = Controlled(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, controlled, threaded=True, request_handler=MotoRequestHandler)
    controlled.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write(controlled.url + "\n")
    sys.stdout.flush()
    sys.stdin.read()


class Embedded:
    """The server's process, from outside."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.embedded"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()

    def do(self, command: str) -> None:
        """`reset`, `empty`, `save` or `load`."""
        request = urllib.request.Request(f"{self.url}/faults/{command}", method="POST")
        with urllib.request.urlopen(request, timeout=60):
            pass

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(20)
        self._process.stdout.close()


if __name__ == "__main__":
    serve()
