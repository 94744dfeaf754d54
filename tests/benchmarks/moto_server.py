"""moto, made faithful, on 127.0.0.1: counts and records what it is asked, and answers 50 ms late.

`python -m tests.benchmarks.moto_server [seeded]` prints its address. `seeded`: the account is filled and
brought to the plan first, within this process: neither counted, recorded nor late.
"""

from __future__ import annotations

import os

os.environ["MOTO_DISABLE_GLOBAL_CORS"] = "true"  # read at import
import io
import json
import logging
import pickle
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from moto import mock_aws
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server

from remediate.sandbox.patches import install
from tests.benchmarks.account import seed
from tests.benchmarks.operations import operation
from tests.benchmarks.wire import CALLS, DELAY, RECORDING, Answer, Asked, asked

DROPPED = frozenset({"connection", "content-length", "date", "server", "transfer-encoding"})
"""Headers that belong to one connection or moment."""


class Recorder:
    """A WSGI application around moto's."""

    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self._application = application
        self._calls: Counter[str] = Counter()
        self._answers: dict[Asked, Answer] = {}
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer what is asked about the recording; pass anything else on."""
        if environ["PATH_INFO"] == CALLS:
            with self._lock:
                told, self._calls = json.dumps(self._calls).encode(), Counter()
        elif environ["PATH_INFO"] == RECORDING:
            with self._lock:
                told = pickle.dumps(self._answers)
        else:
            return self._recorded(environ, start_response)
        start_response("200 OK", [("Content-Length", str(len(told)))])
        return [told]

    def _recorded(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        due = time.monotonic() + DELAY
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        request = asked(
            environ["REQUEST_METHOD"], environ["REQUEST_URI"], environ.get("HTTP_AUTHORIZATION", ""), body
        )
        heard: list[Any] = []
        parts = self._application(
            {**environ, "wsgi.input": io.BytesIO(body)}, lambda *said: heard.extend(said[:2])
        )
        content = b"".join(parts)
        status, headers = heard
        name = operation(request.service, request.method, request.target, body)
        kept = tuple((key, value) for key, value in headers if key.lower() not in DROPPED)
        with self._lock:
            self._calls[name] += 1
            self._answers[request] = Answer(name, status, kept, content)
        time.sleep(max(0, due - time.monotonic()))
        start_response(status, headers)
        return [content]


def main() -> None:
    """Seed, print the address, and serve until killed."""
    install()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with mock_aws():
        if "seeded" in sys.argv:
            seed()
        server = make_server(
            "127.0.0.1",
            0,
            Recorder(DomainDispatcherApplication(create_backend_app)),
            threaded=True,
            request_handler=MotoRequestHandler,
        )
        print(f"http://127.0.0.1:{server.server_port}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
