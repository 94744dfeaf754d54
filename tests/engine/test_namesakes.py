"""A mark is no proof: two plans of one name, and a journal that was lost."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from remediate.core.drift import DriftStatus
from remediate.core.finding import Level
from remediate.core.guards import UNLISTED_ORIGIN, AccessChange
from remediate.core.marks import Allowance, losing
from remediate.core.plan import Access
from remediate.core.policy import Retired
from remediate.core.unproven import Unproven, unproven_losses
from remediate.errors import Refused
from remediate.sandbox import embedded
from tests.drift.world import World, by_address

PLAN = """\
version: 1
name: webapp
region: eu-west-1
origins: [{origins}]
allow: {{methods: [{methods}]}}
targets:
  - {target}
"""
BUCKET = "s3: webapp-uploads"
EDGE = 'cloudfront: cdn.example.com\n    paths: ["*"]\n    answer: edge'
OURS, THEIRS, COMMON = "https://ours.example.com", "https://theirs.example.com", "http://localhost:3000"


class Team(World):
    """A folder with a plan named webapp and a journal of its own."""

    def wants(self, *origins: str, target: str = BUCKET, methods: str = "GET") -> None:
        """The plan file's content."""
        self.write(PLAN.format(origins=", ".join(origins), target=target, methods=methods))

    def refused(self) -> str:
        """What is said when an apply is refused."""
        with pytest.raises(Refused) as held:
            self.apply()
        return held.value.message + (held.value.hint or "")

    def allowed(self) -> set[str]:
        """The origins in the bucket's rules that bear the plan's ID."""
        rules = [rule for rule in self.rules() if "remediate" in rule.get("ID", "")]
        return {origin for rule in rules for origin in rule["AllowedOrigins"]}

    def at_the_edge(self) -> set[str]:
        """The origins that the distribution's response headers policies list."""
        client: Any = self.aws().client("cloudfront", "us-east-1")
        found = client.list_response_headers_policies(Type="custom")["ResponseHeadersPolicyList"]
        return {
            origin
            for item in found.get("Items", [])
            for origin in item["ResponseHeadersPolicy"]["ResponseHeadersPolicyConfig"]["CorsConfig"][
                "AccessControlAllowOrigins"
            ]["Items"]
        }


@pytest.fixture
def teams(tmp_path: Path) -> Iterator[tuple[Team, Team]]:
    with embedded():
        folders = [tmp_path / name for name in ("first", "second")]
        for folder in folders:
            folder.mkdir()
        first, second = (Team(folder) for folder in folders)
        first.wants(OURS, COMMON)
        first.apply()
        yield first, second


def test_the_rule_of_another_plan_of_this_name_is_not_replaced_unasked(teams: tuple[Team, Team]) -> None:
    first, second = teams
    second.wants(THEIRS, COMMON)
    said = second.refused()
    assert "removes-access  s3/webapp-uploads: " in said
    assert f"{OURS} would lose access" in said
    assert "the rule 'remediate:webapp' bears the name of this plan (webapp)" in said
    assert "this journal has no run that wrote it" in said
    for word in ("rename one of the two", "`state:`", "--allow removes-access"):
        assert word in said
    assert COMMON not in said, "it keeps what it has"
    assert first.allowed() == {OURS, COMMON}
    second.apply("removes-access")
    assert first.allowed() == {THEIRS, COMMON}
    second.wants(COMMON)
    second.apply()
    assert first.allowed() == {COMMON}, "what its own runs wrote, a plan takes away as ever"


def test_the_first_team_does_not_take_the_second_one_s_origins_unasked_either(
    teams: tuple[Team, Team],
) -> None:
    first, second = teams
    second.wants(THEIRS)
    second.apply("removes-access")
    assert f"{THEIRS} would lose access" in first.refused()
    assert first.allowed() == {THEIRS}
    held = by_address(first.look(correct=True), "s3/")
    assert (held.status, held.codes) == (DriftStatus.HELD, ("removes-access",))
    assert first.allowed() == {THEIRS}


def test_an_apply_that_found_nothing_to_write_proves_nothing(teams: tuple[Team, Team]) -> None:
    """The second team copies the plan file as it is, applies it, and makes it its own only then."""
    first, second = teams
    second.wants(OURS, COMMON)
    second.apply()
    second.wants(THEIRS, COMMON)
    assert f"{OURS} would lose access" in second.refused()
    assert first.allowed() == {OURS, COMMON}


