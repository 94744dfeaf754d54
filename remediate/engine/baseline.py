"""Tell what the journal knows of earlier runs: how each resource was left, and which values are ours.

A journal grows; so what follows from the runs up to one of them is kept as a note in it, and only
the later ones are read. That note can always be made again from the runs, and from the note of claims:
what a plan asked for when it was applied and nothing had to be written.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from remediate.core.change_result import ApplyStatus
from remediate.core.document import Document
from remediate.core.plan import Change
from remediate.core.plan_names import join_names, split_names
from remediate.core.policy import Retired, Selector
from remediate.engine.ownership import (
    KINDS,
    ManagedValues,
    Requested,
    claimed,
    managed_values,
    others_asking,
    retirable,
)
from remediate.journal import JournalError, Run, Store
from remediate.services import service

NOTE = "known"
FORMAT = "remediate.known/2"
CLAIMS = "claims"
CLAIMS_FORMAT = "remediate.claims/1"


@dataclass(frozen=True, slots=True)
class LastApplied:
    """A resource as the last run that touched it left it; `plan_names` are that run's.

    `documents` are one, or several where that run broke off or failed: then it is one of them.
    `undone`: that run was an undo, so the plan did not ask for what it left.
    """

    run: str
    when: str
    plan_names: tuple[str, ...]
    undone: bool
    documents: tuple[Document | None, ...]


@dataclass(frozen=True, slots=True)
class Reread:
    """Selectors that read a resource again as the last run that touched it did, and that run's account."""

    account: str
    selectors: tuple[Selector, ...]


