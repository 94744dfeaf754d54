"""What passes over an account remember from one to the next: drift that is known, and the mail. Pure.

One note of the journal per account, so that passes over one plan file or several know the same.
What is found is put there before anything is corrected: a pass that is killed is told of by the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from remediate.core.document import Document, digest
from remediate.core.drift import DriftedResource, DriftKind, DriftStatus
from remediate.core.notice import Notice, NoticeStage
from remediate.journal import JournalError
from remediate.render.text import edit_texts

FORMAT = "remediate.watch/1"
STOPPED = "The pass that found it was stopped; it is no longer so."
MOST = 500
"""Notices that wait for one channel; of more, the oldest are dropped."""
GIVEN_UP = timedelta(days=30)
"""A channel that no pass has named for so long is forgotten, with what waits for it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A drift that is known: the notice that tells of it, and the channels that were told.

    `known`: a pass has ended with it still there. `base` is what the resource was before somebody
    opened it to everybody, where that is what the entry tells of.
    """

    mark: str
    notice: Notice
    known: bool = False
    told: tuple[str, ...] = ()
    base: Document | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a resource is known to be since the run `run` left it, though no run of ours made it so."""

    run: str
    document: Document | None


@dataclass(frozen=True, slots=True)
class Outbox:
    """One channel: the plans whose notices go there, when a pass last named it, and what waits."""

    plans: tuple[str, ...]
    named: str
    waiting: tuple[Notice, ...] = ()

    def takes(self, notice: Notice) -> bool:
        """Whether it is told of that plan's drift."""
        return not set(self.plans).isdisjoint(notice.plan.split(", "))


@dataclass(frozen=True, slots=True)
class DriftState:
    """What is known between two passes; `looked` by plan, `mail` by channel, else by address.

    `looked`: when the last whole pass over the plan began. `entries` are by `Sighting.key`. `warned`
    are the codes of findings that were there. `untold` is what a pass found which was stopped before
    it could tell of it: drift that is another by now, and what is told once.
    """

    looked: Mapping[str, str] = field(default_factory=dict)
    entries: Mapping[str, Entry] = field(default_factory=dict)
    accepted: Mapping[str, Accepted] = field(default_factory=dict)
    warned: Mapping[str, Sequence[str]] = field(default_factory=dict)
    untold: tuple[Notice, ...] = ()
    mail: Mapping[str, Outbox] = field(default_factory=dict)

    def found(self, sightings: Iterable[DriftedResource]) -> DriftState:
        """With what was found, before anything is done about it."""
        entries, untold = dict(self.entries), list(self.untold)
        for one in sightings:
            known = entries.get(one.key)
            if one.status is DriftStatus.NOTED:
                notice = notice_of(one)
                untold += [notice] if notice not in untold else []
                continue
            if known is not None and known.mark == one.mark:
                if one.who != known.notice.who:  # found out only now
                    entries[one.key] = replace(known, notice=replace(known.notice, who=one.who))
                continue
            if known is not None and not known.known and known.notice.kind != DriftKind.PENDING:
                untold.append(replace(known.notice, turn=NoticeStage.CORRECTED, done=STOPPED))
            entries[one.key] = Entry(one.mark, notice_of(one), base=one.base)
        return replace(self, entries=entries, untold=tuple(untold))

    def addressed(self, channels: Mapping[str, Iterable[str]], now: datetime) -> DriftState:
        """With these channels, by the plans that name them; what nobody names any more is forgotten."""
        mail = {
            key: one for key, one in self.mail.items() if now - datetime.fromisoformat(one.named) < GIVEN_UP
        }
        for key, plans in channels.items():
            before = mail.get(key)
            known = dict.fromkeys([*(before.plans if before else ()), *plans])
            mail[key] = Outbox(
                tuple(known), now.isoformat(timespec="seconds"), before.waiting if before else ()
            )
        return replace(self, mail=mail)

    def posted(self, notice: Notice, *, only: Iterable[str] | None = None) -> DriftState:
        """With the notice waiting for every channel that takes it, or for those of `only`."""
        keys = set(self.mail) if only is None else set(only)
        mail = {
            key: replace(one, waiting=(*one.waiting, notice)[-MOST:])
            if key in keys and one.takes(notice)
            else one
            for key, one in self.mail.items()
        }
        return replace(self, mail=mail)

    def taking(self, notice: Notice) -> tuple[str, ...]:
        """The channels that take it."""
        return tuple(key for key, one in self.mail.items() if one.takes(notice))

    def as_json(self) -> dict[str, Any]:
        """The note."""
        return {
            "format": FORMAT,
            "looked": dict(self.looked),
            "entries": {
                key: {
                    "mark": one.mark,
                    "known": one.known,
                    "told": list(one.told),
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
            "mail": {
                key: {
                    "plans": list(one.plans),
                    "named": one.named,
                    "waiting": [notice.as_json() for notice in one.waiting],
                }
                for key, one in self.mail.items()
            },
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> DriftState:
        """Back from the note. Raises `JournalError` for one of another form."""
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
                "drift that is known by now is told once more.",
            ) from error

    @classmethod
    def _read(cls, value: Mapping[str, Any]) -> DriftState:
        return cls(
            value["looked"],
            {
                key: Entry(one["mark"], _notice(one["notice"]), one["known"], tuple(one["told"]), one["base"])
                for key, one in value["entries"].items()
            },
            {address: Accepted(one["run"], one["document"]) for address, one in value["accepted"].items()},
            value["warned"],
            tuple(_notice(one) for one in value["untold"]),
            {
                key: Outbox(
                    tuple(one["plans"]), one["named"], tuple(_notice(each) for each in one["waiting"])
                )
                for key, one in value["mail"].items()
            },
        )


def notice_of(one: DriftedResource) -> Notice:
    """What is told of it; the same drift has the same id."""
    return Notice(
        id=digest([one.mark, one.since])[7:31],
        turn=NoticeStage.NEW,
        plan=one.plan,
        address=one.address,
        label=one.label,
        kind=str(one.kind),
        changed=tuple(edit_texts(one.changed or one.wanted)),
        since=one.since,
        seen=one.seen,
        who=one.who,
        done=f"{_DONE[one.status]} {one.because}".strip()
        if one.kind is not DriftKind.UNREADABLE
        else one.because,
        look=one.look,
    )


_DONE = {
    DriftStatus.CORRECTED: "Put right, read again, and as the plan wants it.",
    DriftStatus.PARTLY: "Put right in part, and read again.",
    DriftStatus.LEFT: "Nothing was done.",
    DriftStatus.HELD: "Not corrected.",
    DriftStatus.FAILED: "Correcting it failed.",
    DriftStatus.NOTED: "Left as it is.",
}


def _notice(value: Mapping[str, Any]) -> Notice:
    return Notice(**{**value, "turn": NoticeStage(value["turn"]), "changed": tuple(value["changed"])})
