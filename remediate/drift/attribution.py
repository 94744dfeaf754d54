"""Tell who changed what drifted: CloudTrail's event history is asked in few calls and read with care.

The history is asked by event name, because API Gateway's records often name no resource: so many
lookups as there are event names of the services in a region that has drift, however many resources
drifted. It shows a call some minutes late and forgets after ninety days
(https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-cloudtrail-events.html). Whatever
cannot be found out comes back as a note: blame never stops a pass, and never says "nobody".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from remediate.answers import UNUSABLE
from remediate.aws import Aws
from remediate.aws_errors import HINTS
from remediate.core.cloudtrail import Call, call
from remediate.core.drift import DriftedResource, DriftKind
from remediate.errors import AwsFailure
from remediate.services import Service, service

if TYPE_CHECKING:
    from mypy_boto3_cloudtrail import CloudTrailClient

PAGE = 50
"""The most events that CloudTrail gives at once."""

PAGES = 5
"""Per event name: who makes more such calls in one window is a machine."""

LATE = "CloudTrail shows a call up to 15 minutes after it, and for 90 days."


class Drifted(NamedTuple):
    """A resource to find the culprit of. A distribution's region is us-east-1."""

    address: str
    service: str
    region: str


Attribute = Callable[[Sequence[DriftedResource]], tuple[Mapping[str, str], Sequence[str]]]
"""Who changed what, by address, and what to say where nobody is found. Never raises."""


@dataclass(frozen=True, slots=True)
class Attribution:
    """The newest call that changed a resource, and in `note` what is not known; one may be empty."""

    call: Call | None
    note: str = ""

    def __str__(self) -> str:
        """Return `user Alice (PutBucketCors at 2026-11-22T10:00:00Z from 203.0.113.7)`, or the note."""
        if self.call is None:
            return self.note
        did = f"{self.call.name} at {self.call.time}"
        where = f" from {self.call.address}" if self.call.address else ""
        return f"{self.call.who} ({did}{where})" + (f". {self.note}" if self.note else "")


def blame(aws: Aws, drifted: Iterable[Drifted], since: datetime, until: datetime) -> dict[str, Attribution]:
    """Tell who last changed each of them between two aware instants, by address; never raises for AWS. I/O.

    Calls that failed, and calls of this tool, are nobody's drift.
    """
    regions: dict[str, list[Drifted]] = {}
    for each in drifted:
        regions.setdefault(each.region, []).append(each)
    # Event times have no fractions: a call in the second of `since` may be after it.
    window = _Window(since.replace(microsecond=0), until)
    return {
        address: attribution
        for region, several in regions.items()
        for address, attribution in _Search(aws, region, several, window).attributions()
    }


class _Window(NamedTuple):
    since: datetime
    until: datetime

    def __str__(self) -> str:
        return " and ".join(instant.isoformat(timespec="seconds") for instant in self)


