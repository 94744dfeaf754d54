"""Make the notice of a drifted resource, and say which of several is the one to send. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from remediate.core.document import digest
from remediate.core.drift import DriftedResource, DriftKind, DriftStatus
from remediate.core.notice import Notice, NoticeOutcome, NoticeStage
from remediate.core.plan import Edit
from remediate.render.diff import edit_texts

_DONE = {
    DriftStatus.CORRECTED: "Corrected, read again, and as the plan wants it.",
    DriftStatus.PARTLY: "Corrected in part, and read again.",
    DriftStatus.LEFT: "Nothing was done.",
    DriftStatus.CONTESTED: "No longer corrected.",
    DriftStatus.HELD: "Not corrected.",
    DriftStatus.FAILED: "The correction failed.",
    DriftStatus.NOTED: "Left as it is.",
}
_OUTCOMES = {
    DriftStatus.CORRECTED: NoticeOutcome.CORRECTED,
    DriftStatus.PARTLY: NoticeOutcome.PARTLY,
    DriftStatus.LEFT: NoticeOutcome.LEFT,
    DriftStatus.CONTESTED: NoticeOutcome.CONTESTED,
    DriftStatus.HELD: NoticeOutcome.HELD,
    DriftStatus.FAILED: NoticeOutcome.FAILED,
    DriftStatus.NOTED: NoticeOutcome.NOTED,
}
_OUTCOMES_OF_PENDING = {
    DriftStatus.CORRECTED: NoticeOutcome.APPLIED,
    DriftStatus.LEFT: NoticeOutcome.WAITS,
    DriftStatus.HELD: NoticeOutcome.WAITS,
}
_OUTCOMES_BY_KIND = {
    DriftKind.UNREADABLE: NoticeOutcome.UNREADABLE,
    DriftKind.WARNING: NoticeOutcome.WARNED,
}


def notice_of(sighting: DriftedResource) -> Notice:
    """Return the notice of a drifted resource; the same drift has the same id."""
    wanted = () if _takes_back(sighting) else sighting.wanted
    return Notice(
        id=digest([sighting.mark, sighting.since])[7:31],
        stage=NoticeStage.NEW,
        plan_names=sighting.plan_names,
        address=sighting.address,
        label=sighting.label,
        kind=str(sighting.kind),
        changed=tuple(edit_texts(sighting.changed)),
        since=sighting.since,
        seen=sighting.seen,
        who=sighting.who,
        done=_done(sighting),
        look=sighting.look,
        outcome=outcome_of(sighting),
        codes=sighting.codes,
        wanted=tuple(edit_texts(wanted)),
        stays=tuple(edit_texts(sighting.stays)),
        undo=sighting.undo,
    )


def outcome_of(sighting: DriftedResource) -> NoticeOutcome:
    """Return what the notice says of the resource."""
    if sighting.kind in _OUTCOMES_BY_KIND:
        return _OUTCOMES_BY_KIND[sighting.kind]
    if sighting.kind is DriftKind.OUTSIDE and sighting.codes:
        return NoticeOutcome.OPENED
    if sighting.kind is DriftKind.PENDING and sighting.status in _OUTCOMES_OF_PENDING:
        return _OUTCOMES_OF_PENDING[sighting.status]
    return _OUTCOMES[sighting.status]


def one_of_each(sightings: Sequence[DriftedResource]) -> tuple[DriftedResource, ...]:
    """Return each resource once: what others opened and stays is told with what was done beside it.

    The alarm about what others opened and the drift of the plan's part are remembered apart, because each
    ends by itself; whoever reads of them reads of one resource.
    """
    alarms = {
        sighting.address: sighting
        for sighting in sightings
        if sighting.kind is DriftKind.OUTSIDE and sighting.is_open
    }
    beside = {
        sighting.address
        for sighting in sightings
        if sighting.kind in {DriftKind.DRIFT, DriftKind.PENDING} and sighting.address in alarms
    }
    return tuple(
        with_alarm(sighting, alarms[sighting.address])
        if sighting.kind in {DriftKind.DRIFT, DriftKind.PENDING} and sighting.address in beside
        else sighting
        for sighting in sightings
        if sighting.address not in beside or sighting is not alarms[sighting.address]
    )


def with_alarm(sighting: DriftedResource, alarm: DriftedResource) -> DriftedResource:
    """Return the sighting as one that tells of the alarm too: a correction beside it is one in part."""
    status = DriftStatus.PARTLY if sighting.status is DriftStatus.CORRECTED else sighting.status
    return replace(
        sighting,
        kind=DriftKind.DRIFT,
        status=status,
        codes=tuple(dict.fromkeys((*alarm.codes, *sighting.codes))),
        because=f"{sighting.because} {alarm.because}".strip(),
        changed=sighting.changed or alarm.changed,
        since=sighting.since or alarm.since,
        who=sighting.who or alarm.who,
    )


def _done(sighting: DriftedResource) -> str:
    if sighting.kind is DriftKind.UNREADABLE:
        return sighting.because
    if sighting.kind is DriftKind.PENDING and sighting.status is DriftStatus.CORRECTED:
        return "The change was applied, and read again."
    if sighting.kind is DriftKind.PENDING and sighting.status is DriftStatus.HELD:
        return f"Not applied: a person must agree to it. {sighting.because}".strip()
    return f"{_DONE[sighting.status]} {sighting.because}".strip()


def _takes_back(sighting: DriftedResource) -> bool:
    """Return whether the correction only takes back what was changed, line by line."""
    if sighting.status is not DriftStatus.CORRECTED or not sighting.changed:
        return False
    return {_key(edit) for edit in sighting.wanted} == {_key(_inverse(edit)) for edit in sighting.changed}


def _inverse(edit: Edit) -> Edit:
    return Edit({"+": "-", "-": "+"}.get(edit.op, edit.op), edit.path, edit.after, edit.before)


def _key(edit: Edit) -> str:
    return digest(edit.as_json())
