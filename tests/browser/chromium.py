"""Headless Chromium as a process: which names lead where, and what its console says."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path

EXECUTABLES = (  # the headless shell is several times faster to start and to run
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
PATIENCE = 5
"""Seconds for the console to say the last word."""
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-breakpad",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--proxy-server=direct://",
    "--enable-logging=stderr",
)
_EXCLUDED = ("localhost", "*.localhost", "127.0.0.1")
_CONSOLE = re.compile(r'CONSOLE[^\]]*\] "(.*)", source: ', re.DOTALL)
_BLOCKED_URL = re.compile(
    r"^Access to (?:fetch|XMLHttpRequest) at '([^']*)'(?: \(redirected from '([^']*)'\))?"
)


class Chromium:
    """One Chromium, from `start` to `stop`. Its console is what it writes to stderr."""

    def __init__(self, executable: str) -> None:
        self._executable = executable
        self._lines: list[str] = []
        self._said = threading.Condition()

    def start(self, url: str, routes: Mapping[str, str], folder: Path) -> None:
        """Open the URL; `routes` lead `name:port` to an address, all other names lead nowhere."""
        rules = [f"MAP {name} {address}" for name, address in routes.items()]
        rules += ["MAP * ~NOTFOUND", *(f"EXCLUDE {name}" for name in _EXCLUDED)]
        self._process = subprocess.Popen(
            [
                self._executable,
                *_FLAGS,
                f"--user-data-dir={folder / 'profile'}",
                f"--host-resolver-rules={', '.join(rules)}",
                url,
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
            env={**os.environ, "HOME": str(folder), "TMPDIR": str(folder)},
        )
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()

    def stop(self) -> None:
        """End it. The launcher does not always become the browser, so the whole group is killed."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._reader.join(timeout=5)
        assert self._process.stderr is not None
        self._process.stderr.close()

    def console_until(self, word: str) -> list[str]:
        """The console's messages since the last call, the one with `word` being the last."""
        with self._said:
            self._said.wait_for(lambda: any(word in line for line in self._lines), timeout=PATIENCE)
            lines, self._lines = self._lines, []
            return lines

    @staticmethod
    def blocked_url(message: str) -> str | None:
        """The URL that script asked for, if the message says that CORS blocked it."""
        match = _BLOCKED_URL.match(message)
        return (match[2] or match[1]) if match else None

    def _listen(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            match = _CONSOLE.search(line)
            if match:
                with self._said:
                    self._lines.append(match[1])
                    self._said.notify_all()
