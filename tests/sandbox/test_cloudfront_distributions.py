"""The sandbox's distributions keep to what the CloudFront documentation says."""

from __future__ import annotations

import copy
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.moto_api import state_manager
from moto.server import ThreadedMotoServer

from remediate.sandbox.patches.cloudfront import distributions, policies

CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
CORS_S3_ORIGIN = "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf"
SIMPLE_CORS = "60669652-455b-4ae9-85a4-c4c02393f86c"
ALL_METHODS = ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"]


def listed(*values):
    return {"Quantity": len(values), "Items": list(values)} if values else {"Quantity": 0}


def methods(*allowed, cached=("GET", "HEAD")):
    return {**listed(*allowed), "CachedMethods": listed(*cached)}


def smallest(reference="one", **members):
    """Everything that CreateDistribution requires, and nothing else."""
    return {
        "CallerReference": reference,
        "Comment": "",
        "Enabled": True,
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
            "CachePolicyId": CACHING_OPTIMIZED,
        },
        **members,
    }


def behaving(**members):
    """The smallest configuration with other members in its default behavior."""
    config = smallest()
    behavior = config["DefaultCacheBehavior"]
    for name, value in members.items():
        if value is None:
            del behavior[name]
        else:
            behavior[name] = value
    return config


def forwarding(*headers, **members):
    """The smallest configuration with the older cache settings."""
    values = {"QueryString": False, "Cookies": {"Forward": "none"}, "Headers": listed(*headers)}
    return behaving(CachePolicyId=None, ForwardedValues=values, **members)


