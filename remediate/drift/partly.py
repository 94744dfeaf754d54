"""Say how a correction ended, and what of others it leaves: who may do what by it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from remediate.core.change_result import ApplyStatus, ChangeResult
from remediate.core.common_rules import UNLISTED_ORIGINS_STAY
from remediate.core.diff import edits
from remediate.core.document import Document, canonical
from remediate.core.drift import DriftedResource, DriftKind, DriftStatus
from remediate.core.guards import gains_text
from remediate.core.plan import Change, Edit
from remediate.core.policy import Policy
from remediate.core.snapshot import Snapshot
from remediate.core.state import State
from remediate.drift.gate import Blocked
from remediate.engine.compare import desired
from remediate.reachability.widening import staying
from remediate.services import service

RESTORED = "The plan's part was corrected."
STAYS = (
    "What others added stays beside it, and what they deleted stays gone: `mode: merge` takes nothing from "
    "others and brings nothing of theirs back."
)
NEXT = "Change it by hand, list it in the plan, or use `mode: exact`."


def partly(
    sighting: DriftedResource,
    states: Sequence[State],
    change: Change,
    policies: Mapping[str, Sequence[Policy]],
    documents: Sequence[Document | None] | None,
) -> DriftedResource:
    """Return the corrected resource, as `partly` where something that others changed stays as it is.

    `documents` are what the resource is known to have been before the outside change, None where nothing is.
    """
    if documents is None or sighting.kind is not DriftKind.DRIFT:
        return sighting
    stays = what_stays(states, change, policies.get(change.address, ()), documents)
    unlisted, listed = staying(states, change, policies, documents)
    if not stays and not unlisted and not listed:
        return sighting
    sentences = [RESTORED, STAYS]
    if unlisted:
        sentences.append(f"It lets in origins that no plan names: {gains_text(unlisted)}.")
    if listed:
        sentences.append(f"It lets the plan's origins do more than the plan lists: {gains_text(listed)}.")
    return replace(
        sighting,
        status=DriftStatus.PARTLY,
        codes=(UNLISTED_ORIGINS_STAY.code,) if unlisted else (),
        because=" ".join([*sentences, NEXT]),
        stays=stays,
    )


def what_stays(
    states: Sequence[State],
    change: Change,
    policies: Sequence[Policy],
    documents: Sequence[Document | None],
) -> tuple[Edit, ...]:
    """Return how the corrected settings differ from what the plan makes of what was known before.

    `documents` are what the resource may have been. Without an outside change the plan would have made the
    one of the other. The order of rules alone is no difference: the correction decides it.
    """
    state = next((state for state in states if state.address == change.address), None)
    if state is None:
        return ()
    fronts = Snapshot(tuple(states)).distributions_for(state)
    earlier = [replace(state, config=document) for document in documents]
    expected = [desired(state, policies, fronts)[0].config for state in earlier]
    if any(_unordered(document) == _unordered(change.after) for document in expected):
        return ()
    return edits(_in_order_of(change.after, expected[-1]), change.after, service(state.service).IDENTITY)


def _unordered(value: Any) -> Any:
    """Return the value with every list in one order."""
    if isinstance(value, Mapping):
        return {key: _unordered(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return sorted((_unordered(item) for item in value), key=canonical)
    return value


def _in_order_of(model: Any, value: Any) -> Any:
    """Return the value with the elements of its lists that `model` has too in the order of `model`."""
    if isinstance(model, Mapping) and isinstance(value, Mapping):
        return {key: _in_order_of(model.get(key), item) for key, item in value.items()}
    if isinstance(model, (list, tuple)) and isinstance(value, (list, tuple)):
        places = {canonical(item): place for place, item in enumerate(model)}
        common = [item for item in value if canonical(item) in places]
        shared = iter(sorted(common, key=lambda item: places[canonical(item)]))
        return [next(shared) if canonical(item) in places else item for item in value]
    return value


def as_ended(
    sighting: DriftedResource, blocked: Blocked | None, outcome: ChangeResult | None
) -> DriftedResource | None:
    """Return the drifted resource as it ended; None where it was corrected before the pass came to it."""
    if blocked is not None and (outcome is None or outcome.error is None):
        ended = " What had expired was taken away." if outcome is not None else ""
        return replace(
            sighting, status=DriftStatus.HELD, codes=blocked.codes, because=blocked.because + ended
        )
    if outcome is None:
        return sighting
    if outcome.status is ApplyStatus.UNCHANGED:
        return None
    if outcome.error is None:
        return replace(sighting, status=DriftStatus.CORRECTED)
    return replace(sighting, status=DriftStatus.FAILED, because=outcome.reason)
