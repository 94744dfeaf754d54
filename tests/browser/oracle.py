"""A headless browser as the judge of CORS: cases in, what script saw out. Standard library, loopback.

    with BrowserOracle("firefox") as oracle:
        url = oracle.target + "/one"
        shared = Answer(200, [("Access-Control-Allow-Origin", oracle.origin)])
        [result] = oracle.run([Case(url, answers={"/one": Hop(shared)})])

A case's URL may also be any other server's that this machine can reach by a loopback address; then
`answers` is empty and nothing is seen of the requests but what script and the console tell.
"""

import asyncio
import os
import shutil
import tempfile
import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from tests.browser import chromium, firefox
from tests.browser.chromium import Chromium
from tests.browser.firefox import Firefox
from tests.browser.wire import Answer, Hop, Pairs, Seen, Wire

__all__ = ["BROWSERS", "Answer", "BrowserOracle", "Case", "Hop", "Result", "Seen", "find_browser", "variable"]

BROWSERS: Mapping[str, tuple[type[Chromium | Firefox], Sequence[str]]] = {
    "chromium": (Chromium, chromium.EXECUTABLES),
    "firefox": (Firefox, firefox.EXECUTABLES),
}
"""Each browser's driver, and the names of its executable."""


def find_browser(name: str) -> str | None:
    """Path of the browser: of ``REMEDIATE_CHROMIUM`` or its like, or the first one on the path; or None."""
    named = os.environ.get(variable(name))
    if named:
        return shutil.which(named)
    return next((path for path in map(shutil.which, BROWSERS[name][1]) if path), None)


def variable(name: str) -> str:
    """The environment variable that names the browser's executable."""
    return f"REMEDIATE_{name.upper()}"


@dataclass(frozen=True, slots=True)
class Case:
    """One ``fetch()``. ``origin`` None is the page's own, ``null`` a sandboxed frame, else ``http://*.test``.
    All but the page's own are frames within it: to their servers they are third parties, without cookies.

    ``answers`` are the oracle's own server's, by path; in one run a path belongs to one case. A later
    run may use it again: then the browser's caches have their say, as they have for anybody.
    ``upload_listener`` sends by XMLHttpRequest with a listener that forces a preflight.
    """

    url: str
    method: str = "GET"
    headers: Pairs = ()
    credentials: bool = False
    body: str | None = None
    origin: str | None = None
    upload_listener: bool = False
    answers: Mapping[str, Hop] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """What script saw; ``console`` is the browser's own reason, ``requests`` what the oracle's server saw.

    Where a browser gives several reasons for one request, each is a line of ``console``.
    """

    ok: bool
    status: int
    headers: tuple[tuple[str, str], ...]
    body: str
    error: str
    console: str
    requests: tuple[Seen, ...]

    @property
    def visible(self) -> tuple[str, ...]:
        """Names of the headers that script could read: lower case, sorted."""
        return tuple(sorted({name.lower() for name, _ in self.headers}))

    @property
    def preflight(self) -> Seen | None:
        """The first preflight, if the server saw one."""
        return next((seen for seen in self.requests if seen.is_preflight), None)


