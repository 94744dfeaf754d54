"""Targets that a grant of an earlier version detached from the origins of their plan file. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from remediate.core.finding import Finding
from remediate.core.plan_file_rules import DETACHED_ORIGINS
from remediate.planfile import PlanFile, Target

MOST_NAMED = 5
"""The most origins that one sentence names; the rest is counted."""


def detached_targets(files: Sequence[PlanFile], targets: Iterable[Target]) -> Iterator[Finding]:
    """Yield a finding for each of the targets whose own list repeats that of its file beside a grant.

    Such a list has some of the file's origins, and all others in it expire, at least one of them.
    """
    looked_at = {target.selector.where for target in targets}
    for file in files:
        shared = {entry.origin: None for entry in file.origins}
        for target in file.targets:
            own = {entry.origin: entry for entry in target.origins}
            granted = [entry for origin, entry in own.items() if origin not in shared]
            if (
                target.selector.where in looked_at
                and target.own_origins
                and len(granted) < len(own)
                and granted
                and all(entry.expires is not None for entry in granted)
            ):
                missing = [
                    entry.origin
                    for entry in file.origins
                    if entry.origin not in own and entry.origin not in target.policy.retired.origins
                ]
                yield _finding(file, target, missing, [entry.origin for entry in granted])


def _finding(file: PlanFile, target: Target, missing: Sequence[str], granted: Sequence[str]) -> Finding:
    name = f"{target.selector.service}/{target.selector.pattern}"
    if missing:
        effect = f"These origins at the top of {file.path} do not reach it: {_listed(missing)}."
    else:
        effect = f"An origin that is added at the top of {file.path} will not reach it."
    return DETACHED_ORIGINS.finding(
        name,
        "The target lists its own origins: some that the file lists too, and for a time "
        f"{_listed(granted)}, as an earlier `grant --target` wrote it. {effect}",
        f"Move {_listed(granted)} into `also:` of the target, and delete its `origins`.",
        where=target.policy.where.get("origins", target.selector.where),
    )


def _listed(origins: Sequence[str]) -> str:
    shown = ", ".join(origins[:MOST_NAMED])
    more = len(origins) - MOST_NAMED
    return f"{shown} and {more} more" if more > 0 else shown
