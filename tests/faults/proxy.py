"""A proxy in front of the embedded AWS: it counts, delays, throttles, breaks and kills.

A `decide` function looks at each call and names what is to happen to it; `before` and `after` are
called around the forwarding, in the thread of that call.
"""

from __future__ import annotations

import http.client
import os
import random
import re
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from tests.faults.shapes import Answer, denied, expired, failed, service_of, tampered, throttled


class Fault(Enum):
    """What happens to a call."""

    THROTTLE = auto()
    ERROR_500 = auto()
    ERROR_503 = auto()
    RESET_BEFORE = auto()
    """The connection breaks, nothing was done."""
    RESET_AFTER = auto()
    """It was done, and the connection breaks before the answer."""
    CUT = auto()
    """It was done, and the answer breaks off in the middle."""
    SHORT = auto()
    """It was done, and half of what was announced comes before an orderly end of the connection."""
    EMPTY = auto()
    """It was done, and the answer has no body."""
    HTML = auto()
    """It was done, and a page of somebody between comes with the same status."""
    NULL = auto()
    """It was done, and the answer is JSON's null."""
    WRONG_ROOT = auto()
    """It was done, and the answer is a document of another operation."""
    BARE = auto()
    """It was done, and the answer is the right document without what it must hold."""
    STALE = auto()
    """A read is answered with an earlier answer to the same read, where there is one."""
    HANG_BEFORE = auto()
    """Nothing was done, and nothing is answered until the client hangs up."""
    HANG_AFTER = auto()
    """It was done, and nothing is answered until the client hangs up."""
    DRIBBLE = auto()
    """It was done, and the answer comes byte by byte and never ends, until the client hangs up."""
    DENY = auto()
    EXPIRE = auto()
    KILL_BEFORE = auto()
    KILL_AFTER = auto()


TAMPERED = (Fault.SHORT, Fault.EMPTY, Fault.HTML, Fault.NULL, Fault.WRONG_ROOT, Fault.BARE)
"""What may become of an answer on the way though its status is a success: what has no body stays."""

HANGING = (Fault.HANG_BEFORE, Fault.HANG_AFTER, Fault.DRIBBLE)
"""What keeps a client without a deadline for ever."""

STORM = (
    Fault.THROTTLE,
    Fault.ERROR_500,
    Fault.ERROR_503,
    Fault.RESET_BEFORE,
    Fault.RESET_AFTER,
    Fault.CUT,
    *TAMPERED,
)
"""What may befall any call, of a read or a write."""


@dataclass(frozen=True)
class Call:
    """One request as it arrived; `number` counts from 1."""

    number: int
    service: str
    method: str
    path: str
    query: str
    body: bytes

    @property
    def is_write(self) -> bool:
        return self.method not in {"GET", "HEAD"} and self.service != "sts"

    @property
    def name(self) -> str:
        """Enough to tell the paced operations apart."""
        if self.service == "apigateway":
            if self.method == "POST" and self.path.endswith("/deployments"):
                return "CreateDeployment"
            if self.method == "GET" and re.fullmatch(r"/restapis/[^/]+/resources", self.path):
                return "GetResources"
        return f"{self.method} {self.path}"


