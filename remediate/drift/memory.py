"""Keep what passes over an account remember from one to the next: known drift, and the outbox. Pure.

One note of the journal per account, so that passes over one plan file or several know the same.
What is found is put there before anything is corrected: the next pass reports what a killed one found.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from remediate.core.document import Document
from remediate.core.drift import DriftedResource, DriftKind, DriftStatus
from remediate.core.notice import ROUTES, Notice, NoticeOutcome, NoticeStage
from remediate.drift.agreements import Accepted, Agreement
from remediate.drift.agreements import from_json as agreements_from
from remediate.drift.notices import notice_of
from remediate.engine.baseline import Baseline
from remediate.journal import JournalError

FORMAT = "remediate.watch/1"
STOPPED = "The pass that found it was stopped; it is no longer so."
MOST = 500
"""Notices that wait for one channel; of more, the oldest are dropped."""
GIVEN_UP = timedelta(days=30)
"""A channel that no pass has named for so long is forgotten, with what waits for it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A drift that was reported: its notice, and the channels that were notified.

    `stands`: a pass has ended with it still there. `base` is what the resource was before somebody
    opened it to everybody, where that is what the entry tells of.
    """

    mark: str
    notice: Notice
    stands: bool = False
    notified: tuple[str, ...] = ()
    base: Document | None = None
    status: str = ""
    """What the last pass that saw it made of it: the value of a `DriftStatus`."""


@dataclass(frozen=True, slots=True)
class Correction:
    """A pass corrected a resource at this instant; `settings` is the digest of what it made of it."""

    when: str
    settings: str


@dataclass(frozen=True, slots=True)
class Contest:
    """Passes leave a resource alone: it was corrected `count` times to the same settings since `since`."""

    since: str
    settings: str
    count: int


@dataclass(frozen=True, slots=True)
class Outbox:
    """One channel: the plans whose notices go there, when a pass last named it, and what waits."""

    plans: tuple[str, ...]
    named: str
    waiting: tuple[Notice, ...] = ()
    only: tuple[str, ...] = ()

    def takes(self, notice: Notice) -> bool:
        """True if the channel is notified of that plan's drift, and of what became of it."""
        is_end = notice.stage is NoticeStage.RESOLVED
        if self.only and not is_end and ROUTES.get(notice.outcome) not in self.only:
            return False
        return not set(self.plans).isdisjoint(notice.plan_names)


