"""Somebody else changes the resource at every point of an apply: never overwritten in silence.

The other writer comes right after each call of the apply in turn. CloudFront refuses by itself. For
S3 and API Gateway there is one interval without protection, as the README says: between the last
look and the write. An other writer who comes later is told of by the look after the write.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.faults.proxy import Call
from tests.faults.world import World
from tests.sizes import size

THEIRS = "https://theirs.example"
EVERY = {"GetResources": 4}
"""A REST API takes many calls; all of them in the full size."""
HEAD = """version: 1
name: webapp
region: eu-west-1
origins: ["http://localhost:3000"]
allow: {methods: [GET], headers: [content-type]}
targets:
"""


def s3_writes(live: Any) -> None:
    rule = {"ID": "theirs", "AllowedOrigins": [THEIRS], "AllowedMethods": ["GET"]}
    live.client("s3").put_bucket_cors(Bucket="webapp-uploads", CORSConfiguration={"CORSRules": [rule]})


def http_writes(live: Any) -> None:
    gateway = live.client("apigatewayv2")
    api = gateway.get_apis()["Items"][0]["ApiId"]
    gateway.update_api(ApiId=api, CorsConfiguration={"AllowOrigins": [THEIRS], "AllowMethods": ["GET"]})


def rest_writes(live: Any) -> None:
    """Change the very answer that the apply is about to change."""
    gateway = live.client("apigateway")
    api = gateway.get_rest_apis()["items"][0]["id"]
    items = next(one for one in gateway.get_resources(restApiId=api)["items"] if one["path"] == "/items")
    origin = "method.response.header.Access-Control-Allow-Origin"
    gateway.put_integration_response(
        restApiId=api,
        resourceId=items["id"],
        httpMethod="OPTIONS",
        statusCode="200",
        responseParameters={origin: f"'{THEIRS}'"},
    )


def cloudfront_writes(live: Any) -> None:
    cloudfront = live.client("cloudfront")
    listed = cloudfront.list_distributions()["DistributionList"]["Items"]
    one = next(item for item in listed if "cdn.example.com" in item["Aliases"]["Items"])["Id"]
    got = cloudfront.get_distribution_config(Id=one)
    config = got["DistributionConfig"] | {"Comment": THEIRS}
    cloudfront.update_distribution(Id=one, IfMatch=got["ETag"], DistributionConfig=config)


class Course:
    """An apply to one target, in which somebody writes after call number `at`."""

    def __init__(self, world: World, target: str, write: Callable[[Any], None]) -> None:
        self.world, self.target, self.write = world, target, write

    def calls(self) -> list[Call]:
        """Those of an apply that nobody disturbs."""
        self._begin()
        assert self.world.apply("--concurrency", "1").code == 0
        return list(self.world.proxy.calls)

    def disturbed(self, at: int) -> tuple[int, str]:
        """The exit code, and what is there afterwards."""
        self._begin()

        def after(call: Call) -> None:
            if call.number == at:
                self.write(self.world.live)

        self.world.proxy.after = after
        ended = self.world.apply("--concurrency", "1")
        return ended.code, str(self.world.live.everything())

    def _begin(self) -> None:
        self.world.fresh(plan=HEAD + self.target)


@pytest.mark.parametrize(
    ("target", "write", "looks"),
    [
        ("  - s3: webapp-uploads\n", s3_writes, r"GET /webapp-uploads"),
        ("  - http_api: webapp-orders\n", http_writes, r"GET /v2/apis(/[^/]+)?"),
        ("  - rest_api: webapp-backend\n", rest_writes, "GetResources"),
    ],
    ids=["s3", "http_api", "rest_api"],
)
def test_only_the_last_interval_is_not_guarded(
    world: World, target: str, write: Callable[[Any], None], looks: str
) -> None:
    course = Course(world, target, write)
    calls = course.calls()
    written = [call.number for call in calls if call.is_write]
    seen = [call.number for call in calls if re.fullmatch(looks, call.name)]
    shown, looked = seen[0], max(number for number in seen if number < written[0])
    for call in calls[:: size(2 * EVERY.get(looks, 1), EVERY.get(looks, 1), 1)]:
        code, now = course.disturbed(call.number)
        at = f"exit {code}, written after call {call.number}, {call.name}"
        if call.number < shown:
            # Part of what is shown; an edit behind a REST stage holds the deployment back.
            assert code == (3 if looks == "GetResources" else 0), at
            assert THEIRS in now, at
        elif call.number < looked:
            assert code == 4, at
            assert THEIRS in now, at
        elif THEIRS not in now:
            assert looked <= call.number < written[-1], f"overwritten: {at}"
        elif _served(world, target):
            assert code == 5 or call.number >= seen[-1], at
        else:
            assert code in {0, 4}, at  # edited behind the stage, and still there


def _served(world: World, target: str) -> bool:
    """Whether what they wrote is in force, and not merely edited behind a stage."""
    if "rest_api" not in target:
        return True
    gateway = world.live.client("apigateway")
    api = gateway.get_rest_apis()["items"][0]["id"]
    export = gateway.get_export(
        restApiId=api, stageName="prod", exportType="oas30", parameters={"extensions": "apigateway"}
    )
    return THEIRS in export["body"].read().decode()


def test_cloudfront_never_overwrites(world: World) -> None:
    course = Course(world, "  - cloudfront: cdn.example.com\n", cloudfront_writes)
    calls = course.calls()
    updated = next(call.number for call in calls if call.method == "PUT")
    shown = next(call.number for call in calls if call.path.endswith("/distribution"))
    for call in calls:
        code, now = course.disturbed(call.number)
        assert THEIRS in now, f"lost after call {call.number} {call.name}"
        expected = 4 if shown <= call.number < updated else 0
        assert code == expected, f"after call {call.number} {call.name}: {code}"
        if code == 4:
            assert "remediate-webapp" not in now, "a policy was left behind"