class BrowserOracle:
    """A server and a browser for the length of a ``with`` block.

    ``name`` is a key of `BROWSERS`.
    ``port`` fixes the page's origin (``http://localhost:3000``); ``resolve`` maps more hosts, as in
    ``{"*.amazonaws.com:80": "127.0.0.1:4566"}``. ``timeout`` is for one case, in seconds.
    """

    def __init__(
        self,
        name: str = "chromium",
        *,
        port: int = 0,
        resolve: Mapping[str, str] | None = None,
        timeout: float = 20,
    ) -> None:
        self.name = name
        self._port = port
        self._resolve = dict(resolve or {})
        self._timeout = timeout
        self._count = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._directory = Path()

    def __enter__(self) -> Self:
        executable = find_browser(self.name)
        if executable is None:
            message = f"no {self.name} found: install it, or name it in {variable(self.name)}"
            raise FileNotFoundError(message)
        driver, _ = BROWSERS[self.name]
        self._browser = driver(executable)
        self._thread.start()
        self._server = self._await(self._serve())
        port = self._server.sockets[0].getsockname()[1]
        self.origin = f"http://localhost:{port}"
        self.target = f"http://127.0.0.1:{port}"
        self.other = f"http://other.localhost:{port}"
        self._directory = Path(tempfile.mkdtemp(prefix="oracle-"))
        self._browser.start(
            f"{self.origin}/oracle/page?frame={self.origin}&home={self.origin}",
            {"*.test:80": f"127.0.0.1:{port}", **self._resolve},
            self._directory,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._browser.stop()
        self._server.close()
        self._await(self._wire.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        shutil.rmtree(self._directory, ignore_errors=True)

    def run(self, cases: Sequence[Case]) -> list[Result]:
        """Run all cases, 24 at a time and origin; results in the same order. Raises `TimeoutError`."""
        first = self._count
        self._count += len(cases)
        limit = self._timeout + len(cases) / 20
        self._await(self._submit(first, cases), limit)
        blocked = self._blocked_reasons()
        return [self._result(first + number, case, blocked) for number, case in enumerate(cases)]

    def origins(self, urls: Sequence[str]) -> list[str | None]:
        """The origin of each URL as the browser's own parser serialises it, None where it refuses."""
        first = self._count
        self._count += len(urls)
        self._await(self._parse(first, urls), self._timeout + len(urls) / 20)
        return [self._wire.results[first + number]["origin"] for number in range(len(urls))]

    async def _parse(self, first: int, urls: Sequence[str]) -> None:
        for number, url in enumerate(urls):
            await self._wire.submit(self.origin, {"id": first + number, "parse": url})
        await self._wire.wait(set(range(first, first + len(urls))))

    async def _serve(self) -> asyncio.Server:
        self._wire = Wire(Path(__file__).with_name("page.html").read_text(encoding="utf-8"))
        return await self._wire.serve(self._port)

    async def _submit(self, first: int, cases: Sequence[Case]) -> None:
        wire = self._wire
        paths = [path for case in cases for path in case.answers]
        if len(set(paths)) < len(paths):
            message = "a path belongs to two cases: the preflight cache would decide between them"
            raise ValueError(message)
        for case in cases:
            wire.hops.update(case.answers)
        for path in paths:
            wire.seen.pop(path, None)
        for number, case in enumerate(cases):
            frame = case.origin or self.origin
            if frame not in wire.frames | {self.origin}:
                wire.frames.add(frame)
                await wire.submit(self.origin, {"frame": frame})
            await wire.submit(frame, self._item(first + number, case))
        await wire.wait(set(range(first, first + len(cases))))

    def _item(self, number: int, case: Case) -> Mapping[str, object]:
        return {
            "id": number,
            "url": case.url,
            "method": case.method,
            "headers": list(case.headers),
            "credentials": case.credentials,
            "body": case.body,
            "upload": case.upload_listener,
            "timeout": int(self._timeout * 1000),
            "limit": 4000,
        }

    def _blocked_reasons(self) -> dict[str, str]:
        """The console's reasons by URL. The page's own word comes last, so nothing is missing by then."""
        word = f"The console has settled {self._count}."
        self._await(self._wire.submit(self.origin, {"say": word}))
        reasons: dict[str, list[str]] = defaultdict(list)
        for message in self._browser.console_until(word):
            url = self._browser.blocked_url(message)
            if url is not None:
                reasons[url].append(message)
        return {url: "\n".join(messages) for url, messages in reasons.items()}

    def _result(self, number: int, case: Case, blocked: Mapping[str, str]) -> Result:
        raw: Mapping[str, Any] = self._wire.results[number]
        requests = [seen for path in case.answers for seen in self._wire.seen[path]]
        # Firefox names a redirect's target alone; its path belongs to the case, too.
        urls = [case.url, *(url for url in blocked if url != case.url and urlsplit(url).path in case.answers)]
        return Result(
            ok=raw["ok"],
            status=raw["status"],
            headers=tuple((name, value) for name, value in raw["headers"]),
            body=raw["body"],
            error=raw.get("error", ""),
            console="\n".join(blocked[url] for url in urls if url in blocked),
            requests=tuple(requests),
        )

    def _await(self, work: Any, timeout: float = 30) -> Any:
        future: Future[Any] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return future.result(timeout)
