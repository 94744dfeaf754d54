"""What a plan file demands of origins on loopback: where it is said, and what to do instead."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from remediate.planfile import Loopback
from tests.planfile.loading import HEAD, TAIL, loaded, only, problems

RULES = "loopback: {reason: required, longest: 8h}\n"
LOCAL = "{origin: http://localhost:3000, reason: why, expires: 2026-11-01T08:00:00Z}"
"""The clock of these tests stands at 2026-11-01T00:00:00Z."""


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("{}", Loopback()),
        ("{reason: required}", Loopback(reason=True)),
        ("{longest: 8h}", Loopback(longest=timedelta(hours=8))),
        ("{longest: 1d12h30m, reason: required}", Loopback(True, timedelta(days=1, hours=12, minutes=30))),
        ("{longest: 90m}", Loopback(longest=timedelta(minutes=90))),
    ],
)
def test_what_it_may_say(tmp_path: Path, value: str, meant: Loopback) -> None:
    text = HEAD + f"origins: [https://a.example]\nloopback: {value}\n" + TAIL
    assert loaded(tmp_path, text).loopback == meant


@pytest.mark.parametrize(
    ("value", "where", "rule", "hint"),
    [
        ("8h", "4:11", "loopback must be a mapping of keys, not the text '8h'", "indented below"),
        ("{reasons: required}", "4:12", "unknown key 'reasons'", "did you mean reason?"),
        ("{reason: yes}", "4:20", "reason is required, not 'yes'", "write reason: required"),
        ("{reason: requierd}", "4:20", "reason is required", "did you mean required?"),
        ("{longest: 8}", "4:21", "'8' is not a duration", "30m, 4h, 2d or 1h30m"),
        ("{longest: 8 hours}", "4:21", "'8 hours' is not a duration", "1h30m"),
        ("{longest: 0h}", "4:21", "'0h' is a duration of zero", "at least 1m"),
        ("{longest: -1h}", "4:21", "'-1h' is not a duration", "4h"),
        ("{longest: 9999d}", "4:21", "'9999d' is longer than a year", "leave it out"),
        ("{longest: [8h]}", "4:21", "is not a duration", "4h"),
    ],
)
def test_what_it_may_not_say(tmp_path: Path, value: str, where: str, rule: str, hint: str) -> None:
    only(tmp_path, HEAD + f"origins: [https://a.example]\nloopback: {value}\n" + TAIL, where, rule, hint)


@pytest.mark.parametrize(
    "entry",
    [
        LOCAL,
        "{origin: 'http://[::1]', reason: why, expires: 2026-11-01T09:00:00+01:00}",
        "{origin: http://127.0.0.1:8080, reason: why, expires: 2026-11-01T00:00:01Z}",
        # Over, so no longer desired: whatever it lacks.
        "{origin: http://localhost:3000, expires: 2026-11-01T00:00:00Z}",
        # No loopback.
        "https://localhost.example",
        "http://10.0.0.1",
        "'*'",
    ],
)
def test_what_is_in_order(tmp_path: Path, entry: str) -> None:
    for text in (f"origins: [{entry}]\n" + TAIL, f"targets: [{{s3: b, origins: [{entry}]}}]\n"):
        assert problems(tmp_path, HEAD + RULES + text) == []


@pytest.mark.parametrize(
    ("entry", "where", "rule"),
    [
        ("{origin: http://localhost, expires: 2026-11-01T08:00:00Z}", 12, "has no reason, which line 3"),
        ("{origin: http://localhost, reason: '', expires: 2026-11-01T08:00:00Z}", 12, "has no reason"),
        ("{origin: http://localhost, reason: why}", 12, "has no expires; line 3 allows at most 8h"),
        (
            "{origin: HTTP://LocalHost:80, reason: why}",
            12,
            "http://localhost is on loopback and has no expires",
        ),
        ("{origin: http://a.localhost, reason: why}", 12, "http://a.localhost is on loopback"),
        ("{origin: http://127.9.9.9, reason: why}", 12, "http://127.9.9.9 is on loopback"),
        ("{origin: 'http://localhost:*', reason: why}", 12, "http://localhost:* is on loopback"),
        (
            "{reason: why, origin: http://localhost, expires: 2026-11-01T08:00:01Z}",
            52,
            "expires more than 8h from now; line 3 allows at most 8h",
        ),
    ],
)
def test_what_breaks_a_rule(tmp_path: Path, entry: str, where: int, rule: str) -> None:
    only(tmp_path, HEAD + RULES + f"origins:\n- {entry}\n" + TAIL, f"5:{where}", rule, "remediate grant")


def test_the_hint_is_the_command_that_does_it(tmp_path: Path) -> None:
    (both, end) = problems(tmp_path, HEAD + RULES + "origins: [http://localhost:3000]\n" + TAIL)
    assert (both.where, end.where) == ("4:11", "4:11")
    command = '`remediate grant http://localhost:3000 --for 8h --reason "…"`'
    assert {both.hint, end.hint} == {
        f"delete the entry and run {command}",
        f"add reason: …, or delete the entry and run {command}",
    }


def test_the_hint_names_the_target(tmp_path: Path) -> None:
    text = HEAD + "loopback: {longest: 90m}\ntargets:\n  - s3: up-*\n    origins: [http://localhost]\n"
    hint = "`remediate grant http://localhost --target s3/up-* --for 1h30m"
    only(tmp_path, text, "6:15", "http://localhost is on loopback", hint)


def test_a_wrong_value_is_said_once(tmp_path: Path) -> None:
    """Nothing is concluded from a value that is wrong in itself."""
    text = HEAD + RULES + "origins: [{origin: http://localhost, reason: a, expires: soon}]\n" + TAIL
    only(tmp_path, text, "4:58", "'soon' is not a date and time", "write it like")
    text = HEAD + "loopback: {longest: soon}\norigins: [http://localhost]\n" + TAIL
    only(tmp_path, text, "3:21", "'soon' is not a duration", "4h")
