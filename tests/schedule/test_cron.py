"""The crontab line and its script: started when it should be, silent unless there is something to say."""

from __future__ import annotations

import fcntl
import os
import shlex
import subprocess
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from cronsim import CronSim

from remediate.errors import UsageError
from remediate.schedule.facts import MINUTES, Interval
from tests.schedule.making import ODD, TOLD, UPLOADS, WEBAPP, made
from tests.schedule.test_github import REMEDIATE


@pytest.mark.parametrize("minutes", MINUTES)
@pytest.mark.parametrize("seed", ["webapp", "uploads", "a,b", ""])
def test_passes_come_at_even_intervals_and_not_at_the_full_hour(minutes: int, seed: str) -> None:
    start = datetime(2026, 11, 22, 0, 0)  # noqa: DTZ001  # cron's own clock
    times = CronSim(Interval(minutes).cron(seed), start)
    passes = [next(times) for _ in range(50)]
    assert {after - before for before, after in pairwise(passes)} == {timedelta(minutes=minutes)}
    assert all(time.minute for time in passes)


@pytest.mark.parametrize("text", ["7m", "0m", "1m", "90m", "5h", "2d", "1w", "hourly", "-1h", "1 h", ""])
def test_other_intervals_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--every"):
        Interval.parse(text)


@pytest.mark.parametrize("minutes", MINUTES)
def test_an_interval_is_read_as_it_is_written(minutes: int) -> None:
    assert Interval.parse(str(Interval(minutes))) == Interval(minutes)


class Machine:
    """Runs the script as cron does, with a stand-in for `remediate` in its place."""

    def __init__(self, folder: Path, plans: dict[str, str], *, correct: bool = True) -> None:
        self.folder = folder
        files = made("cron", folder, plans, correct=correct)
        self.crontab = files["remediate.crontab"]
        tool = folder / "tools/remediate"
        tool.parent.mkdir()
        tool.write_text(REMEDIATE, encoding="utf-8")
        tool.chmod(0o755)
        lines = files["remediate-drift"].splitlines()
        (line,) = [line for line in lines if " drift --" in line and not line.startswith("#")]
        command, _, rest = line.partition(" drift --")
        self.script = folder / "remediate-drift"
        text = files["remediate-drift"].replace(line, f"{shlex.quote(str(tool))} drift --{rest}")
        assert command in files["remediate-drift"]
        self.script.write_text(text, encoding="utf-8")

    def run(self, status: int) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": "/usr/bin:/bin",  # crontab(5)
            "HOME": str(self.folder),
            "STATUS": str(status),
            "CALLED": str(self.folder / "called"),
        }
        return subprocess.run(
            ["/bin/sh", str(self.script)],
            cwd="/",
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def log(self) -> Path:
        return self.folder / ".local/state/remediate/drift.log"


def test_nothing_is_printed_where_all_is_well(tmp_path: Path) -> None:
    machine = Machine(tmp_path, {"plans/webapp.yaml": WEBAPP})
    done = machine.run(0)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert "exit code 0\nthe pass\na remark\n" in machine.log.read_text(encoding="utf-8")
    called = (tmp_path / "called").read_text(encoding="utf-8").splitlines()
    assert called == ["drift", "--correct", "--once", "--blame", "plans"]


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (1, "could not look"),
        (2, "drift"),
        (3, "guard"),
        (4, "moved"),
        (5, "did not take"),
        (124, "stopped"),
        (143, "error"),
    ],
)
def test_cron_has_something_to_mail_otherwise(tmp_path: Path, status: int, said: str) -> None:
    done = Machine(tmp_path, {"plans/webapp.yaml": WEBAPP}).run(status)
    assert done.returncode == status
    first = done.stdout.splitlines()[0]
    assert said in first
    assert f"exit code {status}" in first
    assert "the pass\na remark\n" in done.stdout


