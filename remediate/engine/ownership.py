"""Tell what earlier runs of a plan brought: it is ours and goes when the plan no longer lists it. Pure.

Where the settings themselves tell (a rule's ID, a policy's name), services know by that. Elsewhere
the journal does: a value that a run's plan asked for, that was not there before and was afterwards.
What another plan is known to ask for there stays: whichever plan gives a value up last takes it away.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from remediate.core.change_result import ApplyStatus
from remediate.core.document import canonical
from remediate.core.policy import Policy, Retired
from remediate.journal import Run

KINDS = ("origins", "methods", "headers", "expose")
ManagedValues = Mapping[tuple[str, str], Retired]
"""By plan name and address."""
Requested = Mapping[str, Mapping[str, Sequence[str]]]
"""What is asked of one address: by plan name and kind."""


def managed_values(runs: Iterable[Run], before: ManagedValues | None = None) -> ManagedValues:
    """Return what the runs, oldest first, brought and did not take away; `before` is of earlier ones."""
    managed = {
        key: {kind: dict.fromkeys(getattr(values, kind)) for kind in KINDS}
        for key, values in (before or {}).items()
    }
    by_address: dict[str, list[dict[str, dict[str, None]]]] = {}
    for (_, address), values in managed.items():
        by_address.setdefault(address, []).append(values)
    for run in runs:
        for change in run.changes:
            if run.statuses.get(change.address) is not ApplyStatus.WRITTEN:
                continue
            was, now = canonical(change.before), canonical(change.after)
            for plan, asked in run.requested_at(change.address).items():
                if (plan, change.address) not in managed:
                    managed[plan, change.address] = {kind: {} for kind in KINDS}
                    by_address.setdefault(change.address, []).append(managed[plan, change.address])
                _update(managed[plan, change.address], asked, was, now)
            # A value that is gone is nobody's any more, whichever plan's run took it away.
            for values in by_address.get(change.address, ()):
                _forget(values, was, now)
    return {key: _retired(values) for key, values in managed.items()}


def claimed(runs: Iterable[Run], before: ManagedValues | None = None) -> ManagedValues:
    """Return what each plan asked for when it was last applied there; `before` is of earlier runs.

    A plan that could not write still holds on to what it asked for earlier. An undo adds what it may
    bring back. A joint run of an older version does not tell its plans apart, so each of them counts as
    asking for everything.
    """
    claims = dict(before or {})
    for run in runs:
        for change in run.changes:
            asked, plans = run.requested_at(change.address), run.plan_names
            ended = run.statuses.get(change.address) in {ApplyStatus.WRITTEN, ApplyStatus.UNCHANGED}
            if not asked:
                asked = {plan: run.requested.get(change.address, {}) for plan in plans}
                ended = False
            claim(claims, change.address, asked, plans, settled=ended and not run.undoes)
    return claims


def claim(
    claims: dict[tuple[str, str], Retired],
    address: str,
    asked: Requested,
    plans: Iterable[str],
    *,
    settled: bool,
) -> None:
    """Put what is `asked` of the address now in the place of what `plans` asked for there earlier.

    Where the resource is not `settled`, because it is not as they want it yet, the earlier claims stay too.
    """
    for plan in {*plans, *asked} if settled else ():
        claims.pop((plan, address), None)
    for plan, values in asked.items():
        earlier = claims.get((plan, address), Retired())
        claims[plan, address] = Retired(
            **{kind: tuple(dict.fromkeys([*getattr(earlier, kind), *values.get(kind, ())])) for kind in KINDS}
        )


def retirable(owned: ManagedValues, claims: ManagedValues, plans: Collection[str]) -> ManagedValues:
    """Return what each plan may take away, once it lists it no more.

    That is what it brought, or asked for while another plan had brought it, but for what a plan asks
    for that is not among `plans`: those speak for themselves now.
    """
    ours: dict[str, dict[str, set[str]]] = {}
    for (_, address), values in owned.items():
        kinds = ours.setdefault(address, {kind: set() for kind in KINDS})
        for kind in KINDS:
            kinds[kind].update(getattr(values, kind))
    claiming_at: dict[str, list[tuple[str, Retired]]] = {}
    for (plan, address), values in claims.items():
        claiming_at.setdefault(address, []).append((plan, values))
    result = {}
    for key in dict.fromkeys([*owned, *claims]):
        plan, address = key
        if address not in ours:
            continue
        other_claims = [
            values for name, values in claiming_at.get(address, ()) if name != plan and name not in plans
        ]
        managed, asked = owned.get(key, Retired()), claims.get(key, Retired())
        taken = {}
        for kind in KINDS:
            claimed_values = {value for claim_of in other_claims for value in getattr(claim_of, kind)}
            shared = [value for value in getattr(asked, kind) if value in ours[address][kind]]
            both = dict.fromkeys([*getattr(managed, kind), *shared])
            taken[kind] = tuple(value for value in both if value not in claimed_values)
        result[key] = Retired(**taken)
    return result


def requested_by(policies: Iterable[Policy]) -> dict[str, list[str]]:
    """Return what the policies ask for, by kind: what a run leaves in the journal for `managed_values`."""
    listed = list(policies)
    return {
        kind: list(dict.fromkeys(value for policy in listed for value in getattr(policy, kind)))
        for kind in KINDS
    }


def requested_by_plan(policies: Sequence[Policy]) -> dict[str, dict[str, list[str]]]:
    """Return what the policies ask for, by the plan's name and by kind; nothing where they name no origin.

    Nothing is asked for any more under a plan's earlier names.
    """
    plans = dict.fromkeys(name for policy in policies for name in policy.names)
    return {
        plan: requested_by(policy for policy in policies if policy.plan == plan and policy.origins)
        for plan in plans
    }


def _update(
    managed: dict[str, dict[str, None]], asked: Mapping[str, Iterable[str]], was: str, now: str
) -> None:
    for kind in KINDS:
        for value in asked.get(kind, ()):
            if holds(now, value) and not holds(was, value):
                managed[kind][value] = None


def _forget(managed: dict[str, dict[str, None]], was: str, now: str) -> None:
    for kind in KINDS:
        for value in list(managed[kind]):
            if holds(was, value) and not holds(now, value):
                del managed[kind][value]


def _retired(values: Mapping[str, Iterable[str]]) -> Retired:
    return Retired(**{kind: tuple(values[kind]) for kind in KINDS})


def holds(text: str, value: str) -> bool:
    """True if the value stands in a document, as canonical text, on its own and not inside a longer one."""
    return re.search(rf"(?<![\w.:/-]){re.escape(value)}(?![\w.:-])", text, re.IGNORECASE) is not None


def with_retired(
    policy: Policy,
    address: str,
    managed: ManagedValues,
    asked: Iterable[Policy],
    others: Sequence[Retired] = (),
) -> Policy:
    """Return the policy with what its plan brought there earlier.

    What another policy that is `asked` there wants stays, and so does what plans of other files want
    (`others`), also where this plan lists it with a date that has passed.
    """
    before = managed.get((policy.plan, address), Retired())
    elsewhere = [policy_beside for policy_beside in asked if policy_beside is not policy]
    retired = {}
    for kind in KINDS:
        staying = {value for asking in (*elsewhere, *others) for value in getattr(asking, kind)}
        gone = dict.fromkeys([*getattr(policy.retired, kind), *getattr(before, kind)])
        own = getattr(policy, kind)
        retired[kind] = tuple(value for value in gone if value not in staying and value not in own)
    return replace(policy, retired=Retired(**retired))


def together(asked: Iterable[Policy | Retired]) -> Retired:
    """Return all that is asked for, by kind."""
    listed = list(asked)
    return _retired(
        {kind: dict.fromkeys(v for asking in listed for v in getattr(asking, kind)) for kind in KINDS}
    )


def others_asking(claims: ManagedValues, plans: Collection[str]) -> dict[str, list[Retired]]:
    """Return what plans that are not among `plans` are known to ask for, by address."""
    by_address: dict[str, list[Retired]] = {}
    for (plan, address), values in claims.items():
        if plan not in plans:
            by_address.setdefault(address, []).append(values)
    return by_address
