"""A distribution's tags, which tell who manages it, and what CORS needs of it in that tool's language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from remediate.aws import Aws
from remediate.core.document import Document
from remediate.core.iac_snippets import Blocks, Reference, hcl, label, logical, present, yaml
from remediate.core.owner import TERRAFORM
from remediate.services.cloudfront.api_calls import our_policies, sorted_items
from remediate.services.cloudfront.documents import (
    CACHE,
    POLICY_TYPES,
    REGION,
    RESPONSE_HEADERS,
    PolicyType,
    behaviors,
    items,
)
from remediate.services.cloudfront.facts import facts_of
from remediate.services.cloudfront.owned_policies import content_of

if TYPE_CHECKING:
    from mypy_boto3_cloudfront import CloudFrontClient

    from remediate.core.state import State

_SECTION = {
    "AccessControlAllowOrigins": "access_control_allow_origins",
    "AccessControlAllowMethods": "access_control_allow_methods",
    "AccessControlAllowHeaders": "access_control_allow_headers",
    "AccessControlExposeHeaders": "access_control_expose_headers",
}
_SCALARS = {
    "AccessControlAllowCredentials": "access_control_allow_credentials",
    "AccessControlMaxAgeSec": "access_control_max_age_sec",
    "OriginOverride": "origin_override",
}
_RESOURCES = {kind.name: f"aws_cloudfront_{kind.word.replace('-', '_')}_policy" for kind in POLICY_TYPES}


def tags(aws: Aws, state: State) -> Mapping[str, str]:
    """The distribution's tags; one call. Raises `AwsFailure`."""
    client: CloudFrontClient = aws.client("cloudfront", REGION)
    with aws.translated_errors(f"cloudfront:ListTagsForResource of {state.names[0]}"):
        tag_set = client.list_tags_for_resource(Resource=str(facts_of(state).get("arn") or ""))["Tags"]
    return {tag["Key"]: tag.get("Value", "") for tag in tag_set.get("Items", [])}


def as_iac(after: Document | None, tool: str) -> str:
    """The behaviors' members and our policies as the tool's own text."""
    if after is None:
        return ""
    ours = our_policies(after)
    contents: Mapping[str, Any] = after.get("policies") or {}
    policies = [(ref, kind, content_of(contents, kind, ref) or {}) for ref, kind in sorted_items(ours)]
    if tool == TERRAFORM:
        parts = [
            _hcl_distribution(after, ours),
            *(_hcl_policy(kind, ref, body) for ref, kind, body in policies),
        ]
        return "\n\n".join(parts)
    resources = {"Distribution": _yaml_distribution(after, ours)}
    return yaml(resources | {logical(ref): _yaml_policy(kind, body) for ref, kind, body in policies})


def _hcl_distribution(after: Document, ours: Mapping[str, PolicyType]) -> str:
    body: dict[str, Any] = {"default_cache_behavior": Blocks(), "ordered_cache_behavior": Blocks()}
    for behavior in behaviors(after):
        name = "ordered_cache_behavior" if behavior.get("PathPattern") else "default_cache_behavior"
        body[name].append(_hcl_behavior(behavior, ours))
    return hcl("aws_cloudfront_distribution", "this", body)


def _yaml_distribution(after: Document, ours: Mapping[str, PolicyType]) -> dict[str, Any]:
    *ordered, default = [_yaml_behavior(behavior, ours) for behavior in behaviors(after)]
    config = present((("DefaultCacheBehavior", default), ("CacheBehaviors", ordered)))
    return {"Type": "AWS::CloudFront::Distribution", "Properties": {"DistributionConfig": config}}


