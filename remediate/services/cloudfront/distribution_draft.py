"""What the two ways of answering share while they work out one distribution: its policies and findings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from remediate.core.document import Document
from remediate.core.finding import Finding
from remediate.core.guard_table import POLICY_QUOTA
from remediate.core.policy import Policy
from remediate.core.rules import Rule
from remediate.core.state import State
from remediate.services.cloudfront.documents import CACHE, POLICY_TYPES, RESPONSE_HEADERS, PolicyType, normal
from remediate.services.cloudfront.facts import facts_of
from remediate.services.cloudfront.owned_policies import (
    QUOTA,
    UNKNOWN,
    beyond_cors,
    content_of,
    is_of_plan,
    is_ours,
    make,
    stands_for,
)


@dataclass
class DistributionDraft:
    """The draft holds one state, one policy, and the findings that come up on the way."""

    state: State
    policy: Policy
    findings: list[Finding] = field(default_factory=list)
    known: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.known = {
            **(facts_of(self.state).get("policies") or {}),
            **((self.state.config or {}).get("policies") or {}),
        }

    def note(self, rule: Rule, message: str, hint: str = "", *at: str) -> None:
        """Keep a finding about this distribution; the same one only once."""
        finding = rule.finding(self.state.address, message, hint, self.policy.at(*at))
        if finding not in self.findings:
            self.findings.append(finding)

    def content(self, kind: PolicyType, ref: str | None) -> Document | None:
        """Return what the policy holds that a behavior refers to."""
        return content_of(self.known, kind, ref)

    def exists(self, kind: PolicyType, ref: str) -> bool:
        """Return whether there is, or will be, a policy of that kind under this reference."""
        return self.content(kind, ref) is not None

    def base(self, kind: PolicyType, ref: str | None) -> str | None:
        """Return what a copy of this policy stands in for: the policy itself, or what ours stood in for."""
        content = self.content(kind, ref)
        if content is not None and is_of_plan(kind, content, *self.policy.names):
            return stands_for(content)
        return ref

    def own(self, kind: PolicyType, content: Document, base: str | None, plan: str = "") -> str:
        """The name of a policy of ours with this content, to be made if there is none yet.

        It is this plan's; or that of `plan`, where nothing of this one is in it any more.
        """
        names = facts_of(self.state).get("edited") or ()
        made = make(plan or self.policy.plan, kind, content, base, names, there=self.known)
        name = str(made["Name"])
        if name not in self.known:
            self._check_quota(kind, name)
            self.known[name] = {kind.body: made}
        return name

    def _check_quota(self, kind: PolicyType, name: str) -> None:
        count = (facts_of(self.state).get("custom") or {}).get(kind.name)
        fresh = sum(
            1
            for ref, holder in self.known.items()
            if kind.body in holder and ref not in (facts_of(self.state).get("policies") or {})
        )
        if count is not None and count + fresh + 1 > QUOTA:
            self.note(
                POLICY_QUOTA,
                f"The account has {count} custom {kind.prose.removesuffix('y')}ies, and {name} would "
                f"be one more than the default quota of {QUOTA}.",
                "Delete unused ones, or `--allow policy-quota` if the account's quota was raised.",
            )

    def line(self, kind: PolicyType, ref: str | None) -> Iterator[tuple[str, Document]]:
        """The policies of this plan from `ref` on, each with the one that it stands in for after it."""
        seen: set[str] = set()
        while ref is not None and ref not in seen:
            content = self.content(kind, ref)
            if content is None or not is_of_plan(kind, content, *self.policy.names):
                return
            seen.add(ref)
            yield ref, content
            ref = stands_for(content)

    def edited(self, kind: PolicyType, behavior: Document) -> Document | None:
        """What an edited policy of this plan holds now: the behavior's, or one that its own stands in for."""
        line = self.line(kind, behavior.get(kind.member))
        return next((content for _, content in line if not is_ours(kind, content)), None)

    def without_ours(self, behavior: Document, *, sure: bool = True) -> dict[str, Any]:
        """The behavior as it would be if this plan had never brought a policy of its own.

        So what the plan no longer wants goes by itself, and what others had stays. Where the
        policy that ours stands in for is gone, ours stays and is what there is.

        `sure` is whether an edited response headers policy may be believed what it stood in for.
        If not, no CORS section comes of it: somebody could have named a policy that lets anybody in.
        """
        bare = dict(behavior)
        for kind in POLICY_TYPES:
            line = list(self.line(kind, behavior.get(kind.member)))
            if not line:
                continue
            ref, content = line[-1]
            base = stands_for(content)
            edited = self.edited(kind, behavior)
            if kind is RESPONSE_HEADERS and edited is not None and not sure:
                base = self._salvaged(edited, base)
            if base is not None:
                bare[kind.member] = base if self.exists(kind, base) else ref
            elif kind is CACHE:
                bare[kind.member] = ref  # ours always stands in for one; no behavior does without
            else:
                bare.pop(kind.member)
        return bare

    def _salvaged(self, edited: Document, base: str | None) -> str | None:
        """The policy that keeps what has nothing to do with CORS, by its reference; None for none."""
        if base is None:
            return None
        source = self.content(RESPONSE_HEADERS, base)
        rest = beyond_cors(source if source is not None else edited)
        if source is not None and self.same(RESPONSE_HEADERS, rest, base):
            return base
        return self.own(RESPONSE_HEADERS, rest, UNKNOWN) if rest else None

    def same(self, kind: PolicyType, content: Document, ref: str | None) -> bool:
        """Return whether the policy behind `ref` already does what `content` would."""
        live_content = self.content(kind, ref)
        strip = {"Name", "Comment"}
        return live_content is not None and normal(
            {k: v for k, v in content.items() if k not in strip}
        ) == normal({k: v for k, v in live_content.items() if k not in strip})