def everything():
    """A configuration that says something in every corner that matters to CORS, and beyond."""
    common = {
        "TrustedSigners": {"Enabled": False, **listed()},
        "SmoothStreaming": False,
        "FieldLevelEncryptionId": "",
        "GrpcConfig": {"Enabled": False},
    }
    function = {"FunctionARN": "arn:aws:cloudfront::1:function/f", "EventType": "viewer-request"}
    edge = {
        "LambdaFunctionARN": "arn:aws:lambda:us-east-1:1:function:f:1",
        "EventType": "origin-response",
        "IncludeBody": False,
    }
    shared = {"ConnectionAttempts": 2, "ConnectionTimeout": 9}
    return {
        "CallerReference": "everything",
        "Aliases": listed("app.example.com", "www.example.com"),
        "DefaultRootObject": "index.html",
        "Origins": listed(
            {
                "Id": "files",
                "DomainName": "files.s3.eu-west-1.amazonaws.com",
                "OriginPath": "/live",
                "CustomHeaders": listed(
                    {"HeaderName": "Origin", "HeaderValue": "https://a.example/?a=1&b=<2>"}
                ),
                "S3OriginConfig": {"OriginAccessIdentity": "", "OriginReadTimeout": 31},
                "OriginShield": {"Enabled": True, "OriginShieldRegion": "eu-west-1"},
                "OriginAccessControlId": "E2VS5SY9ZVJGS2",
                **shared,
            },
            {
                "Id": "api",
                "DomainName": "abc.execute-api.eu-west-1.amazonaws.com",
                "OriginPath": "",
                "CustomHeaders": listed(),
                "CustomOriginConfig": {
                    "HTTPPort": 80,
                    "HTTPSPort": 8443,
                    "OriginProtocolPolicy": "https-only",
                    "OriginSslProtocols": listed("TLSv1.2"),
                    "OriginReadTimeout": 60,
                    "OriginKeepaliveTimeout": 10,
                },
                "OriginShield": {"Enabled": False},
                "OriginAccessControlId": "",
                **shared,
            },
        ),
        "OriginGroups": listed(
            {
                "Id": "either",
                "FailoverCriteria": {"StatusCodes": listed(500, 502)},
                "Members": listed({"OriginId": "files"}, {"OriginId": "api"}),
            }
        ),
        "DefaultCacheBehavior": {
            **common,
            "TargetOriginId": "either",
            "TrustedKeyGroups": {"Enabled": True, **listed("key-group")},
            "ViewerProtocolPolicy": "redirect-to-https",
            "AllowedMethods": methods("GET", "HEAD", "OPTIONS", cached=("GET", "HEAD", "OPTIONS")),
            "Compress": True,
            "LambdaFunctionAssociations": listed(),
            "FunctionAssociations": listed(function),
            "CachePolicyId": CACHING_OPTIMIZED,
            "OriginRequestPolicyId": CORS_S3_ORIGIN,
            "ResponseHeadersPolicyId": SIMPLE_CORS,
        },
        "CacheBehaviors": listed(
            {
                **common,
                "PathPattern": "/api/*",
                "TargetOriginId": "api",
                "TrustedKeyGroups": {"Enabled": False, **listed()},
                "ViewerProtocolPolicy": "https-only",
                "AllowedMethods": methods(*ALL_METHODS),
                "Compress": False,
                "LambdaFunctionAssociations": listed(edge),
                "FunctionAssociations": listed(),
                "ForwardedValues": {
                    "QueryString": True,
                    "Cookies": {"Forward": "whitelist", "WhitelistedNames": listed("session")},
                    "Headers": listed("Origin", "Authorization"),
                    "QueryStringCacheKeys": listed("page"),
                },
                "MinTTL": 0,
                "DefaultTTL": 60,
                "MaxTTL": 3600,
            }
        ),
        "CustomErrorResponses": listed(
            {
                "ErrorCode": 404,
                "ResponsePagePath": "/index.html",
                "ResponseCode": "200",
                "ErrorCachingMinTTL": 10,
            }
        ),
        "Comment": "all & <more>",
        "Logging": {
            "Enabled": True,
            "IncludeCookies": True,
            "Bucket": "logs.s3.amazonaws.com",
            "Prefix": "cdn/",
        },
        "PriceClass": "PriceClass_100",
        "Enabled": True,
        "ViewerCertificate": {
            "CloudFrontDefaultCertificate": False,
            "ACMCertificateArn": "arn:aws:acm:us-east-1:1:certificate/c",
            "SSLSupportMethod": "sni-only",
            "MinimumProtocolVersion": "TLSv1.2_2021",
            "Certificate": "arn:aws:acm:us-east-1:1:certificate/c",
            "CertificateSource": "acm",
        },
        "Restrictions": {"GeoRestriction": {"RestrictionType": "whitelist", **listed("DE", "FR")}},
        "WebACLId": "arn:aws:wafv2:us-east-1:1:global/webacl/w/1",
        "HttpVersion": "http2and3",
        "IsIPV6Enabled": False,
        "ContinuousDeploymentPolicyId": "",
        "Staging": False,
    }


# A session of its own reads the API model once; mock_aws throws the default one away.
SESSION = boto3.session.Session()


@pytest.fixture(autouse=True)
def _installed():
    policies.install()
    distributions.install()
    yield
    for model in ("cloudfront::distribution", "cloudfront::invalidation"):
        state_manager.unset_transition(model)


def connect(endpoint=None):
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
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


def create(client, config=None):
    made = client.create_distribution(DistributionConfig=config or smallest())
    return made["Distribution"]["Id"], made["ETag"]


def read(client, distribution_id):
    answer = client.get_distribution_config(Id=distribution_id)
    return answer["DistributionConfig"], answer["ETag"]


def update(client, distribution_id, config, etag):
    return client.update_distribution(Id=distribution_id, DistributionConfig=config, IfMatch=etag)


def test_everything_that_was_sent_comes_back(client):
    distribution_id, _ = create(client, everything())
    config, _ = read(client, distribution_id)
    assert config == everything()
    got = client.get_distribution(Id=distribution_id)["Distribution"]
    assert got["DistributionConfig"] == everything()
    assert got["ActiveTrustedKeyGroups"]["Enabled"]


