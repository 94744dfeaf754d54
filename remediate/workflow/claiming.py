"""After an apply: note what each plan asks for where no run tells it, so that no other plan takes it away.

A run records what the plans ask of the resources that it changes. A resource that is already as a plan
wants it leaves no run, and still the plan relies on what is there.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from remediate.aws import Aws
from remediate.core.plan import Plan
from remediate.journal import Store
from remediate.workflow.known import Known, keep_claims, recall
from remediate.workflow.owning import Brought, claim
from remediate.workflow.recording import writer


@dataclass(frozen=True, slots=True)
class Claims:
    """What a plan asks for. `held` are addresses that it wants otherwise and that were not written now."""

    plan: Plan
    held: Collection[str] = ()

    def after(self, known: Known) -> Brought:
        """The claims that are known, with this plan's where no run of it tells them."""
        claims = dict(known.claims)
        refused = {finding.address for finding in self.plan.refusals}
        changed = {change.address for change in self.plan.changes}
        names = self.plan.name.split(", ")
        for address, asked in self.plan.asked_by.items():
            held = address in self.held or (address in refused and address not in changed)
            if held or address not in changed:
                claim(claims, address, asked, names, settled=not held)
        return claims

    def note(self, store: Store, known: Known) -> None:
        """Keep them where they differ from what is known, under the account's lease."""
        if self.after(known) == known.claims:
            return
        # The plan was made before the lease: another run may have written since.
        now = recall(store)
        claims = self.after(now)
        if claims != now.claims:
            keep_claims(store, now, claims)

    def note_alone(self, aws: Aws, store: Store, known: Known, *, command: str, now: datetime) -> None:
        """The same where there is no run; raises `Locked` where another run writes to the account."""
        if self.after(known) != known.claims:
            with store.lease(self.plan.account, writer(aws, command, now)[1]):
                self.note(store, known)
