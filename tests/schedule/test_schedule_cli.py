"""`remediate schedule` as a user meets it: what is printed, what is written, what is refused."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from remediate.schedule.places import places
from tests import processes
from tests.schedule.making import TOLD, UPLOADS, WEBAPP


def run(folder: Path, *arguments: str, command: str = "schedule") -> subprocess.CompletedProcess[str]:
    """The command without credentials, region or network: it needs none."""
    return processes.run(command, *arguments, cwd=folder)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans/webapp.yaml").write_text(WEBAPP, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("on", places())
def test_what_is_printed_is_what_is_written(folder: Path, on: str) -> None:
    printed = run(folder, "--on", on)
    assert printed.returncode == 0, printed.stderr
    lost = on in {"github", "gitlab", "kubernetes"}
    assert ("write `state: s3://" in printed.stderr) is lost
    written = run(folder, "--on", on, "--out", "out")
    assert written.returncode == 0, written.stderr
    files = [path for path in (folder / "out").rglob("*") if path.is_file()]
    for path in files:
        name = path.relative_to(folder / "out").as_posix()
        assert f"wrote out/{name}" in written.stderr
        text = path.read_text(encoding="utf-8")
        assert text in printed.stdout
        assert (f"# --- file: {name} ---\n" in printed.stdout) is (len(files) > 1)
        assert os.access(path, os.X_OK) is text.startswith("#!")


def test_a_journal_in_a_bucket_is_nothing_to_warn_of(folder: Path) -> None:
    (folder / "plans/webapp.yaml").write_text(UPLOADS, encoding="utf-8")
    assert run(folder, "--on", "github").stderr == ""


@pytest.mark.parametrize("on", places())
def test_what_channels_refer_to_is_told(folder: Path, on: str) -> None:
    (folder / "plans/webapp.yaml").write_text(TOLD + "state: s3://ops-state/cors\n", encoding="utf-8")
    done = run(folder, "--on", on)
    assert done.returncode == 0, done.stderr
    (said,) = done.stderr.splitlines()
    assert "SLACK_WEBHOOK, NO" in said
    assert said.startswith("warning: " if on == "lambda" else "note: ")
    assert ("ssm:/NAME" in said) is (on == "lambda")


@pytest.mark.parametrize("does", ["--correct", "--report"])
@pytest.mark.parametrize("on", ["cron", "github", "gitlab", "kubernetes", "systemd"])
def test_the_policy_that_is_recommended_is_limited_to_what_the_job_does(
    folder: Path, on: str, does: str
) -> None:
    (folder / "plans/webapp.yaml").write_text(UPLOADS, encoding="utf-8")
    (command,) = re.findall(r"remediate iam (--for drift .*)", run(folder, "--on", on, does).stdout)
    words = shlex.split(command)
    assert "--resolve" in words
    words.remove("--resolve")
    printed = run(folder, *words, command="iam")
    assert printed.returncode == 0, printed.stderr
    assert ("s3:PutBucketCORS" in printed.stdout) is (does == "--correct")


def test_nothing_is_overwritten_unasked(folder: Path) -> None:
    assert run(folder, "--on", "systemd", "--out", "out").returncode == 0
    service, timer = (folder / f"out/remediate-drift.{kind}" for kind in ("service", "timer"))
    service.write_text("mine", encoding="utf-8")
    timer.unlink()
    refused = run(folder, "--on", "systemd", "--out", "out")
    assert refused.returncode == 1
    assert "out/remediate-drift.service" in refused.stderr
    assert service.read_text(encoding="utf-8") == "mine"
    assert not timer.exists()
    assert run(folder, "--on", "systemd", "--out", "out", "--force").returncode == 0
    assert timer.exists()
    assert service.read_text(encoding="utf-8") != "mine"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--on", "mars"], "lambda"),
        (["--on", "cron", "--every", "7m"], "--every 7m"),
        (["--on", "cron", "--force"], "--force needs --out"),
        (["--on", "cron", "nowhere"], "no such file"),
        (["--on", "github", "../elsewhere"], "not in this folder"),
        (["--on", "cron", "--out", "plans/webapp.yaml"], "plans/webapp.yaml"),
        (["--on", "cron", "--out", "plans/webapp.yaml"], "Give --out a folder"),
        (["--on", "cron", "--out", "/proc/x"], "Give --out a folder"),
        ([], "--on"),
    ],
)
def test_what_cannot_be_is_refused(folder: Path, arguments: list[str], said: str) -> None:
    elsewhere = folder.parent / "elsewhere"
    elsewhere.mkdir(exist_ok=True)
    (elsewhere / "plan.yaml").write_text(WEBAPP, encoding="utf-8")
    done = run(folder, *arguments)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_plans_that_no_job_can_keep_together_are_refused(folder: Path) -> None:
    second = WEBAPP.replace("name: webapp", "name: other").replace("123456789012", "210987654321")
    (folder / "plans/other.yaml").write_text(second, encoding="utf-8")
    assert "several accounts" in run(folder, "--on", "cron").stderr
    (folder / "plans/other.yaml").write_text(UPLOADS, encoding="utf-8")
    done = run(folder, "--on", "cron")
    assert (done.returncode, done.stdout) == (1, "")
    assert "journals in several places" in done.stderr


def test_a_name_that_no_file_can_hold_is_refused(folder: Path) -> None:
    strange = folder / "plans\n* * * * * evil"
    strange.mkdir()
    (strange / "plan.yaml").write_text(UPLOADS, encoding="utf-8")
    done = run(folder, "--on", "cron", strange.name)
    assert (done.returncode, done.stdout) == (1, "")
    assert "no scheduler's file can hold" in done.stderr
