"""The commands as processes: forked from a warm one, where how an interpreter starts is not what is tested.

Python, boto3 and moto take two seconds of a processor to start, and most commands some tenths of one.
`run` and `start` therefore fork from a process (`tests/warm.py`) that has everything imported. What they
make is a process like any other: its own folder, environment, streams, signals and exit code. Under
REMEDIATE_TESTS=long each is started from nothing, as `run_cold` always does.
"""

from __future__ import annotations

import array
import functools
import json
import os
import pty
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.sizes import LONG

ROOT = Path(__file__).parents[1]
TIMEOUT = 120.0
"""Seconds after which a command counts as hanging."""


def environment(**more: str) -> dict[str, str]:
    """No setting of the developer's own reaches the command."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "NO_COLOR"))}
    nowhere = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    return kept | nowhere | {"AWS_EC2_METADATA_DISABLED": "true", "PYTHONWARNINGS": "error"} | more


def run(*arguments: str, cwd: Path = ROOT, **more: str) -> subprocess.CompletedProcess[str]:
    """Run `remediate` to its end; `more` are variables of its environment."""
    return _texts(run_bytes(arguments, cwd, environment(**more)))


def run_cold(*arguments: str, cwd: Path = ROOT, **more: str) -> subprocess.CompletedProcess[str]:
    """The same in an interpreter of its own: for what depends on how one starts or ends."""
    return _texts(Cold(arguments, cwd, environment(**more)).complete())


def run_bytes(
    arguments: Sequence[str], cwd: Path, settings: Mapping[str, str]
) -> subprocess.CompletedProcess[bytes]:
    """Run `remediate` with just this environment."""
    return start(arguments, cwd, settings).complete()


def run_into(arguments: Sequence[str], **streams: int) -> subprocess.CompletedProcess[str]:
    """Run `remediate` with these handles as `stdout` or `stderr`; the others are read."""
    return _texts(start(arguments, ROOT, environment(), **streams).complete())


def start(arguments: Sequence[str], cwd: Path, settings: Mapping[str, str], **streams: int) -> Process:
    """Start `remediate` with nothing to read, and pipes for what it prints or these handles."""
    return (Cold if LONG else Forked)(arguments, cwd, settings, **streams)


def on_a_terminal(
    arguments: Sequence[str],
    cwd: Path,
    settings: Mapping[str, str],
    answer: bytes = b"",
    when: Callable[[bytes], bool] = bool,
) -> tuple[int, str]:
    """Run `remediate` on a pseudo-terminal: the exit code, and all that was on the screen.

    `answer` is typed once what was printed is something `when` it can be.
    """
    terminal, screen = _terminal(arguments, cwd, settings)
    said = b""
    try:
        # A terminal whose last process has ended cannot be read.
        with suppress(OSError):
            while piece := os.read(screen, 1 << 16):
                said += piece
                if answer and when(said):
                    os.write(screen, answer)
                    answer = b""
    finally:
        os.close(screen)
    return terminal.wait(), said.decode()


def _terminal(arguments: Sequence[str], cwd: Path, settings: Mapping[str, str]) -> tuple[Terminal, int]:
    """The command on its terminal, and the terminal's other side."""
    if LONG:
        child, screen = pty.fork()
        if child == 0:
            os.chdir(cwd)
            os.execve(sys.executable, [sys.executable, "-m", "remediate", *arguments], dict(settings))
        return Terminal(child, None), screen
    screen, end = pty.openpty()
    try:
        return Terminal(
            *warm().fork(_request(arguments, cwd, settings) | {"terminal": True}, [end] * 3)
        ), screen
    finally:
        os.close(end)


def _request(arguments: Sequence[str], cwd: Path, settings: Mapping[str, str]) -> dict[str, Any]:
    return {"arguments": list(arguments), "folder": str(cwd), "environment": dict(settings)}


def _texts(done: subprocess.CompletedProcess[bytes]) -> subprocess.CompletedProcess[str]:
    out, err = (printed.decode().replace("\r\n", "\n") for printed in (done.stdout, done.stderr))
    return subprocess.CompletedProcess(done.args, done.returncode, out, err)


class Warm:
    """The warm process that this one forks commands from."""

    def __init__(self) -> None:
        self._requests, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.warm", str(theirs.fileno())],
                cwd=ROOT,
                env=environment(),
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )

    def fork(self, request: Mapping[str, Any], handles: Sequence[int]) -> tuple[int, int]:
        """The number of a process with these as its streams, and the handle that tells its exit code."""
        reader, writer = os.pipe()
        try:
            passed = array.array("i", [*handles, writer])
            self._requests.sendmsg(
                [json.dumps(request).encode()], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, passed)]
            )
        finally:
            os.close(writer)
        return int(_line(reader)), reader

    def close(self) -> None:
        """End it; commands that still run end with it."""
        self._requests.close()
        self._process.wait(20)


