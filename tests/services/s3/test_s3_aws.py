"""Reading and writing against the embedded S3: what was found, and what was sent for it."""

from dataclasses import replace
from typing import Any

import pytest

from remediate.aws import Aws
from remediate.core.document import digest
from remediate.core.plan import Change
from remediate.core.policy import Selector
from remediate.core.state import State, Unreadable
from remediate.errors import AwsFailure, NoChangeNeeded, Stale
from remediate.services.s3 import read as s3_read
from remediate.services.s3.read import read
from remediate.services.s3.write import write

RULES = {"CORSRules": [{"ID": "x", "AllowedMethods": ["GET"], "AllowedOrigins": ["*"], "MaxAgeSeconds": 0}]}
OTHER = {"CORSRules": [{"AllowedMethods": ["PUT"], "AllowedOrigins": ["https://b.example", ""]}]}


def make(aws: Aws, name: str, region: str = "eu-west-1", config: Any = None) -> None:
    client = aws.client("s3", region)
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    client.create_bucket(Bucket=name, **where)
    if config:
        client.put_bucket_cors(Bucket=name, CORSConfiguration=config)


def look(aws: Aws, *patterns: str, region: str | None = None) -> dict[str, Any]:
    aws.calls.clear()
    found = list(read(aws, [Selector("s3", pattern, region) for pattern in patterns]))
    assert len({each.address for each in found}) == len(found)
    return {each.address: each for each in found}


def refuse(
    aws: Aws, operation: str, code: str, status: int, *, region: str = "eu-west-1", **headers: str
) -> None:
    """The client answers every call of the operation with this error, without sending it."""
    parsed = {
        "Error": {"Code": code, "Message": "said AWS"},
        "ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": headers},
    }

    class Answer:
        status_code = status

    aws.client("s3", region).meta.events.register(
        f"before-call.s3.{operation}", lambda **_: (Answer(), parsed)
    )


def change(before: Any, after: Any, bucket: str = "uploads") -> Change:
    address = f"s3/{bucket}"
    return Change(address, "s3", "eu-west-1", before, after, digest(before), address)


def test_exact_names_cost_one_call_each(aws: Aws) -> None:
    for number in range(10):
        make(aws, f"bucket-{number}", config=RULES)
    found = look(aws, *(f"bucket-{number}" for number in range(10)))
    assert all(state.config == RULES for state in found.values())
    assert dict(aws.calls) == {"s3:GetBucketCors": 10}


def test_a_state_says_what_was_read(aws: Aws) -> None:
    make(aws, "uploads", config=RULES)
    state = look(aws, "uploads")["s3/uploads"]
    assert state == State(
        address="s3/uploads",
        service="s3",
        region="eu-west-1",
        config=RULES,
        revision=digest(RULES),
        names=("uploads",),
        group="s3/uploads",
        hosts=state.hosts,
        selected_by=(Selector("s3", "uploads"),),
    )
    assert {"uploads.s3.eu-west-1.amazonaws.com", "uploads.s3.amazonaws.com"} <= set(state.hosts)


def test_globs_page_and_read_each_bucket_once(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_read, "PAGE", 10)
    for number in range(25):
        make(aws, f"uploads-{number:02}")
    make(aws, "other-1")
    found = look(aws, "uploads-*", "uploads-01", "uploads-0[01]*", "*-1", "nothing-*")
    assert len(found) == 26
    assert len(found["s3/uploads-01"].selected_by) == 3
    assert found["s3/uploads-01"].config is None
    assert dict(aws.calls) == {"s3:GetBucketCors": 26, "s3:ListBuckets": 3}


def test_listings_share_a_beginning_only_where_they_must(aws: Aws) -> None:
    make(aws, "aaa-one")
    make(aws, "bbb-one")
    assert set(look(aws, "aaa-*", "bbb-o*", "aaa-o?e")) == {"s3/aaa-one", "s3/bbb-one"}
    assert dict(aws.calls) == {"s3:GetBucketCors": 2, "s3:ListBuckets": 2}


def test_five_different_things(aws: Aws) -> None:
    make(aws, "bare")
    make(aws, "abroad", "us-west-2", RULES)
    found = look(aws, "bare", "abroad", "missing", "fast--euw1-az1--x-s3", "Not A Name")
    assert found["s3/bare"].config is None
    assert (found["s3/abroad"].region, found["s3/abroad"].config) == ("us-west-2", RULES)
    assert found["s3/abroad"].facts == {"expected_region": "eu-west-1"}
    unreadable = {key: value.code for key, value in found.items() if isinstance(value, Unreadable)}
    assert unreadable == {
        "s3/missing": "missing-bucket",
        "s3/fast--euw1-az1--x-s3": "directory-bucket",
        "s3/Not A Name": "invalid-name",
    }
    # As it is known by now, without a redirect.
    again = look(aws, "abroad")["s3/abroad"]
    assert again.region == "us-west-2"
    assert dict(aws.calls) == {"s3:GetBucketCors": 1}


@pytest.mark.parametrize("name", ["../x", "a/b", "s3://uploads", "..", "a..b", ".hidden", "x", "a" * 256])
def test_what_cannot_be_a_bucket_does_not_reach_aws(aws: Aws, name: str) -> None:
    """As a part of a URL's path, `../x` would mean something else."""
    (unreadable,) = look(aws, name).values()
    assert isinstance(unreadable, Unreadable)
    assert unreadable.code == "invalid-name"
    assert "cannot be the name of a bucket" in unreadable.message
    assert unreadable.hint.startswith("Write the bare name")
    assert dict(aws.calls) == {}


