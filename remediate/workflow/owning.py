"""What earlier runs of a plan brought: ours, so it goes when the plan no longer lists it. Pure.

Where the settings themselves tell (a rule's ID, a policy's name), services know by that. Elsewhere
the journal does: a value that a run's plan asked for, that was not there before and was afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from remediate.core.document import Document, canonical
from remediate.core.outcome import Status
from remediate.core.policy import Policy, Retired
from remediate.journal import Run

KINDS = ("origins", "methods", "headers", "expose")
Brought = Mapping[tuple[str, str], Retired]
"""By plan name and address."""


def brought(runs: Iterable[Run], before: Brought | None = None) -> Brought:
    """What the runs, oldest first, brought and did not take away again; `before` is of earlier ones."""
    found = {
        key: {kind: dict.fromkeys(getattr(values, kind)) for kind in KINDS}
        for key, values in (before or {}).items()
    }
    by_address: dict[str, list[dict[str, dict[str, None]]]] = {}
    for (_, address), values in found.items():
        by_address.setdefault(address, []).append(values)
    for run in runs:
        for change in run.changes:
            if run.statuses.get(change.address) is not Status.WRITTEN:
                continue
            for plan in run.plan.split(", "):
                if (plan, change.address) not in found:
                    found[plan, change.address] = {kind: {} for kind in KINDS}
                    by_address.setdefault(change.address, []).append(found[plan, change.address])
                values = found[plan, change.address]
                _learn(values, run.asked.get(change.address, {}), change.before, change.after)
            # A value that is gone is nobody's any more, whichever plan's run took it away.
            for values in by_address[change.address]:
                _forget(values, change.before, change.after)
    return {
        key: Retired(**{kind: tuple(names) for kind, names in values.items()})
        for key, values in found.items()
    }


def asked_by(policies: Iterable[Policy]) -> dict[str, list[str]]:
    """What the policies ask for, by kind: what a run leaves in the journal for `brought`.

    What they take away is among it, so that an undo, which brings it back, brings it back as theirs.
    """
    wanted = list(policies)
    return {
        kind: list(
            dict.fromkeys(
                value
                for policy in wanted
                for value in (*getattr(policy, kind), *getattr(policy.retired, kind))
            )
        )
        for kind in KINDS
    }


def _learn(
    known: dict[str, dict[str, None]],
    asked: Mapping[str, Iterable[str]],
    before: Document | None,
    after: Document | None,
) -> None:
    was, now = canonical(before), canonical(after)
    for kind in KINDS:
        for value in asked.get(kind, ()):
            if holds(now, value) and not holds(was, value):
                known[kind][value] = None


def _forget(known: dict[str, dict[str, None]], before: Document | None, after: Document | None) -> None:
    was, now = canonical(before), canonical(after)
    for kind in KINDS:
        for value in list(known[kind]):
            if holds(was, value) and not holds(now, value):
                del known[kind][value]


def holds(text: str, value: str) -> bool:
    """Whether the value stands in a document, as canonical text, on its own and not inside a longer one."""
    return re.search(rf"(?<![\w.:/-]){re.escape(value)}(?![\w.:-])", text, re.IGNORECASE) is not None


def retiring(policy: Policy, address: str, mine: Brought, asked: Iterable[Policy]) -> Policy:
    """The policy with what its plan brought there earlier, and none of those `asked` there wants."""
    before = mine.get((policy.plan, address))
    if before is None:
        return policy
    wanted = list(asked)
    retired = {}
    for kind in KINDS:
        kept = {value for one in wanted for value in getattr(one, kind)}
        gone = [value for value in getattr(before, kind) if value not in kept]
        retired[kind] = tuple(dict.fromkeys([*getattr(policy.retired, kind), *gone]))
    return replace(policy, retired=Retired(**retired))
