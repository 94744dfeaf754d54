"""Take back what was accepted: at its end, or where a person says so. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from remediate.core.globs import name_matches
from remediate.drift.agreements import Accepted
from remediate.drift.memory import DriftState
from remediate.errors import UsageError


def without_lapsed(
    state: DriftState, runs: Mapping[str, str], now: datetime, taken_back: Sequence[str] = ()
) -> DriftState:
    """Return the state without what is accepted no longer: its end is over, or a pattern takes it back.

    Such a resource counts as known as it was before it was opened, so the pass reports it as new. `runs`
    are the last runs that wrote, by address. Raises `UsageError` for a pattern that takes nothing back.
    """
    for pattern in taken_back:
        if not any(name_matches(pattern, address) for address in state.agreements):
            listed = ", ".join(sorted(state.agreements))
            raise UsageError(
                f"--unaccept {pattern} matches nothing that was accepted.",
                hint=f"Accepted are: {listed}." if listed else "Nothing is accepted at present.",
            )
    lapsed = {
        address: agreement
        for address, agreement in state.agreements.items()
        if agreement.over(now) or any(name_matches(pattern, address) for pattern in taken_back)
    }
    if not lapsed:
        return state
    known = {
        address: Accepted(runs.get(address, ""), agreement.base) for address, agreement in lapsed.items()
    }
    return replace(
        state,
        accepted={**state.accepted, **known},
        agreements={
            address: agreement for address, agreement in state.agreements.items() if address not in lapsed
        },
    )