@pytest.mark.parametrize("name", ["Old_Bucket", "a" * 255, "1st.bucket-x"])
def test_what_was_a_bucket_once_is_asked_about(aws: Aws, name: str) -> None:
    look(aws, name)
    assert dict(aws.calls) == {"s3:GetBucketCors": 1}


def test_a_bucket_abroad_without_rules_is_abroad_too(aws: Aws) -> None:
    make(aws, "abroad", "us-west-2")
    state = look(aws, "abroad", region="ap-northeast-1")["s3/abroad"]
    assert (state.region, state.config) == ("us-west-2", None)
    assert state.facts == {"expected_region": "ap-northeast-1"}


def test_a_bucket_is_nowhere_else_where_nobody_names_a_region(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(aws, "abroad", "us-west-2")
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    (state,) = read(Aws(), [Selector("s3", "abroad")])
    assert isinstance(state, State)
    assert (state.region, state.facts) == ("us-west-2", {})


def test_a_glob_reads_each_bucket_where_the_listing_says(aws: Aws) -> None:
    make(aws, "up-1", "us-west-2", RULES)
    make(aws, "up-2", "us-east-1", RULES)
    found = look(aws, "up-*")
    assert {state.region for state in found.values()} == {"us-west-2", "us-east-1"}
    assert dict(aws.calls) == {"s3:GetBucketCors": 2, "s3:ListBuckets": 1}


@pytest.mark.parametrize(
    ("code", "status", "headers", "expected"),
    [
        ("AccessDenied", 403, {}, "access-denied"),
        ("NoSuchBucket", 404, {}, "missing-bucket"),
        ("IllegalLocationConstraintException", 400, {}, "other-region"),
        ("SlowDown", 503, {}, "SlowDown"),
    ],
)
def test_a_failed_read_is_never_nothing(
    aws: Aws, code: str, status: int, headers: Any, expected: str
) -> None:
    make(aws, "uploads", config=RULES)
    refuse(aws, "GetBucketCors", code, status, **headers)
    unreadable = look(aws, "uploads")["s3/uploads"]
    assert isinstance(unreadable, Unreadable)
    assert unreadable.code == expected
    assert unreadable.selected_by
    assert "uploads" in unreadable.message


def test_an_error_that_names_the_region_is_followed(aws: Aws) -> None:
    make(aws, "abroad", "us-west-2", RULES)
    refuse(aws, "GetBucketCors", "AuthorizationHeaderMalformed", 400, **{"x-amz-bucket-region": "us-west-2"})
    state = look(aws, "abroad")["s3/abroad"]
    assert (state.region, state.config) == ("us-west-2", RULES)


def test_a_denied_listing_is_an_error_of_its_globs_and_the_others_go_on(aws: Aws) -> None:
    make(aws, "uploads", config=RULES)
    refuse(aws, "ListBuckets", "AccessDenied", 403)
    found = look(aws, "up*", "u?", "uploads")
    assert found["s3/uploads"].config == RULES
    assert {found["s3/up*"].code, found["s3/u?"].code} == {"access-denied"}
    assert "ListAllMyBuckets" in found["s3/up*"].hint


def test_write_puts_and_deletes_and_may_be_repeated(aws: Aws) -> None:
    make(aws, "uploads")
    for before, after in ((None, RULES), (RULES, OTHER), (OTHER, None)):
        write(aws, [change(before, after)])
        with pytest.raises(NoChangeNeeded):
            write(aws, [change(before, after)])
        assert look(aws, "uploads")["s3/uploads"].config == after


def test_a_write_costs_two_calls(aws: Aws) -> None:
    make(aws, "uploads", config=RULES)
    aws.calls.clear()
    write(aws, [change(RULES, OTHER)])
    assert dict(aws.calls) == {"s3:GetBucketCors": 1, "s3:PutBucketCors": 1}


def test_a_moved_bucket_is_left_alone(aws: Aws) -> None:
    make(aws, "uploads", config=OTHER)
    with pytest.raises(Stale, match="s3/uploads moved"):
        write(aws, [change(RULES, None)])
    assert look(aws, "uploads")["s3/uploads"].config == OTHER


def test_a_refused_write_says_which_call(aws: Aws) -> None:
    make(aws, "uploads", config=RULES)
    bad = {"CORSRules": [{"AllowedMethods": ["PATCH"], "AllowedOrigins": ["*"]}]}
    with pytest.raises(AwsFailure, match="PutBucketCors of uploads") as caught:
        write(aws, [change(RULES, bad)])
    assert caught.value.code == "InvalidRequest"
    assert look(aws, "uploads")["s3/uploads"].config == RULES


def test_a_bucket_abroad_is_written_where_it_is(aws: Aws) -> None:
    make(aws, "abroad", "us-west-2", RULES)
    aws.calls.clear()
    write(aws, [replace(change(RULES, OTHER, "abroad"), region="us-west-2")])
    assert dict(aws.calls) == {"s3:GetBucketCors": 1, "s3:PutBucketCors": 1}
