"""A bus of EventBridge: one event a notice, so that rules can pick by what happened and where.

A bus that does not exist takes events too, and drops them: AWS reports no error.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from remediate.core.channel import ChannelKind
from remediate.core.notice import Message, Notice
from remediate.core.permission import Permission
from remediate.errors import AwsFailure
from remediate.notify import SendContext
from remediate.notify.http import PAUSES
from remediate.render.notice import FAILED, TEST, Cut, fitted

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef, PutEventsResultEntryTypeDef

KIND = ChannelKind(
    help="An EventBridge bus, by its name or ARN; one event a notice, from the source remediate.",
    pattern=r"[A-Za-z0-9_./-]{1,256}|arn:aws[a-z-]*:events:[a-z0-9-]+:[0-9]{12}:event-bus/[A-Za-z0-9_./-]{1,256}",
    wanted="the name or ARN of an EventBridge bus",
    example="default",
)

SOURCE = "remediate"
MOST = 10
LARGEST = 256_000
"""Bytes of all entries of one call; AWS takes less than 256 KB, and says not which KB."""


def send(means: SendContext, target: str, secret: str, message: Message) -> None:  # noqa: ARG001
    """Put the events, those that AWS failed to take again. Raises `AwsFailure`."""
    region = target.split(":")[3] if target.startswith("arn:") else None
    events: EventBridgeClient = means.aws.client("events", region)
    waiting = [_entry(target, message, notice) for notice in message.notices]
    doing = f"events:PutEvents on {target}"
    refused: list[PutEventsResultEntryTypeDef] = []
    for pause in (*PAUSES, None):
        failed: list[PutEventsRequestEntryTypeDef] = []
        refused = []
        for batch in _batches(waiting):
            with means.aws.translated_errors(doing):
                answer = events.put_events(Entries=batch)
            if len(answer["Entries"]) != len(batch):
                raise _unusable(f"{doing}: {len(answer['Entries'])} results came for {len(batch)} events.")
            for entry, result in zip(batch, answer["Entries"], strict=True):
                if result.get("ErrorCode"):
                    failed.append(entry)
                    refused.append(result)
        waiting = failed
        if not waiting:
            return
        if pause is not None:
            means.sleep(pause)
    code, said = refused[0].get("ErrorCode", ""), refused[0].get("ErrorMessage", "")
    raise AwsFailure(
        f"{doing}: {len(waiting)} of {len(message.notices)} events were not accepted: {code}: {said}",
        code=code,
        operation="events:PutEvents",
        hint="They are sent again at the next pass.",
    )


def _unusable(message: str) -> AwsFailure:
    # Imported here: this module says what a plan file may hold, and that is checked without boto3.
    from remediate.answers import UNUSABLE  # noqa: PLC0415
    from remediate.aws_errors import HINTS  # noqa: PLC0415

    return AwsFailure(message, code=UNUSABLE, operation="events:PutEvents", hint=HINTS[UNUSABLE])


def permissions(target: str, account: str) -> Iterator[Permission]:
    """To put events on that bus."""
    arn = target if target.startswith("arn:") else f"arn:aws:events:*:{account}:event-bus/{target}"
    yield Permission(("events:PutEvents",), (arn,), "the bus that is notified of drift")


def _entry(bus: str, message: Message, notice: Notice) -> PutEventsRequestEntryTypeDef:
    what = {TEST: "Test", FAILED: "Pass Failed"}.get(notice.kind, f"Drift {notice.stage.title()}")
    single = Message(message.account, message.when, [notice])
    return {
        "EventBusName": bus,
        "Source": SOURCE,
        "DetailType": f"Remediate {what}",
        "Detail": _detail(fitted(single, lambda cut: len(_detail(cut)) <= LARGEST - 100)),
    }


def _detail(cut: Cut) -> str:
    # ASCII, so that its length is its size in bytes.
    return json.dumps({"account": cut.message.account, **cut.message.notices[0].as_json()})


def _batches(
    entries: list[PutEventsRequestEntryTypeDef],
) -> Iterator[list[PutEventsRequestEntryTypeDef]]:
    batch: list[PutEventsRequestEntryTypeDef] = []
    size = 0
    for entry in entries:
        more = len(entry["Detail"]) + 100
        if batch and (len(batch) == MOST or size + more > LARGEST):
            yield batch
            batch, size = [], 0
        batch.append(entry)
        size += more
    if batch:
        yield batch
