"""Plan files in a bucket: what comes is what the listing announced, or an error."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from botocore.response import StreamingBody
from moto import mock_aws

from remediate.aws import Aws
from remediate.errors import AwsFailure
from remediate.planfile.remote import fetch_plans

PLAN = b"origins: [https://app.example.com]\n"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        aws = Aws(region="us-east-1")
        aws.client("s3").create_bucket(Bucket="plans")
        aws.client("s3").put_object(Bucket="plans", Key="cors/webapp.yaml", Body=PLAN)
        yield aws
        aws.close()


class Spoiled:
    """Gives these bodies for an object, then the right one."""

    def __init__(self, aws: Aws, *bodies: bytes) -> None:
        self.left = list(bodies)
        aws.client("s3").meta.events.register("after-call.s3.GetObject", self)

    def __call__(self, parsed: dict[str, Any], **_: Any) -> None:
        if self.left:
            body = self.left.pop(0)
            parsed["Body"] = StreamingBody(BytesIO(body), str(len(body)))


def test_a_plan_file_that_came_cut_is_asked_for_again(aws: Aws, tmp_path: Path) -> None:
    spoiled = Spoiled(aws, b"", PLAN[:12])
    fetch_plans(aws, "s3://plans/cors", tmp_path)
    assert spoiled.left == []
    assert (tmp_path / "webapp.yaml").read_bytes() == PLAN


def test_a_plan_file_that_stays_cut_is_not_taken_for_a_shorter_plan(aws: Aws, tmp_path: Path) -> None:
    Spoiled(aws, *[PLAN[:12]] * 3)
    with pytest.raises(AwsFailure) as raised:
        fetch_plans(aws, "s3://plans/cors", tmp_path)
    assert (
        "s3:GetObject of s3://plans/cors/webapp.yaml: UnusableAnswer: 12 bytes came" in raised.value.message
    )
    assert raised.value.hint
    assert list(tmp_path.iterdir()) == []
