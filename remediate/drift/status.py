"""The health of the job by its journal: last pass, what is open, held, accepted, snoozed, paused. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from remediate.core.drift import DriftKind, DriftStatus
from remediate.core.plan_names import join_names
from remediate.drift.holds import Hold, Holds
from remediate.drift.memory import DriftState, Entry

FORMAT = "remediate.status/1"
OPEN = 2
"""The exit code where something is open or held that nobody snoozed."""


def status_document(
    plan_names: Sequence[str],
    account: str,
    where: str,
    *,
    memory: DriftState,
    holds: Holds,
    locks: Mapping[str, str],
    now: datetime,
) -> dict[str, Any]:
    """Return the document of `status --json`; `locks` are the holders of the locks that are held, by lock."""
    names = set(plan_names)
    current = holds.at(now)
    entries = [
        _entry(entry, current, now)
        for _, entry in sorted(memory.entries.items())
        if entry.stands and not names.isdisjoint(entry.notice.plan_names)
    ]
    held = [entry for entry in entries if entry["status"] == DriftStatus.HELD]
    opened = [entry for entry in entries if entry["status"] != DriftStatus.HELD]
    return {
        "format": FORMAT,
        "plan": join_names(tuple(plan_names)),
        "account": account,
        "state": where,
        "when": now.isoformat(timespec="seconds"),
        "passes": [_pass(name, memory, now) for name in plan_names],
        "open": opened,
        "held": held,
        "accepted": [
            {
                "address": address,
                "by": agreement.by,
                "when": agreement.when,
                "reason": agreement.reason,
                "until": agreement.until or None,
            }
            for address, agreement in sorted(memory.agreements.items())
            if not agreement.over(now)
        ],
        "snoozed": [
            {"address": pattern, **_hold(hold, now)} for pattern, hold in sorted(current.snoozed.items())
        ],
        "paused": _hold(current.paused, now) if current.paused else None,
        "locks": [{"lock": lock, "holder": holder} for lock, holder in locks.items() if holder],
        "exit_code": OPEN if any(not entry["snoozed"] for entry in entries) else 0,
    }


def _pass(name: str, memory: DriftState, now: datetime) -> dict[str, Any]:
    last = memory.last.get(name, {})
    when = memory.looked.get(name)
    return {
        "plan": name,
        "when": when,
        "age_seconds": _age(when, now) if when else None,
        "exit_code": last.get("exit_code"),
        "correct": last.get("correct"),
        "run": last.get("run") or None,
    }


def _entry(entry: Entry, holds: Holds, now: datetime) -> dict[str, Any]:
    notice = entry.notice
    fallback = DriftStatus.FAILED if notice.kind == DriftKind.UNREADABLE else DriftStatus.LEFT
    return {
        "address": notice.address,
        "label": notice.label,
        "plan": join_names(notice.plan_names),
        "kind": notice.kind,
        "status": entry.status or str(fallback),
        "since": notice.since or None,
        "seen": notice.seen,
        "age_seconds": _age(notice.seen, now),
        "who": notice.who or None,
        "done": notice.done,
        "look": notice.look,
        "snoozed": holds.covers(notice.address),
    }


def _hold(hold: Hold, now: datetime) -> dict[str, Any]:
    return {**hold.as_json(), "seconds_left": -_age(hold.until, now)}


def _age(instant: str, now: datetime) -> int:
    return int((now - datetime.fromisoformat(instant)).total_seconds())
