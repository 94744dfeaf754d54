"""CloudFront: headers added at the edge, and what has to be forwarded so that the origin can answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.backend import Backend
from tests.e2e.emulators import Emulator
from tests.e2e.story import AGREED, NO_HEADER_ON_PREFLIGHT, PAGE, PREFLIGHT_STATUS, STRANGER, Call, Story

pytestmark = pytest.mark.e2e

SECOND = "http://two.test"
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
METHODS = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]


class Distribution:
    """A distribution in front of the backend, without any CORS settings."""

    def __init__(self, emulator: Emulator, backend: Backend, name: str) -> None:
        self.client = emulator.client("cloudfront")
        origin = {"HTTPPort": backend.port, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only"}
        settings: dict[str, Any] = {
            "CallerReference": name,
            "Comment": name,
            "Enabled": True,
            "Origins": {
                "Quantity": 1,
                "Items": [{"Id": "backend", "DomainName": "127.0.0.1", "CustomOriginConfig": origin}],
            },
            "DefaultCacheBehavior": {
                "TargetOriginId": "backend",
                "ViewerProtocolPolicy": "allow-all",
                "CachePolicyId": CACHING_DISABLED,
                "AllowedMethods": {
                    "Quantity": len(METHODS),
                    "Items": METHODS,
                    "CachedMethods": {"Quantity": 2, "Items": ["GET", "HEAD"]},
                },
            },
        }
        made = self.client.create_distribution(DistributionConfig=settings)["Distribution"]
        self.id, self.host = made["Id"], made["DomainName"]
        self.found = made["DistributionConfig"]

    def put(self) -> Call:
        """A call under the distribution's name on AWS."""
        headers = (("content-type", "application/json"), ("authorization", "Bearer x"))
        return Call(lambda number: f"http://{self.host}/orders?try={number}", "PUT", headers, "{}")

    def put_back(self) -> None:
        """Give it the settings that it was made with."""
        etag = self.client.get_distribution_config(Id=self.id)["ETag"]
        self.client.update_distribution(Id=self.id, IfMatch=etag, DistributionConfig=self.found)


def plan(distribution: Distribution, answer: str) -> str:
    return f"""origins: [{PAGE}, {SECOND}]
allow: {{methods: [GET, PUT], headers: [content-type, authorization]}}
targets:
  - cloudfront: {distribution.id}
    answer: {answer}
"""


def test_the_edge_answers_by_a_response_headers_policy(
    ministack: Emulator, backend: Backend, story: Callable[[Emulator], Story]
) -> None:
    tell = story(ministack)
    distribution = Distribution(ministack, backend, "edge")
    call = distribution.put()

    tell.refused(call, NO_HEADER_ON_PREFLIGHT)
    tell.applied(plan(distribution, "edge"), *AGREED)
    tell.let_in(call, verdict="unknown")
    tell.let_in(call, origin=SECOND, verdict="unknown")
    tell.refused(call, NO_HEADER_ON_PREFLIGHT, origin=STRANGER)

    distribution.put_back()
    tell.refused(call, NO_HEADER_ON_PREFLIGHT)


def test_the_edge_cannot_mend_the_status_of_a_preflight(
    ministack: Emulator, backend: Backend, story: Callable[[Emulator], Story]
) -> None:
    """The finding that says so is right."""
    backend.options = 405
    tell = story(ministack)
    distribution = Distribution(ministack, backend, "status")

    applied = tell.applied(plan(distribution, "edge"), *AGREED)
    assert "edge-preflight-status" in {one["code"] for one in applied["findings"]}
    tell.refused(distribution.put(), PREFLIGHT_STATUS)


def test_the_origin_answers_once_it_is_told_who_asks(
    ministack: Emulator, backend: Backend, story: Callable[[Emulator], Story]
) -> None:
    """The origin has CORS code, and CloudFront keeps the caller's Origin from it."""
    backend.allowed = frozenset({PAGE, SECOND})
    tell = story(ministack)
    distribution = Distribution(ministack, backend, "origin")
    call = distribution.put()

    tell.refused(call, NO_HEADER_ON_PREFLIGHT)
    tell.applied(plan(distribution, "origin"), *AGREED)
    tell.let_in(call, verdict="unknown")
    tell.let_in(call, origin=SECOND, verdict="unknown")
    tell.refused(call, NO_HEADER_ON_PREFLIGHT, origin=STRANGER)

    distribution.put_back()
    tell.refused(call, NO_HEADER_ON_PREFLIGHT)
