"""Ctrl-C and SIGTERM: a command ends in order while answers come, and at once where it hangs.

The signal raises KeyboardInterrupt in the main thread, which lets writes under way end and tells the
journal. A second one ends the process there and then. So does a thread of its own that the kernel wakes,
where nothing is answered any more: the main thread may sit in a call that no signal breaks off, such as
the lookup of a name.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import sys
import threading
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Any, Self

from remediate import activity
from remediate.cli.streams import is_untouched

LIMIT = 1.6
"""Seconds without an answer, after the signal, in which the main thread must have ended the process."""
CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}
HINT = "`remediate history` lists what was written until then."


class Interrupts:
    """Takes the two signals for the `with` block; `code` is the exit code of the one that came."""

    def __init__(self) -> None:
        self.code = 130
        self._is_stopped = False
        self._ear, self._mouth = socket.socketpair()
        self._mouth.setblocking(False)
        self._wakeup = -1
        self._handlers: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        for number in CODES:
            self._handlers[number] = signal.getsignal(number)
            # A shell that starts a command in the background has it ignore Ctrl-C.
            if number is signal.SIGTERM or self._handlers[number] is not signal.SIG_IGN:
                signal.signal(number, self._interrupt)
        self._wakeup = signal.set_wakeup_fd(self._mouth.fileno(), warn_on_full_buffer=False)
        threading.Thread(target=self._watch, name="interrupts", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        signal.set_wakeup_fd(self._wakeup, warn_on_full_buffer=False)
        for number, handler in self._handlers.items():
            if handler is not None:  # it was somebody's in C, and cannot be put back
                signal.signal(number, handler)
        self._mouth.close()

    def _interrupt(self, number: int, _frame: FrameType | None) -> None:
        self.code = CODES[signal.Signals(number)]
        if self._is_stopped:
            _leave(
                self.code,
                "interrupted twice: calls under way may have been written or not; see `remediate history`",
            )
        self._is_stopped = True
        raise KeyboardInterrupt

    def _watch(self) -> None:
        """End the process where the main thread does not."""
        with self._ear:
            number = 0
            while number not in CODES:
                if not (data := self._ear.recv(1)):
                    return  # the block has ended
                number = data[0]
            began = activity.now()
            while activity.idle_since(began) < LIMIT:
                if select.select([self._ear], [], [], 0.05)[0] and not self._ear.recv(1):
                    return
        _leave(CODES[signal.Signals(number)], "interrupted; what was under way did not answer any more")


def _leave(code: int, text: str) -> None:
    """End the process without a word to any buffer: the main thread may hold its lock."""
    with suppress(OSError):
        os.write(2, f"{text}\n".encode())
        if "--json" in sys.argv and is_untouched():
            error = {"message": "interrupted", "hint": HINT, "exit_code": code}
            os.write(
                1, json.dumps({"format": "remediate.error/1", "error": error}, indent=2).encode() + b"\n"
            )
    os._exit(code)