@dataclass(slots=True)
class _Search:
    """The lookups of one region, and what they found by address."""

    aws: Aws
    region: str
    drifted: list[Drifted]
    window: _Window
    newest: dict[str, Call] = field(default_factory=dict)
    own: dict[str, Call] = field(default_factory=dict)
    trouble: dict[str, str] = field(default_factory=dict)

    def attributions(self) -> Iterator[tuple[str, Attribution]]:
        """Yield each address with its culprit, after all lookups."""
        sought: dict[str, dict[str, Service]] = {}
        for address, kind, _ in self.drifted:
            events = service(kind).EVENTS
            if not events:
                self.trouble[address] = f"CloudTrail is not asked about {kind}."
                continue
            for name in sorted(events):
                sought.setdefault(name, {})[address] = service(kind)
        try:
            for name, left in sought.items():
                self._look_for(name, left)
        except AwsFailure as error:
            # The next lookup would fare no better.
            note = f"CloudTrail could not be asked: {error.message} {error.hint}".strip()
            self.trouble.update({each.address: note for each in self.drifted})
        for address, _, _ in self.drifted:
            yield address, Attribution(self.newest.get(address), self._note(address))

    def _look_for(self, name: str, left: dict[str, Service]) -> None:
        """Note the newest call of that name for each that is `left`; reads until all are found."""
        client: CloudTrailClient = self.aws.client("cloudtrail", self.region or None)
        more: dict[str, Any] = {}
        for _ in range(PAGES):
            with self.aws.translated_errors(f"cloudtrail:LookupEvents in {client.meta.region_name}"):
                answer = client.lookup_events(
                    LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": name}],
                    StartTime=self.window.since,
                    EndTime=self.window.until,
                    MaxResults=PAGE,
                    **more,
                )
            # The newest come first.
            for event in answer.get("Events", []):
                self._read(_record(event, client.meta.region_name), left)
            more = {"NextToken": answer["NextToken"]} if answer.get("NextToken") else {}
            if not left or not more:
                return
        note = f"Of {name} only the newest {PAGES * PAGE} calls were looked at."
        self.trouble.update(dict.fromkeys(left, note))

    def _read(self, record: Mapping[str, Any], left: dict[str, Service]) -> None:
        """Note the record's call for those still `left`, and take out each address whose culprit is found."""
        event_call = call(record)
        if event_call.error:
            return
        for address in [
            address for address, aws_service in left.items() if aws_service.affects(record, address)
        ]:
            calls = self.own if event_call.own else self.newest
            if address not in calls or event_call.time > calls[address].time:
                calls[address] = event_call
            if not event_call.own:
                del left[address]

    def _note(self, address: str) -> str:
        if address in self.trouble or address in self.newest:
            return self.trouble.get(address, "")
        if address in self.own:
            own = self.own[address]
            return (
                f"Between {self.window} CloudTrail names calls of remediate alone, "
                f"{own.name} at {own.time} by {own.who} the last: does another plan file cover this too?"
            )
        return f"CloudTrail names nobody between {self.window}. {LATE}"


def _record(event: Mapping[str, Any], region: str) -> Mapping[str, Any]:
    """Return the record inside an event of the history. Raises `AwsFailure` where it is none."""
    try:
        record = json.loads(event.get("CloudTrailEvent") or "")
    except ValueError:
        record = None
    if not isinstance(record, dict):
        raise AwsFailure(
            f"cloudtrail:LookupEvents in {region}: event {event.get('EventId')} holds no record.",
            code=UNUSABLE,
            operation="cloudtrail:LookupEvents",
            hint=HINTS[UNUSABLE],
        )
    return record


def attributions(
    aws: Aws, sightings: Sequence[DriftedResource], *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> tuple[dict[str, str], list[str]]:
    """Return who changed each drifted resource, by address, and notes on those that nobody is found for.

    Looks back to the earliest instant at which one of them was as it was left, or a day.
    """
    until = now()
    instants = [datetime.fromisoformat(sighting.since) for sighting in sightings if sighting.since]
    since = min(instants, default=until - timedelta(days=1))
    drifted = [Drifted(sighting.address, sighting.service, sighting.region) for sighting in sightings]
    blamed = blame(aws, drifted, since, until)
    who = {address: str(culprit) for address, culprit in blamed.items() if culprit.call is not None}
    notes = dict.fromkeys(culprit.note for culprit in blamed.values() if culprit.call is None)
    return who, list(notes)


def with_culprits(
    sightings: Sequence[DriftedResource], who: str, ask: Attribute | None
) -> tuple[tuple[DriftedResource, ...], Sequence[str]]:
    """Add who changed what moved, where it is not known yet: `who`, as an event tells, else whom `ask` names.

    Returns the sightings, and notes on those that nobody is found for.
    """
    fresh = [
        sighting
        for sighting in sightings
        if sighting.kind in {DriftKind.DRIFT, DriftKind.OUTSIDE} and not sighting.who
    ]
    notes: Sequence[str] = ()
    if who:
        culprits: Mapping[str, str] = {sighting.address: who for sighting in fresh}
    elif fresh and ask is not None:
        culprits, notes = ask(fresh)
    else:
        return tuple(sightings), ()
    named = tuple(
        replace(sighting, who=culprits[sighting.address])
        if sighting in fresh and sighting.address in culprits
        else sighting
        for sighting in sightings
    )
    return named, notes
