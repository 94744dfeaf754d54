"""Every error that `remediate` raises on purpose, each with the exit code it ends a command with.

    RemediateError            1   what went wrong, and what to do next
    ├── UsageError            1   an option or argument that cannot be used
    ├── PlanFileError         1   a plan file with problems, all of them at once
    ├── AwsFailure            1   AWS (or the way to it) said no; `code` is AWS's own
    ├── Refused               3   a guard held the run back; `--allow CODE` lifts it
    ├── Stale                 4   a resource moved since it was shown; it was left alone
    ├── NotConverged          5   written, but reading again shows something else
    ├── NoChangeNeeded        0   it was as planned already; nothing was sent
    └── Interrupted         130   stopped by a person; what was done is said

This module imports nothing of the project: it is the floor that everything stands on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


class RemediateError(Exception):
    """What went wrong in one sentence, with a `hint`: what the reader can do next."""

    exit_code = 1
    document: Mapping[str, Any] | None = None
    """What `--json` prints besides the error: the plan that a guard held back, say."""

    def __init__(self, message: str, *, hint: str = "", more: tuple[str, ...] = ()) -> None:
        super().__init__("\n".join((message, *more)))
        self.lines = (message, *more)
        """The message line by line: a line feed inside one of them is part of a name, and no new line."""
        self.hint = hint

    @property
    def message(self) -> str:
        """The whole message."""
        return "\n".join(self.lines)


class UsageError(RemediateError):
    """An option or argument that cannot be used as given."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a plan file: `where` is `file:line:column`, `rule` what it breaks.

    `line` and `column` count from 1; both are 0 where the problem is the file itself, which cannot be read.
    """

    where: str
    rule: str
    hint: str = ""
    line: int = field(default=0, compare=False)
    column: int = field(default=0, compare=False)

    @property
    def lines(self) -> tuple[str, ...]:
        """The problem as it is shown."""
        first = f"{self.where}: {self.rule}"
        return (first, f"    {self.hint}") if self.hint else (first,)

    def __str__(self) -> str:
        return "\n".join(self.lines)

    def as_json(self) -> dict[str, Any]:
        """The problem as an object, for editors and CI; line and column are null where there is none."""
        file = self.where.removesuffix(f":{self.line}:{self.column}") if self.line else self.where
        return {
            "file": file,
            "line": self.line or None,
            "column": self.column or None,
            "rule": self.rule,
            "message": str(self).partition("\n")[0],
            "hint": self.hint,
        }


class PlanFileError(RemediateError):
    """A plan file with problems; all of them, in the order of the file."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        count = len(problems)
        first, *more = (line for problem in problems for line in problem.lines)
        super().__init__(
            first,
            more=tuple(more),
            hint=f"{count} problem{'s' if count != 1 else ''} in the plan. `remediate schema` "
            "prints what a plan file may hold.",
        )
        self.problems = problems


class AwsFailure(RemediateError):
    """AWS, or the way to it, said no.

    `code` is AWS's error code (`AccessDenied`, `NoSuchBucket`) or, where no answer came,
    botocore's class name (`EndpointConnectionError`); `operation` is `s3:GetBucketCors`.
    """

    def __init__(self, message: str, *, code: str, operation: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.code = code
        self.operation = operation


class Refused(RemediateError):
    """A guard held the run back; nothing was written."""

    exit_code = 3


def unexpected(doing: str, error: Exception) -> RemediateError:
    """A defect of ours in one line: what it is and where, for a report."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = "" if place is None else f" at {place.tb_frame.f_globals.get('__name__')}:{place.tb_lineno}"
    return RemediateError(
        f"{doing}: unexpected {type(error).__name__}{where}: {error}",
        hint="This is a defect of remediate; please report this line. REMEDIATE_TRACEBACK=1 shows more.",
    )


class Stale(RemediateError):
    """A resource is no longer what the plan was computed from; nothing was written to it."""

    exit_code = 4


class NotConverged(RemediateError):
    """Written, but reading again shows something else."""

    exit_code = 5


class NoChangeNeeded(RemediateError):
    """A change that is there already: nothing was sent, so nothing was written."""

    exit_code = 0


class Interrupted(RemediateError):
    """A person stopped the run."""

    exit_code = 130