def _yaml_behavior(behavior: Document, ours: Mapping[str, PolicyType]) -> dict[str, Any]:
    """CloudFormation has plain lists where the API has `Quantity` and `Items`."""
    methods = behavior.get("AllowedMethods") or {}
    refs = ((kind.member, behavior.get(kind.member)) for kind in POLICY_TYPES)
    return present(
        (
            ("PathPattern", behavior.get("PathPattern")),
            ("AllowedMethods", items(methods)),
            ("CachedMethods", items(methods.get("CachedMethods"))),
            *((member, Reference(logical(ref)) if ref in ours else ref) for member, ref in refs if ref),
            ("ForwardedValues", _flat(behavior.get("ForwardedValues"))),
        )
    )


def _hcl_behavior(behavior: Document, ours: Mapping[str, PolicyType]) -> dict[str, Any]:
    methods = behavior.get("AllowedMethods") or {}
    made = present(
        (
            ("path_pattern", behavior.get("PathPattern")),
            ("allowed_methods", items(methods)),
            ("cached_methods", items(methods.get("CachedMethods"))),
            *_hcl_references(behavior, ours),
        )
    )
    forwarded = behavior.get("ForwardedValues")
    if forwarded:
        cookies = {"forward": (forwarded.get("Cookies") or {}).get("Forward", "none")}
        block = {
            "query_string": bool(forwarded.get("QueryString")),
            "headers": items(forwarded.get("Headers")),
            "cookies": Blocks([cookies]),
        }
        made["forwarded_values"] = Blocks([block])
    return made


def _hcl_references(behavior: Document, ours: Mapping[str, PolicyType]) -> Iterator[tuple[str, Any]]:
    for kind in POLICY_TYPES:
        ref = behavior.get(kind.member)
        own = Reference(f"{_RESOURCES[kind.name]}.{label(str(ref))}.id") if ref in ours else ref
        yield f"{kind.word.replace('-', '_')}_policy_id", own


def _yaml_policy(kind: PolicyType, content: Document) -> dict[str, Any]:
    """A response headers policy keeps `Items` in CloudFormation, the other kinds have plain lists."""
    shown = {key: value for key, value in content.items() if key != "Comment"}
    body = _counted(shown) if kind is RESPONSE_HEADERS else _flat(shown)
    return {"Type": f"AWS::CloudFront::{kind.name}", "Properties": {kind.body: body}}


def _hcl_policy(kind: PolicyType, ref: str, content: Document) -> str:
    """Of a response headers policy the CORS section, of the others the headers: the rest is a copy."""
    body: dict[str, Any] = {"name": content.get("Name")}
    if kind is RESPONSE_HEADERS:
        section = content.get("CorsConfig") or {}
        cors: dict[str, Any] = {own: section.get(name) for name, own in _SCALARS.items() if name in section}
        for name, own in _SECTION.items():
            if items(section.get(name)):
                cors[own] = Blocks([{"items": items(section.get(name))}])
        body["cors_config"] = Blocks([cors])
        return hcl(_RESOURCES[kind.name], ref, body)
    # A cache policy has its headers one level further down than an origin request policy.
    holder = content.get("ParametersInCacheKeyAndForwardedToOrigin") or {} if kind is CACHE else content
    config = holder.get("HeadersConfig") or {}
    headers = Blocks([{"items": items(config.get("Headers"))}])
    block = Blocks([{"header_behavior": config.get("HeaderBehavior"), "headers": headers}])
    if kind is CACHE:
        within = Blocks([{"headers_config": block}])
        return hcl(
            _RESOURCES[kind.name], ref, {**body, "parameters_in_cache_key_and_forwarded_to_origin": within}
        )
    return hcl(_RESOURCES[kind.name], ref, {**body, "headers_config": block})


def _flat(value: Any) -> Any:
    if isinstance(value, Mapping):
        if "Quantity" in value:
            return [_flat(item) for item in items(value)]
        return {key: _flat(member) for key, member in value.items()}
    return value


def _counted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _counted(member) for key, member in value.items() if key != "Quantity"}
    return [_counted(item) for item in value] if isinstance(value, list | tuple) else value
