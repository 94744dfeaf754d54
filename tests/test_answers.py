"""Which answers of AWS are trusted: every operation that is read, and everything that may become of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from io import BytesIO
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse

from remediate.answers import MEMBERS, UNUSABLE, Factory
from remediate.aws import Aws, BotoCoreError, ClientError, error_code, read_stream
from remediate.errors import AwsFailure
from tests.answer_samples import EMPTY_LISTS, SAMPLES, Sample
from tests.faults.shapes import tampered_body
from tests.models import read_model

WITHOUT_BODY = {"s3:PutObject"}
STREAMS = {"s3:GetObject", "apigateway:GetExport", "apigatewayv2:ExportApi"}
"""Their bodies are checked by whoever reads them."""


@cache
def _model(service: str) -> Any:
    return read_model(service)


def parsed(name: str, body: bytes, headers: dict[str, str] | None = None, status: int = 200) -> Any:
    """What a client makes of that answer to the operation."""
    service, _, operation_name = name.partition(":")
    model = _model(service)
    operation = model.operation_model(operation_name)
    response = {
        "status_code": status,
        "headers": {"content-length": str(len(body)), **(headers or {})},
        "body": body,
        "context": {"operation_name": operation_name, "operation_model": operation},
    }
    parser = Factory().create_parser(model.resolved_protocol)
    return parser.parse(response, operation.output_shape)


def outcome(name: str, body: bytes, headers: dict[str, str] | None = None) -> tuple[str, int]:
    """The error code, empty where the answer is trusted, and the status that retries go by."""
    answer = parsed(name, body, headers)
    return (answer.get("Error") or {}).get("Code", ""), answer["ResponseMetadata"]["HTTPStatusCode"]


def test_every_operation_that_something_is_needed_of_has_a_sample() -> None:
    assert set(SAMPLES) | WITHOUT_BODY | STREAMS == set(MEMBERS)


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_a_whole_answer_is_trusted(name: str) -> None:
    assert outcome(name, SAMPLES[name].whole, dict(SAMPLES[name].headers)) == ("", 200)


@pytest.mark.parametrize("name", sorted(EMPTY_LISTS))
def test_a_list_that_is_empty_is_an_answer(name: str) -> None:
    assert outcome(name, EMPTY_LISTS[name]) == ("", 200)


def _cut_in_the_middle(sample: Sample) -> tuple[bytes, dict[str, str]]:
    return sample.whole[: len(sample.whole) // 2], {"content-length": str(len(sample.whole))}


def _cut_unannounced(sample: Sample) -> tuple[bytes, dict[str, str]]:
    half = sample.whole[: len(sample.whole) // 2]
    return half, {"content-length": str(len(half))}


def _lacking(sample: Sample) -> tuple[bytes, dict[str, str]]:
    return sample.lacking, dict(sample.lacking_headers)


def _tampered(fault: str) -> Callable[[Sample], tuple[bytes, dict[str, str]]]:
    return lambda sample: (tampered_body(sample.whole, fault), dict(sample.headers))


FAULTS = {
    "cut": _cut_in_the_middle,
    "cut, and nobody says so": _cut_unannounced,
    "empty": _tampered("EMPTY"),
    "HTML": _tampered("HTML"),
    "null": _tampered("NULL"),
    "wrong root": _tampered("WRONG_ROOT"),
    "missing member": _lacking,
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_an_answer_that_is_not_whole_is_repeated_like_a_500(name: str, fault: str) -> None:
    body, headers = FAULTS[fault](SAMPLES[name])
    assert outcome(name, body, headers) == (UNUSABLE, 500)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("apigatewayv2:GetApis", b'{"items": 5}'),
        ("apigatewayv2:GetApis", b'{"items": [null]}'),
        ("apigatewayv2:GetApis", b'{"items": ["a1"]}'),
        ("cloudfront:ListDistributions", b"<DistributionList><Quantity>many</Quantity></DistributionList>"),
        ("s3:GetBucketCors", SAMPLES["s3:GetBucketTagging"].whole),
        ("s3:GetBucketCors", b"<CORSConfiguration>\xff</CORSConfiguration>"),
    ],
)
def test_an_answer_that_cannot_be_decoded_is_not_trusted(name: str, body: bytes) -> None:
    assert outcome(name, body) == (UNUSABLE, 500)


def test_a_distribution_that_counts_behaviors_and_shows_none_is_not_trusted() -> None:
    whole = SAMPLES["cloudfront:GetDistribution"]
    body = whole.whole.replace(
        b"<DistributionConfig>",
        b"<DistributionConfig><CacheBehaviors><Quantity>2</Quantity></CacheBehaviors>",
    )
    answer = parsed("cloudfront:GetDistribution", body, dict(whole.headers))
    assert answer["Error"]["Message"] == (
        "The answer with status 200 cannot be used: it lacks Distribution.DistributionConfig."
        "CacheBehaviors.Items, as Quantity is 2."
    )


def test_a_written_object_without_its_etag_is_not_known_to_be_written() -> None:
    assert outcome("s3:PutObject", b"", {"ETag": '"e"'}) == ("", 200)
    assert outcome("s3:PutObject", b"", {}) == (UNUSABLE, 500)


def test_the_message_says_how_much_came() -> None:
    whole = SAMPLES["s3:GetBucketCors"].whole
    answer = parsed("s3:GetBucketCors", whole[:100], {"content-length": str(len(whole))})
    assert f"it is cut off, as 100 of {len(whole)} bytes came" in answer["Error"]["Message"]


@pytest.mark.parametrize("name", ["s3:PutBucketCors", "s3:DeleteBucketCors", "apigateway:DeleteMethod"])
def test_an_answer_that_has_no_body_is_whole(name: str) -> None:
    assert outcome(name, b"") == ("", 200)


@pytest.mark.parametrize(
    ("name", "body", "code"),
    [
        (
            "s3:GetBucketCors",
            b"<Error><Code>NoSuchCORSConfiguration</Code><Message>m</Message></Error>",
            "NoSuchCORSConfiguration",
        ),
        ("s3:GetBucketCors", b"<Error><Code>NoSuchCORSConf", "404"),
        ("apigatewayv2:GetApi", b'{"message": "m", "code": "NotFoundException"}', "NotFoundException"),
        ("apigatewayv2:GetApi", b"null", UNUSABLE),
        ("apigatewayv2:GetApi", b"<html></html>", "404"),
        ("sts:GetCallerIdentity", b"<!DOCTYPE html><p>no", UNUSABLE),
        ("sts:GetCallerIdentity", b"", UNUSABLE),
    ],
)
def test_only_an_error_in_the_words_of_aws_says_that_there_is_nothing(
    name: str, body: bytes, code: str
) -> None:
    answer = parsed(name, body, status=404)
    assert answer["Error"]["Code"] == code
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 404


def test_an_error_that_is_cut_off_is_repeated() -> None:
    body = b"<Error><Code>NoSuchCORSConfiguration</Code></Error>"
    answer = parsed("s3:GetBucketCors", body, {"content-length": "400"}, status=404)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 500


class _Body(BytesIO):
    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


class _Answers:
    """Answers every request of a client in turn; the last one again and again."""

    def __init__(self, client: Any, *bodies: bytes) -> None:
        self.bodies = list(bodies)
        self.sent = 0
        client.meta.events.register("before-send", self)

    def __call__(self, request: Any, **_: Any) -> AWSResponse:
        self.sent += 1
        body = self.bodies.pop(0) if len(self.bodies) > 1 else self.bodies[0]
        return AWSResponse(request.url, 200, {"Content-Length": str(len(body))}, _Body(body))


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Aws:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    return Aws(region="eu-west-1")


@pytest.mark.parametrize("body", [b"", b"null", b"<html></html>", b"<CORSConfiguration/>"])
def test_after_two_bad_answers_the_third_is_taken(aws: Aws, body: bytes) -> None:
    s3 = aws.client("s3")
    answers = _Answers(s3, body, body, SAMPLES["s3:GetBucketCors"].whole)
    cors = s3.get_bucket_cors(Bucket="uploads")
    assert cors["CORSRules"][0]["AllowedOrigins"] == ["https://a.example"]
    assert answers.sent == 3


def test_answers_that_stay_bad_are_an_error_with_a_next_step(aws: Aws) -> None:
    answers = _Answers(aws.client("sts"), b"")
    with pytest.raises(AwsFailure) as raised:
        aws.account()
    assert answers.sent == 8
    assert raised.value.code == UNUSABLE
    assert raised.value.message == (
        "sts:GetCallerIdentity: UnusableAnswer: The answer with status 200 cannot be used: it is empty."
    )
    assert "check proxies, --endpoint-url and AWS_ENDPOINT_URL" in raised.value.hint


def test_what_a_client_library_raises_is_an_error_of_the_call(aws: Aws) -> None:
    def break_off(**_: Any) -> None:
        raise LookupError("a plug-in of the library")

    s3 = aws.client("s3")
    s3.meta.events.register("before-sign", break_off)
    with pytest.raises(AwsFailure) as raised, aws.translated_errors("s3:ListBuckets"):
        s3.list_buckets()
    assert raised.value.message == "s3:ListBuckets: ClientLibraryError: LookupError: a plug-in of the library"


def test_parameters_that_the_library_refuses_are_an_error_of_the_call(aws: Aws) -> None:
    with pytest.raises(AwsFailure) as raised, aws.translated_errors("s3:GetBucketCors"):
        aws.client("s3").get_bucket_cors()
    assert raised.value.code == "ParamValidationError"


class _Broken(BytesIO):
    def read(self, *_: Any) -> bytes:
        raise OSError("TLS record with a wrong MAC")


def test_a_stream_that_never_comes_whole_is_an_error() -> None:
    bodies = [_Broken(), BytesIO(b""), BytesIO(b'{"a"')]
    with pytest.raises(BotoCoreError) as raised:
        read_stream(lambda: {"body": bodies.pop(0)}, whole=lambda body: body == b"{}")
    assert bodies == []
    assert error_code(raised.value) == UNUSABLE


def test_a_stream_that_comes_whole_in_the_end_is_taken() -> None:
    bodies = [_Broken(), BytesIO(b""), BytesIO(b"{}")]
    data, _ = read_stream(lambda: {"body": bodies.pop(0)})
    assert data == b"{}"


def test_a_client_error_keeps_its_code(aws: Aws) -> None:
    def refuse(request: Any, **_: Any) -> AWSResponse:
        body = b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>"
        return AWSResponse(request.url, 403, {"Content-Length": str(len(body))}, _Body(body))

    s3 = aws.client("s3")
    s3.meta.events.register("before-send", refuse)
    with pytest.raises(ClientError) as raised:
        s3.get_bucket_cors(Bucket="uploads")
    assert error_code(raised.value) == "AccessDenied"
