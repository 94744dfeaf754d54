"""Report a correction that leaves something of others: say who may do what by it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from remediate.core.common_rules import UNLISTED_ORIGINS_STAY
from remediate.core.drift import DriftedResource, DriftStatus
from remediate.core.guards import gains_text
from remediate.core.plan import Change
from remediate.core.policy import Policy
from remediate.core.state import State
from remediate.engine.baseline import LastApplied
from remediate.reachability.widening import staying


def partly(
    sighting: DriftedResource,
    states: Sequence[State],
    change: Change,
    policies: Mapping[str, Sequence[Policy]],
    left: Mapping[str, LastApplied],
) -> DriftedResource:
    """Return the corrected resource, as `partly` where others opened something that stays."""
    last_applied = left.get(change.address)
    if last_applied is None:
        return sighting
    unlisted, listed = staying(states, change, policies, last_applied.documents)
    if not unlisted and not listed:
        return sighting
    sentences = []
    if unlisted:
        sentences.append(f"It lets in origins that no plan names: {gains_text(unlisted)}.")
    if listed:
        sentences.append(f"It lets the plan's origins do more than the plan lists: {gains_text(listed)}.")
    because = (
        "The plan's part was corrected. What others added since the last run stays beside it, as "
        f"`mode: merge` takes nothing from others. {' '.join(sentences)} Remove it by hand, list it in the "
        "plan, or use `mode: exact`."
    )
    return replace(
        sighting,
        status=DriftStatus.PARTLY,
        codes=(UNLISTED_ORIGINS_STAY.code,) if unlisted else (),
        because=because,
    )
