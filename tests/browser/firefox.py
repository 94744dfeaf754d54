"""Headless Firefox as a process: which names lead where, and what its console says.

Marionette is asked for the console only: the page does its work by itself, as it does in Chromium.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from tests.browser.marionette import Marionette
from tests.browser.socks import SocksProxy

EXECUTABLES = ("firefox-esr", "firefox")
PATIENCE = 60
"""Seconds to become ready; four are enough on an idle machine."""
_PREFERENCES: Mapping[str, str | int | bool] = {
    "marionette.port": 0,
    "fission.autostart": False,  # with one process for all pages the console keeps the order
    "dom.ipc.processCount": 1,
    "network.http.max-persistent-connections-per-server": 64,  # each frame keeps one to its own server
    "network.proxy.type": 1,
    "network.proxy.socks": "127.0.0.1",
    "network.proxy.socks_version": 5,
    "network.proxy.socks5_remote_dns": True,
    "network.proxy.no_proxies_on": "localhost, 127.0.0.1",
    "browser.shell.checkDefaultBrowser": False,
    "app.normandy.enabled": False,
    "nimbus.rollouts.enabled": False,
    "app.shield.optoutstudies.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
}
# CORS failures are script errors of the console service, which neither BiDi's log nor stdout has.
_LISTEN = """
    const messages = [];
    let waiting = () => {};
    Services.console.registerListener({observe(message) {
        if (message instanceof Ci.nsIScriptError) messages.push(message.errorMessage);
        waiting();
    }});
    globalThis.consoleUntil = (word, done) => {
        waiting = () => {
            if (!messages.some((message) => message.includes(word))) return;
            waiting = () => {};
            done(messages.splice(0));
        };
        waiting();
    };
"""
_BLOCKED_URL = re.compile(
    r"^Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource "
    r"at ‘?(\S+?)’?\.? \("
)


class Firefox:
    """One Firefox, from `start` to `stop`. Its console is what its console service notifies of."""

    def __init__(self, executable: str) -> None:
        self._executable = executable
        self._open = ExitStack()

    def start(self, url: str, routes: Mapping[str, str], folder: Path) -> None:
        """Open the URL; `routes` lead `name:port` to an address, all other names lead nowhere."""
        profile = folder / "profile"
        profile.mkdir()
        proxy = self._open.enter_context(SocksProxy(routes))
        preferences = {**_PREFERENCES, "network.proxy.socks_port": proxy.port}
        lines = [
            f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in preferences.items()
        ]
        (profile / "user.js").write_text("\n".join(lines), encoding="utf-8")
        self._process = subprocess.Popen(
            [
                self._executable,
                *("--headless", "--no-remote", "--profile", str(profile)),
                *("--marionette", "--remote-allow-system-access", "about:blank"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env={**os.environ, "HOME": str(folder), "TMPDIR": str(folder)},
        )
        # Leaving is in the other order: the browser goes before the proxy that it holds connections to.
        self._open.callback(self._kill)
        try:
            port = self._marionette_port(profile / "MarionetteActivePort")
            self._marionette = self._open.enter_context(Marionette(port, PATIENCE))
            self._marionette.run(_LISTEN)
            self._marionette.command("Marionette:SetContext", {"value": "content"})
            self._marionette.command("WebDriver:Navigate", {"url": url})
            self._marionette.command("Marionette:SetContext", {"value": "chrome"})
        except BaseException:
            self._open.close()
            raise

    def stop(self) -> None:
        """End it and its proxy."""
        self._open.close()

    def console_until(self, word: str) -> list[str]:
        """The console's messages since the last call, the one with `word` being among them."""
        script = "consoleUntil(arguments[0], arguments[arguments.length - 1])"
        messages: list[str] = self._marionette.wait_for(script, word)
        return messages

    @staticmethod
    def blocked_url(message: str) -> str | None:
        """The URL of the request, or of the redirect's target, if the message says that CORS blocked it."""
        match = _BLOCKED_URL.match(message)
        return match[1] if match else None

    def _marionette_port(self, file: Path) -> int:
        """The port that Firefox has chosen and written down."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and self._process.poll() is None:
            text = file.read_text(encoding="ascii") if file.is_file() else ""
            if text:
                return int(text)
            time.sleep(0.05)
        message = f"{self._executable} did not become ready (exit code {self._process.poll()})"
        raise RuntimeError(message)

    def _kill(self) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