def test_a_read_modify_write_changes_only_what_it_means_to(client):
    distribution_id, _ = create(client, everything())
    config, etag = read(client, distribution_id)
    config["CacheBehaviors"]["Items"][0]["ResponseHeadersPolicyId"] = SIMPLE_CORS
    update(client, distribution_id, config, etag)
    after, _ = read(client, distribution_id)
    expected = everything()
    expected["CacheBehaviors"]["Items"][0]["ResponseHeadersPolicyId"] = SIMPLE_CORS
    assert after == expected


def test_what_is_left_out_is_filled_in(client):
    distribution_id, _ = create(client)
    config, _ = read(client, distribution_id)
    assert config["Aliases"] == {"Quantity": 0}
    assert config["CacheBehaviors"] == {"Quantity": 0}
    assert config["CustomErrorResponses"] == {"Quantity": 0}
    assert config["PriceClass"] == "PriceClass_All"
    assert config["HttpVersion"] == "http2"
    assert config["ViewerCertificate"]["CloudFrontDefaultCertificate"]
    assert config["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1"
    assert config["Restrictions"]["GeoRestriction"]["RestrictionType"] == "none"
    assert config["Logging"]["Enabled"] is False
    origin = config["Origins"]["Items"][0]
    assert (origin["ConnectionAttempts"], origin["ConnectionTimeout"]) == (3, 10)
    behavior = config["DefaultCacheBehavior"]
    assert sorted(behavior["AllowedMethods"]["Items"]) == ["GET", "HEAD"]
    assert sorted(behavior["AllowedMethods"]["CachedMethods"]["Items"]) == ["GET", "HEAD"]


def test_a_policy_behavior_has_no_older_settings(client):
    distribution_id, _ = create(client)
    behavior = read(client, distribution_id)[0]["DefaultCacheBehavior"]
    absent = {"ForwardedValues", "MinTTL", "DefaultTTL", "MaxTTL", "OriginRequestPolicyId"}
    assert not absent & set(behavior)


def test_the_older_settings_have_ttls_and_no_policy(client):
    distribution_id, _ = create(client, forwarding("Origin"))
    behavior = read(client, distribution_id)[0]["DefaultCacheBehavior"]
    assert (behavior["MinTTL"], behavior["DefaultTTL"], behavior["MaxTTL"]) == (
        0,
        86_400,
        31_536_000,
    )
    assert "CachePolicyId" not in behavior


def test_logging_that_is_off_forgets_the_rest(client):
    """API_LoggingConfig.html: the values are automatically deleted."""
    logging = {"Enabled": False, "IncludeCookies": True, "Bucket": "b", "Prefix": "p"}
    distribution_id, _ = create(client, smallest(Logging=logging))
    assert read(client, distribution_id)[0]["Logging"] == {
        "Enabled": False,
        "IncludeCookies": False,
        "Bucket": "",
        "Prefix": "",
    }


def test_an_update_rotates_the_etag_and_takes_the_current_one_only(client):
    distribution_id, first = create(client)
    config, etag = read(client, distribution_id)
    assert etag == first
    config["Comment"] = "changed"
    second = update(client, distribution_id, config, first)["ETag"]
    assert second != first
    assert read(client, distribution_id)[1] == second

    with refused("PreconditionFailed", 412):
        update(client, distribution_id, {**config, "Comment": "lost"}, first)
    with refused("InvalidIfMatchVersion"):
        client.update_distribution(Id=distribution_id, DistributionConfig=config)
    with refused("PreconditionFailed", 412):
        client.delete_distribution(Id=distribution_id, IfMatch=first)
    with refused("InvalidIfMatchVersion"):
        client.delete_distribution(Id=distribution_id)
    assert read(client, distribution_id)[0]["Comment"] == "changed"


def test_a_refused_update_changes_nothing(client):
    distribution_id, etag = create(client)
    before = read(client, distribution_id)
    config = copy.deepcopy(before[0])
    config["DefaultCacheBehavior"]["TargetOriginId"] = "nowhere"
    with refused("NoSuchOrigin", 404):
        update(client, distribution_id, config, etag)
    assert read(client, distribution_id) == before


@pytest.mark.parametrize(
    ("config", "code", "status"),
    [
        (behaving(TargetOriginId="nowhere"), "NoSuchOrigin", 404),
        (behaving(CachePolicyId="none"), "NoSuchCachePolicy", 404),
        (behaving(OriginRequestPolicyId="none"), "NoSuchOriginRequestPolicy", 404),
        (behaving(ResponseHeadersPolicyId="none"), "NoSuchResponseHeadersPolicy", 404),
        (behaving(CachePolicyId=None), "InvalidArgument", 400),
        (behaving(MinTTL=0), "InvalidArgument", 400),
        (
            behaving(ForwardedValues={"QueryString": False, "Cookies": {"Forward": "none"}}),
            "InvalidArgument",
            400,
        ),
        (forwarding(OriginRequestPolicyId=CORS_S3_ORIGIN), "InvalidArgument", 400),
        (forwarding("*", MinTTL=1), "InvalidArgument", 400),
        (forwarding(MinTTL=10, DefaultTTL=5), "InvalidTTLOrder", 400),
        (
            forwarding(*[f"X-{number}" for number in range(11)]),
            "TooManyHeadersInForwardedValues",
            400,
        ),
        (behaving(AllowedMethods=methods("GET", "HEAD", "POST")), "InvalidArgument", 400),
        (behaving(AllowedMethods=methods("GET")), "InvalidArgument", 400),
        (
            behaving(AllowedMethods=methods("GET", "HEAD", cached=("GET", "HEAD", "OPTIONS"))),
            "InvalidArgument",
            400,
        ),
        (smallest(Aliases={"Quantity": 2, "Items": ["a.example"]}), "InconsistentQuantities", 400),
        (smallest(Aliases={"Quantity": 1}), "InconsistentQuantities", 400),
    ],
)
def test_what_cloudfront_refuses(client, config, code, status):
    with refused(code, status):
        client.create_distribution(DistributionConfig=config)
    assert client.list_distributions()["DistributionList"]["Quantity"] == 0


@pytest.mark.parametrize(
    "allowed", [["HEAD", "GET"], ["OPTIONS", "GET", "HEAD"], list(reversed(ALL_METHODS))]
)
def test_the_three_sets_of_methods_are_taken_in_any_order(client, allowed):
    distribution_id, _ = create(client, behaving(AllowedMethods=methods(*allowed)))
    live = read(client, distribution_id)[0]["DefaultCacheBehavior"]["AllowedMethods"]
    assert set(live["Items"]) == set(allowed)


def test_path_behaviors_are_checked_too(client):
    path = {**smallest()["DefaultCacheBehavior"], "PathPattern": "/a", "TargetOriginId": "nowhere"}
    with refused("NoSuchOrigin", 404):
        create(client, smallest(CacheBehaviors=listed(path)))


@pytest.mark.parametrize(
    "domain",
    ["files.s3-website-us-east-1.amazonaws.com", "abc.execute-api.us-east-1.amazonaws.com"],
)
def test_an_s3_origin_is_a_bucket(client, domain):
    origin = {**smallest()["Origins"]["Items"][0], "DomainName": domain}
    with refused("InvalidArgument"):
        create(client, smallest(Origins=listed(origin)))


def test_one_of_many_writers_with_the_same_etag_wins(client):
    distribution_id, etag = create(client)
    config, _ = read(client, distribution_id)

    def write(number):
        try:
            update(client, distribution_id, {**config, "Comment": str(number)}, etag)
        except ClientError as error:
            return error.response["Error"]["Code"]
        return "won"

    with ThreadPoolExecutor(8) as writers:
        outcomes = list(writers.map(write, range(16)))
    assert sorted(outcomes) == ["PreconditionFailed"] * 15 + ["won"]


def test_a_caller_reference_creates_once_and_stays(client):
    distribution_id, etag = create(client)
    with refused("DistributionAlreadyExists", 409):
        create(client)
    config, _ = read(client, distribution_id)
    with refused("IllegalUpdate"):
        update(client, distribution_id, {**config, "CallerReference": "two"}, etag)


@pytest.mark.parametrize("member", ["Aliases", "Logging", "ViewerCertificate", "HttpVersion"])
def test_an_update_holds_the_whole_document(client, member):
    """distribution-overview-required-fields.html: required in UpdateDistribution."""
    distribution_id, etag = create(client)
    config, _ = read(client, distribution_id)
    del config[member]
    with refused("IllegalUpdate"):
        update(client, distribution_id, config, etag)


def test_a_deleted_distribution_was_disabled_first(client):
    distribution_id, etag = create(client)
    with refused("DistributionNotDisabled", 409):
        client.delete_distribution(Id=distribution_id, IfMatch=etag)
    config, _ = read(client, distribution_id)
    disabled = update(client, distribution_id, {**config, "Enabled": False}, etag)
    client.delete_distribution(Id=distribution_id, IfMatch=disabled["ETag"])
    with refused("NoSuchDistribution", 404):
        client.get_distribution(Id=distribution_id)


def test_a_change_is_in_progress_before_it_is_deployed(client):
    made = client.create_distribution(DistributionConfig=smallest())
    distribution_id = made["Distribution"]["Id"]
    assert made["Distribution"]["Status"] == "InProgress"
    assert client.get_distribution(Id=distribution_id)["Distribution"]["Status"] == "Deployed"
    config, etag = read(client, distribution_id)
    changed = update(client, distribution_id, {**config, "Comment": "b"}, etag)
    assert changed["Distribution"]["Status"] == "InProgress"
    listing = client.list_distributions()["DistributionList"]
    assert listing["Items"][0]["Status"] == "Deployed"


def test_the_waiter_polls_until_the_change_settles(client):
    distributions.settle_after(3)
    distribution_id, _ = create(client)
    statuses = [client.get_distribution(Id=distribution_id)["Distribution"]["Status"] for _ in range(2)]
    assert statuses == ["InProgress", "InProgress"]
    waiter = client.get_waiter("distribution_deployed")
    waiter.wait(Id=distribution_id, WaiterConfig={"Delay": 0, "MaxAttempts": 1})

    distributions.settle_after(0)
    assert create(client, smallest("two"))
    config, etag = read(client, distribution_id)
    assert update(client, distribution_id, config, etag)["Distribution"]["Status"] == "Deployed"


def test_the_time_of_the_last_change_is_real(client):
    made = client.create_distribution(DistributionConfig=smallest())["Distribution"]
    assert datetime.now(UTC) - made["LastModifiedTime"] < timedelta(minutes=1)


def test_a_list_has_summaries(client):
    distribution_id, etag = create(client, everything())
    (item,) = client.list_distributions()["DistributionList"]["Items"]
    assert item["Id"] == distribution_id
    assert item["ETag"] == etag
    assert not {"Logging", "CallerReference", "DefaultRootObject"} & set(item)
    for member in ("Origins", "DefaultCacheBehavior", "CacheBehaviors", "CustomErrorResponses"):
        assert item[member] == everything()[member]


def test_a_list_is_paged(client):
    ids = [create(client, smallest(str(number)))[0] for number in range(3)]
    first = client.list_distributions(MaxItems="2")["DistributionList"]
    assert (first["Quantity"], first["IsTruncated"], first["NextMarker"]) == (2, True, ids[1])
    second = client.list_distributions(MaxItems="2", Marker=ids[1])["DistributionList"]
    assert (second["Quantity"], second["IsTruncated"]) == (1, False)
    for wrong in ({"Marker": "E0"}, {"MaxItems": "0"}, {"MaxItems": "many"}):
        with refused("InvalidArgument"):
            client.list_distributions(**wrong)
    pages = client.get_paginator("list_distributions").paginate(PaginationConfig={"PageSize": 1})
    assert [page["DistributionList"]["Items"][0]["Id"] for page in pages] == ids


def test_a_hundred_distributions_are_a_page(client):
    for number in range(101):
        create(client, smallest(str(number)))
    listing = client.list_distributions()["DistributionList"]
    assert (listing["Quantity"], listing["MaxItems"], listing["IsTruncated"]) == (100, 100, True)


def test_a_staging_distribution_says_so(client):
    create(client, smallest(Staging=True))
    assert client.list_distributions()["DistributionList"]["Items"][0]["Staging"] is True


def test_tags_are_kept(client):
    tags = [{"Key": "team", "Value": "web"}]
    made = client.create_distribution_with_tags(
        DistributionConfigWithTags={"DistributionConfig": smallest(), "Tags": {"Items": tags}}
    )["Distribution"]
    arn = made["ARN"]
    assert arn == f"arn:aws:cloudfront::123456789012:distribution/{made['Id']}"
    assert client.list_tags_for_resource(Resource=arn)["Tags"]["Items"] == tags
    client.untag_resource(Resource=arn, TagKeys={"Items": ["team"]})
    client.tag_resource(Resource=arn, Tags={"Items": [{"Key": "a", "Value": "b"}]})
    assert client.list_tags_for_resource(Resource=arn)["Tags"]["Items"] == [{"Key": "a", "Value": "b"}]


def invalidate(client, distribution_id, reference="one", paths=("/*",)):
    batch = {"Paths": listed(*paths), "CallerReference": reference}
    made = client.create_invalidation(DistributionId=distribution_id, InvalidationBatch=batch)
    return made["Invalidation"]


def test_an_invalidation_ends(client):
    distribution_id, _ = create(client)
    made = invalidate(client, distribution_id)
    assert made["Status"] == "InProgress"
    got = client.get_distribution(Id=distribution_id)["Distribution"]
    assert got["InProgressInvalidationBatches"] == 1
    names = {"DistributionId": distribution_id, "Id": made["Id"]}
    waiter = client.get_waiter("invalidation_completed")
    waiter.wait(**names, WaiterConfig={"Delay": 0, "MaxAttempts": 1})
    done = client.get_invalidation(**names)["Invalidation"]
    assert done["Status"] == "Completed"
    assert done["InvalidationBatch"] == {"Paths": listed("/*"), "CallerReference": "one"}
    got = client.get_distribution(Id=distribution_id)["Distribution"]
    assert got["InProgressInvalidationBatches"] == 0


def test_invalidations_are_listed_newest_first(client):
    distribution_id, _ = create(client)
    ids = [invalidate(client, distribution_id, str(number))["Id"] for number in range(2)]
    listing = client.list_invalidations(DistributionId=distribution_id)["InvalidationList"]
    assert [item["Id"] for item in listing["Items"]] == ids[::-1]


def test_the_same_request_invalidates_once(client):
    distribution_id, _ = create(client)
    assert invalidate(client, distribution_id)["Id"] == invalidate(client, distribution_id)["Id"]
    with refused("InvalidArgument"):
        invalidate(client, distribution_id, paths=("/other",))


def test_invalidations_that_are_refused(client):
    distribution_id, _ = create(client)
    with refused("InvalidArgument"):
        invalidate(client, distribution_id, paths=("no-slash",))
    with refused("NoSuchDistribution", 404):
        invalidate(client, "E0")
    with refused("NoSuchInvalidation", 404):
        client.get_invalidation(DistributionId=distribution_id, Id="I0")


def test_a_moto_server_has_the_distributions():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    try:
        client = connect("http://{}:{}".format(*server.get_host_and_port()))
        distribution_id, etag = create(client, {**everything(), "CallerReference": "served"})
        config, _ = read(client, distribution_id)
        assert config == {**everything(), "CallerReference": "served"}
        config["Enabled"] = False
        with refused("PreconditionFailed", 412):
            update(client, distribution_id, config, "E0")
        etag = update(client, distribution_id, config, etag)["ETag"]
        assert invalidate(client, distribution_id)["Status"] == "InProgress"
        client.delete_distribution(Id=distribution_id, IfMatch=etag)
        client.close()
    finally:
        server.stop()
