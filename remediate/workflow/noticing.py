"""What a pass remembers for the next one, and what follows from it for the notices. Pure.

A drift is told once when it is new and once when it is over, however many passes see it. What is
known is put on disk before anything is corrected: a pass that is killed in the middle is told of
by the next.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from remediate.core.document import Document, digest
from remediate.core.drift import Kind, Sighting, Status
from remediate.core.notice import Notice, Turn
from remediate.render.text import edit_texts

NOTE = "drift"
FORMAT = "remediate.watch/1"
STOPPED = "The pass that found it was stopped; it is no longer so."
OVER = "It is as the plan wants it again."


@dataclass(frozen=True, slots=True)
class Entry:
    """A drift that is known: the notice that tells of it, and whether it was given to the outbox."""

    mark: str
    notice: Notice
    told: bool = False
    base: Document | None = None
    """What the resource was before somebody opened it, where that is what it tells of."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a resource is known to be since the run `run` left it, though no run of ours made it so."""

    run: str
    document: Document | None


@dataclass(frozen=True, slots=True)
class Memory:
    """What is known between two passes, by address; `entries` by `Sighting.key`, `outbox` by channel."""

    looked: str = ""
    """When the last whole pass ended."""
    entries: Mapping[str, Entry] = field(default_factory=dict)
    accepted: Mapping[str, Accepted] = field(default_factory=dict)
    warned: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """The codes of the findings that were there at the last pass."""
    untold: Sequence[Notice] = ()
    """Drift that a pass found which was stopped before it could tell of it, and that is another by now."""
    outbox: Mapping[str, Sequence[Notice]] = field(default_factory=dict)
    """What could not be delivered yet."""

    def as_json(self) -> dict[str, Any]:
        """The note."""
        return {
            "format": FORMAT,
            "looked": self.looked,
            "entries": {
                key: {
                    "mark": one.mark,
                    "told": one.told,
                    "base": one.base,
                    "notice": one.notice.as_json(),
                }
                for key, one in self.entries.items()
            },
            "accepted": {
                address: {"run": one.run, "document": one.document} for address, one in self.accepted.items()
            },
            "warned": {address: list(codes) for address, codes in self.warned.items()},
            "untold": [notice.as_json() for notice in self.untold],
            "outbox": {
                channel: [notice.as_json() for notice in notices] for channel, notices in self.outbox.items()
            },
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Memory:
        """Back from the note; one of another format counts for nothing."""
        if value.get("format") != FORMAT:
            return cls()
        return cls(
            value["looked"],
            {
                key: Entry(one["mark"], _notice(one["notice"]), one["told"], one["base"])
                for key, one in value["entries"].items()
            },
            {address: Accepted(one["run"], one["document"]) for address, one in value["accepted"].items()},
            value["warned"],
            [_notice(one) for one in value["untold"]],
            {channel: [_notice(one) for one in notices] for channel, notices in value["outbox"].items()},
        )

    def found(self, sightings: Iterable[Sighting]) -> Memory:
        """With what was found, before anything is done about it."""
        entries, untold = dict(self.entries), list(self.untold)
        for one in sightings:
            known = entries.get(one.key)
            if one.status is Status.NOTED:
                continue
            if known is not None and known.mark == one.mark:
                if one.who != known.notice.who:  # found out only now
                    entries[one.key] = replace(known, notice=replace(known.notice, who=one.who))
                continue
            if known is not None and not known.told and known.notice.kind != Kind.PENDING:
                untold.append(replace(known.notice, turn=Turn.CORRECTED, done=STOPPED))
            entries[one.key] = Entry(one.mark, notice_of(one), base=one.base)
        return replace(self, entries=entries, untold=untold)


def concluded(
    memory: Memory, sightings: Sequence[Sighting], looked_at: Collection[str], seen: str, *, whole: bool
) -> tuple[Memory, tuple[Notice, ...], tuple[str, ...]]:
    """What is known after the pass, what is to be told, and the addresses whose drift is over.

    `looked_at` are the addresses that were read; with `whole`, what is not among the sightings nor
    there is covered by the plans no more. Applying a pending change that nothing holds back is what
    the job is for, and is not told.
    """
    entries = dict(memory.entries)
    notices = list(memory.untold)
    resolved: list[str] = []
    there: set[str] = set()
    for one in sightings:
        if one.status is Status.NOTED:
            notices.append(notice_of(one))
            continue
        there.add(one.key)
        entry = entries[one.key]
        if one.status is Status.CORRECTED:
            del entries[one.key]
            if entry.told:
                resolved.append(one.address)
                notices.append(replace(notice_of(one), turn=Turn.RESOLVED, since=entry.notice.since))
            elif one.kind is not Kind.PENDING:
                notices.append(replace(notice_of(one), turn=Turn.CORRECTED))
        elif not entry.told and not (one.kind is Kind.PENDING and one.status is Status.LEFT):
            notices.append(notice_of(one))
            entries[one.key] = replace(entry, told=True)
    for key in sorted(entries.keys() - there):
        address = entries[key].notice.address
        if address not in looked_at and not whole:
            continue
        entry = entries.pop(key)
        done = OVER if address in looked_at else "The plans no longer cover it."
        if entry.told:
            resolved.append(address)
            notices.append(replace(entry.notice, turn=Turn.RESOLVED, seen=seen, done=done))
        elif entry.notice.kind != Kind.PENDING:
            # Found by a pass that was stopped before it could say so, and put right by then.
            notices.append(replace(entry.notice, turn=Turn.CORRECTED, done=done))
    return replace(memory, entries=entries, untold=()), tuple(notices), tuple(resolved)


def notice_of(one: Sighting) -> Notice:
    """What is told of it; the same drift has the same id."""
    shown = one.changed or one.wanted
    return Notice(
        id=digest([one.mark, one.since])[7:31],
        turn=Turn.NEW,
        plan=one.plan,
        address=one.address,
        label=one.label,
        kind=str(one.kind),
        changed=tuple(edit_texts(shown)),
        since=one.since,
        seen=one.seen,
        who=one.who,
        done=_done(one),
        look=one.look,
    )


def _done(one: Sighting) -> str:
    words = {
        Status.CORRECTED: "Put right, read again, and as the plan wants it.",
        Status.LEFT: "Nothing was done.",
        Status.HELD: "Not corrected.",
        Status.FAILED: "Correcting it failed.",
        Status.NOTED: "Left as it is.",
    }
    return f"{words[one.status]} {one.because}".strip()


def _notice(value: Mapping[str, Any]) -> Notice:
    return Notice(**{**value, "turn": Turn(value["turn"]), "changed": tuple(value["changed"])})
