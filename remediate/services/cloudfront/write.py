"""Writes a planned distribution: our policies, the distribution, then the policies nobody needs; I/O."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from remediate.aws import Aws, ClientError, error_code
from remediate.core.address import resource_id_of
from remediate.core.document import Document, canonical
from remediate.core.plan import Change
from remediate.errors import AwsFailure, NoChangeNeeded, Stale
from remediate.services.cloudfront.api_calls import ApiCall, api_calls, described, differing, our_policies
from remediate.services.cloudfront.documents import POLICY_TYPES, REGION, PolicyType, items, listed
from remediate.services.cloudfront.owned_policies import QUOTA
from remediate.services.cloudfront.read import (
    PolicyIndex,
    config_of,
    fetch,
    kinds_in,
    policy_index,
    revision_of,
)

if TYPE_CHECKING:
    from mypy_boto3_cloudfront import CloudFrontClient

_MOVED = frozenset({"PreconditionFailed", "InvalidIfMatchVersion"})
_GONE = frozenset(f"NoSuch{kind.name}" for kind in POLICY_TYPES)
_LOOK_EVERY = 15.0
_GIVE_UP_AFTER = 35 * 60.0  # the AWS waiter `distribution_deployed`: 35 looks, a minute apart


def write(aws: Aws, changes: Sequence[Change]) -> None:
    """Write each change, if its distribution is still what was shown. Safe to run again."""
    for change in changes:
        try:
            _write(aws, change)
        except AwsFailure as problem:
            if problem.code not in _GONE:
                raise
            # Another distribution's write needed a policy of ours no more, and deleted it between our
            # listing of policies and our update: it is looked at, and made, once more.
            _write(aws, change)


def _write(aws: Aws, change: Change) -> None:
    distribution_id = resource_id_of(change.address)
    live = fetch(aws, distribution_id)
    if live is None:
        raise Stale(
            f"{change.address} is gone: AWS knows no distribution {distribution_id} any more.",
            hint="Plan again.",
        )
    used = {*kinds_in([live]), *our_policies(change.before).values(), *our_policies(change.after).values()}
    policies = policy_index(aws, [kind for kind in POLICY_TYPES if kind in used])
    for problem in policies.failures.values():
        raise problem
    now = config_of(live, policies)
    if now == change.after:
        # An earlier run may have been ended between the distribution and what it needs no more.
        remove(aws, _unused(change), policies)
        raise NoChangeNeeded(f"{change.address} is as planned already.")
    if revision_of(live, now, change.revision) != change.revision:
        raise _stale(change, now)
    made: list[tuple[PolicyType | None, str]] = []
    try:
        for step in api_calls(change.before, change.after, policies.ids):
            if step.kind is None:
                _update(aws, change, live, policies)
            elif step.call.startswith("Create"):
                _create(aws, change, step, policies)
                made.append((step.kind, step.ref))
    except (AwsFailure, Stale):
        # The policies made for it would be nobody's; what the distribution uses after all stays.
        with suppress(AwsFailure):
            remove(aws, made, policies)
        raise
    remove(aws, _unused(change), policies)


def _unused(change: Change) -> list[tuple[PolicyType | None, str]]:
    """The policies of ours that nothing of this distribution needs after the change."""
    return [
        (step.kind, step.ref)
        for step in api_calls(change.before, change.after, ())
        if step.call.startswith("Delete")
    ]


def _stale(change: Change, now: Document) -> Stale:
    moved = (
        described(now, differing(change.before, now))
        or _edited_policies(change.before, now)
        or "something other than its CORS settings"
    )
    planned = described(change.after, differing(change.before, change.after))
    return Stale(
        f"{change.address} moved since it was shown (revision {change.revision}): {moved} changed. "
        f"Nothing was written; the plan wanted to change {planned}.",
        hint="Plan again and look at what the other change did.",
    )


def _edited_policies(before: Document | None, now: Document) -> str:
    """Policies in use whose content is not what it was, by name."""
    shown = (before or {}).get("policies") or {}
    return ", ".join(
        f"policy {content.get('Name', ref)}"
        for ref, holder in now["policies"].items()
        if holder != shown.get(ref)
        for content in holder.values()
    )


def _create(aws: Aws, change: Change, step: ApiCall, policies: PolicyIndex) -> None:
    kind, name = step.kind, step.ref
    assert kind is not None  # noqa: S101 - a step with a policy has its kind
    content = ((change.after or {}).get("policies") or {}).get(name, {}).get(kind.body)
    if content is None:
        raise AwsFailure(
            f"The plan names {name} and does not say what it holds, so it cannot be made.",
            code="MissingPolicy",
            operation=f"cloudfront:Create{kind.name}",
            hint="Plan again.",
        )
    client: Any = aws.client("cloudfront", REGION)
    operation = getattr(client, f"create_{kind.word.replace('-', '_')}_policy")
    try:
        with aws.translated_errors(f"cloudfront:Create{kind.name} of {name}"):
            made = operation(**{kind.body: _complete(content)})
    except AwsFailure as problem:
        if problem.code == f"TooMany{kind.plural}":
            problem.hint = f"The default quota is {QUOTA} custom policies of a kind; delete unused ones."
        if problem.code != f"{kind.name}AlreadyExists":
            raise
        # Another distribution's write of the same plan made it a moment ago, or somebody has
        # taken the name.
        again = policy_index(aws, [kind])
        if name not in again.ids:
            raise
        policies.ids[name] = again.ids[name]
        return
    policies.ids[name] = str(made[kind.name]["Id"])


def _complete(content: Any) -> Any:
    """The content as the API wants it: members that AWS requires and `normal` leaves out when empty."""
    cors = content.get("CorsConfig")
    if not cors:
        return content
    required = ("AccessControlAllowOrigins", "AccessControlAllowHeaders", "AccessControlAllowMethods")
    return {**content, "CorsConfig": {**{key: {"Quantity": 0, "Items": []} for key in required}, **cors}}


def _update(aws: Aws, change: Change, live: Any, policies: PolicyIndex) -> None:
    """Send the whole document back, with the planned members of the planned behaviors changed."""
    document = dict(live["DistributionConfig"])
    ordered = [dict(behavior) for behavior in items(document.get("CacheBehaviors"))]
    behaviors_now = [*ordered, dict(document["DefaultCacheBehavior"])]
    after = [*items((change.after or {}).get("CacheBehaviors")), (change.after or {})["DefaultCacheBehavior"]]
    members = {kind.member for kind in POLICY_TYPES}
    for place, member in differing(change.before, change.after):
        value = after[place].get(member)
        if value is None:
            behaviors_now[place].pop(member, None)
        else:
            behaviors_now[place][member] = policies.ids.get(value, value) if member in members else value
    if ordered:
        document["CacheBehaviors"] = {**document["CacheBehaviors"], **listed(behaviors_now[:-1])}
    document["DefaultCacheBehavior"] = behaviors_now[-1]
    client: CloudFrontClient = aws.client("cloudfront", REGION)
    name = live["Id"]
    try:
        with aws.translated_errors(f"cloudfront:UpdateDistribution of {name}"):
            client.update_distribution(Id=name, IfMatch=live["ETag"], DistributionConfig=document)  # type: ignore[arg-type]
    except AwsFailure as problem:
        if problem.code in _MOVED:
            if _is_as_planned(aws, change):
                return  # written at the first sending, whose answer was lost
            raise Stale(
                f"{change.address} was changed by somebody else in this very moment; nothing was written.",
                hint="Plan again.",
            ) from problem
        raise


def _is_as_planned(aws: Aws, change: Change) -> bool:
    """Raises `AwsFailure` where that cannot be told: a policy that was not read is no other policy."""
    live = fetch(aws, resource_id_of(change.address))
    if live is None:
        return False
    policies = policy_index(aws, kinds_in([live]))
    for problem in policies.failures.values():
        raise problem
    return config_of(live, policies) == change.after


def remove(aws: Aws, unused: Iterable[tuple[PolicyType | None, str]], policies: PolicyIndex) -> None:
    """Delete policies of ours, unless another distribution still uses them or they are gone."""
    client: Any = aws.client("cloudfront", REGION)
    for kind, name in unused:
        if kind is None or name not in policies.ids:
            continue
        word = kind.word.replace("-", "_")
        policy_id = policies.ids[name]
        with aws.translated_errors(f"cloudfront:Delete{kind.name} of {name}"):
            try:
                got = getattr(client, f"get_{word}_policy")(Id=policy_id)
                getattr(client, f"delete_{word}_policy")(Id=policy_id, IfMatch=got["ETag"])
            except ClientError as error:
                if error_code(error) not in {f"{kind.name}InUse", f"NoSuch{kind.name}", *_MOVED}:
                    raise


def settle(aws: Aws, change: Change, *, wait: bool, on_progress: Callable[[str], None]) -> None:
    """Wait until every edge has the change, then clear what the cache would tell wrongly.

    With `wait` false the caches are cleared at once, and `tick` says what that leaves open.
    Raises `AwsFailure` with code NotDeployed after 35 minutes.
    """
    distribution_id = resource_id_of(change.address)
    paths = change.context.get("invalidate") or []
    if wait:
        await_deployed(aws, distribution_id, on_progress)
        _clean_up(aws, change)
    if paths:
        _invalidate(aws, change, distribution_id, paths)
        said = f"invalidated {', '.join(paths)}"
        on_progress(
            said
            if wait
            else f"{said} at once; edges that still have the old settings may fill their cache again"
        )


def await_deployed(
    aws: Aws,
    distribution_id: str,
    on_progress: Callable[[str], None],
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Look until the distribution is `Deployed`: the first time at once, then every 15 seconds."""
    started = clock()
    while True:
        live = fetch(aws, distribution_id)
        status = str((live or {}).get("Status"))
        elapsed = clock() - started
        on_progress(f"{status}, {elapsed:.0f} s")
        if live is None or status == "Deployed":
            return
        if elapsed > _GIVE_UP_AFTER:
            raise AwsFailure(
                f"cloudfront/{distribution_id} is still {status} after {elapsed / 60:.0f} minutes.",
                code="NotDeployed",
                operation="cloudfront:GetDistribution",
                hint="The change is written and will come into force; run `remediate verify` later.",
            )
        sleep(_LOOK_EVERY)


def _clean_up(aws: Aws, change: Change) -> None:
    """Try again to delete what was still in use while two distributions that share it were written."""
    unused = _unused(change)
    if unused:
        policies = policy_index(aws, [kind for kind in POLICY_TYPES if kind in {kind for kind, _ in unused}])
        remove(aws, unused, policies)


def _invalidate(aws: Aws, change: Change, distribution_id: str, paths: Sequence[str]) -> None:
    """The reference is made from the change, so that a second try is the same invalidation."""
    reference = hashlib.sha256(
        canonical([change.address, change.revision, change.after, list(paths)]).encode(
            "utf-8", "surrogatepass"
        )
    ).hexdigest()
    client: CloudFrontClient = aws.client("cloudfront", REGION)
    with aws.translated_errors(f"cloudfront:CreateInvalidation of {distribution_id}"):
        client.create_invalidation(
            DistributionId=distribution_id,
            InvalidationBatch={
                "Paths": {"Quantity": len(paths), "Items": list(paths)},
                "CallerReference": f"remediate-{reference[:40]}",
            },
        )
