"""Tells what is said of a policy of ours that somebody edited in place: findings. Pure."""

from __future__ import annotations

from remediate.core.document import Document
from remediate.services.cloudfront.distribution_draft import DistributionDraft
from remediate.services.cloudfront.documents import (
    POLICY_TYPES,
    RESPONSE_HEADERS,
    PolicyType,
    items,
    pattern_of,
)
from remediate.services.cloudfront.owned_policies import is_of_plan, is_ours, stands_for
from remediate.services.cloudfront.rules import OWN_POLICY_EDITED


def tell(draft: DistributionDraft, before: Document, after: Document) -> None:
    """Name each edited policy that a behavior refers to, and which origins go with it."""
    for kind in POLICY_TYPES:
        ref = before.get(kind.member)
        content = draft.content(kind, ref)
        if content is None or not is_of_plan(kind, content, *draft.policy.names) or is_ours(kind, content):
            continue
        said = f"The {kind.prose} {content['Name']} on behavior {pattern_of(before)} is this plan's and was "
        said += "edited in place; "
        if after.get(kind.member) == ref:
            said += "what it was made from is gone, and it does what the plan needs, so it is left."
        else:
            said += "it is replaced by what the plan makes of what others have set."
            said += _lost(draft, kind, content, after)
        draft.note(
            OWN_POLICY_EDITED,
            said,
            "List in the plan what is wanted of it. The edited policy itself stays, unattached, so that "
            "`remediate undo` can go back to it; delete it when that is not needed any more.",
        )


def _lost(draft: DistributionDraft, kind: PolicyType, edited: Document, after: Document) -> str:
    """A sentence: what the edited policy or the one behind it allows, and the new one does not."""
    if kind is not RESPONSE_HEADERS:
        return ""
    base = stands_for(edited)
    new = _origins(draft.content(kind, after.get(kind.member)))
    theirs = _origins(draft.content(kind, base)) - new
    gone = sorted((_origins(edited) | theirs) - new)
    said = f" No longer allowed then: {', '.join(gone)}." if gone else ""
    if theirs and not draft.policy.exact:
        said += (
            f" Whether it had taken {', '.join(sorted(theirs))} over from policy {base} cannot be known any "
            "more: the plan or that policy changed since."
        )
    return said


def _origins(content: Document | None) -> set[str]:
    section = (content or {}).get("CorsConfig") or {}
    return {str(origin) for origin in items(section.get("AccessControlAllowOrigins"))}
