"""A raw HTTP/1.1 server on 127.0.0.1 that answers byte for byte what a case says, and notes what it saw."""

import asyncio
import contextlib
import json
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

Pairs = Sequence[tuple[str, str]]
BATCH = 24
CONTROL = "/oracle/"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server sends: status, headers exactly as given (one character per byte), body."""

    status: int = 200
    headers: Pairs = ()
    body: str = "ok"

    def wire_headers(self) -> list[tuple[str, str]]:
        """The headers as sent: Content-Length is added where a body may follow and none is given."""
        bodyless = self.status in (204, 304)
        if bodyless or any(name.lower() == "content-length" for name, _ in self.headers):
            return list(self.headers)
        return [*self.headers, ("Content-Length", str(len(self.body.encode())))]


@dataclass(frozen=True, slots=True)
class Hop:
    """What one path answers: to the request, and to a preflight (None: 500 without any header)."""

    actual: Answer = Answer()
    preflight: Answer | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """A request that reached the server."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]

    def get(self, name: str) -> str | None:
        values = [value for key, value in self.headers if key.lower() == name]
        return ", ".join(values) if values else None

    @property
    def is_preflight(self) -> bool:
        return self.method == "OPTIONS" and self.get("access-control-request-method") is not None


class Wire:
    """The server's state; lives in one event loop."""

    def __init__(self, page: str) -> None:
        self.page = page.encode()
        self.hops: dict[str, Hop] = {}
        self.seen: dict[str, list[Seen]] = defaultdict(list)
        self.work: dict[str, deque[Mapping[str, object]]] = defaultdict(deque)
        self.frames: set[str] = set()
        self.results: dict[int, Mapping[str, object]] = {}
        self.changed = asyncio.Condition()
        self._connections: set[asyncio.Task[None]] = set()

    async def serve(self, port: int) -> asyncio.Server:
        return await asyncio.start_server(self._connection, "127.0.0.1", port, backlog=512)

    async def close(self) -> None:
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def submit(self, frame: str, item: Mapping[str, object]) -> None:
        async with self.changed:
            self.work[frame].append(item)
            self.changed.notify_all()

    async def wait(self, wanted: set[int]) -> None:
        async with self.changed:
            await self.changed.wait_for(lambda: wanted <= self.results.keys())

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                while await self._exchange(reader, writer):
                    await writer.drain()
        finally:
            self._connections.discard(task)
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head[:-4].split("\r\n")
        method, target, _ = first.split(" ", 2)
        pairs = tuple((name, value.strip()) for name, _, value in (line.partition(":") for line in lines))
        seen = Seen(method, target, pairs)
        body = await reader.readexactly(int(seen.get("content-length") or 0))
        path = urlsplit(target).path
        if path.startswith(CONTROL):
            answer = await self._control(path, target, body)
        else:
            answer = self._answer(path, seen)
        writer.write(_encode(answer, with_body=method != "HEAD"))
        return True

    def _answer(self, path: str, seen: Seen) -> Answer:
        self.seen[path].append(seen)
        hop = self.hops.get(path)
        if hop is None:
            return Answer(404, body="no such case")
        if seen.is_preflight:
            return hop.preflight or Answer(500, body="no preflight answer")
        return hop.actual

    async def _control(self, path: str, target: str, body: bytes) -> Answer:
        open_to_all = [("Access-Control-Allow-Origin", "*"), ("Cache-Control", "no-store")]
        if path == f"{CONTROL}page":
            return Answer(200, [("Content-Type", "text/html; charset=utf-8")], self.page.decode())
        if path == f"{CONTROL}work":
            batch = await self._take(parse_qs(urlsplit(target).query)["frame"][0])
            return Answer(200, [("Content-Type", "application/json"), *open_to_all], json.dumps(batch))
        if path == f"{CONTROL}done":
            async with self.changed:
                for result in json.loads(body):
                    self.results[result["id"]] = result
                self.changed.notify_all()
            return Answer(200, open_to_all)
        return Answer(404, body="")

    async def _take(self, frame: str) -> list[Mapping[str, object]]:
        async with self.changed:
            await self.changed.wait_for(lambda: self.work[frame])
            queue = self.work[frame]
            return [queue.popleft() for _ in range(min(BATCH, len(queue)))]


def _encode(answer: Answer, *, with_body: bool) -> bytes:
    lines = [f"HTTP/1.1 {answer.status} X", *(f"{name}: {value}" for name, value in answer.wire_headers())]
    head = "\r\n".join([*lines, "", ""]).encode("latin-1")
    return head + answer.body.encode() if with_body and answer.status not in (204, 304) else head
