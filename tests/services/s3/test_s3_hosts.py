"""The host names of S3: which lead to a bucket, and what they answer before its rules do."""

from __future__ import annotations

import pytest

from remediate.core.gate import Arrival
from remediate.core.state import State
from remediate.services.s3.gate import gate
from remediate.services.s3.hosts import BucketHost, HostKind, bucket_host
from remediate.services.s3.serving import path_within
from remediate.web.http import Request

REST = HostKind.REST


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("b-1.s3.eu-west-1.amazonaws.com", BucketHost(REST, "b-1", "eu-west-1")),
        ("b-1.s3-eu-west-1.amazonaws.com", BucketHost(REST, "b-1", "eu-west-1")),
        ("b-1.s3.amazonaws.com", BucketHost(REST, "b-1")),
        ("a.b.s3.eu-west-1.amazonaws.com", BucketHost(REST, "a.b", "eu-west-1")),
        ("b-1.s3.dualstack.eu-west-1.amazonaws.com", BucketHost(REST, "b-1", "eu-west-1")),
        ("b-1.s3-fips.us-east-1.amazonaws.com", BucketHost(REST, "b-1", "us-east-1")),
        ("b-1.s3-fips.dualstack.us-east-1.amazonaws.com", BucketHost(REST, "b-1", "us-east-1")),
        ("b-1.s3.cn-north-1.amazonaws.com.cn", BucketHost(REST, "b-1", "cn-north-1")),
        ("b-1.s3.us-gov-west-1.amazonaws.com", BucketHost(REST, "b-1", "us-gov-west-1")),
        ("s3.eu-west-1.amazonaws.com", BucketHost(REST, "", "eu-west-1")),
        ("s3-eu-west-1.amazonaws.com", BucketHost(REST, "", "eu-west-1")),
        ("s3.dualstack.eu-west-1.amazonaws.com", BucketHost(REST, "", "eu-west-1")),
        ("s3-external-1.amazonaws.com", BucketHost(REST, "", "us-east-1")),
        ("s3.amazonaws.com", BucketHost(REST)),
        ("b-1.s3-accelerate.amazonaws.com", BucketHost(HostKind.ACCELERATE, "b-1")),
        ("b-1.s3-accelerate.dualstack.amazonaws.com", BucketHost(HostKind.ACCELERATE, "b-1")),
        ("b-1.s3-website-eu-west-1.amazonaws.com", BucketHost(HostKind.WEBSITE, "b-1", "eu-west-1")),
        ("b-1.s3-website.eu-central-1.amazonaws.com", BucketHost(HostKind.WEBSITE, "b-1", "eu-central-1")),
        (
            "ap-1-123456789012.s3-accesspoint.eu-west-1.amazonaws.com",
            BucketHost(HostKind.ACCESS_POINT, "ap-1", "eu-west-1", "123456789012"),
        ),
        (
            "ap-1-123456789012.s3-accesspoint-fips.dualstack.us-east-1.amazonaws.com",
            BucketHost(HostKind.ACCESS_POINT, "ap-1", "us-east-1", "123456789012"),
        ),
        ("b-1.s3.localhost.localstack.cloud", BucketHost(REST, "b-1", is_aws=False)),
        ("x.execute-api.eu-west-1.amazonaws.com", None),
        ("www.example.com", None),
    ],
)
def test_a_host_name_taken_apart(host: str, expected: BucketHost | None) -> None:
    assert bucket_host(host) == expected


def bucket(region: str) -> State:
    hosts = (f"b-1.s3.{region}.amazonaws.com",)
    return State("s3/b-1", "s3", region, None, "r", ("b-1",), "s3/b-1", hosts=hosts)


def arrival(host: str, path: str = "/k", method: str = "OPTIONS", scheme: str = "https") -> Arrival:
    return Arrival(host, path, Request(method, path, (), scheme))


@pytest.mark.parametrize(
    ("region", "host", "status"),
    [
        ("eu-central-1", "b-1.s3.eu-central-1.amazonaws.com", None),
        ("eu-central-1", "b-1.s3.amazonaws.com", None),
        ("us-east-1", "b-1.s3.amazonaws.com", None),
        ("us-east-1", "s3.amazonaws.com", None),
        ("us-east-1", "s3-external-1.amazonaws.com", None),
        ("eu-central-1", "s3.eu-central-1.amazonaws.com", None),
        ("eu-central-1", "b-1.s3-accelerate.amazonaws.com", None),
        ("eu-central-1", "b-1.s3.localhost.localstack.cloud", None),
        ("eu-central-1", "b-1.s3.us-east-1.amazonaws.com", 301),
        ("eu-central-1", "b-1.s3.dualstack.eu-west-1.amazonaws.com", 301),
        ("eu-central-1", "s3.eu-west-1.amazonaws.com", 301),
        ("eu-central-1", "s3.amazonaws.com", 301),
        ("eu-central-1", "s3-external-1.amazonaws.com", 301),
        ("me-south-1", "b-1.s3.amazonaws.com", 400),
        ("me-south-1", "b-1.s3.me-south-1.amazonaws.com", None),
    ],
)
def test_hosts_of_another_region(region: str, host: str, status: int | None) -> None:
    found = gate(bucket(region), arrival(host))
    assert (found.answer.status if found.answer else None) == status
    assert found.use_url == (f"https://b-1.s3.{region}.amazonaws.com/k" if status else "")


@pytest.mark.parametrize(
    ("method", "scheme", "status"),
    [
        ("GET", "https", 0),
        ("OPTIONS", "https", 0),
        ("GET", "http", None),
        ("HEAD", "http", None),
        ("GET", "", None),
        ("OPTIONS", "http", 405),
        ("PUT", "http", 405),
    ],
)
def test_a_website_endpoint_takes_get_and_head_without_tls(
    method: str, scheme: str, status: int | None
) -> None:
    found = gate(bucket("eu-west-1"), arrival("b-1.s3-website-eu-west-1.amazonaws.com", "/k", method, scheme))
    assert (found.answer.status if found.answer else None) == status


@pytest.mark.parametrize(
    ("host", "path", "expected"),
    [
        ("b-1.s3.us-west-2.amazonaws.com", "/k", "/k"),
        ("b-1.s3-fips.eu-west-1.amazonaws.com", "/k", "/k"),
        ("s3.amazonaws.com", "/b-1/k?x=1", "/k?x=1"),
        ("s3.amazonaws.com", "/b-1", "/"),
        ("s3.amazonaws.com", "/b-10/k", None),
        ("b-10.s3.eu-west-1.amazonaws.com", "/k", None),
        ("ap-1-123456789012.s3-accesspoint.eu-west-1.amazonaws.com", "/k", None),
    ],
)
def test_the_key_that_a_url_means(host: str, path: str, expected: str | None) -> None:
    assert path_within(bucket("eu-west-1"), host, path) == expected
