"""CloudFront's documents: lists with a Quantity, cache behaviors, and what of them matters to CORS. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from remediate.core.document import Document, canonical
from remediate.core.globs import path_matches

REGION = "us-east-1"
"""CloudFront is one global service, and this is where its API lives."""

DEFAULT = "*"
"""What stands for the default behavior, which has no PathPattern."""


@dataclass(frozen=True, slots=True)
class PolicyType:
    """What tells one kind of policy from another: its names in the API, and our short word."""

    name: str
    plural: str
    word: str

    @property
    def member(self) -> str:
        """The member of a cache behavior that names a policy of this kind."""
        return f"{self.name}Id"

    @property
    def body(self) -> str:
        """The member that holds such a policy's settings."""
        return f"{self.name}Config"

    @property
    def prose(self) -> str:
        """The kind in a sentence."""
        return f"{self.word.replace('-', ' ')} policy"


CACHE = PolicyType("CachePolicy", "CachePolicies", "cache")
ORIGIN_REQUEST = PolicyType("OriginRequestPolicy", "OriginRequestPolicies", "origin-request")
RESPONSE_HEADERS = PolicyType("ResponseHeadersPolicy", "ResponseHeadersPolicies", "response-headers")
POLICY_TYPES = (CACHE, ORIGIN_REQUEST, RESPONSE_HEADERS)

WRITTEN = ("AllowedMethods", *(kind.member for kind in POLICY_TYPES), "ForwardedValues")
"""The members of a behavior that a write may change; every other one is only read."""

_SHOWN = (
    "PathPattern",
    "TargetOriginId",
    "ViewerProtocolPolicy",
    *WRITTEN,
    "MinTTL",
    "DefaultTTL",
    "MaxTTL",
)
_CODE = ("FunctionAssociations", "LambdaFunctionAssociations")


def items(holder: Any) -> list[Any]:
    """The items of `{"Quantity": n, "Items": […]}`, which may be absent or empty."""
    return list((holder or {}).get("Items") or [])


def listed(values: Iterable[Any]) -> dict[str, Any]:
    """A list as CloudFront writes it."""
    entries = list(values)
    return {"Quantity": len(entries), "Items": entries} if entries else {"Quantity": 0}


def lowered(names: Iterable[str]) -> frozenset[str]:
    """Header names for comparing."""
    return frozenset(name.lower() for name in names)


def normal(value: Any) -> Any:
    """One form for documents that AWS takes for the same: no empty members, lists in one order.

    Every list in a policy is a set: of names, of methods, of origins, of headers with values.
    """
    if isinstance(value, Mapping):
        members = {key: normal(member) for key, member in value.items()}
        return {
            key: member
            for key, member in sorted(members.items())
            if member is not None and member not in ({}, [], {"Quantity": 0})
        }
    if isinstance(value, list | tuple):
        return sorted((normal(member) for member in value), key=canonical)
    return value


def behavior_view(behavior: Document) -> dict[str, Any]:
    """The members of a behavior that matter to CORS, raw; empty associations and ids left out."""
    view = {key: behavior[key] for key in _SHOWN if behavior.get(key) not in (None, "")}
    view |= {key: behavior[key] for key in _CODE if items(behavior.get(key))}
    if view.get("CachePolicyId"):
        # The two exclude each other (CloudFront API, CacheBehavior); an emulator may show both.
        for key in ("ForwardedValues", "MinTTL", "DefaultTTL", "MaxTTL"):
            view.pop(key, None)
    return view


def origins_view(origins: Any) -> dict[str, Any]:
    """The origins without their secrets: of the custom headers only those that CORS is about.

    Custom headers often carry a shared secret, which must not reach a saved plan or a journal.
    """
    shown = []
    for origin in items(origins):
        view = {key: origin[key] for key in ("Id", "DomainName") if key in origin}
        if origin.get("OriginPath"):
            view["OriginPath"] = origin["OriginPath"]
        headers = [
            header
            for header in items(origin.get("CustomHeaders"))
            if str(header.get("HeaderName", "")).lower() in {"origin", *PREFLIGHT_LOWER}
        ]
        if headers:
            view["CustomHeaders"] = listed(headers)
        shown.append(view)
    return listed(shown)


_SIGNERS = ("TrustedKeyGroups", "TrustedSigners")


def signed_behaviors(distribution: Document) -> dict[str, str]:
    """By path pattern, what makes a behavior serve signed requests only."""
    return {
        pattern_of(behavior): member
        for behavior in behaviors(distribution)
        for member in reversed(_SIGNERS)
        if (behavior.get(member) or {}).get("Enabled")
    }


