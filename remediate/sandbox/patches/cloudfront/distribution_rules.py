"""Refuses what CloudFront refuses in a distribution's configuration. Pure functions on documents.

Sources, under https://docs.aws.amazon.com/ : cloudfront/latest/APIReference/
API_UpdateDistribution.html (errors), API_CacheBehavior.html, API_AllowedMethods.html;
AmazonCloudFront/latest/DeveloperGuide/distribution-overview-required-fields.html and
cloudfront-limits.html.
"""

from __future__ import annotations

import re

from remediate.sandbox.patches.cloudfront.documents import behaviors, invalid, items
from remediate.sandbox.patches.cloudfront.moto import CloudFrontException, Document

_READ = frozenset({"GET", "HEAD"})
_READ_AND_PREFLIGHT = _READ | {"OPTIONS"}
_ALL = _READ_AND_PREFLIGHT | {"PUT", "PATCH", "POST", "DELETE"}

# Quotas: whitelisted headers in a legacy behavior, behaviors and origins of a distribution.
_WHITELISTED_HEADERS = 10
_BEHAVIORS = 75
_ORIGINS = 100

_BUCKET = re.compile(r"\.s3(?!-website)([.-][a-z0-9-]+)*\.amazonaws\.com(\.cn)?$")

_TTLS = ("MinTTL", "DefaultTTL", "MaxTTL")

# An update replaces the whole document, and must hold what a create may leave out.
_NEEDED_TO_UPDATE = (
    "Aliases",
    "DefaultRootObject",
    "CacheBehaviors",
    "CustomErrorResponses",
    "Logging",
    "PriceClass",
    "ViewerCertificate",
    "Restrictions",
    "WebACLId",
    "HttpVersion",
)
_NEEDED_TO_UPDATE_A_BEHAVIOR = (
    "AllowedMethods",
    "SmoothStreaming",
    "Compress",
    "LambdaFunctionAssociations",
    "FieldLevelEncryptionId",
)


def check_update(current: Document, sent: Document) -> None:
    """Refuse `sent` as the replacement of `current`: its identity, and what it leaves out."""
    if sent["CallerReference"] != current["CallerReference"]:
        raise CloudFrontException("IllegalUpdate", "You cannot update the value of CallerReference.")
    _require(sent, _NEEDED_TO_UPDATE)
    for behavior in behaviors(sent):
        _require(behavior, _NEEDED_TO_UPDATE_A_BEHAVIOR)


def _require(document: Document, members: tuple[str, ...]) -> None:
    for member in members:
        if member not in document:
            raise CloudFrontException("IllegalUpdate", f"{member} is required for updates.")


def check(config: Document) -> None:
    """Refuse a configuration that is not consistent in itself."""
    origins = items(config["Origins"])
    groups = items(config.get("OriginGroups"))
    if len(origins) > _ORIGINS:
        raise CloudFrontException("TooManyOrigins", "You cannot create more origins.")
    if len(items(config.get("CacheBehaviors"))) > _BEHAVIORS:
        raise CloudFrontException("TooManyCacheBehaviors", "You cannot create more cache behaviors.")
    for origin in origins:
        _check_origin(origin)
    targets = {target["Id"] for target in (*origins, *groups)}
    for behavior in behaviors(config):
        if behavior["TargetOriginId"] not in targets:
            raise CloudFrontException(
                "NoSuchOrigin", "One or more of your origins or origin groups do not exist."
            )
        _check_cache_settings(behavior)
        _check_methods(behavior["AllowedMethods"])


def _check_origin(origin: Document) -> None:
    """A bucket's website endpoint is a custom origin: API_S3OriginConfig.html."""
    if "S3OriginConfig" in origin and not _BUCKET.search(origin["DomainName"]):
        raise invalid("The parameter Origin DomainName does not refer to a valid S3 bucket.")


def _check_cache_settings(behavior: Document) -> None:
    """Check the choice between a cache policy and the older ForwardedValues."""
    if behavior.get("CachePolicyId"):
        for member in ("ForwardedValues", *_TTLS):
            if member in behavior:
                raise invalid(
                    f"The parameter {member} cannot be used when a cache policy "
                    "is associated to the cache behavior."
                )
        return
    if "ForwardedValues" not in behavior:
        raise invalid("The parameter ForwardedValues is required.")
    if behavior.get("OriginRequestPolicyId"):
        raise invalid("The parameter OriginRequestPolicyId cannot be used without a cache policy.")
    _check_forwarded_values(behavior)


def _check_forwarded_values(behavior: Document) -> None:
    headers = items(behavior["ForwardedValues"].get("Headers"))
    if len(headers) > _WHITELISTED_HEADERS:
        raise CloudFrontException(
            "TooManyHeadersInForwardedValues",
            "Your request contains too many headers in forwarded values.",
        )
    minimum, default, maximum = (int(behavior[member]) for member in _TTLS)
    if not minimum <= default <= maximum:
        raise CloudFrontException(
            "InvalidTTLOrder", "The order of the TTL values is not valid: MinTTL, DefaultTTL, MaxTTL."
        )
    if "*" in headers and minimum:
        raise invalid("The parameter MinTTL must be 0 when all headers are forwarded.")


def _check_methods(allowed: Document) -> None:
    methods = frozenset(items(allowed))
    cached = frozenset(items(allowed["CachedMethods"]))
    if methods not in {_READ, _READ_AND_PREFLIGHT, _ALL} or len(methods) != len(items(allowed)):
        raise invalid("The parameter AllowedMethods contains a set of methods that is not allowed.")
    if cached not in {_READ, _READ_AND_PREFLIGHT} or not cached <= methods:
        raise invalid("The parameter CachedMethods contains a set of methods that is not allowed.")