def test_the_unattended_job_holds_it(teams: tuple[Team, Team]) -> None:
    first, second = teams
    second.wants(THEIRS)
    done = second.look(correct=True)
    held = by_address(done, "s3/")
    assert (held.status, held.codes, done.exit_code) == (DriftStatus.HELD, ("removes-access",), 2)
    assert OURS in held.because
    assert first.allowed() == {OURS, COMMON}


def test_the_policy_of_another_plan_of_this_name_is_not_replaced_unasked(teams: tuple[Team, Team]) -> None:
    first, second = teams
    first.wants(OURS, target=EDGE)
    first.apply()
    second.wants(THEIRS, target=EDGE)
    said = second.refused()
    assert f"{OURS} would lose access: the response headers policy remediate-webapp-response-headers-" in said
    assert first.at_the_edge() == {OURS}
    held = by_address(second.look(correct=True), "cloudfront/")
    assert (held.status, held.codes) == (DriftStatus.HELD, ("removes-access",))
    first.wants(THEIRS, target=EDGE)
    first.apply()
    assert first.at_the_edge() == {THEIRS}


def test_a_lost_journal_is_guarded_and_held(teams: tuple[Team, Team]) -> None:
    first, _ = teams
    shutil.rmtree(first.folder / ".remediate")
    first.wants(COMMON)
    assert f"{OURS} would lose access" in first.refused()
    held = by_address(first.look(correct=True), "s3/")
    assert (held.status, held.codes) == (DriftStatus.HELD, ("removes-access",))
    assert first.allowed() == {OURS, COMMON}
    first.apply("removes-access")
    assert first.allowed() == {COMMON}


def test_a_method_that_would_go_with_a_lost_journal_is_guarded_too(teams: tuple[Team, Team]) -> None:
    first, _ = teams
    first.wants(OURS, COMMON, methods="GET, PUT")
    first.apply()
    shutil.rmtree(first.folder / ".remediate")
    first.wants(OURS, COMMON)
    assert f"{OURS}, {COMMON} would lose access" in first.refused()


def test_with_a_lost_journal_a_plan_may_add_and_then_take_away_its_own(teams: tuple[Team, Team]) -> None:
    first, _ = teams
    shutil.rmtree(first.folder / ".remediate")
    assert first.look(correct=True).sightings == ()
    first.apply()
    first.wants(OURS, COMMON, THEIRS)
    first.apply()
    first.wants(THEIRS)
    first.apply()
    assert first.allowed() == {THEIRS}


def test_an_origin_whose_date_has_passed_goes_without_a_journal_as_before(teams: tuple[Team, Team]) -> None:
    first, _ = teams
    shutil.rmtree(first.folder / ".remediate")
    first.wants(OURS, f"{{origin: '{COMMON}', expires: 2026-01-01T00:00:00Z}}")
    done = first.look(correct=True)
    assert by_address(done, "s3/").status is DriftStatus.CORRECTED
    assert first.allowed() == {OURS}


def test_what_somebody_put_into_the_rule_by_hand_is_for_a_person_to_agree_to(
    teams: tuple[Team, Team],
) -> None:
    first, _ = teams
    (own,) = [rule for rule in first.rules() if "remediate" in rule.get("ID", "")]
    others = [rule for rule in first.rules() if rule != own]
    first.put_rules(*others, {**own, "AllowedOrigins": [*own["AllowedOrigins"], THEIRS]})
    assert f"{THEIRS} would lose access" in first.refused()
    # The job measures by what the last run left: what was opened behind the plan's back goes again.
    assert by_address(first.look(correct=True), "s3/").status is DriftStatus.CORRECTED
    assert first.allowed() == {OURS, COMMON}


def test_a_run_that_broke_off_still_tells_what_it_wrote(teams: tuple[Team, Team]) -> None:
    first, _ = teams
    first.wants(OURS, THEIRS)
    first.apply()
    path = max((first.folder / ".remediate" / "runs").glob("*.jsonl"))
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])
    first.wants(OURS)
    first.apply()
    assert first.allowed() == {OURS}


