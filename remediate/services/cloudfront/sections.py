"""CORS headers that a policy adds where the plan wants none from the edge: left, or taken out. Pure."""

from __future__ import annotations

from typing import Any

from remediate.services.cloudfront.distribution_draft import DistributionDraft
from remediate.services.cloudfront.documents import RESPONSE_HEADERS, pattern_of
from remediate.services.cloudfront.managed_policies import DOCUMENTED, SECURITY_HEADERS
from remediate.services.cloudfront.owned_policies import beyond_cors
from remediate.services.cloudfront.rules import EDGE_ADDS_HEADERS


def edge_headers(draft: DistributionDraft, behavior: dict[str, Any]) -> None:
    """Somebody else's CORS section: stays in merge mode, with a finding; goes in exact mode."""
    ref = behavior.get("ResponseHeadersPolicyId")
    content = draft.content(RESPONSE_HEADERS, ref)
    if ref is None or content is None or not content.get("CorsConfig"):
        return
    if not draft.policy.exact:
        draft.note(
            EDGE_ADDS_HEADERS,
            f"The behavior {pattern_of(behavior)} also adds CORS headers at the edge, by response "
            f"headers policy {content.get('Name', ref)}; they mix with what the origin answers.",
            "Detach it if the origin answers for everybody, or use `answer: edge`.",
        )
        return
    rest = beyond_cors(content)
    if not rest:
        behavior.pop("ResponseHeadersPolicyId")
    elif draft.same(RESPONSE_HEADERS, rest, SECURITY_HEADERS):
        # What remains of the two managed policies that hold both; no copy of ours is needed.
        draft.known.setdefault(
            SECURITY_HEADERS,
            {RESPONSE_HEADERS.body: DOCUMENTED[RESPONSE_HEADERS.name][SECURITY_HEADERS]},
        )
        behavior["ResponseHeadersPolicyId"] = SECURITY_HEADERS
    else:
        behavior["ResponseHeadersPolicyId"] = draft.own(
            RESPONSE_HEADERS, rest, draft.base(RESPONSE_HEADERS, ref)
        )
