"""Signals that reach a main thread which cannot hear them, and what counts as a sign of life."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest

from remediate import activity
from remediate.threads import thread_pool
from tests.in_process import environment

STUCK = """
import hashlib, sys
from remediate import cli

sys.argv = ["remediate", "stuck", "--json"]

@cli.app.command("stuck")
def stuck(json: bool = False) -> int:
    print("begun", file=sys.stderr, flush=True)
    # As the look-up of a name does, it lets other threads run and looks at no signal until it is over.
    hashlib.pbkdf2_hmac("sha256", b"a", b"b", 2_000_000_000)
    return 0

cli.main()
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_call_that_no_signal_breaks_off_is_left(tmp_path: Path, number: signal.Signals, code: int) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", STUCK],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    assert process.stderr is not None
    assert process.stderr.readline() == "begun\n"
    time.sleep(0.5)  # until it is inside the call
    process.send_signal(number)
    printed, said = process.communicate(timeout=60)
    assert process.returncode == code, said
    assert "did not answer any more" in said
    assert json.loads(printed)["error"]["exit_code"] == code


def test_an_answer_and_a_pause_on_purpose_are_signs_of_life() -> None:
    long_ago = activity.now() - 1_000
    activity.note()
    assert activity.idle_since(long_ago) < 900
    soon = activity.now() + 1_000
    assert activity.idle_since(soon) < 0
    with activity.pausing():
        assert activity.idle_since(long_ago) == 0.0
    assert activity.idle_since(soon) < 0


def leave(work: Callable[[], None], error: BaseException) -> None:
    with thread_pool(1, "test") as pool:
        pool.submit(work)
        raise error


def test_a_pool_is_not_waited_for_on_ctrl_c_and_is_otherwise() -> None:
    release, ended = Event(), Event()

    def hang() -> None:
        release.wait(60)
        ended.set()

    with pytest.raises(KeyboardInterrupt):
        leave(hang, KeyboardInterrupt())
    assert not ended.is_set()
    release.set()
    assert ended.wait(60)
    ended.clear()
    with pytest.raises(ValueError, match="x"):
        leave(hang, ValueError("x"))
    assert ended.is_set()
