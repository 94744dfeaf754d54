"""Loading plan files: every problem of every file is found before any is reported.

One file goes through: bytes (`files`), tree with positions (`yaml`), single values
(`model`, said in words by `translate`), rules between values (`rules`), values (`build`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from remediate.core.channel import ChannelKind
from remediate.core.policy import Option
from remediate.errors import PlanFileError, Problem
from remediate.planfile import build, files
from remediate.planfile.origins import Origins
from remediate.planfile.schema import translate
from remediate.planfile.schema.model import Models
from remediate.planfile.validate import loopback, rules
from remediate.planfile.validate.diagnostics import Diagnostic, problem
from remediate.planfile.values import PlanFile
from remediate.planfile.yaml.compose import Unreadable, compose
from remediate.planfile.yaml.tree import MappingNode, Scalar, plain
from remediate.text import printable_line

MOST_PROBLEMS = 100
"""The most problems that are printed; the rest is counted."""

Targets = Mapping[str, Mapping[str, Option]]
Channels = Mapping[str, ChannelKind]


def load(
    paths: Sequence[Path], targets: Targets, *, now: datetime, channels: Channels | None = None
) -> tuple[PlanFile, ...]:
    """The plan files at `paths`, each a file or a folder of `*.yaml` and `*.yml` (not recursive).

    `targets` maps each service to the target keys that it understands besides the common ones.
    `channels` are the kinds of notifications; without any, the key `notify` is unknown.
    An origin whose `expires` is not after `now` (an aware datetime) is retired, not desired.
    Raises `PlanFileError` with the problems of all files.
    """
    models = Models.of(targets, channels)
    plan_files, problems = files.expand(paths)
    report = _Report(problems, len(problems))
    plans: list[PlanFile] = []
    names: dict[str, str] = {}
    read: list[_File] = []
    for path in plan_files:
        loaded = _File(path, report)
        plan = loaded.load(models, targets, now)
        loaded.claim_name(names)
        read.append(loaded)
        if plan:
            plans.append(plan)
    for loaded in read:
        loaded.claim_former_names(names)
    report.stop_if_any()
    return tuple(plans)


def check(
    path: Path,
    content: files.Text,
    targets: Targets,
    *,
    now: datetime,
    channels: Channels | None = None,
) -> PlanFile:
    """The plan file that `path` would be with another content. Raises `PlanFileError`."""
    report = _Report()
    plan = _File(path, report).interpret(content, Models.of(targets, channels), targets, now)
    report.stop_if_any()
    if plan is None:
        raise TypeError("a file that is no plan has problems")
    return plan


def schema(targets: Targets, channels: Channels | None = None) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a plan file of these services and kinds of notifications."""
    return Models.of(targets, channels).json_schema()


@dataclass(slots=True)
class _Report:
    """The problems so far: the first hundred, and how many there are."""

    problems: list[Problem] = field(default_factory=list)
    count: int = 0

    def add(self, path: Path, diagnostics: Iterable[Diagnostic], *, beyond: int = 0) -> None:
        """The diagnostics of one file in its order; `beyond` of them were counted but not worded."""
        self.count += beyond
        for diagnostic in sorted(set(diagnostics)):
            self.count += 1
            if len(self.problems) < MOST_PROBLEMS:
                self.problems.append(diagnostic.at(str(path)))

    def add_problem(self, cause: Problem) -> None:
        self.count += 1
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(cause)

    def stop_if_any(self) -> None:
        if not self.problems:
            return
        shown, more = self.problems[:MOST_PROBLEMS], self.count - MOST_PROBLEMS
        if more > 0:
            rule = f"… and {more} more problem{'s' if more > 1 else ''}"
            hint = "solve these first; the rest may go with them"
            last = shown[-1]
            shown.append(replace(problem(last.where, rule, hint), line=last.line, column=last.column))
        raise PlanFileError(tuple(shown))


