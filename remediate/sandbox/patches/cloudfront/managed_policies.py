"""The policies that AWS manages and every account has.

Names, ids and settings as documented, under
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/ :
using-managed-cache-policies.html, using-managed-origin-request-policies.html,
using-managed-response-headers-policies.html. The API puts `Managed-` before each name.

The documentation gives the headers that a managed response headers policy adds, not the
document that the API answers with, so those documents are reconstructed. The API model wants at
least an item in the lists of allowed headers and methods; what stands there is what published
copies of the managed policies have. The comments are left empty.
"""

from __future__ import annotations

from remediate.sandbox.patches.cloudfront.documents import listed
from remediate.sandbox.patches.cloudfront.moto import Document

_DAY = 86_400
_YEAR = 31_536_000

_ORIGIN_CONTROLLED = (
    "Host",
    "Origin",
    "X-HTTP-Method-Override",
    "X-HTTP-Method",
    "X-Method-Override",
)
_PREFLIGHT = ("Origin", "Access-Control-Request-Headers", "Access-Control-Request-Method")
_CLOUDFRONT_HEADERS_2022_06 = (
    "CloudFront-Forwarded-Proto",
    "CloudFront-Is-Android-Viewer",
    "CloudFront-Is-Desktop-Viewer",
    "CloudFront-Is-IOS-Viewer",
    "CloudFront-Is-Mobile-Viewer",
    "CloudFront-Is-SmartTV-Viewer",
    "CloudFront-Is-Tablet-Viewer",
    "CloudFront-Viewer-Address",
    "CloudFront-Viewer-ASN",
    "CloudFront-Viewer-City",
    "CloudFront-Viewer-Country",
    "CloudFront-Viewer-Country-Name",
    "CloudFront-Viewer-Country-Region",
    "CloudFront-Viewer-Country-Region-Name",
    "CloudFront-Viewer-Http-Version",
    "CloudFront-Viewer-Latitude",
    "CloudFront-Viewer-Longitude",
    "CloudFront-Viewer-Metro-Code",
    "CloudFront-Viewer-Postal-Code",
    "CloudFront-Viewer-Time-Zone",
    "CloudFront-Viewer-TLS",
)


def _settings(headers: Document, cookies: str, queries: Document) -> Document:
    return {
        "HeadersConfig": headers,
        "CookiesConfig": {"CookieBehavior": cookies},
        "QueryStringsConfig": queries,
    }


def _headers(behavior: str, *names: str) -> Document:
    document: Document = {"HeaderBehavior": behavior}
    return {**document, "Headers": listed(list(names))} if names else document


def _queries(behavior: str, *names: str) -> Document:
    document: Document = {"QueryStringBehavior": behavior}
    return {**document, "QueryStrings": listed(list(names))} if names else document


def _cache(
    name: str,
    ttl: tuple[int, int, int],
    *,
    encodings: tuple[bool, bool],
    headers: tuple[str, ...] = (),
    cookies: str = "none",
    queries: Document | None = None,
) -> Document:
    gzip, brotli = encodings
    minimum, default, maximum = ttl
    return {
        "Comment": "",
        "Name": f"Managed-{name}",
        "DefaultTTL": default,
        "MaxTTL": maximum,
        "MinTTL": minimum,
        "ParametersInCacheKeyAndForwardedToOrigin": {
            "EnableAcceptEncodingGzip": gzip,
            "EnableAcceptEncodingBrotli": brotli,
            **_settings(
                _headers("whitelist" if headers else "none", *headers),
                cookies,
                queries or _queries("none"),
            ),
        },
    }


def _origin_request(name: str, headers: Document, rest: str, queries: str | None = None) -> Document:
    return {
        "Comment": "",
        "Name": f"Managed-{name}",
        **_settings(headers, rest, _queries(queries or rest)),
    }


_ANY_ORIGIN: Document = {
    "AccessControlAllowOrigins": listed(["*"]),
    "AccessControlAllowHeaders": listed(["*"]),
    "AccessControlAllowMethods": listed(["GET"]),
    "AccessControlAllowCredentials": False,
    "AccessControlExposeHeaders": listed([]),
    "OriginOverride": False,
}
_ANY_ORIGIN_WITH_PREFLIGHT: Document = {
    **_ANY_ORIGIN,
    "AccessControlAllowMethods": listed(["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE", "OPTIONS"]),
    "AccessControlExposeHeaders": listed(["*"]),
}
_SECURITY: Document = {
    "XSSProtection": {"Override": False, "Protection": True, "ModeBlock": True},
    "FrameOptions": {"Override": False, "FrameOption": "SAMEORIGIN"},
    "ReferrerPolicy": {"Override": False, "ReferrerPolicy": "strict-origin-when-cross-origin"},
    "ContentTypeOptions": {"Override": True},
    "StrictTransportSecurity": {"Override": False, "AccessControlMaxAgeSec": _YEAR},
}


