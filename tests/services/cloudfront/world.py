"""Distributions for the laws that hold for every service."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from remediate.aws import Aws
from remediate.core.policy import Mode, Policy, Retired, Selector
from remediate.services.cloudfront.documents import (
    CACHE,
    ORIGIN_REQUEST,
    POLICY_TYPES,
    RESPONSE_HEADERS,
    PolicyType,
)
from remediate.services.cloudfront.owned_policies import make

KIND = "cloudfront"
REGION = "us-east-1"

ORIGINS = (
    "https://a.example.com",
    "https://b.example.com",
    "http://localhost:3000",
    "https://*.example.org",
    "https://pr-*.example.net",
)
DOMAINS = {
    "api": "abc123.execute-api.eu-west-1.amazonaws.com",
    "fn": "xyz.lambda-url.eu-west-1.on.aws",
    "bucket": "files.s3.eu-west-1.amazonaws.com",
    "site": "www.example.com",
}
METHODS = (
    ["HEAD", "GET"],
    ["HEAD", "GET", "OPTIONS"],
    ["HEAD", "DELETE", "POST", "GET", "OPTIONS", "PUT", "PATCH"],
)


def listed(values: list[Any]) -> dict[str, Any]:
    return {"Quantity": len(values), "Items": values} if values else {"Quantity": 0}


def names(section: str, how: str, *values: str) -> dict[str, Any]:
    listing = {"Header": "Headers", "Cookie": "Cookies", "QueryString": "QueryStrings"}[section]
    return {f"{section}Behavior": how} | ({listing: listed(list(values))} if values else {})


def cache_policy(name: str, *headers: str, ttl: int = 86400) -> dict[str, Any]:
    return {
        "Name": name,
        "Comment": "by hand",
        "MinTTL": 0,
        "DefaultTTL": min(60, ttl),
        "MaxTTL": ttl,
        "ParametersInCacheKeyAndForwardedToOrigin": {
            "EnableAcceptEncodingGzip": ttl > 0,
            "EnableAcceptEncodingBrotli": False,
            "HeadersConfig": names("Header", "whitelist", *headers) if headers else names("Header", "none"),
            "CookiesConfig": names("Cookie", "none"),
            "QueryStringsConfig": names("QueryString", "all" if ttl else "none"),
        },
    }


def origin_request_policy(name: str, how: str, *headers: str, cookies: str = "none") -> dict[str, Any]:
    return {
        "Name": name,
        "Comment": "by hand",
        "HeadersConfig": names("Header", how, *headers),
        "CookiesConfig": names("Cookie", cookies),
        "QueryStringsConfig": names("QueryString", "all"),
    }


def cors(origins: list[str], *, credentials: bool = False, override: bool = True) -> dict[str, Any]:
    return {
        "AccessControlAllowOrigins": listed(origins),
        "AccessControlAllowHeaders": listed(["X-Theirs"]),
        "AccessControlAllowMethods": listed(["GET", "DELETE"]),
        "AccessControlAllowCredentials": credentials,
        "AccessControlMaxAgeSec": 30,
        "OriginOverride": override,
    }


def response_headers_policy(name: str, section: dict[str, Any] | None, *custom: str) -> dict[str, Any]:
    made: dict[str, Any] = {"Name": name, "Comment": "by hand"}
    if section:
        made["CorsConfig"] = section
    if custom:
        made["CustomHeadersConfig"] = listed(
            [{"Header": header, "Value": "1", "Override": True} for header in custom]
        )
    return made


TEN = [f"X-{number}" for number in range(10)]
CUSTOM: dict[PolicyType, list[dict[str, Any]]] = {
    CACHE: [
        cache_policy("by-hand"),
        cache_policy("keyed", "Origin"),
        cache_policy("with-host", "Host", "X-Zone"),
        cache_policy("full", *TEN),
        cache_policy("nothing", ttl=0),
    ],
    ORIGIN_REQUEST: [
        origin_request_policy("two", "whitelist", "X-Two", "origin", cookies="all"),
        origin_request_policy("full", "whitelist", *TEN),
        origin_request_policy("without", "allExcept", "Origin", "X-Secret"),
        origin_request_policy("host", "whitelist", "Host"),
        origin_request_policy("none", "none", cookies="all"),
    ],
    RESPONSE_HEADERS: [
        response_headers_policy("theirs", cors(["https://theirs.example"]), "X-Custom"),
        response_headers_policy("anybody", cors(["*"], override=False)),
        response_headers_policy("with-cookies", cors(["https://theirs.example"], credentials=True)),
        response_headers_policy("no-cors", None, "X-Custom"),
    ],
}
CUSTOM[CACHE].append(
    make("webapp", CACHE, cache_policy("", "Origin"), "658327ea-f89d-4fab-a63d-7e88639e58f6", ())
)
CUSTOM[RESPONSE_HEADERS] += [
    make("webapp", RESPONSE_HEADERS, response_headers_policy("", cors(["https://old.example"])), None, ()),
    make(
        "webapp", RESPONSE_HEADERS, response_headers_policy("", cors(["https://b.example.com"])), "gone", ()
    ),
    make("other", RESPONSE_HEADERS, response_headers_policy("", cors(["https://theirs.example"])), None, ()),
]


def edited(kind: PolicyType, content: dict[str, Any], base: str | None, **edits: Any) -> dict[str, Any]:
    """A policy of the plan that somebody edited in place."""
    return make("webapp", kind, content, base, ()) | edits


CUSTOM[CACHE].append(
    edited(
        CACHE,
        cache_policy("", "Origin", "X-Edited"),
        "658327ea-f89d-4fab-a63d-7e88639e58f6",
        **{
            key: value
            for key, value in cache_policy("", "X-Edited").items()
            if key == "ParametersInCacheKeyAndForwardedToOrigin"
        },
    )
)
CUSTOM[RESPONSE_HEADERS] += [
    edited(
        RESPONSE_HEADERS,
        response_headers_policy("", cors(["https://a.example.com"]), "X-Custom"),
        base,
        CorsConfig=cors(["https://evil.example"]),
    )
    for base in ("60669652-455b-4ae9-85a4-c4c02393f86c", "edited-and-gone")
]
MANAGED = {
    CACHE: [
        "658327ea-f89d-4fab-a63d-7e88639e58f6",
        "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
        "83da9c7e-98b4-4e11-a168-04f0df8e2c65",
    ],
    ORIGIN_REQUEST: [
        "216adef6-5c7f-47e4-b989-5492eafa07d3",
        "b689b0a8-53d0-40ab-baf2-68738e2966ac",
        "59781a5b-3903-41f3-afcb-af62929ccde1",
        "bf0718e1-ba1e-49d1-88b1-f726733018ae",
    ],
    RESPONSE_HEADERS: [
        "60669652-455b-4ae9-85a4-c4c02393f86c",
        "5cc3b908-e619-4b99-88e5-2cf7f45965bd",
        "67f7725c-6f97-4210-82d7-5512b31e9d03",
        "e61eb60c-9c35-4d20-a928-2b84e02af89c",
    ],
}


def _policy(kind: PolicyType) -> SearchStrategy[str]:
    return st.sampled_from([*MANAGED[kind], *(policy["Name"] for policy in CUSTOM[kind])])


def _methods() -> SearchStrategy[dict[str, Any]]:
    return st.sampled_from(METHODS).flatmap(
        lambda methods: st.sampled_from(
            [METHODS[0], METHODS[1]] if "OPTIONS" in methods else [METHODS[0]]
        ).map(lambda cached: listed(methods) | {"CachedMethods": listed(cached)})
    )


def _legacy() -> SearchStrategy[dict[str, Any]]:
    headers = st.sampled_from([[], ["*"], ["Accept-Language", "origin"], ["X-Zoo", "X-Alpha"], TEN[:9], TEN])
    ttl = st.sampled_from([0, 31536000])
    return st.builds(
        lambda some, most: {
            "ForwardedValues": {
                "QueryString": True,
                "Cookies": {"Forward": "none"},
                "Headers": listed(some),
                "QueryStringCacheKeys": listed([]),
            },
            "MinTTL": 0,
            "DefaultTTL": 0,
            "MaxTTL": most,
        },
        headers,
        ttl,
    )


def _by_policy() -> SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {"CachePolicyId": _policy(CACHE)}, optional={"OriginRequestPolicyId": _policy(ORIGIN_REQUEST)}
    )


def behaviors() -> SearchStrategy[dict[str, Any]]:
    return st.builds(
        lambda settings, rest: settings | rest,
        st.one_of(_legacy(), _by_policy()),
        st.fixed_dictionaries(
            {
                "TargetOriginId": st.sampled_from(sorted(DOMAINS)),
                "ViewerProtocolPolicy": st.sampled_from(["allow-all", "redirect-to-https"]),
                "AllowedMethods": _methods(),
            },
            optional={"ResponseHeadersPolicyId": _policy(RESPONSE_HEADERS)},
        ),
    )


def configs() -> SearchStrategy[Any]:
    patterns = ("/api/*", "img/*.jpg", "*.html", "/päth'\"?")
    return st.fixed_dictionaries(
        {
            "default": behaviors(),
            "ordered": st.lists(
                st.tuples(st.sampled_from(patterns), behaviors()), max_size=2, unique_by=lambda pair: pair[0]
            ),
            "errors": st.booleans(),
        }
    )


def _some(values: tuple[str, ...], least: int = 0) -> SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), min_size=least, max_size=3, unique=True).map(tuple)


def policies() -> SearchStrategy[Policy]:
    return st.builds(
        Policy,
        plan=st.just("webapp"),
        origins=_some(ORIGINS),
        methods=_some(("GET", "PUT", "POST", "DELETE", "HEAD", "PATCH", "OPTIONS"), 1),
        headers=_some(("content-type", "authorization", "x-custom", "*")),
        expose=_some(("etag", "x-request-id")),
        credentials=st.booleans(),
        max_age=st.sampled_from([None, 0, 600]),
        mode=st.sampled_from(list(Mode)),
        retired=st.builds(Retired, origins=_some(ORIGINS)),
        options=st.fixed_dictionaries(
            {"answer": st.sampled_from(["origin", "edge"])},
            optional={"paths": st.sampled_from([("/api/*",), ("*",), ("/nothing",)])},
        ),
    )


def seed(aws: Aws, config: Any, name: str) -> Selector:
    client = aws.client(KIND, REGION)
    ids: dict[Any, str] = {}

    def made(behavior: dict[str, Any]) -> dict[str, Any]:
        full = dict(behavior)
        for kind in POLICY_TYPES:
            wanted = full.get(kind.member)
            content = next((one for one in CUSTOM[kind] if one["Name"] == wanted), None)
            if content is None:
                continue
            if (kind.name, wanted) not in ids:
                create = getattr(client, f"create_{kind.word.replace('-', '_')}_policy")
                ids[kind.name, wanted] = create(**{kind.body: content})[kind.name]["Id"]
            full[kind.member] = ids[kind.name, wanted]
        return full

    ordered = [made(behavior) | {"PathPattern": pattern} for pattern, behavior in config["ordered"]]
    errors = [
        {"ErrorCode": 403, "ResponsePagePath": "/index.html", "ResponseCode": "200", "ErrorCachingMinTTL": 5}
    ]
    origin = {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"}
    secret = {"HeaderName": "X-Origin-Verify", "HeaderValue": "top-secret"}
    got = client.create_distribution(
        DistributionConfig={
            "CallerReference": name,
            "Comment": f'somebody\'s "{name}"',
            "Enabled": True,
            "Origins": listed(
                [
                    {
                        "Id": key,
                        "DomainName": domain,
                        "CustomHeaders": listed([secret]),
                        **(
                            {"S3OriginConfig": {"OriginAccessIdentity": ""}}
                            if key == "bucket"
                            else {"CustomOriginConfig": origin}
                        ),
                    }
                    for key, domain in DOMAINS.items()
                ]
            ),
            "DefaultCacheBehavior": made(config["default"]),
            "CacheBehaviors": listed(ordered),
            "CustomErrorResponses": listed(errors if config["errors"] else []),
        }
    )
    return Selector(KIND, got["Distribution"]["Id"], REGION)


def raw(aws: Aws, selector: Selector) -> Any:
    """The distribution with its policies by name, and every custom policy of the account."""
    client = aws.client(KIND, REGION)
    config = client.get_distribution_config(Id=selector.pattern)["DistributionConfig"]
    policies: dict[str, Any] = {}
    named: dict[str, str] = {}
    for kind in POLICY_TYPES:
        listing = getattr(client, f"list_{kind.word.replace('-', '_')}_policies")
        for item in listing()[f"{kind.name}List"].get("Items", []):
            content = item[kind.name][kind.body]
            named[item[kind.name]["Id"]] = content["Name"]
            if item["Type"] == "custom":
                policies[f"{kind.name}/{content['Name']}"] = content
    for behavior in [config["DefaultCacheBehavior"], *config["CacheBehaviors"].get("Items", [])]:
        for kind in POLICY_TYPES:
            if kind.member in behavior:
                behavior[kind.member] = named[behavior[kind.member]]
    return {"config": config, "policies": policies}


def masked(raw: Any) -> Any:
    def without(behavior: dict[str, Any]) -> dict[str, Any]:
        kept = {
            key: value for key, value in behavior.items() if key not in {kind.member for kind in POLICY_TYPES}
        }
        if "ForwardedValues" in kept:
            kept["ForwardedValues"] = {
                key: value for key, value in kept["ForwardedValues"].items() if key != "Headers"
            }
        kept["AllowedMethods"] = kept["AllowedMethods"]["CachedMethods"]
        return kept

    config = dict(raw["config"])
    config["DefaultCacheBehavior"] = without(config["DefaultCacheBehavior"])
    config["CacheBehaviors"] = [without(one) for one in config["CacheBehaviors"].get("Items", [])]
    theirs = {
        name: content
        for name, content in raw["policies"].items()
        if not name.partition("/")[2].startswith("remediate-webapp-")
    }
    return {"config": config, "policies": theirs}


def disturb(aws: Aws, selector: Selector) -> None:
    client = aws.client(KIND, REGION)
    got = client.get_distribution_config(Id=selector.pattern)
    config = got["DistributionConfig"]
    config["DefaultCacheBehavior"]["AllowedMethods"] = listed(METHODS[2]) | {
        "CachedMethods": listed(METHODS[1])
    }
    client.update_distribution(Id=selector.pattern, IfMatch=got["ETag"], DistributionConfig=config)
