"""Fills in what CloudFront fills in when a distribution is created. Pure functions on documents.

Sources, under https://docs.aws.amazon.com/ : cloudfront/latest/APIReference/
API_DistributionConfig.html, API_CacheBehavior.html, API_Origin.html and their siblings, and the
answer in cli/latest/reference/cloudfront/create-distribution.html.
"""

from __future__ import annotations

import copy
from typing import Any

from remediate.sandbox.patches.cloudfront.documents import behaviors, items
from remediate.sandbox.patches.cloudfront.moto import Document

_DAY = 86_400
_YEAR = 31_536_000

_CONFIG: Document = {
    "Aliases": {"Quantity": 0},
    "DefaultRootObject": "",
    "OriginGroups": {"Quantity": 0},
    "CacheBehaviors": {"Quantity": 0},
    "CustomErrorResponses": {"Quantity": 0},
    "Logging": {"Enabled": False},
    "PriceClass": "PriceClass_All",
    "ViewerCertificate": {"CloudFrontDefaultCertificate": True},
    "Restrictions": {"GeoRestriction": {"RestrictionType": "none", "Quantity": 0}},
    "WebACLId": "",
    "HttpVersion": "http2",
    "IsIPV6Enabled": True,
    "ContinuousDeploymentPolicyId": "",
    "Staging": False,
}
_ORIGIN: Document = {
    "OriginPath": "",
    "CustomHeaders": {"Quantity": 0},
    "ConnectionAttempts": 3,
    "ConnectionTimeout": 10,
    "OriginShield": {"Enabled": False},
    "OriginAccessControlId": "",
}
_CUSTOM_ORIGIN: Document = {"OriginReadTimeout": 30, "OriginKeepaliveTimeout": 5}
_S3_ORIGIN: Document = {"OriginReadTimeout": 30}
_METHODS: Document = {"Quantity": 2, "Items": ["HEAD", "GET"]}
_BEHAVIOR: Document = {
    "TrustedSigners": {"Enabled": False, "Quantity": 0},
    "TrustedKeyGroups": {"Enabled": False, "Quantity": 0},
    "AllowedMethods": _METHODS,
    "SmoothStreaming": False,
    "Compress": False,
    "LambdaFunctionAssociations": {"Quantity": 0},
    "FunctionAssociations": {"Quantity": 0},
    "FieldLevelEncryptionId": "",
    "GrpcConfig": {"Enabled": False},
}
_FORWARDED_VALUES: Document = {"Headers": {"Quantity": 0}, "QueryStringCacheKeys": {"Quantity": 0}}
_ERROR_RESPONSE: Document = {"ResponsePagePath": "", "ResponseCode": "", "ErrorCachingMinTTL": 10}
_NO_LOGGING: Document = {"Enabled": False, "IncludeCookies": False, "Bucket": "", "Prefix": ""}


def _fill(document: Document, defaults: Document) -> None:
    for name, value in defaults.items():
        if name not in document:
            document[name] = copy.deepcopy(value)


def complete(config: Document) -> None:
    """Fill in, in place, what `config` leaves to CloudFront."""
    _fill(config, _CONFIG)
    if not config["Logging"].get("Enabled"):
        # With logging off the other values are deleted: API_LoggingConfig.html.
        config["Logging"] = dict(_NO_LOGGING)
    _complete_certificate(config["ViewerCertificate"])
    for origin in items(config["Origins"]):
        _fill(origin, _ORIGIN)
        _fill(origin.get("CustomOriginConfig", {}), _CUSTOM_ORIGIN)
        _fill(origin.get("S3OriginConfig", {}), _S3_ORIGIN)
    for behavior in behaviors(config):
        _complete_behavior(behavior)
    for response in items(config["CustomErrorResponses"]):
        _fill(response, _ERROR_RESPONSE)


def _complete_certificate(certificate: Document) -> None:
    if certificate.get("ACMCertificateArn"):
        source, name = "acm", certificate["ACMCertificateArn"]
    elif certificate.get("IAMCertificateId"):
        source, name = "iam", certificate["IAMCertificateId"]
    else:
        # The *.cloudfront.net certificate has TLSv1 whatever is asked for, and takes every
        # client: API_ViewerCertificate.html.
        certificate.update(
            CloudFrontDefaultCertificate=True,
            SSLSupportMethod="vip",
            MinimumProtocolVersion="TLSv1",
            CertificateSource="cloudfront",
        )
        return
    _fill(
        certificate,
        {"CloudFrontDefaultCertificate": False, "Certificate": name, "CertificateSource": source},
    )


def _complete_behavior(behavior: Document) -> None:
    for member in ("CachePolicyId", "OriginRequestPolicyId", "ResponseHeadersPolicyId"):
        # An empty element means no policy, and CloudFront does not answer with one.
        if not behavior.get(member, True):
            del behavior[member]
    _fill(behavior, _BEHAVIOR)
    _fill(behavior["AllowedMethods"], {"CachedMethods": _METHODS})
    for association in items(behavior["LambdaFunctionAssociations"]):
        _fill(association, {"IncludeBody": False})
    if "ForwardedValues" in behavior and "CachePolicyId" not in behavior:
        _fill(behavior["ForwardedValues"], _FORWARDED_VALUES)
        _complete_ttls(behavior)


def _complete_ttls(behavior: dict[str, Any]) -> None:
    behavior.setdefault("MinTTL", 0)
    behavior.setdefault("DefaultTTL", max(_DAY, int(behavior["MinTTL"])))
    behavior.setdefault("MaxTTL", max(_YEAR, int(behavior["DefaultTTL"])))
