"""Loading a plan from a text, with services that no loader has heard of before."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent

from remediate.core.policy import Option
from remediate.errors import PlanFileError, Problem
from remediate.planfile import PlanFile, load

NOW = datetime(2026, 11, 1, tzinfo=UTC)
PATHS = Option("strings", "Which paths.")
TARGETS = {
    "s3": {},
    "http_api": {},
    "rest_api": {"stages": Option("strings", "Which stages."), "paths": PATHS},
    "cloudfront": {
        "paths": PATHS,
        "answer": Option("choice", "Who answers.", default="origin", choices=("origin", "edge")),
    },
}
EXAMPLE = Path(__file__).parent / "plans" / "webapp.yaml"

HEAD = "version: 1\nname: a\n"
ORIGINS = "origins: [https://a.example]\n"
TAIL = "targets:\n  - s3: b\n"


def write(folder: Path, text: str | bytes, name: str = "p.yaml") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def loaded(folder: Path, text: str, *, now: datetime = NOW) -> PlanFile:
    (plan,) = load([write(folder, dedent(text))], TARGETS, now=now)
    return plan


def problems(folder: Path, text: str | bytes) -> list[Problem]:
    """What is wrong with the text, positions without the folder's name."""
    path = write(folder, dedent(text) if isinstance(text, str) else text)
    try:
        load([path], TARGETS, now=NOW)
    except PlanFileError as error:
        return [
            Problem(problem.where.removeprefix(f"{folder}/p.yaml:"), problem.rule, problem.hint)
            for problem in error.problems
        ]
    return []


def only(folder: Path, text: str, where: str, rule: str, hint: str) -> None:
    """Exactly one problem, there, with these words in its rule and its hint."""
    reported = problems(folder, text)
    assert [problem.where for problem in reported] == [where], reported
    assert rule in reported[0].rule
    assert hint in reported[0].hint
