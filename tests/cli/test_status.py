"""`remediate status`, `snooze` and `pause` as a user runs them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.test_commands import Served, document, plan_of, run, served

__all__ = ["served"]

PLAN = (
    'account: "123456789012"\nregion: eu-west-1\norigins: [https://app.example.com]\n'
    "targets:\n  - s3: webapp-uploads\n"
)
NOWHERE = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_MAX_ATTEMPTS": "1"}


def test_the_status_of_a_job_by_its_journal_alone(served: Served, tmp_path: Path) -> None:
    path = plan_of(tmp_path, PLAN)
    fresh = run("status", path, **NOWHERE)
    assert fresh.returncode == 0, fresh.stderr
    assert "no pass has looked at the whole plan yet" in fresh.stdout
    assert served.run("drift", path).returncode == 2
    seen = run("status", "--json", path, **NOWHERE)
    assert seen.returncode == 2, seen.stderr
    found = document(seen)
    assert (found["format"], found["account"], found["exit_code"]) == (
        "remediate.status/1",
        "123456789012",
        2,
    )
    assert [entry["address"] for entry in found["open"]] == ["s3/webapp-uploads"]
    assert [entry["exit_code"] for entry in found["passes"]] == [2]


def test_a_resource_is_snoozed_and_the_job_paused_with_a_reason(served: Served, tmp_path: Path) -> None:
    path = plan_of(tmp_path, PLAN)
    done = run("snooze", "s3/webapp-uploads", path, "--for", "8h", "--reason", "the move", **NOWHERE)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("snoozed  s3/webapp-uploads  until ")
    assert done.stdout.splitlines()[0].endswith(": the move")
    quiet = served.run("drift", "--correct", path)
    assert (quiet.returncode, "snoozed  s3/webapp-uploads" in quiet.stdout) == (0, True), quiet.stdout
    ended = run("snooze", "--end", "s3/webapp-uploads", path, "--json", **NOWHERE)
    assert document(ended)["snoozed"] == {}
    paused = run("pause", path, "--for", "2h", "--reason", "freeze", "--json", **NOWHERE)
    assert document(paused)["paused"]["reason"] == "freeze"
    left = served.run("drift", "--correct", "--json", path)
    assert (left.returncode, document(left)["paused"].endswith(": freeze")) == (0, True)
    assert served.run("drift", "--correct", "--once", path).stdout == ""
    assert "paused  until " in run("status", path, **NOWHERE).stdout
    assert run("pause", "--end", path, **NOWHERE).returncode == 0
    assert served.run("drift", "--once", path).returncode == 2
    assert served.run("drift", "--once", path).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (("snooze", "uploads", "--for", "8h", "--reason", "x"), "uploads is not an address", "s3/BUCKET"),
        (("snooze", "s3/a", "--reason", "x"), "--for is missing", "--for 8h"),
        (("snooze", "s3/a", "--for", "8h"), "--reason is missing", "--reason"),
        (("snooze", "s3/a", "--for", "8x", "--reason", "x"), "--for: ", ""),
        (("snooze", "s3/a", "--end"), "s3/a is not snoozed", "Nothing is snoozed"),
        (("pause", "--reason", "x"), "--for is missing", "--for 8h"),
        (("pause", "--end", "--for", "8h"), "--end and --for exclude each other", "Leave one of them out"),
        (("pause", "--end"), "The job is not paused", "remediate status"),
        (("drift", "--accept", "s3/*"), "--reason is missing", "--reason"),
        (("drift", "--reason", "x"), "--reason is given without --accept", "Add --accept"),
        (("drift", "--until", "2030-01-01T00:00:00Z"), "--until is given without --accept", "Add --accept"),
        (("drift", "--accept", "s3/*", "--until", "2020-01-01T00:00:00Z"), "is over", "an instant to come"),
    ],
)
def test_what_is_refused_says_what_to_write(
    tmp_path: Path, arguments: tuple[str, ...], message: str, hint: str
) -> None:
    plan_of(tmp_path, PLAN)
    done = run(
        arguments[0],
        *([arguments[1]] if arguments[0] == "snooze" else []),
        str(tmp_path / "plan.yaml"),
        *arguments[2 if arguments[0] == "snooze" else 1 :],
        "--json",
        **NOWHERE,
    )
    assert done.returncode == 1
    error = json.loads(done.stdout)["error"]
    assert message in error["message"]
    assert hint in error["hint"]
