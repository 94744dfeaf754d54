"""The commands that a notice names, run as they stand from another folder."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

from tests.cli.test_commands import Served, document, plan_of, served
from tests.drift.test_drift_cli import PLAN, meddle

__all__ = ["served"]

EVERYBODY: dict[str, Any] = {"AllowedOrigins": ["*"], "AllowedMethods": ["GET"]}


def rules(one: Served) -> list[dict[str, Any]]:
    return [dict(rule) for rule in one.client("s3").get_bucket_cors(Bucket="webapp-uploads")["CORSRules"]]


def run(one: Served, command: str, *more: str) -> Any:
    program, *words = shlex.split(command)
    assert program == "remediate"
    return one.run(*words, *more)


def test_the_command_of_an_alarm_shows_the_alarm(served: Served, tmp_path: Path) -> None:
    path = plan_of(tmp_path, PLAN)
    assert served.run("apply", "--yes", path).returncode == 0
    assert served.run("drift", path).returncode == 0
    meddle(served, *rules(served), EVERYBODY)
    (alarm,) = document(served.run("drift", "--correct", "--json", path))["drift"]
    assert (alarm["kind"], alarm["codes"]) == ("outside", ["opens-to-any"])
    words = shlex.split(alarm["look"])
    assert words[2:] == [str(path), "--state", str(tmp_path / ".remediate"), "--target", "s3/webapp-uploads"]
    shown = run(served, alarm["look"], "--json")
    assert shown.returncode == 0, shown.stderr
    found = document(shown)
    assert found["has_changes"] is False
    assert [each["code"] for each in found["findings"] if each["level"] == "warn"] == ["any-origin"]
    text = run(served, alarm["look"]).stdout
    assert "let pages of every origin in" in text
    assert "any-origin" in text


def test_the_command_that_undoes_a_correction_takes_it_back(served: Served, tmp_path: Path) -> None:
    path = plan_of(tmp_path, PLAN)
    assert served.run("apply", "--yes", path).returncode == 0
    theirs = {"AllowedOrigins": ["https://evil.example"], "AllowedMethods": ["GET"]}
    (gone,) = [rule for rule in rules(served) if not rule.get("ID", "").startswith("remediate:")]
    meddle(served, theirs)
    done = served.run("drift", "--correct", "--json", path)
    assert done.returncode == 2, done.stderr
    (found,) = document(done)["drift"]
    assert found["status"] == "partly"
    added, deleted = sorted(found["stays"], key=lambda edit: edit["op"])
    assert (added["op"], added["after"]["AllowedOrigins"]) == ("+", ["https://evil.example"])
    assert (deleted["op"], deleted["before"]["AllowedOrigins"]) == ("-", gone["AllowedOrigins"])
    assert len(rules(served)) == 2
    undone = run(served, found["undo"], "--yes")
    assert undone.returncode == 0, undone.stderr
    assert [rule["AllowedOrigins"] for rule in rules(served)] == [["https://evil.example"]]