@dataclass(frozen=True, slots=True)
class DriftState:
    """What is known between two passes; `looked` by plan, `outboxes` by channel, else by address.

    `looked`: when the last whole pass over the plan began. `entries` are by `DriftedResource.key`. `warned`
    are the codes of findings that were there. `unnotified` is what a pass found which was stopped before
    it could report it: drift that is another by now, and what is reported once.
    """

    looked: Mapping[str, str] = field(default_factory=dict)
    entries: Mapping[str, Entry] = field(default_factory=dict)
    accepted: Mapping[str, Accepted] = field(default_factory=dict)
    warned: Mapping[str, Sequence[str]] = field(default_factory=dict)
    unnotified: tuple[Notice, ...] = ()
    outboxes: Mapping[str, Outbox] = field(default_factory=dict)
    corrections: Mapping[str, tuple[Correction, ...]] = field(default_factory=dict)
    contests: Mapping[str, Contest] = field(default_factory=dict)
    agreements: Mapping[str, Agreement] = field(default_factory=dict)
    """What people accepted, by address."""
    last: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """The last whole pass over each plan, and how it ended."""
    reminded: str = ""
    """When a pass of `--once` last spoke of what is open."""

    def found(self, sightings: Iterable[DriftedResource]) -> DriftState:
        """Return the state with the drifted resources of this pass, before any is corrected."""
        entries, unnotified = dict(self.entries), list(self.unnotified)
        for sighting in sightings:
            entry = entries.get(sighting.key)
            if sighting.status is DriftStatus.NOTED:
                notice = notice_of(sighting)
                unnotified += [notice] if notice not in unnotified else []
                continue
            if entry is not None and entry.mark == sighting.mark:
                if sighting.who != entry.notice.who:  # found out only now
                    entries[sighting.key] = replace(entry, notice=replace(entry.notice, who=sighting.who))
                continue
            if entry is not None and not entry.stands and entry.notice.kind != DriftKind.PENDING:
                ended = replace(entry.notice, stage=NoticeStage.CORRECTED, outcome=NoticeOutcome.STOPPED)
                unnotified.append(replace(ended, done=STOPPED, wanted=()))
            entries[sighting.key] = Entry(sighting.mark, notice_of(sighting), base=sighting.base)
        return replace(self, entries=entries, unnotified=tuple(unnotified))

    def addressed(
        self,
        channels: Mapping[str, Iterable[str]],
        now: datetime,
        only: Mapping[str, tuple[str, ...]] | None = None,
    ) -> DriftState:
        """Return the state with these channels and their plans; a channel no longer named is forgotten.

        `only` is what alone a channel is told of, by channel.
        """
        outboxes = {
            key: outbox
            for key, outbox in self.outboxes.items()
            if now - datetime.fromisoformat(outbox.named) < GIVEN_UP
        }
        for key, plans in channels.items():
            before = outboxes.get(key)
            plans_named = dict.fromkeys([*(before.plans if before else ()), *plans])
            outboxes[key] = Outbox(
                tuple(plans_named),
                now.isoformat(timespec="seconds"),
                before.waiting if before else (),
                (only or {}).get(key, ()),
            )
        return replace(self, outboxes=outboxes)

    def with_notice(self, notice: Notice, *, only: Iterable[str] | None = None) -> DriftState:
        """Return the state with the notice waiting for each channel that takes it, or for those of `only`."""
        keys = set(self.outboxes) if only is None else set(only)
        outboxes = {
            key: replace(outbox, waiting=(*outbox.waiting, notice)[-MOST:])
            if key in keys and outbox.takes(notice)
            else outbox
            for key, outbox in self.outboxes.items()
        }
        return replace(self, outboxes=outboxes)

    def channels_for(self, notice: Notice) -> tuple[str, ...]:
        """Return the channels that take it."""
        return tuple(key for key, outbox in self.outboxes.items() if outbox.takes(notice))

    def as_json(self) -> dict[str, Any]:
        """Return the note."""
        return {
            "format": FORMAT,
            "looked": dict(self.looked),
            "entries": {
                key: {
                    "mark": entry.mark,
                    "known": entry.stands,
                    "told": list(entry.notified),
                    "base": entry.base,
                    "status": entry.status,
                    "notice": entry.notice.as_json(),
                }
                for key, entry in self.entries.items()
            },
            "accepted": {
                address: {"run": accepted.run, "document": accepted.document}
                for address, accepted in self.accepted.items()
            },
            "warned": {address: list(codes) for address, codes in self.warned.items()},
            "untold": [notice.as_json() for notice in self.unnotified],
            "mail": {
                key: {
                    "plans": list(outbox.plans),
                    "named": outbox.named,
                    "only": list(outbox.only),
                    "waiting": [notice.as_json() for notice in outbox.waiting],
                }
                for key, outbox in self.outboxes.items()
            },
            "corrections": {
                address: [[item.when, item.settings] for item in several]
                for address, several in self.corrections.items()
            },
            "contested": {
                address: {"since": contest.since, "settings": contest.settings, "count": contest.count}
                for address, contest in self.contests.items()
            },
            "agreements": {address: agreement.as_json() for address, agreement in self.agreements.items()},
            "last": {name: dict(last) for name, last in self.last.items()},
            "reminded": self.reminded,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> DriftState:
        """Read the note back. Raises `JournalError` for one of another form."""
        if not value:
            return cls()
        try:
            if value["format"] != FORMAT:
                raise ValueError(value["format"])  # noqa: TRY301
            return cls._read(value)
        except (KeyError, TypeError, ValueError) as error:
            raise JournalError(
                f"What passes remember is of another form: {error}.",
                hint="Another version of remediate wrote it. Remove drift-ACCOUNT.json from the journal: "
                "drift that was reported is reported once more.",
            ) from error

    @classmethod
    def _read(cls, value: Mapping[str, Any]) -> DriftState:
        return cls(
            value["looked"],
            {
                key: Entry(
                    entry["mark"],
                    Notice.from_json(entry["notice"]),
                    entry["known"],
                    tuple(entry["told"]),
                    entry["base"],
                    entry.get("status", ""),
                )
                for key, entry in value["entries"].items()
            },
            {
                address: Accepted(accepted["run"], accepted["document"])
                for address, accepted in value["accepted"].items()
            },
            value["warned"],
            tuple(Notice.from_json(notice) for notice in value["untold"]),
            {
                key: Outbox(
                    tuple(outbox["plans"]),
                    outbox["named"],
                    tuple(Notice.from_json(each) for each in outbox["waiting"]),
                    tuple(outbox.get("only", ())),
                )
                for key, outbox in value["mail"].items()
            },
            # An older version kept none of these.
            {
                address: tuple(Correction(when, settings) for when, settings in several)
                for address, several in value.get("corrections", {}).items()
            },
            {
                address: Contest(contest["since"], contest["settings"], contest["count"])
                for address, contest in value.get("contested", {}).items()
            },
            agreements_from(value.get("agreements", {})),
            value.get("last", {}),
            value.get("reminded", ""),
        )


def known_documents(
    baseline: Baseline, memory: DriftState, address: str
) -> tuple[Document | None, ...] | None:
    """Return what the resource is known to have been, None where nothing is known."""
    left = baseline.left.get(address)
    accepted = memory.accepted.get(address)
    if accepted is not None and accepted.run == (left.run if left else ""):
        return (accepted.document,)
    return left.documents if left else None
