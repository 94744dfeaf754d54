"""After an apply: note what each plan asks for where no run tells it, so that no other plan takes it away.

A run records what the plans ask of the resources that it changes. A resource that is already as a plan
wants it leaves no run, and still the plan relies on what is there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from remediate.aws import Aws
from remediate.core.common_rules import ASKED_BY_ANOTHER_PLAN
from remediate.core.finding import Finding
from remediate.core.origins_in import origins_in
from remediate.core.plan import Plan
from remediate.core.policy import Policy, Retired
from remediate.core.state import State
from remediate.engine.baseline import Baseline, keep_claims, load_baseline
from remediate.engine.ownership import ManagedValues, claim
from remediate.engine.record import writer
from remediate.journal import Store


@dataclass(frozen=True, slots=True)
class Claims:
    """A plan's requests; at the addresses in `blocked` it wants other settings, not written now."""

    plan: Plan
    blocked: Collection[str] = ()

    def after(self, baseline: Baseline) -> ManagedValues:
        """Return the claims that are known, with this plan's where no run of it tells them."""
        claims = dict(baseline.claims)
        refused = {finding.address for finding in self.plan.refusals}
        changed = {change.address for change in self.plan.changes}
        for address, asked in self.plan.requested_by_plan.items():
            unsettled = address in self.blocked or (address in refused and address not in changed)
            if unsettled or address not in changed:
                claim(claims, address, asked, self.plan.plan_names, settled=not unsettled)
        return claims

    def note(self, store: Store, baseline: Baseline) -> None:
        """Keep them where they differ from what is known, under the account's lease."""
        if self.after(baseline) == baseline.claims:
            return
        # The plan was made before the lease: another run may have written since.
        now = load_baseline(store)
        claims = self.after(now)
        if claims != now.claims:
            keep_claims(store, now, claims)

    def note_alone(self, aws: Aws, store: Store, baseline: Baseline, *, command: str, now: datetime) -> None:
        """Do the same where there is no run; raises `Locked` where another run writes to the account."""
        if self.after(baseline) != baseline.claims:
            with store.lease(self.plan.account, writer(aws, command, now)[1]):
                self.note(store, baseline)


def requested_by_others(
    states: Iterable[State], policies: Mapping[str, Sequence[Policy]], baseline: Baseline
) -> Iterator[Finding]:
    """Say which origins a plan gave up that are still there, because another file's plan asks for them."""
    claims: dict[str, list[tuple[str, Retired]]] = {}
    for (plan, address), values in baseline.claims.items():
        claims.setdefault(address, []).append((plan, values))
    for state in states:
        asked = policies[state.address]
        plans = {name for policy in asked for name in policy.names}
        desired = {origin for policy in asked for origin in policy.origins}
        live = origins_in(state.config) - desired
        other_plans = {
            plan: values.origins for plan, values in claims.get(state.address, ()) if plan not in plans
        }
        for plan in dict.fromkeys(policy.plan for policy in asked):
            key = (plan, state.address)
            mine = {
                origin
                for table in (baseline.owned, baseline.claims)
                for origin in table.get(key, Retired()).origins
                if origin in live
            }
            for other_plan, origins in other_plans.items():
                if shared := sorted(mine.intersection(origins)):
                    (at, *_) = [policy.at("origins") for policy in asked if policy.plan == plan]
                    yield ASKED_BY_ANOTHER_PLAN.finding(
                        state.address,
                        f"The plan {plan} no longer asks for {', '.join(shared)}, but the plan "
                        f"{other_plan} did when it was last applied, so that stays.",
                        f"It goes when the plan {other_plan} gives it up too and is applied.",
                        at,
                    )
