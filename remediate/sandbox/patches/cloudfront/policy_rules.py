"""Checks a policy as CloudFront does, and fills in its defaults. Pure functions on documents.

Sources, under https://docs.aws.amazon.com/AmazonCloudFront/latest/ :
cache policies APIReference/API_CachePolicyConfig.html; response headers policies
DeveloperGuide/understanding-response-headers-policies.html; quotas
DeveloperGuide/cloudfront-limits.html.
"""

from __future__ import annotations

import re

from remediate.sandbox.patches.cloudfront.documents import invalid, items, tidy
from remediate.sandbox.patches.cloudfront.moto import CloudFrontException, Document

_DAY = 86_400
_YEAR = 31_536_000

# Quotas: names of one sort in a cache or origin request policy, headers that a response headers
# policy adds or removes, and the length of its Content-Security-Policy.
_NAMES = 10
_ADDED_HEADERS = 10
_REMOVED_HEADERS = 10
_CSP_LENGTH = 1783

_METHODS = {"GET", "DELETE", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "ALL"}

# Headers that have a section of their own may not be custom headers.
_CORS_HEADERS = {
    "access-control-allow-credentials",
    "access-control-allow-headers",
    "access-control-allow-methods",
    "access-control-allow-origin",
    "access-control-expose-headers",
    "access-control-max-age",
}
_SECURITY_HEADERS = {
    "content-security-policy",
    "referrer-policy",
    "strict-transport-security",
    "x-content-type-options",
    "x-frame-options",
    "x-xss-protection",
}

# CloudFront lists names as header, cookie and query string settings, each of the same form.
_SETTINGS = (
    ("HeadersConfig", "HeaderBehavior", "Headers"),
    ("CookiesConfig", "CookieBehavior", "Cookies"),
    ("QueryStringsConfig", "QueryStringBehavior", "QueryStrings"),
)
_WITH_NAMES = {"whitelist", "allExcept", "allViewerAndWhitelistCloudFront"}


def cache_policy(config: Document) -> Document:
    """Check a cache policy and fill in its defaults."""
    config = tidy(config)
    minimum = int(config["MinTTL"])
    config.setdefault("DefaultTTL", max(_DAY, minimum))
    config.setdefault("MaxTTL", max(_YEAR, int(config["DefaultTTL"])))
    if not 0 <= minimum <= config["DefaultTTL"] <= config["MaxTTL"]:
        raise invalid("The parameter MinTTL, DefaultTTL or MaxTTL is not in order.")
    key = config.setdefault("ParametersInCacheKeyAndForwardedToOrigin", {})
    key.setdefault("EnableAcceptEncodingGzip", False)
    key.setdefault("EnableAcceptEncodingBrotli", False)
    for section, behavior, _ in _SETTINGS:
        key.setdefault(section, {behavior: "none"})
    _check_names(key, "CachePolicy")
    if config["MaxTTL"] == 0:
        _check_key_without_caching(key)
    return config


def _check_key_without_caching(key: Document) -> None:
    """Refuse a cache key where nothing is cached; people report it, the documentation does not.

    It is what forbids adding Origin to a copy of Managed-CachingDisabled.
    """
    for section, behavior, _ in _SETTINGS:
        if key[section][behavior] != "none":
            raise invalid(f"The parameter {behavior} is invalid for policy with caching disabled.")
    for encoding in ("EnableAcceptEncodingGzip", "EnableAcceptEncodingBrotli"):
        if key[encoding]:
            raise invalid(f"The parameter {encoding} is invalid for policy with caching disabled.")


def origin_request_policy(config: Document) -> Document:
    """Check an origin request policy."""
    config = tidy(config)
    _check_names(config, "OriginRequestPolicy")
    headers = config["HeadersConfig"]
    if headers["HeaderBehavior"] == "whitelist":
        # Both reach the origin by way of a cache policy only.
        for name in items(headers.get("Headers")):
            if name.lower() in {"authorization", "accept-encoding"}:
                raise invalid(f"The parameter Headers contains {name} that is not allowed.")
    return config


def _check_names(holder: Document, kind: str) -> None:
    for section, behavior, listing in _SETTINGS:
        names = items(holder[section].get(listing))
        has_names = holder[section][behavior] in _WITH_NAMES
        if bool(names) != has_names:
            raise invalid(f"The parameter {listing} does not agree with {behavior}.")
        if len(names) > _NAMES:
            raise CloudFrontException(
                f"TooMany{listing}In{kind}",
                f"The number of {listing.lower()} in the policy exceeds the maximum.",
            )


def response_headers_policy(config: Document) -> Document:
    """Check a response headers policy."""
    config = tidy(config)
    if cors := config.get("CorsConfig"):
        _check_cors(cors)
    _check_custom_headers(items(config.get("CustomHeadersConfig")))
    if len(items(config.get("RemoveHeadersConfig"))) > _REMOVED_HEADERS:
        raise CloudFrontException(
            "TooManyRemoveHeadersInResponseHeadersPolicy",
            "The number of headers in RemoveHeadersConfig exceeds the maximum.",
        )
    csp = (config.get("SecurityHeadersConfig") or {}).get("ContentSecurityPolicy") or {}
    if len(csp.get("ContentSecurityPolicy", "")) > _CSP_LENGTH:
        raise CloudFrontException(
            "TooLongCSPInResponseHeadersPolicy",
            "The length of the Content-Security-Policy header value exceeds the maximum.",
        )
    return config


def _check_custom_headers(headers: list[Document]) -> None:
    if len(headers) > _ADDED_HEADERS:
        raise CloudFrontException(
            "TooManyCustomHeadersInResponseHeadersPolicy",
            "The number of custom headers in the response headers policy exceeds the maximum.",
        )
    for header in headers:
        name = header["Header"]
        for sort, reserved in (("CORS", _CORS_HEADERS), ("security", _SECURITY_HEADERS)):
            if name.lower() in reserved:
                raise invalid(
                    f"The parameter CustomHeaders contains {name} that is a {sort} header "
                    "and cannot be set as custom header."
                )


def _check_cors(cors: Document) -> None:
    lists = {
        "Access-Control-Allow-Origin": items(cors["AccessControlAllowOrigins"]),
        "Access-Control-Allow-Headers": items(cors["AccessControlAllowHeaders"]),
        "Access-Control-Allow-Methods": items(cors["AccessControlAllowMethods"]),
    }
    for header, values in lists.items():
        if not values:
            raise invalid(f"The parameter {header} must not be empty.")
        # A browser takes `*` literally once credentials are sent (Fetch, section 3.3.5), and
        # CloudFront refuses the combination with these words.
        if cors["AccessControlAllowCredentials"] and "*" in values:
            raise invalid(f"The parameter {header} cannot contain * when allowCredentials is true.")
    for origin in lists["Access-Control-Allow-Origin"]:
        if not _is_origin(origin):
            raise invalid(f"The parameter Access-Control-Allow-Origin contains invalid {origin}.")
    for method in lists["Access-Control-Allow-Methods"]:
        if method not in _METHODS:
            raise invalid(f"The parameter Access-Control-Allow-Methods contains invalid {method}.")
    if cors.get("AccessControlMaxAgeSec", 0) < 0:
        raise invalid("The parameter Access-Control-Max-Age must not be negative.")


def _is_origin(origin: str) -> bool:
    """Tell whether `origin` is `*`, or has a `*` as its leftmost label at most."""
    host = re.sub(r"^[a-z][a-z0-9+.-]*://", "", origin)
    return origin == "*" or (host != "" and "*" not in host.removeprefix("*."))
