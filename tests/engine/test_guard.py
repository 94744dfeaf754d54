"""Guards where core, services and plan files meet: whose level counts, and tags that cannot be read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

os.environ.setdefault("MOTO_DISABLE_GLOBAL_CORS", "true")

from moto import mock_aws

from remediate.aws import Aws
from remediate.core.finding import Finding, Level
from remediate.core.guards import Rules
from remediate.core.plan import Change, Plan
from remediate.core.policy import Policy, Selector
from remediate.core.state import State
from remediate.engine.guard import guard, with_guards
from remediate.engine.managed_by import managed_by_findings
from remediate.engine.saved_plan import load_saved, save
from remediate.errors import Refused, UsageError
from remediate.planfile import PlanFile
from remediate.public_suffix import is_public_suffix
from remediate.services.s3.read import read
from tests.services.s3.test_s3_aws import make, refuse


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        seen = Aws(region="eu-west-1", concurrency=4)
        yield seen
        seen.close()


def file(name: str, **levels: Level) -> PlanFile:
    rules = Rules(levels={code.replace("_", "-"): level for code, level in levels.items()})
    return PlanFile(Path(f"{name}.yaml"), "sha256:", name, None, None, (), guards=rules)


def policy(plan: str) -> Policy:
    return Policy(plan, ("https://a.example",), where={"target": f"{plan}.yaml:9:5"})


@pytest.mark.parametrize(
    ("address", "where", "level"),
    [
        ("s3/one", "", Level.INFO),
        ("s3/two", "", Level.REFUSE),
        ("s3/both", "", Level.REFUSE),
        ("", "one.yaml:3:1", Level.INFO),
        ("", "two.yaml:3:1", Level.REFUSE),
        ("", "", Level.REFUSE),
    ],
)
def test_the_level_is_that_of_the_plan_file_concerned(address: str, where: str, level: Level) -> None:
    policies = {
        "s3/one": (policy("one"),),
        "s3/two": (policy("two"),),
        "s3/both": (policy("one"), policy("two")),
    }
    files = [file("one", expectation_fails=Level.INFO), file("two")]
    given = Finding(Level.REFUSE, "expectation-fails", address, "", "", where)
    (done,) = with_guards(files, [], policies, [], [given])
    assert done.level is level


def held(*codes: str, never: tuple[str, ...] = ()) -> Plan:
    findings = [
        Finding(Level.REFUSE, code, "s3/one", f"why {code}", "how", f"p.yaml:{line}:1")
        for line, code in enumerate(codes, 1)
    ]
    return Plan(("webapp",), "123456789012", findings=tuple(findings), never=never)


def test_each_code_is_lifted_by_its_name() -> None:
    plan = held("opens-to-any", "null-origin")
    with pytest.raises(Refused) as caught:
        guard(plan)
    for piece in ("opens-to-any  s3/one: why opens-to-any", "how", "p.yaml:1:1", "p.yaml:2:1"):
        assert piece in caught.value.message
    assert "--allow null-origin --allow opens-to-any" in caught.value.hint
    with pytest.raises(Refused) as caught:
        guard(plan, ["opens-to-any"])
    assert "why opens-to-any" not in caught.value.message
    assert [one.code for one in guard(plan, ["opens-to-any", "null-origin"])] == [
        "opens-to-any",
        "null-origin",
    ]


def test_a_plan_keeps_what_must_never_be_lifted_on_disk_too() -> None:
    plan = Plan.from_json(held("null-origin", never=("null-origin",)).as_json())
    with pytest.raises(Refused) as caught:
        guard(plan, ["null-origin"])
    assert "forbids lifting it" in caught.value.message
    assert "--allow" not in caught.value.hint


def test_a_saved_plan_without_its_refusals_is_no_saved_plan(tmp_path: Path) -> None:
    path = tmp_path / "saved.json"
    plan = replace(held("null-origin", never=("null-origin",)), sources={"plan.yaml": "sha256:0"})
    save(plan, path)
    assert load_saved(path) == plan
    whole = path.read_text()
    for piece, other in (
        ('"refuse"', '"info"'),
        ('"null-origin"', '"removes-all"'),
        ('"seal"', '"lost"'),
    ):
        path.write_text(whole.replace(piece, other))
        with pytest.raises(UsageError, match="changed since it was saved"):
            load_saved(path)


@pytest.mark.parametrize("code", ["everything", "wrong-account", ""])
def test_only_guards_can_be_allowed(code: str) -> None:
    with pytest.raises(UsageError):
        guard(held(), [code])


def test_tags_that_may_not_be_read_are_told_once_and_refuse_nothing(aws: Aws) -> None:
    for bucket in ("one", "two", "three"):
        make(aws, bucket)
    names = [Selector("s3", name) for name in ("one", "two", "three")]
    states = [state for state in read(aws, names) if isinstance(state, State)]
    refuse(aws, "GetBucketTagging", "AccessDenied", 403)
    changes = [
        Change(state.address, "s3", state.region, None, {"CORSRules": []}, state.revision, state.group)
        for state in states
    ]
    (one,) = managed_by_findings(aws, states, changes, {})
    assert (one.level, one.code, one.address) == (Level.INFO, "owner-unknown", "s3/one")
    assert "2 more" in one.message
    assert managed_by_findings(aws, states, [], {}) == []


@pytest.mark.parametrize(
    ("domain", "public"),
    [
        ("com", True),
        ("co.uk", True),
        ("vercel.app", True),
        ("github.io", True),
        ("amplifyapp.com", True),
        ("netlify.app", True),
        ("cloudfront.net", True),
        ("s3.amazonaws.com", True),
        ("not-listed-yet", True),
        ("example.com", False),
        ("team.vercel.app", False),
        ("internal", False),
        ("test", False),
        ("localhost", False),
    ],
)
def test_public_suffixes(domain: str, public: bool) -> None:
    assert is_public_suffix(domain) is public
