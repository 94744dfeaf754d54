"""A forked command is the command: it ends, prints and signals as one in an interpreter of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import ROOT, Cold, Forked, environment, run_cold


def without_folder(printed: str) -> str:
    """The sandbox's journal lies in a temporary folder of its own."""
    return re.sub(r'"state": "[^"]+/remediate-\w+"', '"state": "…"', printed)


@pytest.mark.parametrize(
    "arguments",
    [("--version",), ("plan", "--sandbox", "--json"), ("plan", "no-such-file.yaml"), ("plann", "--json")],
)
def test_it_ends_and_prints_alike(arguments: tuple[str, ...]) -> None:
    forked = Forked(arguments, ROOT, environment()).complete()
    cold = run_cold(*arguments)
    assert (forked.returncode, forked.stderr.decode()) == (cold.returncode, cold.stderr)
    assert without_folder(forked.stdout.decode()) == without_folder(cold.stdout)


@pytest.mark.parametrize("kind", [Cold, Forked])
def test_it_has_its_own_folder_and_environment(tmp_path: Path, kind: type[Cold | Forked]) -> None:
    (tmp_path / "here.yaml").write_text("version: 2\n")
    here = kind(["plan", "here.yaml"], tmp_path, environment()).complete()
    assert here.returncode == 1
    assert b"here.yaml:1:" in here.stderr
    narrow = kind(["plan", "--sandbox"], ROOT, environment(PYTHONIOENCODING="ascii")).complete()
    assert narrow.returncode == 0
    assert narrow.stdout.isascii()


@pytest.mark.parametrize("kind", [Cold, Forked])
def test_a_signal_s_number_is_its_exit_code(kind: type[Cold | Forked]) -> None:
    served = kind(["sandbox"], ROOT, environment())
    assert served.line().startswith("export ")
    served.send_signal(signal.SIGKILL)
    assert served.complete().returncode == -signal.SIGKILL


def test_an_unknown_size_is_an_error() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import tests.sizes"],
        cwd=ROOT,
        env={**os.environ, "REMEDIATE_TESTS": "huge"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "REMEDIATE_TESTS=huge: give one of quick, long, full" in done.stderr