def test_a_pass_under_way_is_not_joined(tmp_path: Path) -> None:
    machine = Machine(tmp_path, {"plans/webapp.yaml": WEBAPP})
    machine.log.parent.mkdir(parents=True)
    with Path(f"{machine.log}.lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = machine.run(1)
    assert (done.returncode, done.stdout) == (1, "")
    assert "skipped, the pass before this one is still running" in done.stderr
    assert "skipped" in machine.log.read_text(encoding="utf-8")
    assert not (tmp_path / "called").exists()


@pytest.mark.parametrize(
    ("stubborn", "status"), [("", 124), ("trap '' TERM\n", 137)], ids=["stops", "has to be killed"]
)
def test_a_hanging_pass_is_stopped_and_lets_the_next_one_run(
    tmp_path: Path, stubborn: str, status: int
) -> None:
    machine = Machine(tmp_path, {"plans/webapp.yaml": WEBAPP})
    text = machine.script.read_text(encoding="utf-8")
    limit = "timeout --kill-after=2m 50m"
    assert text.count(limit) == 1
    machine.script.write_text(text.replace(limit, "timeout --kill-after=0.1 1"), encoding="utf-8")
    tool = tmp_path / "tools/remediate"
    working = tool.read_text(encoding="utf-8")
    tool.write_text(f"#!/bin/sh\n{stubborn}echo begun\nwhile :; do sleep 600; done\n", encoding="utf-8")
    done = machine.run(0)
    assert done.returncode == status
    first = done.stdout.splitlines()[0]
    assert ("killed: it did not stop" if stubborn else "stopped after 50 minutes") in first
    machine.script.write_text(text, encoding="utf-8")
    tool.write_text(working, encoding="utf-8")
    assert machine.run(0).returncode == 0


def test_the_log_does_not_grow_for_ever(tmp_path: Path) -> None:
    machine = Machine(tmp_path, {"plans/webapp.yaml": WEBAPP})
    machine.log.parent.mkdir(parents=True)
    machine.log.write_bytes(b"x" * 11_000_000)
    assert machine.run(0).returncode == 0
    assert machine.log.stat().st_size < 1000
    assert machine.log.with_name("drift.log.1").stat().st_size == 11_000_000


def test_odd_names_arrive_as_they_are(tmp_path: Path) -> None:
    folder = tmp_path / f"{ODD} 100%"
    folder.mkdir()
    machine = Machine(folder, {f"{ODD}/webapp.yaml": WEBAPP}, correct=False)
    assert machine.run(0).returncode == 0
    called = (folder / "called").read_text(encoding="utf-8").splitlines()
    assert called == ["drift", "--once", "--blame", ODD]
    assert not list(tmp_path.rglob("pwned"))
    (line,) = [line for line in machine.crontab.splitlines() if line[:1].isdigit()]
    fields = line.split(" ", 5)
    CronSim(" ".join(fields[:5]), datetime(2026, 11, 22))  # noqa: DTZ001  # cron's own clock
    # crontab(5): a % is a newline unless escaped, and the backslash goes.
    assert "%" not in fields[5].replace(r"\%", "")
    assert shlex.split(fields[5].replace(r"\%", "%")) == [str(folder / "remediate-drift")]


def test_a_journal_in_a_bucket_is_named(tmp_path: Path) -> None:
    text = made("cron", tmp_path, {"uploads.yaml": UPLOADS})["remediate.crontab"]
    assert "s3://ops-state/cors" in text
    assert os.linesep.join(["MAILTO=root"]) in text


@pytest.mark.parametrize("there", [True, False])
def test_what_channels_refer_to_is_read_from_a_file(tmp_path: Path, there: bool) -> None:
    machine = Machine(tmp_path, {"plans/webapp.yaml": TOLD})
    (tmp_path / "tools/remediate").write_text(
        '#!/bin/sh\necho "${SLACK_WEBHOOK-nothing} ${NO-nothing}"\n', encoding="utf-8"
    )
    if there:
        kept = tmp_path / ".config/remediate/environment"
        kept.parent.mkdir(parents=True)
        kept.write_text("SLACK_WEBHOOK='https://hooks.example/a?b&c $d'\nNO=no\n", encoding="utf-8")
    assert machine.run(0).returncode == 0
    said = "https://hooks.example/a?b&c $d no" if there else "nothing nothing"
    assert f"{said}\n" in machine.log.read_text(encoding="utf-8")
