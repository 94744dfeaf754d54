"""Buckets for the laws that hold for every service."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from remediate.aws import Aws, ClientError
from remediate.core.policy import Mode, Policy, Retired, Selector

KIND = "s3"
REGION = "eu-west-1"

ORIGINS = (
    "https://a.example.com",
    "https://b.example.com",
    "http://localhost:3000",
    "https://*.example.com",
    "https://pr-*.example.net",
)
HEADERS = ("content-type", "Authorization", "x-amz-*", "X-Amz-Meta-Ünused", "*")
EXPOSE = ("etag", "x-amz-request-id")
METHODS = ("GET", "PUT", "POST", "DELETE", "HEAD")


def _some(values: tuple[str, ...], least: int = 0) -> SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), min_size=least, max_size=3, unique=True)


def rules() -> SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "AllowedMethods": _some(METHODS, 1),
            "AllowedOrigins": _some((*ORIGINS, "*", "", "HTTPS://Odd.example:443/"), 1),
        },
        optional={
            "ID": st.sampled_from(
                ["by hand", "terraform", "remediate:other", "remediate:webapp", 'qu"ote', "é"]
            ),
            "AllowedHeaders": _some(HEADERS, 1),
            "ExposeHeaders": _some(EXPOSE, 1),
            "MaxAgeSeconds": st.sampled_from([0, 5, 3600]),
        },
    )


def configs() -> SearchStrategy[Any]:
    several = st.lists(rules(), min_size=1, max_size=4, unique_by=lambda rule: rule.get("ID") or id(rule))
    return st.none() | several.map(lambda rules: {"CORSRules": rules})


def policies() -> SearchStrategy[Policy]:
    return st.builds(
        Policy,
        plan=st.just("webapp"),
        origins=_some(ORIGINS).map(tuple),
        methods=_some((*METHODS, "PATCH", "OPTIONS"), 1).map(tuple),
        headers=_some(("content-type", "authorization", "x-amz-*", "*")).map(tuple),
        expose=_some(EXPOSE).map(tuple),
        credentials=st.booleans(),
        max_age=st.sampled_from([None, 0, 600]),
        mode=st.sampled_from(list(Mode)),
        retired=st.builds(Retired, origins=_some(ORIGINS).map(tuple)),
    )


def seed(aws: Aws, config: Any, name: str) -> Selector:
    client = aws.client(KIND, REGION)
    client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    client.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": "owner", "Value": "somebody"}]})
    if config is not None:
        client.put_bucket_cors(Bucket=name, CORSConfiguration=config)
    return Selector(KIND, name, REGION)


def raw(aws: Aws, selector: Selector) -> Any:
    client, bucket = aws.client(KIND, REGION), selector.pattern
    try:
        rules = client.get_bucket_cors(Bucket=bucket)["CORSRules"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchCORSConfiguration":
            raise
        rules = None
    return {
        "CORSRules": rules,
        "tags": client.get_bucket_tagging(Bucket=bucket)["TagSet"],
        "acl": client.get_bucket_acl(Bucket=bucket)["Grants"],
        "versioning": client.get_bucket_versioning(Bucket=bucket).get("Status"),
    }


def masked(raw: Any) -> Any:
    return {key: value for key, value in raw.items() if key != "CORSRules"}


def disturb(aws: Aws, selector: Selector) -> None:
    theirs = {"ID": "disturbed", "AllowedMethods": ["GET"], "AllowedOrigins": ["https://disturb.example"]}
    aws.client(KIND, REGION).put_bucket_cors(
        Bucket=selector.pattern, CORSConfiguration={"CORSRules": [theirs]}
    )
