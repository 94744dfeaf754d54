import os
from collections.abc import Iterator

import pytest

os.environ.setdefault("MOTO_DISABLE_GLOBAL_CORS", "true")

from moto import mock_aws

from remediate.aws import Aws
from remediate.sandbox.patches import s3


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    s3.install()
    with mock_aws():
        seen = Aws(region="eu-west-1", concurrency=4)
        yield seen
        seen.close()
