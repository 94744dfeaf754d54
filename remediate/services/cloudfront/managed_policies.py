"""The policies that AWS manages, as documented: what they put in the cache key and forward.

Sources: CloudFront Developer Guide, "Use managed cache policies", "Use managed origin request
policies" and "Use managed response headers policies". Their ids are the same in every commercial
account. Cache and origin request policies are fully documented, so they are never listed just to
be shown. For response headers policies the live document is used where there is one: the guide
leaves out Allow-Headers, and copies in the wild differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from remediate.services.cloudfront.documents import CACHE, NEEDED, ORIGIN_REQUEST, RESPONSE_HEADERS, listed

CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
CORS_S3_ORIGIN = "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf"
"""Forwards the three headers of a preflight, no cookies and no query strings, to any origin."""
SECURITY_HEADERS = "67f7725c-6f97-4210-82d7-5512b31e9d03"

_YEAR = 31_536_000
_DAY = 86_400


def _headers(behavior: str, *names: str) -> dict[str, Any]:
    return {"HeaderBehavior": behavior} | ({"Headers": listed(names)} if names else {})


def _queries(behavior: str, *names: str) -> dict[str, Any]:
    return {"QueryStringBehavior": behavior} | ({"QueryStrings": listed(names)} if names else {})


def _cache(
    name: str,
    ttl: tuple[int, int, int],
    compressed: tuple[bool, bool],
    *,
    headers: tuple[str, ...] = (),
    cookies: str = "none",
    queries: dict[str, Any] | None = None,
) -> dict[str, Any]:
    minimum, default, maximum = ttl
    gzip, brotli = compressed
    return {
        "Name": f"Managed-{name}",
        "MinTTL": minimum,
        "DefaultTTL": default,
        "MaxTTL": maximum,
        "ParametersInCacheKeyAndForwardedToOrigin": {
            "EnableAcceptEncodingGzip": gzip,
            "EnableAcceptEncodingBrotli": brotli,
            "HeadersConfig": _headers("whitelist", *headers) if headers else _headers("none"),
            "CookiesConfig": {"CookieBehavior": cookies},
            "QueryStringsConfig": queries or _queries("none"),
        },
    }


def _origin_request(
    name: str, headers: dict[str, Any], cookies: str, queries: str | None = None
) -> dict[str, Any]:
    return {
        "Name": f"Managed-{name}",
        "HeadersConfig": headers,
        "CookiesConfig": {"CookieBehavior": cookies},
        "QueryStringsConfig": _queries(queries or cookies),
    }


_BY_ORIGIN = ("Host", "Origin", "X-HTTP-Method", "X-HTTP-Method-Override", "X-Method-Override")
_ANYBODY = {
    "AccessControlAllowOrigins": listed(["*"]),
    "AccessControlAllowHeaders": listed([]),
    "AccessControlAllowMethods": listed([]),
    "AccessControlAllowCredentials": False,
    "OriginOverride": False,
}
_ANYBODY_PREFLIGHTED = {
    **_ANYBODY,
    "AccessControlAllowMethods": listed(["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE", "OPTIONS"]),
    "AccessControlExposeHeaders": listed(["*"]),
}
_SECURE = {
    "XSSProtection": {"Override": False, "Protection": True, "ModeBlock": True},
    "FrameOptions": {"Override": False, "FrameOption": "SAMEORIGIN"},
    "ReferrerPolicy": {"Override": False, "ReferrerPolicy": "strict-origin-when-cross-origin"},
    "ContentTypeOptions": {"Override": True},
    "StrictTransportSecurity": {"Override": False, "AccessControlMaxAgeSec": _YEAR},
}

DOCUMENTED: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    CACHE.name: {
        "658327ea-f89d-4fab-a63d-7e88639e58f6": _cache("CachingOptimized", (1, _DAY, _YEAR), (True, True)),
        CACHING_DISABLED: _cache("CachingDisabled", (0, 0, 0), (False, False)),
        "b2884449-e4de-46a7-ac36-70bc7f1ddd6d": _cache(
            "CachingOptimizedForUncompressedObjects", (1, _DAY, _YEAR), (False, False)
        ),
        "08627262-05a9-4f76-9ded-b50ca2e3a84f": _cache(
            "Elemental-MediaPackage",
            (0, _DAY, _YEAR),
            (True, False),
            headers=("Origin",),
            queries=_queries("whitelist", "aws.manifestfilter", "start", "end", "m"),
        ),
        "2e54312d-136d-493c-8eb9-b001f22f67d2": _cache(
            "Amplify",
            (2, 2, 600),
            (True, True),
            headers=("Authorization", "CloudFront-Viewer-Country", "Host"),
            cookies="all",
            queries=_queries("all"),
        ),
        "83da9c7e-98b4-4e11-a168-04f0df8e2c65": _cache(
            "UseOriginCacheControlHeaders", (0, 0, _YEAR), (True, True), headers=_BY_ORIGIN, cookies="all"
        ),
        "4cc15a8a-d715-48a4-82b8-cc0b614638fe": _cache(
            "UseOriginCacheControlHeaders-QueryStrings",
            (0, 0, _YEAR),
            (True, True),
            headers=_BY_ORIGIN,
            cookies="all",
            queries=_queries("all"),
        ),
    },
    ORIGIN_REQUEST.name: {
        "216adef6-5c7f-47e4-b989-5492eafa07d3": _origin_request("AllViewer", _headers("allViewer"), "all"),
        "33f36d7e-f396-46d9-90e0-52428a34d9dc": _origin_request(
            "AllViewerAndCloudFrontHeaders-2022-06",
            # What it adds are CloudFront's own headers; CORS does not speak of any of them.
            _headers("allViewerAndWhitelistCloudFront", "CloudFront-Viewer-Address"),
            "all",
        ),
        "b689b0a8-53d0-40ab-baf2-68738e2966ac": _origin_request(
            "AllViewerExceptHostHeader", _headers("allExcept", "Host"), "all"
        ),
        "59781a5b-3903-41f3-afcb-af62929ccde1": _origin_request(
            "CORS-CustomOrigin", _headers("whitelist", "Origin"), "none"
        ),
        CORS_S3_ORIGIN: _origin_request("CORS-S3Origin", _headers("whitelist", *NEEDED), "none"),
        "775133bc-15f2-49f9-abea-afb2e0bf67d2": _origin_request(
            "Elemental-MediaTailor-PersonalizedManifests",
            _headers("whitelist", *NEEDED, "User-Agent", "X-Forwarded-For"),
            "none",
            "all",
        ),
        "bf0718e1-ba1e-49d1-88b1-f726733018ae": _origin_request(
            "HostHeaderOnly", _headers("whitelist", "Host"), "none"
        ),
        "acba4595-bd28-49b8-b9fe-13317c0390fa": _origin_request(
            "UserAgentRefererHeaders", _headers("whitelist", "User-Agent", "Referer"), "none"
        ),
    },
    RESPONSE_HEADERS.name: {
        "60669652-455b-4ae9-85a4-c4c02393f86c": {"Name": "Managed-SimpleCORS", "CorsConfig": _ANYBODY},
        "5cc3b908-e619-4b99-88e5-2cf7f45965bd": {
            "Name": "Managed-CORS-With-Preflight",
            "CorsConfig": _ANYBODY_PREFLIGHTED,
        },
        SECURITY_HEADERS: {"Name": "Managed-SecurityHeadersPolicy", "SecurityHeadersConfig": _SECURE},
        "e61eb60c-9c35-4d20-a928-2b84e02af89c": {
            "Name": "Managed-CORS-and-SecurityHeadersPolicy",
            "CorsConfig": _ANYBODY,
            "SecurityHeadersConfig": _SECURE,
        },
        "eaab4381-ed33-4a86-88ca-d9558dc6cd63": {
            "Name": "Managed-CORS-with-preflight-and-SecurityHeadersPolicy",
            "CorsConfig": _ANYBODY_PREFLIGHTED,
            "SecurityHeadersConfig": _SECURE,
        },
    },
}


def is_settled(kind_name: str, ref: str) -> bool:
    """Return whether the documentation alone tells what this policy does, so that no document is carried."""
    return kind_name != RESPONSE_HEADERS.name and ref in DOCUMENTED[kind_name]
