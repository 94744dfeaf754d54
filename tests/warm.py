"""A process that has everything imported and forks commands: `python -m tests.warm HANDLE`.

Each message on the socket HANDLE is a request: `arguments`, `folder`, `environment` and `terminal` as JSON,
with four handles: the three streams, and a pipe that gets the process's number and, when it has ended,
its exit code (negative: the signal that killed it). It has one thread, so that forking is safe.
"""

from __future__ import annotations

import atexit
import codecs
import fcntl
import gc
import importlib
import io
import json
import locale
import os
import pkgutil
import selectors
import signal
import socket
import sys
import termios
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

REQUEST = 1 << 20
"""The most that a request takes, in bytes."""


class Forks:
    """The commands that run, and who waits for their ends."""

    def __init__(self, requests: socket.socket, main: Callable[[], None]) -> None:
        self._requests = requests
        self._main = main
        self._waiting: dict[int, int] = {}
        self._woken, wakes = os.pipe()
        self._own = [requests.fileno(), self._woken, wakes]
        os.set_blocking(wakes, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)

    def serve(self) -> None:
        """Until the other side of the socket closes; what still runs then is killed."""
        with selectors.DefaultSelector() as ready:
            ready.register(self._requests, selectors.EVENT_READ)
            ready.register(self._woken, selectors.EVENT_READ)
            while True:
                for key, _ in ready.select():
                    if key.fd == self._woken:
                        os.read(self._woken, 1 << 12)
                        self._tell()
                        continue
                    data, handles, _, _ = socket.recv_fds(self._requests, REQUEST, 4)
                    if not data:
                        return self._end()
                    self._fork(json.loads(data), handles)

    def _fork(self, request: Mapping[str, Any], handles: Sequence[int]) -> None:
        *streams, told = handles
        child = os.fork()
        if child == 0:
            signal.set_wakeup_fd(-1)
            for handle in [*self._own, *self._waiting.values(), told]:
                os.close(handle)
            _become(request, streams)
            _leave(self._main)
        for stream in set(streams):
            os.close(stream)
        self._waiting[child] = told
        os.write(told, f"{child}\n".encode())

    def _tell(self) -> None:
        """Tell the exit codes of all that have ended."""
        while self._waiting:
            child, status = os.waitpid(-1, os.WNOHANG)
            if child == 0:
                return
            told = self._waiting.pop(child)
            with suppress(BrokenPipeError):  # nobody waits for it
                os.write(told, f"{os.waitstatus_to_exitcode(status)}\n".encode())
            os.close(told)

    def _end(self) -> None:
        for child in self._waiting:
            os.kill(child, signal.SIGKILL)
        for child in self._waiting:
            os.waitpid(child, 0)


def _become(request: Mapping[str, Any], streams: Sequence[int]) -> None:
    """What a new interpreter would be in this folder, with these streams and this environment."""
    for number, handle in enumerate(streams):
        os.dup2(handle, number)
    for handle in set(streams):
        os.close(handle)
    if request.get("terminal"):
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    for number in (signal.SIGCHLD, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    _open_streams()
    # The command-line library reads there what to call the program.
    package = importlib.import_module("remediate")
    sys.modules["__main__"].__package__ = package.__name__
    sys.argv = [str(Path(str(package.__file__)).with_name("__main__.py")), *request["arguments"]]
    assert os.environ["PYTHONWARNINGS"] == "error"
    warnings.resetwarnings()
    warnings.simplefilter("error")
    _forget_the_random()


def _open_streams() -> None:
    """`sys.stdin` and the others, in the encoding that PYTHONIOENCODING or the locale asks for."""
    name, _, errors = os.environ.get("PYTHONIOENCODING", "").partition(":")
    encoding = codecs.lookup(name).name if name else locale.getpreferredencoding(do_setlocale=False)
    for number, stream in enumerate(("stdin", "stdout", "stderr")):
        raw = io.FileIO(number, "r" if number == 0 else "w", closefd=False)
        text = io.TextIOWrapper(
            io.BufferedReader(raw) if number == 0 else io.BufferedWriter(raw),
            encoding=encoding,
            errors="backslashreplace" if stream == "stderr" else errors or "strict",
            line_buffering=stream == "stderr" or os.isatty(number),
        )
        setattr(sys, stream, text)
        setattr(sys, f"__{stream}__", text)


def _forget_the_random() -> None:
    """Two commands draw two numbers, as two interpreters would; Python sees to its own."""
    from moto.moto_api._internal import mock_random

    mock_random.seed(None)


def _leave(main: Callable[[], None]) -> NoReturn:
    """End with the command's code and what it registered for its end, and take nothing else down."""
    code = 1
    try:
        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - an interpreter would print it and end with 1
        traceback.print_exc()
    try:
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        code = 120
    os._exit(code)


def warm_up() -> Callable[[], None]:
    """Import what commands import, and let botocore and moto read what they read once."""
    from tests.models import share_models

    share_models()
    import remediate

    for module in pkgutil.walk_packages(remediate.__path__, "remediate."):
        if module.name != "remediate.__main__":
            importlib.import_module(module.name)
    import remediate.cli
    from remediate.sandbox import embedded

    with embedded():
        pass
    assert threading.active_count() == 1, threading.enumerate()
    return remediate.cli.main


def main() -> None:
    """Serve the socket that is given by its handle."""
    os.environ["MOTO_DISABLE_GLOBAL_CORS"] = "true"
    with socket.socket(fileno=int(sys.argv[1])) as requests:
        command = warm_up()
        gc.collect()
        gc.freeze()
        Forks(requests, command).serve()


if __name__ == "__main__":
    main()
