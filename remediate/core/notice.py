"""Holds what people are notified of: one notice per drift when it is new, one when it is over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from remediate.core.plan_names import join_names, split_names

FORMAT = "remediate.notice/1"


@dataclass(frozen=True, slots=True)
class Channel:
    """Where notices go: `kind` is a module of `remediate.notify`, `target` what that sends to.

    `target` (an ARN, a bus, a URL) and `secret` (the key of the signature) may be references
    (`env:NAME`, `ssm:NAME`) that are looked up only when something is sent.
    """

    kind: str
    target: str
    secret: str = ""
    where: str = ""
    """`file:line:column` in the plan file; empty where an option named it."""
    only: tuple[str, ...] = ()
    """What alone it is told of: `open`, `held`, `failed`; all where it is empty."""


class NoticeStage(StrEnum):
    """The value tells what happened to a drift."""

    NEW = "new"
    """First seen, and still there."""
    CORRECTED = "corrected"
    """First seen, and put right in the same pass."""
    PARTLY = "partly"
    """The plan's part was put right; something of others that opens the resource stays beside it."""
    RESOLVED = "resolved"
    """Reported earlier, and over now."""


class NoticeOutcome(StrEnum):
    """The value tells what became of the resource, the gravest first; `render.notice` has its words."""

    OPENED = "opened"
    """Others let in more than the plan wants, and the plan does not take that away."""
    PARTLY = "partly"
    """The plan's part is restored; something else that others changed stays."""
    CONTESTED = "contested"
    """It was corrected again and again, and passes leave it until a person decides."""
    HELD = "held"
    """Others changed it, and a guard holds the correction."""
    FAILED = "failed"
    UNREADABLE = "unreadable"
    LEFT = "left"
    """Others changed it, and nobody asked to correct it."""
    WAITS = "waits"
    """The live settings did not change; the plan wants them otherwise, and a person must agree."""
    WARNED = "warned"
    NOTED = "noted"
    """Others changed what the plan does not speak of."""
    CORRECTED = "corrected"
    STOPPED = "stopped"
    """Others changed it; the pass that found that was stopped, and it is no longer so."""
    APPLIED = "applied"
    """The change that waited for a person was made."""
    ACCEPTED = "accepted"
    NOT_IN_PLAN = "not in the plan"
    READABLE = "readable"
    AS_PLANNED = "as planned"


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to tell about one resource.

    `id` is the drift's, so that its end is known by the same one; a receiver that saw `id` and `turn`
    (`stage` here) together may drop what comes again.
    `changed` are the lines of the difference, from what the last run left to what was found;
    `since` and `seen` are instants (ISO 8601, UTC) between which it happened and when it was found;
    `done` says what became of it, `look` is the command to look closer. `wanted` are the lines of what the
    plan makes of what was found: what was corrected, or what it would be. `stays` are the lines of what is
    there after the correction and would not be without the outside change, and of what is missing.
    `undo` is the command that takes the correction back.
    """

    id: str
    stage: NoticeStage
    plan_names: tuple[str, ...]
    address: str
    label: str
    kind: str
    changed: tuple[str, ...]
    since: str
    seen: str
    who: str
    done: str
    look: str
    outcome: NoticeOutcome = NoticeOutcome.LEFT
    codes: tuple[str, ...] = ()
    wanted: tuple[str, ...] = ()
    stays: tuple[str, ...] = ()
    undo: str = ""

    def as_json(self) -> dict[str, Any]:
        """A JSON object, its keys named as here."""
        return {
            "id": self.id,
            "turn": str(self.stage),
            "plan": join_names(self.plan_names),
            "address": self.address,
            "label": self.label,
            "kind": self.kind,
            "changed": list(self.changed),
            "since": self.since,
            "seen": self.seen,
            "who": self.who,
            "done": self.done,
            "look": self.look,
            "outcome": str(self.outcome),
            "codes": list(self.codes),
            "wanted": list(self.wanted),
            "stays": list(self.stays),
            "undo": self.undo,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Notice:
        """Back from the JSON object; KeyError, TypeError or ValueError where it is not one."""
        values = {key: item for key, item in value.items() if key not in {"plan", "turn"}}
        stage = NoticeStage(value["turn"])
        return cls(
            **{
                **values,
                "stage": stage,
                "plan_names": split_names(value["plan"]),
                "outcome": NoticeOutcome(value.get("outcome", _EARLIER_OUTCOMES[stage])),
                **{key: tuple(value.get(key, ())) for key in ("changed", "codes", "wanted", "stays")},
            }
        )


ROUTES = {
    NoticeOutcome.OPENED: "open",
    NoticeOutcome.PARTLY: "open",
    NoticeOutcome.LEFT: "open",
    NoticeOutcome.HELD: "held",
    NoticeOutcome.CONTESTED: "held",
    NoticeOutcome.WAITS: "held",
    NoticeOutcome.FAILED: "failed",
    NoticeOutcome.UNREADABLE: "failed",
}
"""What a channel names under `only` to be told of such an outcome; of others it is told only of an end."""

_EARLIER_OUTCOMES = {
    NoticeStage.NEW: NoticeOutcome.LEFT,
    NoticeStage.CORRECTED: NoticeOutcome.CORRECTED,
    NoticeStage.PARTLY: NoticeOutcome.PARTLY,
    NoticeStage.RESOLVED: NoticeOutcome.AS_PLANNED,
}
"""What a notice is about that waits in a journal since before notices had an outcome."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message is what one pass tells one channel."""

    account: str
    when: str
    notices: Sequence[Notice]

    def as_json(self) -> dict[str, Any]:
        """`{"format": "remediate.notice/1", "account": …, "when": …, "notices": […]}`."""
        return {
            "format": FORMAT,
            "account": self.account,
            "when": self.when,
            "notices": [notice.as_json() for notice in self.notices],
        }
