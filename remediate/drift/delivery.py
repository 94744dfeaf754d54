"""Send the notices that wait, to every channel at once; what cannot be sent now waits for the next pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from remediate.aws import Aws
from remediate.core.document import digest
from remediate.core.drift import DriftPass
from remediate.core.notice import Channel, Message
from remediate.drift.memory import DriftState
from remediate.errors import RemediateError
from remediate.planfile import PlanFile
from remediate.threads import thread_pool

Send = Callable[[Aws, Channel, Message], None]
"""Delivers, or raises a `RemediateError`."""


def channels_of(files: Sequence[PlanFile], more: Sequence[Channel]) -> dict[str, tuple[Channel, set[str]]]:
    """Return every channel once, with the plans whose notices go there."""
    channels: dict[str, tuple[Channel, set[str]]] = {}
    for file in files:
        for channel in (*file.notify, *more):
            # Not the target itself: a URL may be a secret.
            key = f"{channel.kind} {digest([channel.target, channel.secret, *channel.only])[7:23]}"
            channels.setdefault(key, (channel, set()))[1].add(file.name)
    return channels


def deliver(
    aws: Aws,
    send: Send,
    memory: DriftState,
    channels: Mapping[str, Channel],
    *,
    empty: DriftPass,
    save: Callable[[DriftState], None],
) -> tuple[DriftState, int, list[str]]:
    """Return the state without what was sent, how many notices that were, and what could not be sent.

    `save` puts the state on disk before anything is sent: a notice may come twice (its id and stage
    tell), but is never lost.
    """
    due = {key: memory.outboxes[key] for key in channels if memory.outboxes[key].waiting}
    if not due:
        return memory, 0, []
    save(memory)

    def sent(key: str) -> str:
        try:
            send(aws, channels[key], Message(empty.account, empty.when, due[key].waiting))
        except RemediateError as problem:
            return problem.message
        return ""

    with thread_pool(len(due), "notify") as threads:
        problems = dict(zip(due, threads.map(sent, due), strict=True))
    notes = [f"Not delivered, and tried again at the next pass: {p}" for p in problems.values() if p]
    delivered = {key for key, problem in problems.items() if not problem}
    outboxes = {
        key: replace(outbox, waiting=()) if key in delivered else outbox
        for key, outbox in memory.outboxes.items()
    }
    sent_notices = {(notice.id, notice.stage) for key in delivered for notice in due[key].waiting}
    return replace(memory, outboxes=outboxes), len(sent_notices), notes