def origin_protocols(distribution: Document) -> dict[str, str]:
    """By id, how CloudFront calls an origin: `http-only`, `https-only` or `match-viewer`.

    It calls a bucket's REST endpoint as the viewer called it (Developer Guide, "Require HTTPS for
    communication between CloudFront and your Amazon S3 origin").
    """
    return {
        str(origin.get("Id")): str(
            (origin.get("CustomOriginConfig") or {}).get("OriginProtocolPolicy")
            or ("match-viewer" if origin.get("S3OriginConfig") is not None else "")
        )
        for origin in items(distribution.get("Origins"))
    }


def scheme_to(origin: Document, viewer: str) -> str:
    """The scheme with which CloudFront calls an origin; empty where that is not known."""
    policy = origin.get(PROTOCOL)
    return {"http-only": "http", "https-only": "https", "match-viewer": viewer}.get(str(policy), "")


PROTOCOL = "OriginProtocolPolicy"
"""Where an origin's protocol policy stands in what `answer` takes."""


def groups_view(groups: Any) -> list[dict[str, Any]]:
    """Origin groups, as their ids and the ids of their members."""
    return [
        {"Id": group.get("Id"), "Members": listed(items(group.get("Members")))} for group in items(groups)
    ]


PREFLIGHT_LOWER = ("access-control-request-method", "access-control-request-headers")
NEEDED = ("Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers")
"""What an origin must see to answer CORS itself."""


def behaviors(config: Document) -> list[dict[str, Any]]:
    """Every behavior in the order in which CloudFront tries them: the default one last."""
    ordered = [dict(behavior) for behavior in items(config.get("CacheBehaviors"))]
    return [*ordered, dict(config.get("DefaultCacheBehavior") or {})]


def pattern_of(behavior: Document) -> str:
    """A behavior's path pattern as written; `*` for the default one."""
    return str(behavior.get("PathPattern") or DEFAULT)


def selected(behavior: Document, paths: Sequence[str] | None) -> bool:
    """Return whether a plan's `paths` mean this behavior: by its pattern, or by a glob over patterns."""
    if not paths:
        return True
    return any(path_selects(path, pattern_of(behavior)) for path in paths)


def path_selects(path: str, pattern: str) -> bool:
    """Return whether one of a plan's `paths` means the behavior of that pattern.

    A leading slash makes no difference to CloudFront (Developer Guide, "Path pattern").
    """
    bare = path.lstrip("/")
    if pattern == DEFAULT:
        return bare in {"*", "**"}
    if path == DEFAULT:
        return pattern.lstrip("/") == DEFAULT
    return path_matches("/" + path.lstrip("/"), "/" + pattern.lstrip("/"))


def with_behaviors(config: Document, changed: Sequence[Document]) -> dict[str, Any]:
    """The configuration with its behaviors replaced, in the order of `behaviors`."""
    *ordered, default = changed
    holder = dict(config.get("CacheBehaviors") or {})
    if ordered:
        holder = {**holder, "Quantity": len(ordered), "Items": [dict(behavior) for behavior in ordered]}
    return {**config, "CacheBehaviors": holder, "DefaultCacheBehavior": dict(default)}


def origins_of(config: Document, behavior: Document) -> list[Document]:
    """The origins that a behavior forwards to: one, or the members of an origin group."""
    target = behavior.get("TargetOriginId")
    for group in config.get("OriginGroups") or []:
        if group.get("Id") == target:
            members = {member.get("OriginId") for member in items(group.get("Members"))}
            return [origin for origin in items(config.get("Origins")) if origin.get("Id") in members]
    return [origin for origin in items(config.get("Origins")) if origin.get("Id") == target]


def refuses_foreign_host(domain: str) -> bool:
    """Return whether the origin answers 403 to any Host but its own.

    API Gateway and Lambda function URLs do (AWS re:Post, "CloudFront 403 API Gateway").
    """
    return ".execute-api." in domain or ".lambda-url." in domain


def is_bucket(domain: str) -> bool:
    """Return whether the origin is an S3 bucket, by its REST or its website endpoint."""
    return ".amazonaws.com" in domain and (".s3." in domain or ".s3-" in domain)


def code_of(behavior: Document) -> Iterator[tuple[str, str]]:
    """Event type and ARN of every function attached to a behavior."""
    for association in items(behavior.get("FunctionAssociations")):
        yield str(association.get("EventType")), str(association.get("FunctionARN"))
    for association in items(behavior.get("LambdaFunctionAssociations")):
        yield str(association.get("EventType")), str(association.get("LambdaFunctionARN"))
