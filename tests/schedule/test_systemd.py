"""The systemd units, judged by systemd itself."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest

from remediate.schedule.facts import MINUTES, Interval
from remediate.schedule.places.systemd import calendar
from tests.schedule.making import ODD, TOLD, UPLOADS, WEBAPP, made

pytestmark = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None and not os.environ.get("REMEDIATE_NEEDS_SYSTEMD"),
    reason="needs systemd-analyze (apt install systemd)",
)
WELL_CLOSED = 2.0
"""Of 10, by systemd-analyze security: what needs the network and reads files cannot be far below 1."""

CASES = {
    "a folder": ({"plans/webapp.yaml": WEBAPP}, "1h", True),
    "a bucket": ({"uploads.yaml": UPLOADS}, "15m", False),
    "channels": ({"plans/webapp.yaml": TOLD}, "1h", True),
    "odd": ({f"{ODD}/webapp.yaml": WEBAPP}, "1d", True),
    "an odd journal": ({"webapp.yaml": WEBAPP + 'state: "a%i$b\\\\c"\n'}, "6h", True),
}


@pytest.fixture(params=CASES)
def units(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The units in a folder; the program that they start is one that this machine has."""
    plans, every, correct = CASES[request.param]
    files = made("systemd", tmp_path / "made", plans, every=every, correct=correct)
    folder = tmp_path / "units"
    folder.mkdir()
    for name, text in files.items():
        runnable = text.replace("ExecStart=/opt/remediate/bin/remediate", "ExecStart=/bin/echo")
        (folder / name).write_text(runnable, encoding="utf-8")
    return folder


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, check=False)


def test_systemd_verifies_them(units: Path) -> None:
    # The template cannot be verified without an instance's name.
    shutil.copy(units / "remediate-failed@.service", units / "remediate-failed@x.service")
    names = ("remediate-drift.service", "remediate-drift.timer", "remediate-failed@x.service")
    done = analyze("verify", *(str(units / name) for name in names))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_systemd_finds_the_service_closed(units: Path) -> None:
    done = analyze("security", "--offline=true", str(units / "remediate-drift.service"))
    exposure = re.search(r"Overall exposure level for remediate-drift.service: ([0-9.]+)", done.stdout)
    assert exposure, done.stderr
    assert float(exposure[1]) < WELL_CLOSED


@pytest.mark.parametrize("minutes", MINUTES)
def test_passes_come_at_even_intervals(minutes: int) -> None:
    done = analyze(
        "calendar",
        "--base-time=2026-11-22 00:00:00 UTC",
        "--iterations=20",
        calendar(Interval(minutes), "webapp"),
    )
    times = re.findall(r"(?:Next elapse|Iteration #\d+|Iter. #\d+): \w+ \S+ (\d+):(\d+):00", done.stdout)
    assert len(times) == 20, done.stdout + done.stderr
    passes = [int(hour) * 60 + int(minute) for hour, minute in times]
    assert {(after - before) % 1440 for before, after in pairwise(passes)} == {minutes % 1440}


def test_the_journal_is_where_the_service_may_write(tmp_path: Path) -> None:
    plans = {"webapp.yaml": WEBAPP}
    service = made("systemd", tmp_path, plans)["remediate-drift.service"]
    assert 'BindPaths="/var/lib/remediate:/etc/remediate/plans/.remediate"' in service
    service = made("systemd", tmp_path / "b", {"u.yaml": UPLOADS})["remediate-drift.service"]
    assert "BindPaths" not in service


def test_what_channels_refer_to_stands_in_a_file_of_roots(tmp_path: Path) -> None:
    service = made("systemd", tmp_path, {"webapp.yaml": TOLD})["remediate-drift.service"]
    head, _, rest = service.partition("[Unit]")
    assert "install -m 0600 /dev/null /etc/remediate/environment\n#   SLACK_WEBHOOK, NO\n" in head
    assert "\nEnvironmentFile=-/etc/remediate/environment\n" in rest
    assert "SLACK_WEBHOOK" not in rest
