"""The laws of `init`, on drawn accounts: what it writes is what is there, all of it, and nothing besides."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws
from moto.moto_api._internal import mock_random

from remediate.aws import Aws
from remediate.core.snapshot import Snapshot
from remediate.engine.plan import PlanResult, make_plan
from remediate.init.make import Request, Result, has_cors, make
from remediate.init.survey import Survey, survey
from remediate.journal import open_store
from remediate.planfile import load
from remediate.sandbox.patches import install
from remediate.services import target_options
from tests.services.cloudfront import world as cloudfront
from tests.services.http_api import world as http_api
from tests.services.rest_api import world as rest_api
from tests.services.s3 import world as s3
from tests.sizes import examples

NOW = datetime(2026, 7, 1, tzinfo=UTC)
REGION = "eu-west-1"
WORLDS = {world.KIND: world for world in (s3, http_api, rest_api, cloudfront)}
NAMES = ("shop-dev-uploads", "shop-prod-api", "acme-assets", "blog", "files")
READS = ("Get", "List", "Describe", "ExportApi")


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    install()


@st.composite
def accounts(draw: st.DrawFn) -> list[tuple[str, str, Any]]:
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True))
    kinds = [draw(st.sampled_from(sorted(WORLDS))) for _ in names]
    # The drawn distributions share the names of their policies, so an account holds one; its origins are
    # the bucket `files` and others.
    first = kinds.index("cloudfront") if "cloudfront" in kinds else 0
    kinds = ["s3" if kind == "cloudfront" and at != first else kind for at, kind in enumerate(kinds)]
    return [(kind, name, draw(WORLDS[kind].configs())) for kind, name in zip(kinds, names, strict=True)]


@contextmanager
def world_of(account: list[tuple[str, str, Any]]) -> Iterator[None]:
    with mock_aws():
        mock_random.seed(20)
        aws = Aws(region=REGION, concurrency=4)
        for kind, name, config in account:
            WORLDS[kind].seed(aws, config, name)
        aws.close()
        yield


def surveyed() -> tuple[Survey, dict[str, int]]:
    aws = Aws(region=REGION, concurrency=4)
    read = survey(aws, has_cors)
    calls = dict(aws.calls)
    aws.close()
    return read, calls


def made(read: Survey, folder: Path = Path("plans"), **more: Any) -> Result:
    return make(read, Request(options=target_options(), now=NOW, folder=folder, **more))


def planned(folder: Path, result: Result) -> PlanResult | None:
    for path, text in result.files():
        path.write_text(text)
    if not result.files():
        return None
    aws = Aws(region=REGION, concurrency=4)
    files = load([folder], target_options(), now=NOW)
    plan = make_plan(aws, files, store=open_store(str(folder / ".remediate"), aws))
    aws.close()
    return plan


LAW = settings(max_examples=examples(25), suppress_health_check=list(HealthCheck), deadline=None)


@LAW
@given(accounts(), st.sampled_from(["app", "stage", "resource", "none"]))
def test_what_init_writes_is_what_is_there(account: Any, split: str) -> None:
    with world_of(account), TemporaryDirectory() as name:
        folder = Path(name)
        read, calls = surveyed()
        result = made(read, folder, split=split)
        # No write: every call reads.
        assert [call for call in calls if not call.partition(":")[2].startswith(READS)] == []
        # Every resource is told of once.
        document = result.as_json([], calls)
        in_plans = [target["address"] for plan in document["plans"] for target in plan["targets"]]
        everywhere = [*in_plans, *document["unsorted"], *(entry["address"] for entry in document["left_out"])]
        everywhere += [entry["address"] for entry in document["unreadable"]]
        listed = [state.address for state in read.seen.states]
        listed += [failure.address for failure in read.seen.unreadable]
        assert sorted(everywhere) == sorted(listed)
        # The plans change nothing, are refused nothing, and each proof holds.
        plan = planned(folder, result)
        if plan is not None:
            assert plan.plan.changes == ()
            assert plan.plan.refusals == ()
            assert plan.plan.unreadable == 0
            codes = {finding.code for finding in plan.plan.findings}
            assert not codes & {"expectation-fails", "expectation-unknown", "no-match"}


@LAW
@given(accounts(), st.randoms(use_true_random=False))
def test_the_same_account_gives_the_same_bytes(account: Any, order: random.Random) -> None:
    with world_of(account):
        first, again = surveyed()[0], surveyed()[0]
    states = list(again.seen.states)
    order.shuffle(states)
    shuffled = replace(again, seen=Snapshot(tuple(states), again.seen.unreadable))
    assert made(first).files() == made(again).files() == made(shuffled).files()
    documents = [json.dumps(made(read).as_json([], {})) for read in (first, again)]
    assert documents[0] == documents[1]
