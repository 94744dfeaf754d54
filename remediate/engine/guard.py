"""Guard: decide on the plan, before any write, whether it may be applied."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from remediate.core.finding import Finding
from remediate.core.guard_table import GUARDS, WRONG_ACCOUNT
from remediate.core.guards import AccessChange, Gain, GuardInput, Rules, guards, levelled
from remediate.core.plan import Change, Plan
from remediate.core.policy import Policy
from remediate.core.unproven import Unproven, unproven_losses
from remediate.errors import Refused, UsageError
from remediate.planfile import PlanFile
from remediate.public_suffix import is_public_suffix
from remediate.text import closest


def guard(plan: Plan, allowed: Iterable[str] = ()) -> tuple[Finding, ...]:
    """Return the refusals that `allowed` lifts.

    Raises `Refused` for those that it does not, `UsageError` for codes that there are not.
    """
    lifted = parse_allowed(allowed) - set(plan.never)
    unlifted = [finding for finding in plan.refusals if finding.code not in lifted]
    if unlifted:
        codes = sorted({finding.code for finding in unlifted} - set(plan.never))
        ways = ["Fix the findings above"]
        if codes:
            ways.append("allow one by its code: " + " ".join(f"--allow {code}" for code in codes))
        raise Refused(
            "Refused, nothing was written:",
            more=tuple(line for finding in unlifted for line in _refusal_lines(finding, plan.never)),
            hint=", or ".join(ways) + ".",
        )
    return tuple(finding for finding in plan.refusals if finding.code in lifted)


def parse_allowed(codes: Iterable[str]) -> set[str]:
    """Return the codes, if `--allow` can lift every one of them. Raises `UsageError`."""
    requested = set(codes)
    liftable = [code for code, rule in GUARDS.items() if rule.liftable]
    for code in sorted(requested):
        if code in liftable:
            continue
        if code in GUARDS:
            raise UsageError(f"--allow does not lift {code}.", hint=GUARDS[code].fix)
        guess = closest(code, liftable)
        lead = f"Did you mean {guess}? " if guess else ""
        raise UsageError(
            f"--allow {code}: there is no guard of that name.",
            hint=f"{lead}There are {', '.join(sorted(liftable))}.",
        )
    return requested


def with_guards(
    files: Sequence[PlanFile],
    changes: Sequence[Change],
    policies: Mapping[str, Sequence[Policy]],
    access_changes: Sequence[AccessChange],
    findings: Iterable[Finding],
    *,
    gains: Sequence[Gain] = (),
    unproven: Sequence[Unproven] = (),
) -> tuple[Finding, ...]:
    """Return `findings` and those of the guards, at the levels that the plan files want. Pure."""
    rules = {file.name: file.guards for file in files}
    case = GuardInput(changes, policies, access_changes, rules, expired_origins(files), gains=gains)
    losses = unproven_losses(unproven, access_changes, policies)
    return levelled([*findings, *guards(case, is_public_suffix), *losses], _rules_for(files, policies))


def expired_origins(files: Sequence[PlanFile]) -> dict[str, set[str]]:
    """Return the origins that a plan file lists and no longer desires, by the plan's name. Pure."""
    return {
        file.name: {
            entry.origin
            for target in file.targets
            for entry in target.origins
            if entry.origin not in target.policy.origins
        }
        for file in files
    }


def _rules_for(
    files: Sequence[PlanFile], policies: Mapping[str, Sequence[Policy]]
) -> Callable[[Finding], list[Rules]]:
    """Return a finding's rules: of the files that speak of its resource, or that it points at."""

    def concerned(finding: Finding) -> list[Rules]:
        plans = {policy.plan for policy in policies.get(finding.address, ())}
        by_address = [file.guards for file in files if file.name in plans]
        pointed = [file.guards for file in files if finding.where.startswith(f"{file.path}:")]
        return by_address or pointed or [file.guards for file in files]

    return concerned


def _refusal_lines(finding: Finding, never: Iterable[str]) -> list[str]:
    place = f"  {finding.code}  {finding.address}".rstrip()
    lines = [f"{place}: {finding.message}"]
    lines += [f"      {line}" for line in finding.hint.split("\n") if line]
    if finding.code in never:
        lines.append("      The plan forbids lifting it: `guards: never`.")
    if finding.where:
        lines.append(f"      {finding.where}")
    return lines


def same_account(expected: str | None, actual: str, where: str) -> None:
    """Raises `Refused` where the credentials are for another account than the plan names."""
    if expected is not None and expected != actual:
        raise Refused(
            f"{WRONG_ACCOUNT.code}: the credentials are for account {actual}, the plan {where} is for "
            f"{expected}. Nothing was read or written.",
            hint="Use the credentials of that account (--profile), or correct `account:` in the plan.",
        )
