"""A client of Marionette, by which Firefox is driven: JSON with its length in front, over TCP.

https://firefox-source-docs.mozilla.org/testing/marionette/Protocol.html
"""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self


class MarionetteError(Exception):
    """Firefox refused a command."""


class Marionette:
    """One connection with one session, in the context of the browser itself (not of a page)."""

    def __init__(self, port: int, timeout: float) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout)
        self._stream = self._socket.makefile("rwb")
        self._number = 0
        greeting = self._read()
        assert greeting["marionetteProtocol"] == 3, greeting
        self.command("WebDriver:NewSession", {})
        self.command("Marionette:SetContext", {"value": "chrome"})
        self.command("WebDriver:SetTimeouts", {"script": int(timeout * 1000)})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()
        self._socket.close()

    def run(self, script: str, *arguments: object) -> Any:
        """What the script returns."""
        return self.command("WebDriver:ExecuteScript", _script(script, arguments))["value"]

    def wait_for(self, script: str, *arguments: object) -> Any:
        """What the script gives to the callback that it finds as its last argument."""
        return self.command("WebDriver:ExecuteAsyncScript", _script(script, arguments))["value"]

    def command(self, name: str, parameters: Mapping[str, object]) -> Any:
        """The answer to one command: `[0, number, name, parameters]`, `[1, number, error, result]`."""
        self._number += 1
        sent = json.dumps([0, self._number, name, parameters]).encode()
        self._stream.write(b"%d:%s" % (len(sent), sent))
        self._stream.flush()
        kind, number, error, result = self._read()
        assert (kind, number) == (1, self._number)
        if error is not None:
            message = f"{name}: {error['error']}: {error['message']}"
            raise MarionetteError(message)
        return result

    def _read(self) -> Any:
        length = b""
        while (byte := self._stream.read(1)) != b":":
            if not byte:
                message = "Firefox closed the connection"
                raise MarionetteError(message)
            length += byte
        return json.loads(self._stream.read(int(length)))


def _script(script: str, arguments: tuple[object, ...]) -> dict[str, object]:
    """One sandbox for all scripts, so that what a script keeps is there for the next."""
    return {"script": script, "args": list(arguments), "sandbox": "tests", "newSandbox": False}
