"""Whose a policy is, what it is called, and what a reference in a behavior stands for. Pure.

A policy of ours is named `remediate-<plan>-<kind>-<digest>` after what it holds, so other content
makes another policy, and nobody's settings change because somebody else's did. Where name and content
no longer agree it was edited in place: it is still ours, and never kept as it is (`distribution_draft`).
Its comment says which policy it stands in for, so that what we added can always be told from what was there.

In `State.config` a behavior refers to such a policy by name (its id is not known before it
exists, and changes when it is made again), and to every other policy by id, an edited one too.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping
from typing import Any

from remediate.core.document import Document, canonical
from remediate.services.cloudfront.documents import POLICY_TYPES, PolicyType, behaviors, items, listed, normal
from remediate.services.cloudfront.managed_policies import DOCUMENTED, is_settled

QUOTA = 20
"""Custom policies of each kind per account (CloudFront quotas); AWS raises it on request."""

NOTHING = "none"
UNKNOWN = "unknown"
"""What a policy of ours stands in for where nobody can tell any more; no policy has that id."""
_SLUG_LENGTH = 30  # names (66) and comments, which carry a plan and a name (125), stay within 128
_SALTS = 10
_NAME = re.compile(r"remediate-(?P<plan>.+)-(?P<kind>cache|origin-request|response-headers)-[0-9a-f]{8}")
_STANDS_FOR = re.compile(r"; instead of (\S+)$")


def slug(plan: str) -> str:
    """A plan's name with the letters and the length that CloudFront takes; distinct names stay distinct."""
    plain = re.sub(r"[^A-Za-z0-9_-]", "-", plan)
    if plan and plain == plan and len(plain) <= _SLUG_LENGTH:
        return plain
    mark = hashlib.sha256(plan.encode("utf-8", "surrogatepass")).hexdigest()[:6]
    return f"{plain[: _SLUG_LENGTH - 7]}-{mark}"


def _mark(content: Document, salt: int) -> str:
    body = {key: value for key, value in content.items() if key != "Name"}
    text = canonical(normal(body)) + ("" if not salt else f"#{salt}")
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def make(
    plan: str,
    kind: PolicyType,
    content: Document,
    base: str | None,
    taken: Collection[str],
    *,
    there: Collection[str] = (),
) -> dict[str, Any]:
    """A policy of ours with `content`, standing in for the policy `base`; `taken` names are avoided.

    A name is taken when a policy has it whose content was edited by hand since. Of the names that it
    can have, one that is `there` already is its name, so that it keeps it when the edited one goes.
    """
    comment = f"remediate, plan {slug(plan)}; instead of {base or NOTHING}"
    body = {key: value for key, value in content.items() if key not in {"Name", "Comment"}}
    body["Comment"] = comment
    names = [f"remediate-{slug(plan)}-{kind.word}-{_mark(body, salt)}" for salt in range(_SALTS)]
    free = [name for name in names if name not in taken]
    name = next((name for name in free if name in there), (free or names)[0])
    return dict(normal({**body, "Name": name}))


def looks_ours(kind: PolicyType, name: str) -> bool:
    """Return whether a policy's name is of our form."""
    match = _NAME.fullmatch(name)
    return match is not None and match["kind"] == kind.word


def is_ours(kind: PolicyType, content: Document) -> bool:
    """Return whether a policy is one of ours, of any plan, and still holds what it was made with."""
    name = str(content.get("Name", ""))
    return looks_ours(kind, name) and name[-8:] in {_mark(content, salt) for salt in range(_SALTS)}


def is_ours_by_name(ref: str | None) -> bool:
    """Return whether a reference in a config is the name of a policy of ours; everybody else's are ids."""
    return ref is not None and _NAME.fullmatch(ref) is not None


def belongs_to(plan: str, ref: str | None) -> bool:
    """Return whether a reference in a config is the name of a policy of this plan."""
    match = _NAME.fullmatch(ref or "")
    return match is not None and match["plan"] == slug(plan)


def plan_of(ref: str | None) -> str | None:
    """The plan, as `mark_of` spells it, whose policy a reference in a config names; None for others' ids."""
    match = _NAME.fullmatch(ref or "")
    return match["plan"] if match is not None else None


def is_of_plan(kind: PolicyType, content: Document, *names: str) -> bool:
    """Return whether a policy bears one of these names of a plan, also if it was edited since."""
    name = str(content.get("Name", ""))
    return looks_ours(kind, name) and any(belongs_to(plan, name) for plan in names)


def plan_marks(config: Document | None) -> frozenset[str]:
    """The plans whose policies the behaviors refer to, each as `mark_of` spells it."""
    marks: set[str] = set()
    policies: Mapping[str, Any] = (config or {}).get("policies") or {}
    for behavior in behaviors(config or {}):
        for kind in POLICY_TYPES:
            ref = behavior.get(kind.member)
            name = str((content_of(policies, kind, ref) or {}).get("Name") or ref or "")
            match = _NAME.fullmatch(name)
            if match is not None and match["kind"] == kind.word:
                marks.add(match["plan"])
    return frozenset(marks)


def mark_of(plan: str) -> str:
    """The part of a policy's name that tells the plan."""
    return slug(plan)


def held(kind: PolicyType, name: str, content: Document) -> bool:
    """Return whether this is what the policy of that name was made with: its digest tells."""
    return is_ours(kind, {**content, "Name": name})


def stands_for(content: Document | None) -> str | None:
    """The reference of the policy that one of ours took the place of; None if there was none.

    `UNKNOWN` where the comment does not say, which only an edited one leaves out.
    """
    match = _STANDS_FOR.search(str((content or {}).get("Comment", "")))
    if match is None:
        return UNKNOWN
    return match[1] if match[1] != NOTHING else None


def beyond_cors(content: Document) -> dict[str, Any]:
    """The settings of a response headers policy that have nothing to do with CORS; empty if none.

    A custom header can be one of CORS, too.
    """
    custom = [
        entry
        for entry in items(content.get("CustomHeadersConfig"))
        if not str(entry.get("Header", "")).lower().startswith("access-control-")
    ]
    settings = {**content, "CustomHeadersConfig": listed(custom)}
    return {
        key: value
        for key, value in settings.items()
        if key not in {"CorsConfig", "Name", "Comment"} and value and value != {"Quantity": 0}
    }


def content_of(policies: Document, kind: PolicyType, ref: str | None) -> Document | None:
    """Return the content of the policy that a behavior refers to; None if there is none or it is unknown."""
    if not ref:
        return None
    carried = (policies.get(ref) or {}).get(kind.body)
    body: Document | None = carried if carried is not None else DOCUMENTED[kind.name].get(ref)
    return body


def carried(config: Document, contents: Mapping[str, Any]) -> dict[str, Any]:
    """`config["policies"]`: every policy that a behavior refers to and no documentation settles."""
    bodies: dict[str, Any] = {}
    for behavior in behaviors(config):
        for kind in POLICY_TYPES:
            ref = behavior.get(kind.member)
            if ref and not is_settled(kind.name, ref) and kind.body in contents.get(ref, {}):
                bodies[ref] = contents[ref]
    return dict(sorted(bodies.items()))
