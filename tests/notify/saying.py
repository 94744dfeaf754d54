"""Messages to send, and a server that takes them."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from remediate.core.notice import Message, Notice, NoticeOutcome, NoticeStage

DRIFT = Notice(
    id="drift-1",
    stage=NoticeStage.NEW,
    plan_names=("webapp",),
    address="s3/uploads",
    label="uploads",
    kind="drift",
    changed=("- CORSRules[1].AllowedOrigins: https://app.example.com", "+ CORSRules[1].AllowedOrigins: *"),
    since="2026-11-22T10:00:00Z",
    seen="2026-11-22T11:00:00Z",
    who="arn:aws:iam::123456789012:user/alice",
    done="nothing: --correct was not given",
    look="remediate plan plans/webapp.yaml --target s3/uploads",
)
OVER = replace(
    DRIFT,
    id="drift-2",
    stage=NoticeStage.RESOLVED,
    outcome=NoticeOutcome.AS_PLANNED,
    address="http_api/a1b2c3",
    label="orders",
    changed=(),
)
MENDED = replace(
    DRIFT,
    id="drift-3",
    stage=NoticeStage.CORRECTED,
    outcome=NoticeOutcome.CORRECTED,
    done="put back to what the plan says",
)


def message(*notices: Notice) -> Message:
    return Message("123456789012", "2026-11-22T11:00:05Z", notices or (DRIFT,))


@dataclass
class Answer:
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    cut: bool = False
    """Whether the connection is closed without an answer."""


@dataclass
class Posted:
    path: str
    headers: dict[str, str]
    body: bytes


class Receiver:
    """Gives the answers in turn, the last one for ever, and keeps what it got."""

    def __init__(self, answers: Sequence[Answer]) -> None:
        self.got: list[Posted] = []
        self._answers = list(answers)
        outer = self

        class Taking(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer._take(self)

            def do_CONNECT(self) -> None:
                outer._take(self)

            def do_GET(self) -> None:
                outer._take(self)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server.server_port}"

    def _take(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.got.append(Posted(request.path, headers, body))
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if answer.cut:
            request.close_connection = True
            return
        request.send_response(answer.status)
        for name, value in {"content-length": str(len(answer.body)), **answer.headers}.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(answer.body)


@contextmanager
def receiver(*answers: Answer, tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    taking = Receiver(answers or (Answer(200, body=b"ok"),))
    if tls is not None:
        taking.server.socket = tls.wrap_socket(taking.server.socket, server_side=True)
    thread = Thread(target=taking.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield taking
    finally:
        taking.server.shutdown()
        thread.join()
        taking.server.server_close()