@functools.cache
def warm() -> Warm:
    """The one of this process, started when it is needed first."""
    return Warm()


def close_warm() -> None:
    """End the warm process, if one was started."""
    if warm.cache_info().currsize:
        warm().close()
        warm.cache_clear()


def _line(handle: int) -> str:
    said = b""
    while not said.endswith(b"\n"):
        piece = os.read(handle, 1)
        if not piece:
            raise RuntimeError("the warm process has ended; what it printed tells why")
        said += piece
    return said.decode()


@dataclass
class Terminal:
    """A command on a pseudo-terminal."""

    pid: int
    told: int | None
    """The handle that tells the exit code of a forked one."""

    def wait(self) -> int:
        """Wait for its end: the exit code."""
        if self.told is None:
            return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        try:
            return int(_line(self.told))
        finally:
            os.close(self.told)


class Process:
    """A command that runs, with what it prints in two pipes or in handles that were given."""

    def __init__(
        self,
        arguments: Sequence[str],
        cwd: Path,
        settings: Mapping[str, str],
        stdout: int | None = None,
        stderr: int | None = None,
    ) -> None:
        self.arguments = list(arguments)
        self.returncode: int | None = None
        self._printed: dict[int, bytes] = {}
        nothing = os.open(os.devnull, os.O_RDONLY)
        self._out, out = self._piped(stdout)
        self._err, err = self._piped(stderr)
        try:
            self.pid = self._start(cwd, settings, [nothing, out, err])
        finally:
            os.close(nothing)
            for given, handle in ((stdout, out), (stderr, err)):
                if given is None:
                    os.close(handle)

    def _piped(self, given: int | None) -> tuple[int, int]:
        """Where this process reads, and where the command writes."""
        if given is not None:
            return -1, given
        reader, writer = os.pipe()
        self._printed[reader] = b""
        return reader, writer

    def send_signal(self, number: int) -> None:
        """Signal it, unless its end was waited for."""
        if self.returncode is None:
            os.kill(self.pid, number)

    def line(self) -> str:
        """The next line that it prints."""
        return _line(self._out)

    def complete(self, timeout: float = TIMEOUT) -> subprocess.CompletedProcess[bytes]:
        """Wait for its end: the exit code, and what it printed that was not read yet."""
        ends = time.monotonic() + timeout
        with selectors.DefaultSelector() as open_ones:
            for handle in self._printed:
                open_ones.register(handle, selectors.EVENT_READ)
            while open_ones.get_map():
                ready = open_ones.select(max(0.0, ends - time.monotonic()))
                if not ready:
                    self.send_signal(signal.SIGKILL)
                    raise subprocess.TimeoutExpired(self.arguments, timeout, *self._printed.values())
                for key, _ in ready:
                    piece = os.read(key.fd, 1 << 16)
                    self._printed[key.fd] += piece
                    if not piece:
                        open_ones.unregister(key.fd)
                        os.close(key.fd)
        self.returncode = self._wait()
        out, err = (self._printed.get(handle, b"") for handle in (self._out, self._err))
        return subprocess.CompletedProcess(self.arguments, self.returncode, out, err)

    def _start(self, cwd: Path, settings: Mapping[str, str], streams: Sequence[int]) -> int:
        raise NotImplementedError

    def _wait(self) -> int:
        raise NotImplementedError


class Cold(Process):
    """A command in an interpreter of its own."""

    def _start(self, cwd: Path, settings: Mapping[str, str], streams: Sequence[int]) -> int:
        stdin, stdout, stderr = streams
        ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        self._process = subprocess.Popen(
            [sys.executable, "-m", "remediate", *self.arguments],
            cwd=cwd,
            env=settings,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            preexec_fn=interruptible if ignored else None,  # noqa: PLW1509  # one call of the kernel
        )
        return self._process.pid

    def _wait(self) -> int:
        return self._process.wait(TIMEOUT)


class Forked(Process):
    """A command forked from the warm process."""

    def _start(self, cwd: Path, settings: Mapping[str, str], streams: Sequence[int]) -> int:
        pid, self._told = warm().fork(_request(self.arguments, cwd, settings), streams)
        return pid

    def _wait(self) -> int:
        try:
            return int(_line(self._told))
        finally:
            os.close(self._told)


def interruptible() -> None:
    """A shell that starts this suite in the background has its children ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
