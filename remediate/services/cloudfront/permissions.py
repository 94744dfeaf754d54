"""States what IAM must allow for distributions and the policies that we attach to them.

Actions, and which of them take ARNs: Service Authorization Reference, "Amazon CloudFront". There the
listings and the creating of policies take none; UpdateDistribution also asks for GetVpcOrigin, of the
VPC origins that the distribution has.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from remediate.core.permission import ANY, UNRESOLVED, Permission, Purpose, Resolved, partition
from remediate.core.policy import Selector
from remediate.services.cloudfront.documents import CACHE, ORIGIN_REQUEST, POLICY_TYPES, RESPONSE_HEADERS
from remediate.services.cloudfront.read import FEW, ID

MADE = {"origin": (CACHE, ORIGIN_REQUEST), "edge": (RESPONSE_HEADERS,)}
"""The kinds of policies that each way to answer may bring."""


def addressed(selector: Selector) -> bool:
    """Return whether the pattern is an id, not a domain name or an alias."""
    return bool(ID.fullmatch(selector.pattern))


def permissions(
    selectors: Sequence[Selector], purpose: Purpose, account: str, resolved: Resolved = UNRESOLVED
) -> Iterator[Permission]:
    """Distributions and the listings of policies; for writes, our policies come and go.

    Which policies of ours an earlier plan brought is not known, so all kinds may be deleted.
    """
    if not selectors:
        return
    own = f"arn:{partition(selectors[0].region)}:cloudfront::{account}"
    ids = {
        distribution_id
        for selector in selectors
        for distribution_id in resolved.named(selector, addressed(selector))
    }
    distributions = tuple(f"{own}:distribution/{distribution_id}" for distribution_id in sorted(ids))
    fetched = len({selector.pattern for selector in selectors}) <= FEW and all(map(addressed, selectors))
    listings = [f"cloudfront:List{kind.plural}" for kind in POLICY_TYPES]
    if not fetched:
        listings.append("cloudfront:ListDistributions")
    yield Permission(tuple(listings), (ANY,), "list distributions and policies")
    reads = ["cloudfront:ListTagsForResource"]
    if fetched or purpose.writes:
        reads.append("cloudfront:GetDistribution")
    yield Permission(tuple(reads), distributions, "read distributions")
    if not purpose.writes:
        return
    yield Permission(
        ("cloudfront:CreateInvalidation", "cloudfront:UpdateDistribution"),
        distributions,
        "write distributions",
    )
    yield Permission(("cloudfront:GetVpcOrigin",), (f"{own}:vpcorigin/*",), "keep VPC origins")
    made = {kind.name for selector in selectors for kind in MADE[selector.options.get("answer") or "origin"]}
    yield Permission(tuple(f"cloudfront:Create{name}" for name in sorted(made)), (ANY,), "create policies")
    for kind in POLICY_TYPES:
        yield Permission(
            (f"cloudfront:Get{kind.name}", f"cloudfront:Delete{kind.name}"),
            (f"{own}:{kind.word}-policy/*",),
            f"delete {kind.word.replace('-', ' ')} policies",
        )
