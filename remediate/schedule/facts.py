"""The values of a recipe: its plan files, its interval, its journal and its permissions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from remediate.core.s3_url import is_s3_url, split_s3_url
from remediate.errors import UsageError

MINUTES = (5, 10, 15, 20, 30, 60, 120, 180, 240, 360, 480, 720, 1440)
"""The intervals that one line of cron can express and that GitHub accepts (at least every 5 minutes)."""
_UNITS = ((1440, "day"), (60, "hour"), (1, "minute"))


@dataclass(frozen=True, slots=True)
class Interval:
    """The time from one pass to the next, in minutes."""

    minutes: int

    @classmethod
    def parse(cls, text: str) -> Interval:
        """`15m`, `1h`, `1d`. Raises `UsageError` for what not every scheduler can do."""
        match = re.fullmatch(r"([0-9]{1,4})([mhd])", text)
        minutes = int(match[1]) * {"m": 1, "h": 60, "d": 1440}[match[2]] if match else 0
        if minutes not in MINUTES:
            choices = ", ".join(str(cls(choice)) for choice in MINUTES)
            raise UsageError(
                f"--every {text}: the interval must divide an hour or a day evenly.",
                hint=f"Write one of {choices}.",
            )
        return cls(minutes)

    def __str__(self) -> str:
        return f"{self.count}{self.unit[0]}"

    @property
    def _size(self) -> tuple[int, str]:
        return next((size, unit) for size, unit in _UNITS if self.minutes % size == 0)

    @property
    def count(self) -> int:
        """The number of `unit`s."""
        return self.minutes // self._size[0]

    @property
    def unit(self) -> str:
        """`minutes`, `hour`, `hours` or `day`."""
        return self._size[1] if self.count == 1 else f"{self._size[1]}s"

    @property
    def words(self) -> str:
        """`every hour`, `every 15 minutes`."""
        return f"every {self.unit}" if self.count == 1 else f"every {self.count} {self.unit}"

    @property
    def seconds(self) -> int:
        """The interval in seconds."""
        return self.minutes * 60

    def first(self, seed: str) -> tuple[int, int]:
        """The first hour and minute of the day, drawn from `seed`.

        Schedulers are late at the full hour, when everybody starts.
        """
        drawn = crc32(seed.encode())
        if self.minutes <= 60:
            return 0, 1 + drawn % (self.minutes - 1)
        return drawn % (self.minutes // 60), 1 + drawn % 59

    def cron(self, seed: str) -> str:
        """Five fields of a crontab, UTC or local alike."""
        hour, minute = self.first(seed)
        if self.minutes < 60:
            return f"{','.join(str(number) for number in range(minute, 60, self.minutes))} * * * *"
        if self.minutes == 60:
            return f"{minute} * * * *"
        return f"{minute} {','.join(str(number) for number in range(hour, 24, self.minutes // 60))} * * *"


@dataclass(frozen=True, slots=True)
class PlanText:
    """One plan file: the plan's name (letters, digits, `-` and `_`; no two alike), its path, its text.

    The path is as a runner in `Facts.folder` knows it.
    """

    name: str
    path: str
    text: str

    @property
    def file_name(self) -> str:
        """The name of the file in a folder with the plans of several folders."""
        return f"{self.name}.yaml"


@dataclass(frozen=True, slots=True)
class Facts:
    """The plans of a job, and the options of its passes.

    `plans` are the paths that were named, relative to `folder` where they lie inside; `folder` and
    `command` are absolute paths on this machine. `account` is empty and `regions` is short where the
    plans name none. `state` is `s3://…` or a folder: relative to the plans, or absolute.
    `variables` are those of the environment that channels refer to, names only.
    `statements` are the policy's, in IAM's own JSON; `events` maps CloudTrail's `eventSource` to
    the `eventName`s that may change what the plans cover. `install` is what pip is to install instead of
    this version from the index.
    """

    plans: tuple[str, ...]
    folder: str
    files: tuple[PlanText, ...]
    account: str
    regions: tuple[str, ...]
    services: tuple[str, ...]
    state: str
    every: Interval
    correct: bool
    variables: tuple[str, ...]
    statements: Sequence[Mapping[str, Any]]
    events: Mapping[str, Sequence[str]]
    version: str
    command: str
    install: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the plans."""
        return tuple(file.name for file in self.files)

    @property
    def seed(self) -> str:
        """The name of the job: those of its plans."""
        return ",".join(self.names)

    @property
    def bucket(self) -> str:
        """The bucket of the journal; empty where it is kept in a folder."""
        return split_s3_url(self.state)[0] if is_s3_url(self.state) else ""

    @property
    def requirement(self) -> str:
        """The requirement that pip installs."""
        return self.install or f"cors-remediate=={self.version}"

    @property
    def job(self) -> tuple[str, ...]:
        """`remediate`'s arguments for a pass, but for the plans."""
        return ("drift", "--correct", "--once", "--blame") if self.correct else ("drift", "--once", "--blame")

    def variables_comment(self, text: str) -> str:
        """Comment lines with the variables' names for `{names}`; none where there are no variables."""
        return text.format(names=", ".join(self.variables)) if self.variables else ""

    @property
    def does(self) -> str:
        """A phrase that says what a pass does."""
        return "corrects what the guards let pass" if self.correct else "looks for drift"

    def policy(self, plans: str) -> str:
        """The command that prints the job's policy, limited to what names and globs mean today."""
        return f"remediate iam --for drift {'' if self.correct else '--report '}--resolve {plans}"

    @property
    def journal(self) -> str:
        """A phrase that says where the journal is."""
        if self.bucket or self.state.startswith("/"):
            return self.state
        return f"the folder {self.state} beside the plans"

    def state_comment(self) -> str:
        """A comment on the journal for a recipe whose disk is gone after each pass."""
        if self.bucket:
            return f"# The journal is kept in {self.journal}: the disk here is gone after each pass."
        return (
            f"# WARNING: these plans keep their journal in {self.journal}, and the disk\n"
            "# here is gone after each pass. Without it nobody knows what was ours, since when there is\n"
            "# drift, or what was reported, and nothing can be undone. Write into each plan file:\n"
            "#   state: s3://BUCKET/PREFIX"
        )