def test_an_undo_does_not_prove_what_was_there_before(teams: tuple[Team, Team]) -> None:
    """Undoing the run that replaced the other plan's rule brings that back, and it is still the other's."""
    from remediate.engine.plan import PlanResult, apply_plan  # noqa: PLC0415
    from remediate.engine.undo import undo_plan  # noqa: PLC0415

    first, second = teams
    second.wants(THEIRS)
    second.apply("removes-access")
    (run,) = second.store.runs()
    aws = second.aws()
    apply_plan(
        aws,
        PlanResult(undo_plan(aws, second.store, run)),
        second.store,
        command="undo",
        undoes=run.id,
        wait=False,
        verify=True,
        concurrency=4,
        report=lambda *_: None,
    )
    assert first.allowed() == {OURS, COMMON}
    assert f"{OURS}, {COMMON} would lose access" in second.refused()
    first.wants(OURS)
    first.apply()
    assert first.allowed() == {OURS}


def rule(*origins: str, methods: tuple[str, ...] = ("GET",), **more: Any) -> Allowance:
    return Allowance("remediate:webapp", "x", "rule", origins, methods, **more)


@pytest.mark.parametrize(
    ("before", "after", "lost"),
    [
        (rule("https://a.example"), [rule("https://a.example")], ()),
        (rule("https://a.example"), [rule("https://*.example")], ()),
        (rule("https://a.example"), [rule("*")], ()),
        (rule("https://a.example"), [], ("https://a.example",)),
        (rule("https://a.example"), [rule("https://b.example")], ("https://a.example",)),
        (rule("https://*.example"), [rule("https://a.example")], ("https://*.example",)),
        (
            rule("https://a.example", methods=("GET", "PUT")),
            [rule("https://a.example")],
            ("https://a.example",),
        ),
        (rule("https://a.example", methods=("PUT",)), [rule("https://a.example", methods=("ALL",))], ()),
        (
            rule("https://a.example", headers=("x-one",)),
            [rule("https://a.example", headers=("x-two",))],
            ("https://a.example",),
        ),
        (rule("https://a.example", headers=("X-One",)), [rule("https://a.example", headers=("*",))], ()),
        (rule("https://a.example", credentials=True), [rule("https://a.example")], ("https://a.example",)),
        (
            rule("https://a.example", place="/a"),
            [rule("https://a.example", place="/b")],
            ("https://a.example",),
        ),
    ],
)
def test_what_certainly_loses_is_told_by_the_settings_alone(
    before: Allowance, after: list[Allowance], lost: tuple[str, ...]
) -> None:
    assert losing(before, after, Retired(), ()) == lost
    assert losing(before, after, Retired(), ("https://a.example", "https://*.example")) == ()


def test_a_loss_counts_by_the_settings_or_by_a_verdict() -> None:
    """Behind a Lambda proxy no verdict turns for certain, and the settings tell the loss all the same."""
    a, b = "https://a.example", "https://b.example"
    turned = [
        AccessChange(
            Access(origin, "https://cdn.example/", "GET", "allowed", "blocked", ""), ("cloudfront/E1",)
        )
        for origin in (b, UNLISTED_ORIGIN)
    ]
    by_settings = Unproven("cloudfront/E1", "webapp", "policy", (a,), frozenset())
    (said,) = unproven_losses([by_settings], [], {})
    assert (said.code, said.level) == ("removes-access", Level.REFUSE)
    assert said.message.startswith(f"{a} would lose access")
    by_verdict = replace(by_settings, losing=())
    (said,) = unproven_losses([by_verdict], turned, {})
    assert said.message.startswith(f"{b}, pages of websites that no setting names would lose access")
    assert list(unproven_losses([by_verdict], [], {})) == []
    assert list(unproven_losses([replace(by_settings, given_up=frozenset({a}))], [], {})) == []


def test_what_the_plan_is_known_to_have_brought_is_its_own_to_take_away() -> None:
    before = rule("https://a.example", "https://b.example", methods=("GET", "PUT"))
    known = Retired(origins=("https://a.example",), methods=("GET", "PUT"))
    assert losing(before, [], known, ()) == ("https://b.example",)
    assert losing(before, [], Retired(origins=("https://a.example",), methods=("GET",)), ()) == before.origins
