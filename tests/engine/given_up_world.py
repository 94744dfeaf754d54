"""What the tests of given-up targets share: the application on every service, and its live settings."""

from __future__ import annotations

from typing import Any

from remediate.core.finding import Finding
from remediate.engine.guard import guard
from remediate.engine.plan import PlanResult, apply_plan, make_plan
from remediate.planfile import load
from remediate.refresh import snapshot
from remediate.services import target_options
from tests.drift.world import World

HEAD = """\
version: 1
name: webapp
region: eu-west-1
origins:
  - https://shop.example.com
  - http://localhost:3000
allow: {methods: [GET, POST, PUT], headers: [content-type]}
targets:
"""
TARGETS = {
    "s3": "  - s3: webapp-uploads\n",
    "http_api": "  - http_api: webapp-orders\n",
    "rest_api": "  - rest_api: webapp-backend\n",
    # At the edge CloudFront lists the origins itself; else it only forwards what is asked.
    "cloudfront": "  - cloudfront: cdn.example.com\n    answer: edge\n",
}
OTHER = "  - s3: other-bucket\n"
"""A target that keeps the plan alive when all others are taken out."""
LOCALHOST = "http://localhost:3000"
ALL = HEAD + "".join(TARGETS.values()) + OTHER
NONE = HEAD + OTHER


def other_bucket(world: World) -> None:
    """The bucket of `OTHER`."""
    world.aws().client("s3").create_bucket(
        Bucket="other-bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )


def plan(world: World, *only: str) -> PlanResult:
    """What `remediate plan` computes now."""
    return make_plan(world.aws(), world.files(), only=only, store=world.store)


def carry(world: World, planned: PlanResult, command: str, *allow: str, undoes: str = "") -> None:
    """Guard, write, prove; nothing may go wrong."""
    guard(planned.plan, allow)
    outcomes = apply_plan(
        world.aws(),
        planned,
        world.store,
        command=command,
        undoes=undoes,
        wait=False,
        verify=True,
        concurrency=4,
        report=lambda *_: None,
        now=lambda: world.now,
    )
    assert [outcome.error for outcome in outcomes if outcome.error] == []


def live(world: World) -> dict[str, Any]:
    """The settings of every service's resource, by service."""
    path = world.folder / "read.txt"
    path.write_text(ALL, encoding="utf-8")
    (file,) = load([path], target_options(), now=world.now)
    targets = [target for target in file.targets if target.selector.pattern != "other-bucket"]
    seen = snapshot(world.aws(), [target.selector for target in targets])
    assert seen.unreadable == ()
    assert {state.service for state in seen.states} == TARGETS.keys()
    return {state.service: state.config for state in seen.states}


def changed(planned: PlanResult) -> set[str]:
    """The services of which something would change."""
    return {change.service for change in planned.plan.changes}


def findings(planned: PlanResult, code: str) -> dict[str, Finding]:
    """The findings of that code by service; at most one for each."""
    found = [finding for finding in planned.plan.findings if finding.code == code]
    by_service = {finding.address.partition("/")[0]: finding for finding in found}
    assert len(by_service) == len(found)
    return by_service