@dataclass(frozen=True, slots=True)
class Baseline:
    """`upto` is the last run that nothing can be added to any more; `left` and `reread` are by address.

    `owned` is what each plan's runs brought and did not take away again. `claims` is what each plan asked
    for when it was last applied. `marks` are the marks that a plan's runs wrote, with what they held.
    """

    upto: str = ""
    left: Mapping[str, LastApplied] = field(default_factory=dict)
    owned: ManagedValues = field(default_factory=dict)
    claims: ManagedValues = field(default_factory=dict)
    marks: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    reread: Mapping[str, Reread] = field(default_factory=dict)

    @property
    def brought(self) -> ManagedValues:
        """What each plan brought and may take away: no other plan is known to ask for it."""
        return self.retirable(())

    def retirable(self, plans: Collection[str]) -> ManagedValues:
        """Return the same where `plans` are applied together, and so speak for themselves."""
        return retirable(self.owned, self.claims, plans)

    def others(self, plans: Collection[str]) -> dict[str, list[Retired]]:
        """Return what all other plans are known to ask for, by address."""
        return others_asking(self.claims, plans)

    def with_requested(self, address: str, asked: Requested) -> dict[str, dict[str, list[str]]]:
        """Return what is `asked` of the address by plan, and what plans brought or asked for there before."""
        by_plan: dict[str, dict[str, list[str]]] = {}
        for values in (asked, _at(address, self.owned), _at(address, self.claims)):
            for plan, kinds in values.items():
                mine = by_plan.setdefault(plan, {kind: [] for kind in KINDS})
                for kind in KINDS:
                    mine[kind] += [value for value in kinds.get(kind, ()) if value not in mine[kind]]
        return by_plan

    def with_runs(self, runs: Iterable[Run]) -> Baseline:
        """Return the baseline with later runs, which come oldest first."""
        later = list(runs)
        left = dict(self.left)
        reread = dict(self.reread)
        for run in later:
            for change in run.changes:
                documents = _documents(run, change, left.get(change.address))
                if documents:
                    left[change.address] = LastApplied(
                        run.id, run.when, run.plan_names, bool(run.undoes), documents
                    )
                    reread[change.address] = Reread(run.account, change.selectors)
        upto = later[-1].id if later else self.upto
        return Baseline(
            upto,
            left,
            managed_values(later, self.owned),
            claimed(later, self.claims),
            _marks(later, self.marks),
            reread,
        )

    def as_json(self) -> dict[str, Any]:
        """Return the note."""
        return {
            "format": FORMAT,
            "upto": self.upto,
            "left": {
                address: {
                    "run": last.run,
                    "when": last.when,
                    "plan": join_names(last.plan_names),
                    "undone": last.undone,
                    "documents": list(last.documents),
                }
                for address, last in self.left.items()
            },
            "owned": _listed(self.owned),
            "claims": _listed(self.claims),
            "marks": [[plan, address, sorted(names)] for (plan, address), names in self.marks.items()],
            "reread": {
                address: [reread.account, [selector.as_json() for selector in reread.selectors]]
                for address, reread in self.reread.items()
            },
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Baseline:
        """Read the note back; one of another form counts for nothing, as the runs tell it all again."""
        try:
            return cls._read(value) if value.get("format") == FORMAT else cls()
        except (KeyError, TypeError, ValueError):
            return cls()

    @classmethod
    def _read(cls, value: Mapping[str, Any]) -> Baseline:
        return cls(
            value["upto"],
            {
                address: LastApplied(
                    entry["run"],
                    entry["when"],
                    split_names(entry["plan"]),
                    entry["undone"],
                    tuple(entry["documents"]),
                )
                for address, entry in value["left"].items()
            },
            _read(value["owned"]),
            _read(value["claims"]),
            {(plan, address): frozenset(names) for plan, address, names in value["marks"]},
            {
                address: Reread(account, tuple(Selector(**selector) for selector in selectors))
                for address, (account, selectors) in value["reread"].items()
            },
        )


def load_baseline(store: Store) -> Baseline:
    """Return what is known now; I/O, but nothing is kept. Raises `JournalError`."""
    before = Baseline.from_json(store.note(NOTE))
    return _with_claims(store, before, store.runs(before.upto))


def keep_claims(store: Store, baseline: Baseline, claims: ManagedValues) -> None:
    """Note what plans ask for, as it is after the run `baseline.upto`. Under the account's lease."""
    store.keep(CLAIMS, {"format": CLAIMS_FORMAT, "upto": baseline.upto, "claims": _listed(claims)})


def save_baseline(store: Store) -> None:
    """Keep what follows from all runs that are over, so that they need not be read again.

    One run writes at a time: all but the last are over, whether they were closed or broke off.
    """
    before = Baseline.from_json(store.note(NOTE))
    runs = store.runs(before.upto)
    if runs and runs[-1].interrupted:
        runs.pop()
    if runs:
        store.keep(NOTE, _with_claims(store, before, runs).as_json())


def _with_claims(store: Store, before: Baseline, runs: Sequence[Run]) -> Baseline:
    """Return what is known with these later runs, and with the claims that were noted besides."""
    baseline = before.with_runs(runs)
    note = store.note(CLAIMS)
    if not note:
        return baseline
    if note.get("format") != CLAIMS_FORMAT:
        raise JournalError(
            f"What plans ask for is noted in another form in {store.where}: {note.get('format')!r}.",
            hint="Another version of remediate wrote it. Use that version, or remove claims.json from the "
            "journal and apply every plan file again.",
        )
    if int(note["upto"] or 0) < int(before.upto or 0):
        return baseline  # `before` was made with it
    later = [run for run in runs if int(run.id) > int(note["upto"] or 0)]
    return replace(baseline, claims=claimed(later, _read(note["claims"])))


def _marks(
    runs: Iterable[Run], before: Mapping[tuple[str, str], frozenset[str]]
) -> dict[tuple[str, str], frozenset[str]]:
    """Return the marks that the runs may have written; an undo brings back what is another's, perhaps."""
    marks = dict(before)
    for run in runs:
        for change in run.changes:
            if run.undoes or not _documents(run, change, None):
                continue
            for plan in run.requested_at(change.address) or run.plan_names:
                names = [
                    name
                    for allowance in service(change.service).allowances(change.after, plan)
                    if allowance.mark
                    for name in (allowance.mark, allowance.content)
                ]
                if names:
                    key = (plan, change.address)
                    marks[key] = marks.get(key, frozenset()).union(names)
    return marks


def _at(address: str, managed_values: ManagedValues) -> Requested:
    return {
        plan: {kind: getattr(values, kind) for kind in KINDS}
        for (plan, place), values in managed_values.items()
        if place == address
    }


def _listed(managed_values: ManagedValues) -> list[list[Any]]:
    return [
        [plan, address, {kind: list(getattr(values, kind)) for kind in KINDS}]
        for (plan, address), values in managed_values.items()
    ]


def _read(listed: Iterable[Sequence[Any]]) -> dict[tuple[str, str], Retired]:
    return {
        (plan, address): Retired(**{kind: tuple(values[kind]) for kind in KINDS})
        for plan, address, values in listed
    }


def _documents(run: Run, change: Change, before: LastApplied | None) -> tuple[Document | None, ...]:
    """Return what the change left the resource as; empty where the run did not touch it."""
    status = run.statuses.get(change.address)
    if status in {ApplyStatus.WRITTEN, ApplyStatus.UNCHANGED, ApplyStatus.NOT_TAKEN}:
        return (change.after,)
    if status is ApplyStatus.FAILED or (status is None and run.interrupted):
        # Nobody knows how far it came: it is what an earlier run left, or what this one wanted.
        earlier = before.documents[:1] if before else (change.before,)
        return earlier if change.after in earlier else (*earlier, change.after)
    return ()
