"""A page on http://localhost:3000 calls an application on an emulator: refused, let in, refused again.

Each step is asked of Chromium, and `remediate explain` must have said the same from live settings.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.browser.oracle import BrowserOracle, Case, Result
from tests.browser.wire import Pairs
from tests.e2e.emulators import REGION, Emulator

PORT = 3000
PAGE = f"http://localhost:{PORT}"
STRANGER = "http://evil.test"

NO_HEADER = "No 'Access-Control-Allow-Origin' header is present on the requested resource."
NO_HEADER_ON_PREFLIGHT = f"Response to preflight request doesn't pass access control check: {NO_HEADER}"
PREFLIGHT_STATUS = (
    "Response to preflight request doesn't pass access control check: It does not have HTTP ok status."
)
AGREED = ("--allow", "insecure-origin")
"""Other pages than the developer's own are at http://*.test here, which a plan has to be allowed."""
FOR_SOMEBODY_ELSE = (
    f"The 'Access-Control-Allow-Origin' header has a value '{PAGE}' that is not equal to the supplied origin."
)


@dataclass(frozen=True, slots=True)
class Call:
    """What script sends. ``at`` gives the URL of each try: a preflight that passed is remembered by URL.

    ``known_as`` is the URL on AWS, where the emulator serves another name.
    """

    at: Callable[[int], str]
    method: str = "GET"
    headers: Pairs = ()
    body: str | None = None
    known_as: str = ""


def as_aws_serves(text: str) -> str:
    """The text with AWS's own names under https: AWS answers to them so alone, while emulators speak http."""
    return re.sub(r"http://(?=[^/\s'\"]+\.(amazonaws\.com|cloudfront\.net))", "https://", text)


class Story:
    """The page, the emulator and the commands, for the length of a ``with`` block.

    AWS's own host names lead to the emulator, as far as it answers to them.
    """

    def __init__(self, emulator: Emulator, folder: Path) -> None:
        self._emulator = emulator
        self._plan = folder / "plan.yaml"
        address = f"127.0.0.1:{emulator.port}"
        self._oracle = BrowserOracle(
            port=PORT, resolve={"*.amazonaws.com:80": address, "*.cloudfront.net:80": address}
        )
        self._tries = 0

    def __enter__(self) -> Self:
        self._oracle.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._oracle.__exit__(kind, error, trace)

    def refused(
        self, call: Call, why: str, *, origin: str = PAGE, verdict: str = "blocked"
    ) -> dict[str, Any]:
        """Script gets nothing but a failure, and the console tells `why`; what `explain` says of it."""
        result = self._sent(call, origin)
        assert not result.ok, result
        assert result.error == "TypeError: Failed to fetch"
        assert why in result.console
        told = self.predicted(call, origin, result.console)
        assert told["verdict"] == verdict, told
        return told

    def let_in(
        self, call: Call, *, origin: str = PAGE, status: int = 200, verdict: str = "allowed"
    ) -> Result:
        """Script reads the answer, whatever its status."""
        result = self._sent(call, origin)
        assert result.ok, result
        assert result.status == status
        told = self.predicted(call, origin)
        assert told["verdict"] == verdict, told
        return result

    def applied(self, plan: str, *arguments: str) -> dict[str, Any]:
        """`remediate apply` with a plan file of that text has written something; what it printed."""
        self._plan.write_text("version: 1\nname: webapp\n" + plan, encoding="utf-8")
        document = self._remediate("apply", "--yes", *arguments, str(self._plan))
        assert {one["status"] for one in document["applied"]} == {"written"}, document
        return document

    def predicted(self, call: Call, origin: str, console: str = "") -> dict[str, Any]:
        """What `remediate explain` says of the call from live settings; `console` tells it which one."""
        asked = ["-X", call.method]
        asked += [part for name, value in call.headers for part in ("-H", f"{name}: {value}")]
        if call.known_as:
            asked += [call.known_as, "--origin", origin]
        elif console:
            asked += ["--error", as_aws_serves(console)]
        else:
            asked += [as_aws_serves(call.at(self._tries)), "--origin", origin]
        return self._remediate("explain", *asked)

    def _sent(self, call: Call, origin: str) -> Result:
        self._tries += 1
        case = Case(
            call.at(self._tries),
            method=call.method,
            headers=call.headers,
            body=call.body,
            origin=None if origin == PAGE else origin,
        )
        [result] = self._oracle.run([case])
        return result

    def _remediate(self, *arguments: str) -> dict[str, Any]:
        """A command as a user runs it, with nothing of the caller's AWS settings."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        where = ("--endpoint-url", self._emulator.endpoint, "--region", REGION)
        done = subprocess.run(
            [sys.executable, "-m", "remediate", *arguments, "--json", *where],
            cwd=self._plan.parent,
            env=kept
            | {
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
                "AWS_CONFIG_FILE": os.devnull,
                "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
                "AWS_EC2_METADATA_DISABLED": "true",
                "PYTHONWARNINGS": "error",
            },
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"{arguments[0]} ended with {done.returncode}: {done.stderr}"
        document: dict[str, Any] = json.loads(done.stdout)
        return document
