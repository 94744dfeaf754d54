"""Tell who manages what would change: tags are read for the changed resources alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from remediate.aws import Aws
from remediate.core.finding import Finding
from remediate.core.guard_table import OWNED_ELSEWHERE, OWNER_UNKNOWN
from remediate.core.isolation import isolated
from remediate.core.owner import Owner, owner_of
from remediate.core.plan import Change
from remediate.core.policy import Policy
from remediate.core.state import State
from remediate.errors import AwsFailure
from remediate.services import service


def managed_by_findings(
    aws: Aws, states: Sequence[State], changes: Sequence[Change], policies: Mapping[str, Sequence[Policy]]
) -> list[Finding]:
    """Return a finding for each changed resource that another tool manages; one for all stages of an API.

    Where tags may not be read, a finding says so, once per service and reason.
    """
    by_address = {state.address: state for state in states}
    first: dict[str, Change] = {}
    for change in changes:
        if change.address in by_address:
            first.setdefault(change.group, change)
    asked = list(first.values())
    read = aws.map_concurrently(lambda change: _tags(aws, by_address[change.address]), asked)
    findings: list[Finding] = []
    unread: dict[tuple[str, str], list[tuple[Change, AwsFailure]]] = {}
    for change, tags in zip(asked, read, strict=True):
        if isinstance(tags, AwsFailure):
            unread.setdefault((change.service, tags.code), []).append((change, tags))
            continue
        owner = owner_of(tags)
        if owner is not None:
            with isolated(change.address):
                findings.append(_finding(change, owner, policies.get(change.address, ())))
    return findings + [_unknown(several) for several in unread.values()]


def _tags(aws: Aws, state: State) -> Mapping[str, str] | AwsFailure:
    try:
        with isolated(state.address):
            return service(state.service).tags(aws, state)
    except AwsFailure as problem:
        return problem


def _finding(change: Change, owner: Owner, policies: Sequence[Policy]) -> Finding:
    code = service(change.service).as_iac(change.after, owner.tool)
    named = f" ({owner.name})" if owner.name else ""
    advice = f"Make the change in {owner.tool}, or agree to it here: `--allow {OWNED_ELSEWHERE.code}`."
    return OWNED_ELSEWHERE.finding(
        change.address,
        f"{owner.tool}{named} manages this resource, as its tag {owner.tag} tells: the next deploy would "
        "undo the change.",
        advice if code else f"{advice} Without CORS settings, that is.",
        policies[0].at("target") if policies else "",
        snippet=code.removesuffix("\n"),
    )


def _unknown(several: Sequence[tuple[Change, AwsFailure]]) -> Finding:
    (change, problem), more = several[0], len(several) - 1
    also = f" The same holds for {more} more." if more else ""
    return OWNER_UNKNOWN.finding(
        change.address,
        f"Whether another tool manages this resource is not known: {problem.message}{also}",
        problem.hint,
    )
