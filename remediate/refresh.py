"""Read: every service at once, each in a thread of its own; a failure is never an empty answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from remediate.aws import Aws, Rate
from remediate.core.policy import Selector
from remediate.core.snapshot import Snapshot
from remediate.core.state import Reading, Unreadable, unreadable_by_defect
from remediate.errors import AwsFailure, Interrupted
from remediate.services import kinds, service
from remediate.threads import thread_pool

CLOUDTRAIL_RATES: Mapping[str, Rate] = {"cloudtrail:LookupEvents": Rate(2, 1)}
"""Two a second per account and region, is published; kept for all regions together.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
"""


def published_rates() -> dict[str, Rate]:
    """The rates of all services and of CloudTrail, for pacing."""
    services = {name: rate for kind in kinds() for name, rate in service(kind).RATES.items()}
    return {**services, **CLOUDTRAIL_RATES}


def snapshot(aws: Aws, selectors: Iterable[Selector]) -> Snapshot:
    """Everything the selectors mean, read once, services in parallel."""
    by_service: dict[str, list[Selector]] = {}
    for selector in selectors:
        by_service.setdefault(selector.service, []).append(selector)
    if not by_service:
        return Snapshot()
    with thread_pool(len(by_service), "read") as threads:
        readings = threads.map(lambda item: _read(aws, *item), by_service.items())
        return Snapshot.of(reading for several in readings for reading in several)


def _read(aws: Aws, kind: str, selectors: list[Selector]) -> list[Reading]:
    try:
        return list(service(kind).read(aws, selectors))
    except Interrupted:
        raise
    except AwsFailure as error:
        return [
            Unreadable(f"{kind}/{selector.pattern}", kind, error.code, error.message, error.hint, (selector,))
            for selector in selectors
        ]
    except Exception as error:  # noqa: BLE001 - the other services must be read whatever it is
        return [
            unreadable_by_defect(f"{kind}/{selector.pattern}", kind, error, (selector,))
            for selector in selectors
        ]
