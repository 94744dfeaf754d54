"""The sandbox's CloudFront policies keep to what the CloudFront documentation says."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.cloudfront import urls
from moto.cloudfront.responses import CloudFrontResponse
from moto.server import ThreadedMotoServer

from remediate.sandbox.patches.cloudfront import distributions, policies
from remediate.sandbox.patches.cloudfront.moto import extend

CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
CORS_S3_ORIGIN = "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf"
SIMPLE_CORS = "60669652-455b-4ae9-85a4-c4c02393f86c"

NOTHING = {
    "HeadersConfig": {"HeaderBehavior": "none"},
    "CookiesConfig": {"CookieBehavior": "none"},
    "QueryStringsConfig": {"QueryStringBehavior": "none"},
}
KEY = {"EnableAcceptEncodingGzip": False, **NOTHING}


def listed(*values):
    return {"Quantity": len(values), "Items": list(values)}


def cors(origins=("https://app.example.com",), **members):
    return {
        "AccessControlAllowOrigins": listed(*origins),
        "AccessControlAllowHeaders": listed("Content-Type"),
        "AccessControlAllowMethods": listed("GET", "PUT"),
        "AccessControlAllowCredentials": False,
        "OriginOverride": True,
        **members,
    }


@dataclass(frozen=True)
class Kind:
    """One kind of policy and the client calls for it."""

    name: str
    snake: str
    plural: str
    body: dict[str, Any]
    managed: str

    def config(self, name="mine", **members):
        return {"Name": name, **self.body, **members}

    def create(self, client, *args, **members):
        sent = {f"{self.name}Config": self.config(*args, **members)}
        return getattr(client, f"create_{self.snake}")(**sent)

    def call(self, client, verb, **arguments):
        return getattr(client, f"{verb}_{self.snake}")(**arguments)

    def listing(self, client, **arguments):
        answer = getattr(client, f"list_{self.plural}")(**arguments)
        return answer[f"{self.name}List"]


CACHE = Kind("CachePolicy", "cache_policy", "cache_policies", {"MinTTL": 1}, CACHING_OPTIMIZED)
ORIGIN_REQUEST = Kind(
    "OriginRequestPolicy",
    "origin_request_policy",
    "origin_request_policies",
    NOTHING,
    CORS_S3_ORIGIN,
)
RESPONSE_HEADERS = Kind(
    "ResponseHeadersPolicy",
    "response_headers_policy",
    "response_headers_policies",
    {"CorsConfig": cors()},
    SIMPLE_CORS,
)
every_kind = pytest.mark.parametrize(
    "kind", [CACHE, ORIGIN_REQUEST, RESPONSE_HEADERS], ids=lambda kind: kind.snake
)


# A session of its own reads the API model once; mock_aws throws the default one away.
SESSION = boto3.session.Session()


@pytest.fixture(autouse=True)
def _installed():
    policies.install()
    distributions.install()


def connect(endpoint=None, account=None):
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    if account:
        sts = SESSION.client("sts", "us-east-1", **keys)
        given = sts.assume_role(RoleArn=f"arn:aws:iam::{account}:role/reader", RoleSessionName="reader")
        keys = {
            "aws_access_key_id": given["Credentials"]["AccessKeyId"],
            "aws_secret_access_key": given["Credentials"]["SecretAccessKey"],
            "aws_session_token": given["Credentials"]["SessionToken"],
        }
    return SESSION.client("cloudfront", "us-east-1", endpoint_url=endpoint, **keys)


@pytest.fixture
def client():
    with mock_aws():
        yield connect()


@contextmanager
def refused(code, status=400):
    """Expect an error of the API with this code and HTTP status."""
    with pytest.raises(ClientError) as error:
        yield error
    response = error.value.response
    assert response["Error"]["Code"] == code
    assert response["ResponseMetadata"]["HTTPStatusCode"] == status


@every_kind
def test_a_policy_lives_from_create_to_delete(client, kind):
    created = kind.create(client, Comment="first")
    policy_id = created[kind.name]["Id"]
    assert created["Location"].endswith(f"{kind.snake.replace('_', '-')}/{policy_id}")
    assert created["ResponseMetadata"]["HTTPStatusCode"] == 201

    read = kind.call(client, "get", Id=policy_id)
    assert read["ETag"] == created["ETag"]
    assert read[kind.name] == created[kind.name]
    config = getattr(client, f"get_{kind.snake}_config")(Id=policy_id)
    assert config[f"{kind.name}Config"] == read[kind.name][f"{kind.name}Config"]
    assert config[f"{kind.name}Config"]["Comment"] == "first"

    changed = {**config[f"{kind.name}Config"], "Comment": "second"}
    sent = {"Id": policy_id, "IfMatch": config["ETag"], f"{kind.name}Config": changed}
    updated = kind.call(client, "update", **sent)
    assert updated["ETag"] != created["ETag"]
    assert updated[kind.name]["LastModifiedTime"] >= created[kind.name]["LastModifiedTime"]
    assert kind.call(client, "get", Id=policy_id)[kind.name][f"{kind.name}Config"] == changed

    kind.call(client, "delete", Id=policy_id, IfMatch=updated["ETag"])
    with refused(f"NoSuch{kind.name}", 404):
        kind.call(client, "get", Id=policy_id)


@every_kind
def test_a_write_names_the_version_it_replaces(client, kind):
    created = kind.create(client)
    target = {"Id": created[kind.name]["Id"]}
    body = {f"{kind.name}Config": kind.config(Comment="x")}
    for verb, arguments in (("update", {**target, **body}), ("delete", target)):
        with refused("InvalidIfMatchVersion"):
            kind.call(client, verb, **arguments)
    kind.call(client, "update", IfMatch=created["ETag"], **target, **body)
    for verb, arguments in (("update", {**target, **body}), ("delete", target)):
        with refused("PreconditionFailed", 412):
            kind.call(client, verb, IfMatch=created["ETag"], **arguments)


@every_kind
def test_a_name_is_used_once(client, kind):
    kind.create(client)
    second = kind.create(client, "other")
    with refused(f"{kind.name}AlreadyExists", 409):
        kind.create(client)
    with refused(f"{kind.name}AlreadyExists", 409):
        kind.call(
            client,
            "update",
            Id=second[kind.name]["Id"],
            IfMatch=second["ETag"],
            **{f"{kind.name}Config": kind.config()},
        )


@every_kind
def test_managed_policies_are_read_only(client, kind):
    read = kind.call(client, "get", Id=kind.managed)
    config = read[kind.name][f"{kind.name}Config"]
    with refused("IllegalUpdate"):
        kind.call(
            client,
            "update",
            Id=kind.managed,
            IfMatch=read["ETag"],
            **{f"{kind.name}Config": config},
        )
    with refused("IllegalDelete"):
        kind.call(client, "delete", Id=kind.managed, IfMatch=read["ETag"])


@every_kind
def test_an_account_has_twenty_custom_policies_of_a_kind(client, kind):
    for number in range(20):
        kind.create(client, f"policy-{number}")
    with refused(f"TooMany{kind.name.removesuffix('Policy')}Policies"):
        kind.create(client, "one-more")


@every_kind
def test_a_list_is_filtered_and_paged(client, kind):
    ids = [kind.create(client, f"policy-{number}")[kind.name]["Id"] for number in range(3)]
    first = kind.listing(client, Type="custom", MaxItems="2")
    assert first["Quantity"] == 2
    second = kind.listing(client, Type="custom", MaxItems="2", Marker=first["NextMarker"])
    assert "NextMarker" not in second
    listed = [*first["Items"], *second["Items"]]
    assert [item[kind.name]["Id"] for item in listed] == ids
    assert {item["Type"] for item in listed} == {"custom"}

    managed = kind.listing(client, Type="managed")["Items"]
    assert all(item[kind.name][f"{kind.name}Config"]["Name"].startswith("Managed-") for item in managed)
    assert kind.listing(client)["Quantity"] == len(managed) + 3


@every_kind
def test_a_policy_in_use_stays(client, kind):
    created = kind.create(client)
    policy_id = created[kind.name]["Id"]
    behavior = {"CachePolicyId": CACHING_OPTIMIZED, f"{kind.name}Id": policy_id}
    made = client.create_distribution(
        DistributionConfig={
            "CallerReference": "one",
            "Comment": "",
            "Enabled": False,
            "Origins": listed(
                {
                    "Id": "files",
                    "DomainName": "files.s3.amazonaws.com",
                    "S3OriginConfig": {"OriginAccessIdentity": ""},
                }
            ),
            "DefaultCacheBehavior": {
                "TargetOriginId": "files",
                "ViewerProtocolPolicy": "https-only",
                **behavior,
            },
        }
    )
    listing = getattr(client, f"list_distributions_by_{kind.snake}_id")
    users = listing(**{f"{kind.name}Id": policy_id})["DistributionIdList"]
    assert users["Items"] == [made["Distribution"]["Id"]]
    with refused(f"{kind.name}InUse", 409):
        kind.call(client, "delete", Id=policy_id, IfMatch=created["ETag"])

    client.delete_distribution(Id=made["Distribution"]["Id"], IfMatch=made["ETag"])
    assert listing(**{f"{kind.name}Id": policy_id})["DistributionIdList"]["Quantity"] == 0
    kind.call(client, "delete", Id=policy_id, IfMatch=created["ETag"])
    with refused(f"NoSuch{kind.name}", 404):
        listing(**{f"{kind.name}Id": policy_id})


@pytest.mark.parametrize(
    ("sent", "default", "maximum"),
    [
        ({"MinTTL": 1}, 86_400, 31_536_000),
        ({"MinTTL": 100_000}, 100_000, 31_536_000),
        ({"MinTTL": 0, "DefaultTTL": 40_000_000}, 40_000_000, 40_000_000),
        ({"MinTTL": 40_000_000}, 40_000_000, 40_000_000),
    ],
)
def test_ttls_default_as_documented(client, sent, default, maximum):
    """API_CachePolicyConfig.html: a day and a year, or the value below when that is more."""
    created = client.create_cache_policy(CachePolicyConfig={"Name": "a", **sent})
    config = created["CachePolicy"]["CachePolicyConfig"]
    assert (config["DefaultTTL"], config["MaxTTL"]) == (default, maximum)


def test_ttls_are_in_order(client):
    with refused("InvalidArgument"):
        CACHE.create(client, MinTTL=10, DefaultTTL=5)


def test_a_policy_that_caches_nothing_has_no_cache_key(client):
    key = {**KEY, "HeadersConfig": {"HeaderBehavior": "whitelist", "Headers": listed("Origin")}}
    ttls = {"MinTTL": 0, "DefaultTTL": 0, "MaxTTL": 0}
    with refused("InvalidArgument") as error:
        CACHE.create(client, **ttls, ParametersInCacheKeyAndForwardedToOrigin=key)
    assert "HeaderBehavior is invalid for policy with caching disabled" in str(error.value)


@pytest.mark.parametrize(
    ("section", "behavior", "listing"),
    [
        ("HeadersConfig", "HeaderBehavior", "Headers"),
        ("CookiesConfig", "CookieBehavior", "Cookies"),
        ("QueryStringsConfig", "QueryStringBehavior", "QueryStrings"),
    ],
)
def test_ten_names_are_the_most(client, section, behavior, listing):
    """DeveloperGuide/cloudfront-limits.html: 10 of each in a cache or origin request policy."""

    def key(number):
        names = [f"X-Name-{index}" for index in range(number)]
        return {section: {behavior: "whitelist", listing: listed(*names)}}

    parameters = "ParametersInCacheKeyAndForwardedToOrigin"
    CACHE.create(client, **{parameters: {**KEY, **key(10)}})
    ORIGIN_REQUEST.create(client, **key(10))
    with refused(f"TooMany{listing}InCachePolicy"):
        CACHE.create(client, "b", **{parameters: {**KEY, **key(11)}})
    with refused(f"TooMany{listing}InOriginRequestPolicy"):
        ORIGIN_REQUEST.create(client, "b", **key(11))


def test_authorization_reaches_the_origin_by_a_cache_policy_only(client):
    headers = {"HeaderBehavior": "whitelist", "Headers": listed("Origin", "Authorization")}
    with refused("InvalidArgument"):
        ORIGIN_REQUEST.create(client, HeadersConfig=headers)


@pytest.mark.parametrize("quantity", [0, 2])
def test_quantity_is_the_number_of_items(client, quantity):
    wrong = {"Quantity": quantity, "Items": ["https://app.example.com"]}
    with refused("InconsistentQuantities"):
        RESPONSE_HEADERS.create(client, CorsConfig=cors(AccessControlAllowOrigins=wrong))


@pytest.mark.parametrize(
    "member",
    ["AccessControlAllowOrigins", "AccessControlAllowHeaders", "AccessControlAllowMethods"],
)
def test_credentials_and_a_wildcard_exclude_each_other(client, member):
    with refused("InvalidArgument"):
        RESPONSE_HEADERS.create(
            client, CorsConfig=cors(AccessControlAllowCredentials=True, **{member: listed("*")})
        )


@pytest.mark.parametrize("origin", ["*", "https://app.example.com", "*.example.org", "https://*.example.org"])
def test_origins_that_a_policy_takes(client, origin):
    created = RESPONSE_HEADERS.create(client, CorsConfig=cors([origin]))
    live = created["ResponseHeadersPolicy"]["ResponseHeadersPolicyConfig"]["CorsConfig"]
    assert live == cors([origin])


@pytest.mark.parametrize("origin", ["example.*", "test.*.example.org", "exa*mple.org", "https://*a.b"])
def test_origins_that_a_policy_refuses(client, origin):
    """understanding-response-headers-policies.html: a wildcard is the leftmost label."""
    with refused("InvalidArgument"):
        RESPONSE_HEADERS.create(client, CorsConfig=cors([origin]))


def test_a_method_is_one_that_the_api_knows(client):
    RESPONSE_HEADERS.create(client, CorsConfig=cors(AccessControlAllowMethods=listed("ALL")))
    with refused("InvalidArgument"):
        RESPONSE_HEADERS.create(client, "b", CorsConfig=cors(AccessControlAllowMethods=listed("PROPFIND")))


@pytest.mark.parametrize("name", ["Access-Control-Allow-Origin", "X-Frame-Options"])
def test_a_header_with_its_own_section_is_no_custom_header(client, name):
    custom = {"CustomHeadersConfig": listed({"Header": name, "Value": "a", "Override": True})}
    with refused("InvalidArgument"):
        RESPONSE_HEADERS.create(client, **custom)


def test_every_section_of_a_response_headers_policy_is_kept(client):
    config = {
        "Name": "all",
        "Comment": "",
        "CorsConfig": cors(AccessControlExposeHeaders=listed("ETag"), AccessControlMaxAgeSec=600),
        "SecurityHeadersConfig": {
            "FrameOptions": {"Override": True, "FrameOption": "DENY"},
            "ContentSecurityPolicy": {"Override": False, "ContentSecurityPolicy": "a 'b' & <c>"},
        },
        "ServerTimingHeadersConfig": {"Enabled": True, "SamplingRate": 0.5},
        "CustomHeadersConfig": listed({"Header": "X-A", "Value": "", "Override": True}),
        "RemoveHeadersConfig": listed({"Header": "Server"}),
    }
    made = client.create_response_headers_policy(ResponseHeadersPolicyConfig=config)
    read = client.get_response_headers_policy_config(Id=made["ResponseHeadersPolicy"]["Id"])
    assert read["ResponseHeadersPolicyConfig"] == config


CACHE_POLICIES = {
    "Managed-Amplify": ("2e54312d-136d-493c-8eb9-b001f22f67d2", 2, 2, 600),
    "Managed-CachingDisabled": ("4135ea2d-6df8-44a3-9df3-4b5a84be39ad", 0, 0, 0),
    "Managed-CachingOptimized": (CACHING_OPTIMIZED, 1, 86_400, 31_536_000),
    "Managed-CachingOptimizedForUncompressedObjects": (
        "b2884449-e4de-46a7-ac36-70bc7f1ddd6d",
        1,
        86_400,
        31_536_000,
    ),
    "Managed-Elemental-MediaPackage": (
        "08627262-05a9-4f76-9ded-b50ca2e3a84f",
        0,
        86_400,
        31_536_000,
    ),
    "Managed-UseOriginCacheControlHeaders": (
        "83da9c7e-98b4-4e11-a168-04f0df8e2c65",
        0,
        0,
        31_536_000,
    ),
    "Managed-UseOriginCacheControlHeaders-QueryStrings": (
        "4cc15a8a-d715-48a4-82b8-cc0b614638fe",
        0,
        0,
        31_536_000,
    ),
}
ORIGIN_REQUEST_POLICIES = {
    "Managed-AllViewer": ("216adef6-5c7f-47e4-b989-5492eafa07d3", "allViewer"),
    "Managed-AllViewerAndCloudFrontHeaders-2022-06": (
        "33f36d7e-f396-46d9-90e0-52428a34d9dc",
        "allViewerAndWhitelistCloudFront",
    ),
    "Managed-AllViewerExceptHostHeader": ("b689b0a8-53d0-40ab-baf2-68738e2966ac", "allExcept"),
    "Managed-CORS-CustomOrigin": ("59781a5b-3903-41f3-afcb-af62929ccde1", "whitelist"),
    "Managed-CORS-S3Origin": (CORS_S3_ORIGIN, "whitelist"),
    "Managed-Elemental-MediaTailor-PersonalizedManifests": (
        "775133bc-15f2-49f9-abea-afb2e0bf67d2",
        "whitelist",
    ),
    "Managed-HostHeaderOnly": ("bf0718e1-ba1e-49d1-88b1-f726733018ae", "whitelist"),
    "Managed-UserAgentRefererHeaders": ("acba4595-bd28-49b8-b9fe-13317c0390fa", "whitelist"),
}
RESPONSE_HEADERS_POLICIES = {
    "Managed-SimpleCORS": SIMPLE_CORS,
    "Managed-CORS-With-Preflight": "5cc3b908-e619-4b99-88e5-2cf7f45965bd",
    "Managed-SecurityHeadersPolicy": "67f7725c-6f97-4210-82d7-5512b31e9d03",
    "Managed-CORS-and-SecurityHeadersPolicy": "e61eb60c-9c35-4d20-a928-2b84e02af89c",
    "Managed-CORS-with-preflight-and-SecurityHeadersPolicy": ("eaab4381-ed33-4a86-88ca-d9558dc6cd63"),
}


def managed(client, kind):
    listed = kind.listing(client, Type="managed")["Items"]
    configs = [(item[kind.name]["Id"], item[kind.name][f"{kind.name}Config"]) for item in listed]
    return {config["Name"]: (policy_id, config) for policy_id, config in configs}


def test_the_managed_cache_policies_are_the_documented_ones(client):
    policies = managed(client, CACHE)
    assert {
        name: (policy_id, config["MinTTL"], config["DefaultTTL"], config["MaxTTL"])
        for name, (policy_id, config) in policies.items()
    } == CACHE_POLICIES
    with_origin = {
        name
        for name, (_, config) in policies.items()
        if "Origin"
        in config["ParametersInCacheKeyAndForwardedToOrigin"]["HeadersConfig"]
        .get("Headers", {})
        .get("Items", [])
    }
    assert with_origin == {
        "Managed-Elemental-MediaPackage",
        "Managed-UseOriginCacheControlHeaders",
        "Managed-UseOriginCacheControlHeaders-QueryStrings",
    }


def test_the_managed_origin_request_policies_are_the_documented_ones(client):
    policies = managed(client, ORIGIN_REQUEST)
    assert {
        name: (policy_id, config["HeadersConfig"]["HeaderBehavior"])
        for name, (policy_id, config) in policies.items()
    } == ORIGIN_REQUEST_POLICIES
    headers = policies["Managed-CORS-S3Origin"][1]["HeadersConfig"]["Headers"]["Items"]
    assert sorted(headers) == [
        "Access-Control-Request-Headers",
        "Access-Control-Request-Method",
        "Origin",
    ]


def test_the_managed_response_headers_policies_are_the_documented_ones(client):
    policies = managed(client, RESPONSE_HEADERS)
    assert {name: policy_id for name, (policy_id, _) in policies.items()} == RESPONSE_HEADERS_POLICIES
    preflight = policies["Managed-CORS-With-Preflight"][1]["CorsConfig"]
    assert preflight["AccessControlAllowOrigins"]["Items"] == ["*"]
    assert preflight["AccessControlExposeHeaders"]["Items"] == ["*"]
    assert len(preflight["AccessControlAllowMethods"]["Items"]) == 7
    assert not preflight["AccessControlAllowCredentials"]
    assert not preflight["OriginOverride"]


def test_accounts_are_apart(client):
    CACHE.create(client)
    second = connect(account="210987654321")
    assert CACHE.listing(second, Type="custom")["Quantity"] == 0
    CACHE.create(second)
    assert CACHE.listing(client, Type="custom")["Quantity"] == 1


def test_a_reset_forgets_custom_policies():
    with mock_aws():
        CACHE.create(connect())
    with mock_aws():
        assert CACHE.listing(connect(), Type="custom")["Quantity"] == 0
        assert CACHE.listing(connect(), Type="managed")["Quantity"] == 7


def test_installing_again_and_what_moto_has_already_change_nothing():
    routes, operation = dict(urls.url_paths), CloudFrontResponse.get_cache_policy
    policies.install()
    extend({"GetCachePolicy": lambda _: None})
    assert urls.url_paths == routes
    assert CloudFrontResponse.get_cache_policy is operation


def test_a_moto_server_has_the_policies():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    try:
        client = connect("http://{}:{}".format(*server.get_host_and_port()))
        created = RESPONSE_HEADERS.create(client, "served")
        policy_id = created["ResponseHeadersPolicy"]["Id"]
        read = client.get_response_headers_policy_config(Id=policy_id)
        assert read["ETag"] == created["ETag"]
        assert CACHE.listing(client, Type="managed")["Quantity"] == 7
        with refused("PreconditionFailed", 412):
            client.delete_response_headers_policy(Id=policy_id, IfMatch="E0")
        client.delete_response_headers_policy(Id=policy_id, IfMatch=read["ETag"])
        client.close()
    finally:
        server.stop()