def _response_headers(name: str, **sections: Document) -> Document:
    return {"Comment": "", "Name": f"Managed-{name}", **sections}


CACHE: dict[str, Document] = {
    "658327ea-f89d-4fab-a63d-7e88639e58f6": _cache(
        "CachingOptimized", (1, _DAY, _YEAR), encodings=(True, True)
    ),
    "4135ea2d-6df8-44a3-9df3-4b5a84be39ad": _cache("CachingDisabled", (0, 0, 0), encodings=(False, False)),
    "b2884449-e4de-46a7-ac36-70bc7f1ddd6d": _cache(
        "CachingOptimizedForUncompressedObjects", (1, _DAY, _YEAR), encodings=(False, False)
    ),
    "08627262-05a9-4f76-9ded-b50ca2e3a84f": _cache(
        "Elemental-MediaPackage",
        (0, _DAY, _YEAR),
        encodings=(True, False),
        headers=("Origin",),
        queries=_queries("whitelist", "aws.manifestfilter", "start", "end", "m"),
    ),
    "2e54312d-136d-493c-8eb9-b001f22f67d2": _cache(
        "Amplify",
        (2, 2, 600),
        encodings=(True, True),
        headers=("Authorization", "CloudFront-Viewer-Country", "Host"),
        cookies="all",
        queries=_queries("all"),
    ),
    "83da9c7e-98b4-4e11-a168-04f0df8e2c65": _cache(
        "UseOriginCacheControlHeaders",
        (0, 0, _YEAR),
        encodings=(True, True),
        headers=_ORIGIN_CONTROLLED,
        cookies="all",
    ),
    "4cc15a8a-d715-48a4-82b8-cc0b614638fe": _cache(
        "UseOriginCacheControlHeaders-QueryStrings",
        (0, 0, _YEAR),
        encodings=(True, True),
        headers=_ORIGIN_CONTROLLED,
        cookies="all",
        queries=_queries("all"),
    ),
}

ORIGIN_REQUEST: dict[str, Document] = {
    "216adef6-5c7f-47e4-b989-5492eafa07d3": _origin_request("AllViewer", _headers("allViewer"), "all"),
    "33f36d7e-f396-46d9-90e0-52428a34d9dc": _origin_request(
        "AllViewerAndCloudFrontHeaders-2022-06",
        _headers("allViewerAndWhitelistCloudFront", *_CLOUDFRONT_HEADERS_2022_06),
        "all",
    ),
    "b689b0a8-53d0-40ab-baf2-68738e2966ac": _origin_request(
        "AllViewerExceptHostHeader", _headers("allExcept", "Host"), "all"
    ),
    "59781a5b-3903-41f3-afcb-af62929ccde1": _origin_request(
        "CORS-CustomOrigin", _headers("whitelist", "Origin"), "none"
    ),
    "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf": _origin_request(
        "CORS-S3Origin", _headers("whitelist", *_PREFLIGHT), "none"
    ),
    "775133bc-15f2-49f9-abea-afb2e0bf67d2": _origin_request(
        "Elemental-MediaTailor-PersonalizedManifests",
        _headers("whitelist", *_PREFLIGHT, "User-Agent", "X-Forwarded-For"),
        "none",
        "all",
    ),
    "bf0718e1-ba1e-49d1-88b1-f726733018ae": _origin_request(
        "HostHeaderOnly", _headers("whitelist", "Host"), "none"
    ),
    "acba4595-bd28-49b8-b9fe-13317c0390fa": _origin_request(
        "UserAgentRefererHeaders", _headers("whitelist", "User-Agent", "Referer"), "none"
    ),
}

RESPONSE_HEADERS: dict[str, Document] = {
    "60669652-455b-4ae9-85a4-c4c02393f86c": _response_headers("SimpleCORS", CorsConfig=_ANY_ORIGIN),
    "5cc3b908-e619-4b99-88e5-2cf7f45965bd": _response_headers(
        "CORS-With-Preflight", CorsConfig=_ANY_ORIGIN_WITH_PREFLIGHT
    ),
    "67f7725c-6f97-4210-82d7-5512b31e9d03": _response_headers(
        "SecurityHeadersPolicy", SecurityHeadersConfig=_SECURITY
    ),
    "e61eb60c-9c35-4d20-a928-2b84e02af89c": _response_headers(
        "CORS-and-SecurityHeadersPolicy", CorsConfig=_ANY_ORIGIN, SecurityHeadersConfig=_SECURITY
    ),
    "eaab4381-ed33-4a86-88ca-d9558dc6cd63": _response_headers(
        "CORS-with-preflight-and-SecurityHeadersPolicy",
        CorsConfig=_ANY_ORIGIN_WITH_PREFLIGHT,
        SecurityHeadersConfig=_SECURITY,
    ),
}
