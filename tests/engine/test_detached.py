"""A target that a grant of an earlier version detached from its file is named by a finding."""

from __future__ import annotations

from pathlib import Path

import pytest

from remediate.engine.detached import detached_targets
from tests.drift.world import world
from tests.planfile.loading import loaded

HEAD = "version: 1\nname: a\n"
GRANTED = "{origin: http://localhost:3000, expires: 2026-11-01T18:00:00Z}"


def messages(folder: Path, top: str, own: str) -> list[str]:
    file = loaded(folder, f"{HEAD}origins: [{top}]\ntargets:\n  - s3: b\n  - s3: c\n    origins: [{own}]\n")
    findings = list(detached_targets([file], file.targets))
    assert {finding.code for finding in findings} <= {"detached-origins"}
    assert {finding.address for finding in findings} <= {"s3/c"}
    assert {finding.where for finding in findings} <= {f"{file.path}:7:5"}
    return [finding.message for finding in findings]


def test_origins_added_at_the_top_that_do_not_reach_the_target_are_named(tmp_path: Path) -> None:
    (message,) = messages(tmp_path, "https://a.example, https://new.example", f"https://a.example, {GRANTED}")
    assert "do not reach it: https://new.example." in message
    assert "for a time http://localhost:3000" in message


def test_a_grant_that_is_over_still_detaches(tmp_path: Path) -> None:
    over = GRANTED.replace("2026-11-01T18", "2026-10-01T18")
    (message,) = messages(tmp_path, "https://a.example, https://new.example", f"https://a.example, {over}")
    assert "https://new.example" in message


def test_what_is_added_later_is_told_before_it_is_missing(tmp_path: Path) -> None:
    (message,) = messages(tmp_path, "https://a.example", f"https://a.example, {GRANTED}")
    assert "An origin that is added at the top" in message


@pytest.mark.parametrize(
    ("top", "own"),
    [
        ("https://a.example, https://b.example", "https://a.example"),
        ("https://a.example", f"https://c.example, {GRANTED}"),
        ("https://a.example", f"https://a.example, https://c.example, {GRANTED}"),
        ("https://a.example", GRANTED),
        ("https://a.example", ""),
        (f"https://a.example, {GRANTED}", f"https://a.example, {GRANTED}"),
    ],
)
def test_a_list_that_somebody_chose_is_not_named(tmp_path: Path, top: str, own: str) -> None:
    assert messages(tmp_path, top, own) == []


def test_a_target_that_was_not_looked_at_is_not_named(tmp_path: Path) -> None:
    file = loaded(
        tmp_path,
        f"{HEAD}origins: [https://a.example]\ntargets:\n  - s3: b\n  - s3: c\n    origins: "
        f"[https://a.example, {GRANTED}]\n",
    )
    assert list(detached_targets([file], file.targets[:1])) == []


def test_the_job_tells_of_it_without_calling_it_drift(tmp_path: Path) -> None:
    text = """\
version: 1
name: webapp
region: eu-west-1
origins: [https://app.example.com]
allow: {methods: [GET], headers: [content-type]}
targets:
  - s3: webapp-uploads
    origins: [https://app.example.com, {origin: http://localhost:3000, expires: 2026-03-03T00:00:00Z}]
"""
    with world(tmp_path, text) as one:
        done = one.look()
        assert done.exit_code == 0
