"""What the journal tells of earlier runs: what each resource was left as, and what is ours.

A journal grows; so what follows from the runs up to one of them is kept as a note in it, and only
the later ones are read. The note can always be made again from the runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from remediate.core.document import Document
from remediate.core.outcome import Status
from remediate.core.plan import Change
from remediate.core.policy import Retired, Selector
from remediate.journal import Run, Store
from remediate.workflow.owning import KINDS, Brought, brought

NOTE = "known"
FORMAT = "remediate.known/1"


@dataclass(frozen=True, slots=True)
class Left:
    """How the last run that touched a resource left it; `plan` is that run's.

    `documents` are one, or several where that run broke off or failed: then it is one of them.
    `undone`: that run was an undo, so that it is not the plan's wish that it left.
    """

    run: str
    when: str
    plan: str
    undone: bool
    documents: tuple[Document | None, ...]


@dataclass(frozen=True, slots=True)
class Reread:
    """What reads a resource again as the last run did that touched it, and the account of that run."""

    account: str
    selectors: tuple[Selector, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """`upto` is the last run that nothing can be added to any more; `left` and `reread` are by address."""

    upto: str = ""
    left: Mapping[str, Left] = field(default_factory=dict)
    brought: Brought = field(default_factory=dict)
    reread: Mapping[str, Reread] = field(default_factory=dict)

    def with_runs(self, runs: Iterable[Run]) -> Known:
        """With later runs, oldest first."""
        later = list(runs)
        left = dict(self.left)
        reread = dict(self.reread)
        for run in later:
            for change in run.changes:
                documents = _documents(run, change, left.get(change.address))
                if documents:
                    left[change.address] = Left(run.id, run.when, run.plan, bool(run.undoes), documents)
                    reread[change.address] = Reread(run.account, change.selectors)
        upto = later[-1].id if later else self.upto
        return Known(upto, left, brought(later, self.brought), reread)

    def as_json(self) -> dict[str, Any]:
        """The note."""
        return {
            "format": FORMAT,
            "upto": self.upto,
            "left": {
                address: {
                    "run": one.run,
                    "when": one.when,
                    "plan": one.plan,
                    "undone": one.undone,
                    "documents": list(one.documents),
                }
                for address, one in self.left.items()
            },
            "brought": [
                [plan, address, {kind: list(getattr(values, kind)) for kind in KINDS}]
                for (plan, address), values in self.brought.items()
            ],
            "reread": {
                address: [one.account, [selector.as_json() for selector in one.selectors]]
                for address, one in self.reread.items()
            },
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Known:
        """Back from the note; one of another form counts for nothing, as the runs tell it all again."""
        try:
            return cls._read(value) if value.get("format") == FORMAT else cls()
        except (KeyError, TypeError, ValueError):
            return cls()

    @classmethod
    def _read(cls, value: Mapping[str, Any]) -> Known:
        return cls(
            value["upto"],
            {
                address: Left(one["run"], one["when"], one["plan"], one["undone"], tuple(one["documents"]))
                for address, one in value["left"].items()
            },
            {
                (plan, address): Retired(**{kind: tuple(values[kind]) for kind in KINDS})
                for plan, address, values in value["brought"]
            },
            {
                address: Reread(account, tuple(Selector(**selector) for selector in selectors))
                for address, (account, selectors) in value["reread"].items()
            },
        )


def recall(store: Store) -> Known:
    """What is known now; I/O, but nothing is kept. Raises `JournalError`."""
    before = Known.from_json(store.note(NOTE))
    return before.with_runs(store.runs(before.upto))


def memorise(store: Store) -> None:
    """Keep what follows from all runs that are over, so that they need not be read again.

    One run writes at a time: all but the last are over, whether they were closed or broke off.
    """
    before = Known.from_json(store.note(NOTE))
    runs = store.runs(before.upto)
    if runs and runs[-1].interrupted:
        runs.pop()
    if runs:
        store.keep(NOTE, before.with_runs(runs).as_json())


def _documents(run: Run, change: Change, before: Left | None) -> tuple[Document | None, ...]:
    """What the change left the resource as; empty where the run did not touch it."""
    status = run.statuses.get(change.address)
    if status in {Status.WRITTEN, Status.UNCHANGED, Status.NOT_TAKEN}:
        return (change.after,)
    if status is Status.FAILED or (status is None and run.interrupted):
        # Nobody knows how far it came: it is what an earlier run left, or what this one wanted.
        earlier = before.documents[:1] if before else (change.before,)
        return earlier if change.after in earlier else (*earlier, change.after)
    return ()