class _File:
    """One file on its way from bytes to values."""

    def __init__(self, path: Path, report: _Report) -> None:
        self._path = path
        self._report = report
        self._root: MappingNode | None = None

    def load(self, models: Models, targets: Targets, now: datetime) -> PlanFile | None:
        """The plan file, or None after its problems went into the report."""
        try:
            content = files.read(self._path)
        except files.CannotRead as error:
            self._report.add_problem(error.problem)
            return None
        return self.interpret(content, models, targets, now)

    def interpret(
        self, content: files.Text, models: Models, targets: Targets, now: datetime
    ) -> PlanFile | None:
        """The same, with the content at hand."""
        try:
            node, diagnostics = compose(content.text)
        except Unreadable as error:
            self._report.add(self._path, [error.diagnostic])
            return None
        if node is None or (isinstance(node, Scalar) and node.value is None):
            hint = "start with version: 1 and name: webapp; `remediate schema` prints the rest"
            self._report.add(self._path, [Diagnostic(1, 1, "the plan file is empty", hint)])
            return None
        if not isinstance(node, MappingNode):
            what = "a list" if not isinstance(node, Scalar) else "one text"
            rule = f"a plan file is a mapping of keys, not {what}"
            self._report.add(
                self._path, [*diagnostics, Diagnostic(node.line, node.column, rule, "start with version: 1")]
            )
            return None
        if too_much := rules.excess(node):
            self._report.add(self._path, [*diagnostics, too_much])
            return None
        self._root = node
        model, beyond = None, 0
        origins = Origins()
        # What reading the YAML complained about is not complained about again.
        places = {(diagnostic.line, diagnostic.column) for diagnostic in diagnostics}
        try:
            model = models.plan.model_validate(plain(node), context=origins)
        except ValidationError as error:
            wrong, total = translate.diagnostics(node, error, models, most=2 * MOST_PROBLEMS)
            beyond = total - len(wrong)
            diagnostics += [
                diagnostic for diagnostic in wrong if (diagnostic.line, diagnostic.column) not in places
            ]
        between = (
            *rules.diagnostics(node, models, origins),
            *loopback.diagnostics(node, models.targets, now, origins),
        )
        diagnostics += [
            diagnostic for diagnostic in between if (diagnostic.line, diagnostic.column) not in places
        ]
        if model and not diagnostics:
            return build.plan_file(self._path, node, model, digest=content.digest, targets=targets, now=now)
        self._report.add(self._path, diagnostics, beyond=beyond)
        return None

    def claim_name(self, names: dict[str, str]) -> None:
        """Report a plan name that another file of this run has: each setting must belong to one plan."""
        node = self._root.get("name") if self._root else None
        if not isinstance(node, Scalar) or not isinstance(node.value, str) or not node.value:
            return
        here = Diagnostic(node.line, node.column, "", "").at(str(self._path)).where
        first = names.setdefault(node.value, here)
        if first != here:
            rule = f"the plan's name {printable_line(node.value)!r} is taken by {first}"
            hint = "give each plan a name of its own; it says what the plan owns"
            self._report.add(self._path, [Diagnostic(node.line, node.column, rule, hint)])

    def claim_former_names(self, names: dict[str, str]) -> None:
        """Report an earlier name that another file of this run has or claims: it can be of one plan only.

        `names` are the plans' names with their positions; the earlier names are added to them.
        """
        for item in rules.former_names(self._root) if self._root else ():
            here = Diagnostic(item.line, item.column, "", "").at(str(self._path)).where
            first = names.setdefault(str(item.value), here)
            if first != here and not first.startswith(f"{self._path}:"):
                rule = f"the earlier name {printable_line(str(item.value))!r} is taken by {first}"
                hint = "settings of that earlier plan can belong to one plan only: delete one of the two"
                self._report.add(self._path, [Diagnostic(item.line, item.column, rule, hint)])
