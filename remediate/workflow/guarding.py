"""Guard: decide on the plan, before any write, whether it may be applied."""

from __future__ import annotations

from collections.abc import Iterable

from remediate.core.finding import Finding
from remediate.core.plan import Plan
from remediate.errors import Refused


def guard(plan: Plan, allowed: Iterable[str]) -> tuple[Finding, ...]:
    """The refusals that `allowed` lifts; raises `Refused` for those that it does not."""
    lifted = set(allowed)
    held = [finding for finding in plan.refusals if finding.code not in lifted]
    if held:
        codes = sorted({finding.code for finding in held})
        raise Refused(
            "Refused, nothing was written:\n"
            + "\n".join(f"  {finding.code}  {finding.address}: {finding.message}" for finding in held),
            hint="Mend what is named, or lift it by name: " + " ".join(f"--allow {code}" for code in codes),
        )
    return tuple(finding for finding in plan.refusals if finding.code in lifted)


def same_account(wanted: str | None, actual: str, where: str) -> None:
    """Raises `Refused` where the credentials are for another account than the plan names."""
    if wanted is not None and wanted != actual:
        raise Refused(
            f"wrong-account: the credentials are for account {actual}, the plan {where} is for {wanted}. "
            "Nothing was read or written.",
            hint="Use the credentials of that account (--profile), or correct `account:` in the plan.",
        )