class Bucket:
    """A token bucket: `burst` tokens, filled with `per_second`."""

    def __init__(self, per_second: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second, self._burst, self._clock = per_second, burst, clock
        self._tokens, self._at = float(burst), clock()
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Whether there was one left."""
        with self._lock:
            now = self._clock()
            self._tokens = min(self._burst, self._tokens + (now - self._at) * self._per_second)
            self._at = now
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True


class Proxy:
    """Serves on a free port of 127.0.0.1 until closed."""

    def __init__(self, upstream: str) -> None:
        self._upstream = urlsplit(upstream).netloc
        self._lock = threading.Lock()
        self._earlier: dict[str, Answer] = {}
        self.round_number = 0
        self.reset()
        proxy = self

        class Handler(_Handler):
            owner = proxy

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def reset(self) -> None:
        """Count from 1 again, and let everything through."""
        with self._lock:
            self.calls: list[Call] = []
            self.throttled: Counter[str] = Counter()
            self.spoilt: list[Call] = []
            self.hung: list[str] = []
            self.round_number += 1
            self._earlier.clear()
        self.decide: Callable[[Call], Fault | None] = lambda _call: None
        self.before: Callable[[Call], None] = lambda _call: None
        self.after: Callable[[Call], None] = lambda _call: None
        self.latency = 0.0
        self.buckets: Mapping[str, Bucket] = {}
        self.victim: Callable[[], int] = lambda: 0

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def arrived(self, service: str, method: str, target: str, body: bytes) -> Call:
        """Give the call its number."""
        parts = urlsplit(target)
        with self._lock:
            call = Call(len(self.calls) + 1, service, method, parts.path, parts.query, body)
            self.calls.append(call)
        return call

    def refused(self, call: Call) -> bool:
        """Whether a rate is used up: its own operation's, or its service's."""
        names = (f"{call.service}:{call.name}", f"{call.service}:*")
        left = [self.buckets[name].take() for name in names if name in self.buckets]
        refused = not all(left)
        if refused:
            with self._lock:
                self.throttled[call.name] += 1
        return refused

    def forward(self, call: Call, target: str, headers: Any) -> Answer:
        """Ask the embedded AWS."""
        connection = http.client.HTTPConnection(self._upstream, timeout=60)
        try:
            connection.request(call.method, target, call.body or None, dict(headers))
            got = connection.getresponse()
            return Answer(got.status, tuple(got.getheaders()), got.read())
        finally:
            connection.close()

    def earlier(self, call: Call, answer: Answer | None = None) -> Answer | None:
        """The first answer to this read; kept when there is none yet."""
        if call.method != "GET":
            return None
        key = f"{call.service} {call.path}?{call.query}"
        with self._lock:
            if answer is not None:
                self._earlier.setdefault(key, answer)
            return self._earlier.get(key)

    def kill(self) -> None:
        """End the client as a power cut would."""
        pid = self.victim()
        if pid:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                return


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that is killed leaves broken connections; that is what this is for."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner: Proxy

    def _handle(self) -> None:
        owner = self.owner
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = urlsplit(self.path).path
        service = service_of(self.headers.get("Authorization", ""), path)
        call = owner.arrived(service, self.command, self.path, body)
        if owner.latency:
            time.sleep(owner.latency)
        owner.before(call)
        fault = owner.decide(call)
        refusal = self._refusal(call, fault)
        if refusal is not None:
            self._answer(refusal)
            return
        if fault is Fault.RESET_BEFORE:
            self._reset()
            return
        if fault is Fault.KILL_BEFORE:
            owner.kill()
            self._reset()
            return
        if fault is Fault.HANG_BEFORE:
            self._hang()
            return
        answer = owner.forward(call, self.path, self.headers)
        owner.after(call)
        if fault in HANGING:
            self._hang(answer if fault is Fault.DRIBBLE else None)
            return
        old = owner.earlier(call, answer)
        if fault is Fault.STALE and old is not None:
            answer = old
        if fault is Fault.KILL_AFTER:
            owner.kill()
        if fault in {Fault.RESET_AFTER, Fault.KILL_AFTER}:
            self._reset()
        elif fault is Fault.CUT:
            self._answer(answer, cut=True)
            self._reset()
        elif fault in TAMPERED and answer.body and 200 <= answer.status < 300:
            owner.spoilt.append(call)
            if fault is Fault.SHORT:
                self._answer(answer, cut=True)
                self.close_connection = True
            else:
                self._answer(tampered(answer, fault.name))
        else:
            self._answer(answer)

    def _refusal(self, call: Call, fault: Fault | None) -> Answer | None:
        if fault is Fault.THROTTLE or self.owner.refused(call):
            return throttled(call.service)
        if fault in {Fault.ERROR_500, Fault.ERROR_503}:
            return failed(call.service, 500 if fault is Fault.ERROR_500 else 503)
        if fault is Fault.DENY:
            return denied(call.service)
        return expired(call.service) if fault is Fault.EXPIRE else None

    def _answer(self, answer: Answer, *, cut: bool = False) -> None:
        head = [f"HTTP/1.1 {answer.status} x"]
        left_out = {"content-length", "connection", "transfer-encoding", "server", "date"}
        head += [f"{name}: {value}" for name, value in answer.headers if name.lower() not in left_out]
        if answer.status != 204:
            head.append(f"Content-Length: {len(answer.body)}")
        data = ("\r\n".join(head) + "\r\n\r\n").encode("latin-1")
        whole = data + (b"" if self.command == "HEAD" else answer.body)
        self.wfile.write(whole[: (len(data) + len(whole)) // 2] if cut and answer.body else whole)
        if cut and not answer.body:
            return
        self.wfile.flush()

    def _hang(self, answer: Answer | None = None) -> None:
        """Say nothing, or a header byte by byte, until the client hangs up or the proxy begins anew."""
        self.close_connection = True
        self.connection.settimeout(0.05)
        self.owner.hung.append(self.command)
        round_number = self.owner.round_number
        text = b"" if answer is None else f"HTTP/1.1 {answer.status} x\r\n".encode() + b"x-a: b\r\n" * 10_000
        sent = 0
        while self.owner.round_number == round_number:
            try:
                if not self.connection.recv(1):
                    return
            except TimeoutError:
                self.connection.sendall(text[sent : sent + 1])
                sent += 1
            except OSError:
                return

    def _reset(self) -> None:
        """RST instead of FIN: what is on the way is lost."""
        self.close_connection = True
        linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.connection.close()

    do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = _handle  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""


def storm(rate: float, seed: int, kinds: tuple[Fault, ...] = STORM) -> Callable[[Call], Fault | None]:
    """`rate` of all calls fail, in a way drawn from `kinds`; the same for the same seed."""
    draw = random.Random(seed)
    lock = threading.Lock()

    def decide(_call: Call) -> Fault | None:
        with lock:
            return draw.choice(kinds) if draw.random() < rate else None

    return decide


def at(number: int, fault: Fault) -> Callable[[Call], Fault | None]:
    """That fault at that call, and at no other."""
    return lambda call: fault if call.number == number else None
