"""Emulators for the session, a page on http://localhost:3000 for each test.

The port is taken under a lock: several runs on one machine wait for each other.
"""

from __future__ import annotations

import fcntl
import os
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NoReturn

import pytest

from tests.browser.presence import needs_browser
from tests.e2e.backend import Backend
from tests.e2e.emulators import LOCALSTACK, MINISTACK, Emulator, Kind
from tests.e2e.story import PORT, Story


def _lacking(what: str) -> NoReturn:
    """Skip, or fail where ``REMEDIATE_NEEDS_E2E=1`` says that nothing may be missing."""
    if os.environ.get("REMEDIATE_NEEDS_E2E") == "1":
        pytest.fail(f"{what} (REMEDIATE_NEEDS_E2E=1)")
    pytest.skip(what)


def _running(kind: Kind) -> Iterator[Emulator]:
    if kind.missing:
        _lacking(kind.missing)
    with Emulator(kind) as emulator:
        yield emulator


@pytest.fixture(scope="session")
def localstack() -> Iterator[Emulator]:
    yield from _running(LOCALSTACK)


@pytest.fixture(scope="session")
def ministack() -> Iterator[Emulator]:
    yield from _running(MINISTACK)


@pytest.fixture
def backend() -> Iterator[Backend]:
    with Backend() as running:
        yield running


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Callable[[Emulator], Story]]:
    """Starts a story on an emulator; its page is there until the test ends."""
    needs_browser()
    with ExitStack() as open_until_the_end:
        lock = (Path(tempfile.gettempdir()) / f"remediate-e2e-{os.getuid()}.lock").open("w")
        open_until_the_end.enter_context(lock)
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _is_taken(PORT):
            _lacking(f"port {PORT} of 127.0.0.1 is taken: the page of these tests has to be there")
        yield lambda emulator: open_until_the_end.enter_context(Story(emulator, tmp_path))


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False
