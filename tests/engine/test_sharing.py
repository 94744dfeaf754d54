"""Several plan files over one resource: each takes away what is its own to take away, and nothing else."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

os.environ.setdefault("MOTO_DISABLE_GLOBAL_CORS", "true")

from remediate.aws import Aws
from remediate.core.change_result import ChangeResult
from remediate.core.document import canonical
from remediate.core.drift import DriftKind, DriftPass
from remediate.core.state import State
from remediate.drift.check import PassRunner
from remediate.drift.options import DriftOptions
from remediate.engine.guard import guard
from remediate.engine.plan import PlanResult, apply_plan, make_plan
from remediate.engine.undo import choose_run, undo_plan
from remediate.journal import Run
from remediate.journal.local import LocalStore
from remediate.planfile import load
from remediate.refresh import snapshot
from remediate.render.drift import pass_lines
from remediate.sandbox import REGION, embedded
from remediate.services import target_options
from tests.sizes import examples

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
A, B, C, D = (f"https://{name}.example.com" for name in ("one", "two", "three", "four"))
STRANGER = "https://stranger.example"
TARGETS = {
    "s3": "s3: webapp-uploads",
    "http_api": "http_api: webapp-orders",
    "rest_api": 'rest_api: webapp-backend\n    stages: [prod]\n    paths: ["/items"]',
    "cloudfront": 'cloudfront: cdn.example.com\n    paths: ["*"]\n    answer: edge',
}


@dataclass
class Shared:
    """Plan files over the same resources, with one journal; `services` are the targets of each."""

    folder: Path
    services: Sequence[str] = ("http_api",)
    files: dict[str, Path] = field(default_factory=dict)
    aws: Aws = field(default_factory=lambda: Aws(region=REGION, concurrency=4))

    @property
    def store(self) -> LocalStore:
        """The journal."""
        return LocalStore(self.folder / ".remediate")

    def write(self, name: str, *origins: str, extra: str = "", targets: bool = True) -> None:
        """The plan file of that name."""
        self.files[name] = self.folder / f"{name}.yaml"
        listed = "".join(f"\n  - {TARGETS[kind]}" for kind in self.services) if targets else " []"
        text = (
            f"version: 1\nname: {name}\nregion: {REGION}\nallow: {{methods: [GET]}}\n"
            f"origins: [{', '.join(origins)}]\n{extra}targets:{listed}\n"
        )
        self.files[name].write_text(text, encoding="utf-8")

    def plan(self, *names: str) -> PlanResult:
        """`remediate plan` of these plan files."""
        files = load([self.files[name] for name in names], target_options(), now=NOW)
        return make_plan(self.aws, files, store=self.store)

    def apply(self, *names: str, allow: Sequence[str] = ("removes-all",)) -> tuple[ChangeResult, ...]:
        """`remediate apply` of these plan files."""
        planned = self.plan(*names)
        guard(planned.plan, allow)
        return self.carry_out(planned)

    def carry_out(self, planned: PlanResult, undoes: str = "") -> tuple[ChangeResult, ...]:
        """Write it; all of it must be written."""
        outcomes = apply_plan(
            self.aws,
            planned,
            self.store,
            command="apply",
            undoes=undoes,
            wait=False,
            verify=True,
            concurrency=4,
            report=lambda *_: None,
        )
        assert [outcome.error for outcome in outcomes if outcome.error] == []
        return outcomes

    def undo(self, run: str | None = None) -> None:
        """`remediate undo`."""
        undone = choose_run(self.store, run)
        self.carry_out(PlanResult(undo_plan(self.aws, self.store, undone)), undoes=undone.id)

    def job(self, *names: str, correct: bool) -> DriftPass:
        """A pass of the unattended job over these plan files."""
        return PassRunner(
            self.aws,
            load([self.files[name] for name in names], target_options(), now=NOW),
            self.store,
            DriftOptions(correct=correct, wait=False, concurrency=4),
            now=lambda: NOW,
            report=lambda *_: None,
            send=lambda *_: None,
            sleep=lambda _: None,
        ).run()

    def lets_in(self, origin: str) -> set[str]:
        """The services whose settings name the origin where the plan files' targets are."""
        found = set()
        for state in self.states():
            text = canonical(_part(state))
            if re.search(rf"{re.escape(origin)}(?![\w.-])", text):
                found.add(state.service)
        return found

    def states(self) -> tuple[State, ...]:
        """All that is live."""
        (file, *_) = load([next(iter(self.files.values()))], target_options(), now=NOW)
        seen = snapshot(self.aws, [target.selector for target in file.targets])
        assert not seen.unreadable
        return seen.states

    def add_by_hand(self, origin: str) -> None:
        """What somebody else does on the HTTP API and the bucket, where they are targets."""
        if "http_api" in self.services:
            gateway = self.aws.client("apigatewayv2")
            (api,) = gateway.get_apis()["Items"]
            settings = dict(api.get("CorsConfiguration") or {"AllowMethods": ["GET"]})
            origins = [*settings.get("AllowOrigins", []), origin]
            gateway.update_api(ApiId=api["ApiId"], CorsConfiguration={**settings, "AllowOrigins": origins})
        if "s3" in self.services:
            bucket: Any = self.aws.client("s3")
            rules = bucket.get_bucket_cors(Bucket="webapp-uploads")["CORSRules"]
            rule = {"AllowedOrigins": [origin], "AllowedMethods": ["GET"]}
            bucket.put_bucket_cors(Bucket="webapp-uploads", CORSConfiguration={"CORSRules": [*rules, rule]})


def attach_a_strangers_policy(one: Shared) -> None:
    """Somebody else's CORS section on the distribution's default behavior."""
    client: Any = one.aws.client("cloudfront", "us-east-1")
    section = {
        "AccessControlAllowOrigins": {"Quantity": 1, "Items": [STRANGER]},
        "AccessControlAllowHeaders": {"Quantity": 1, "Items": ["origin"]},
        "AccessControlAllowMethods": {"Quantity": 1, "Items": ["GET"]},
        "AccessControlAllowCredentials": False,
        "OriginOverride": True,
    }
    made = client.create_response_headers_policy(
        ResponseHeadersPolicyConfig={"Name": "theirs", "CorsConfig": section}
    )
    for found in client.list_distributions()["DistributionList"]["Items"]:
        if "cdn.example.com" in found["Aliases"]["Items"]:
            read = client.get_distribution_config(Id=found["Id"])
            config = read["DistributionConfig"]
            config["DefaultCacheBehavior"]["ResponseHeadersPolicyId"] = made["ResponseHeadersPolicy"]["Id"]
            client.update_distribution(Id=found["Id"], IfMatch=read["ETag"], DistributionConfig=config)
            client.get_distribution(Id=found["Id"])  # the first look finds it deployed


def _part(state: State) -> object:
    """What answers a preflight at the plan files' paths."""
    if state.service == "rest_api":
        resources = (state.config or {}).get("resources", ())
        (items,) = [one for one in resources if one["path"] == "/items"]
        return items["resourceMethods"]["OPTIONS"]
    if state.service == "cloudfront":
        config = state.config or {}
        return config["policies"].get(config["DefaultCacheBehavior"].get("ResponseHeadersPolicyId"))
    return state.config


@contextmanager
def shared(folder: Path, *services: str) -> Iterator[Shared]:
    """A fresh application."""
    with embedded():
        one = Shared(folder, services or ("http_api",))
        yield one
        one.aws.close()


@pytest.fixture
def one(tmp_path: Path) -> Iterator[Shared]:
    with shared(tmp_path, "http_api", "rest_api") as made:
        yield made


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Shared]:
    with shared(tmp_path, "http_api") as made:
        yield made


API = {"http_api"}
BOTH = {"http_api", "rest_api"}


def test_a_plan_that_was_applied_with_another_takes_none_of_its_origins_away(one: Shared) -> None:
    one.write("first", A)
    one.write("second", B)
    one.apply("first", "second")
    one.apply("first")
    assert (one.lets_in(A), one.lets_in(B)) == (BOTH, BOTH)
    one.write("first", C)
    one.apply("first")
    assert (one.lets_in(A), one.lets_in(B), one.lets_in(C)) == (set(), BOTH, BOTH)


def test_the_last_plan_that_gives_an_origin_up_takes_it_away(api: Shared) -> None:
    api.write("first", A, B)
    api.write("second", B)
    api.apply("first")
    assert api.apply("second") == (), "all that it asks for is there already"
    api.write("first", A)
    (said,) = [one for one in api.plan("first").plan.findings if one.code == "asked-by-another-plan"]
    assert (said.level, said.address.partition("/")[0]) == ("info", "http_api")
    assert said.message.startswith(f"The plan first no longer asks for {B}, but the plan second did")
    api.apply("first")
    assert api.lets_in(B) == API
    api.write("second", C)
    api.apply("second")
    assert (api.lets_in(A), api.lets_in(B), api.lets_in(C)) == (API, set(), API)
    assert "asked-by-another-plan" not in {one.code for one in api.plan("first").plan.findings}


def test_an_origin_that_expires_in_one_plan_stays_for_the_other(one: Shared) -> None:
    expired = f"{{origin: '{B}', expires: 2026-01-01T00:00:00Z}}"
    one.write("first", A, B)
    one.write("second", B)
    one.apply("first", "second")
    one.write("first", A, expired)
    one.apply("first")
    one.apply("second", "first")
    assert one.lets_in(B) == BOTH
    one.write("second", C)
    one.apply("second")
    one.apply("first")
    assert one.lets_in(B) == set()


def test_planning_notes_nothing(one: Shared) -> None:
    one.write("first", A)
    one.plan("first")
    assert not (one.folder / ".remediate").exists()


def test_a_correcting_pass_notes_what_a_plan_asks_for_too(api: Shared) -> None:
    api.write("first", A, B)
    api.write("second", B)
    api.apply("first")
    assert api.job("second", correct=False).exit_code == 0
    assert api.store.note("claims") == {}, "a pass that only looks notes nothing"
    assert api.job("second", correct=True).exit_code == 0
    api.write("first", A)
    assert api.job("first", correct=True).exit_code == 0
    assert api.lets_in(B) == API
    api.write("second", C)
    assert api.job("second", correct=True).exit_code == 0
    assert (api.lets_in(A), api.lets_in(B), api.lets_in(C)) == (API, set(), API)


def test_an_undo_brings_back_what_is_still_the_plan_s_to_take_away(one: Shared) -> None:
    one.write("first", A, B)
    one.write("second", B)
    one.apply("first")
    one.apply("second")
    one.write("first", A)
    one.write("second", C)
    one.apply("first", "second")
    assert one.lets_in(B) == set()
    one.undo()
    assert one.lets_in(B) == BOTH
    one.apply("first")
    one.apply("second")
    assert (one.lets_in(A), one.lets_in(B), one.lets_in(C)) == (BOTH, set(), BOTH)


def test_an_apply_after_an_undo_leaves_the_other_plan_its_origins(one: Shared) -> None:
    one.write("first", A)
    one.write("second", B)
    one.apply("first", "second")
    one.write("first", C)
    one.apply("first")
    one.undo()
    one.apply("second")
    assert (one.lets_in(A), one.lets_in(B)) == (BOTH, BOTH)
    one.apply("first")
    assert (one.lets_in(A), one.lets_in(B), one.lets_in(C)) == (set(), BOTH, BOTH)


def _as_written_by_an_older_version(one: Shared) -> None:
    """Take out of every run what tells its plans apart, and the notes with it."""
    from remediate.journal.records import decode, encode  # noqa: PLC0415

    for path in (one.folder / ".remediate" / "runs").glob("*.jsonl"):
        records, _ = decode(path.read_bytes())
        for record in records:
            record.pop("asked_by", None)
        path.write_bytes(b"".join(encode(record) for record in records))
    for path in (one.folder / ".remediate").glob("*.json"):
        path.unlink()


def test_an_old_joint_run_gives_no_plan_anything_to_take_away(one: Shared) -> None:
    one.write("first", A)
    one.write("second", B)
    one.apply("first", "second")
    _as_written_by_an_older_version(one)
    one.apply("first")
    assert (one.lets_in(A), one.lets_in(B)) == (BOTH, BOTH)
    one.write("first", C)
    one.apply("first")
    assert (one.lets_in(A), one.lets_in(B), one.lets_in(C)) == (BOTH, BOTH, BOTH)


def test_an_old_run_of_one_plan_still_tells_what_it_brought(one: Shared) -> None:
    one.write("first", A)
    one.apply("first")
    _as_written_by_an_older_version(one)
    one.write("first", C)
    one.apply("first")
    assert (one.lets_in(A), one.lets_in(C)) == (set(), BOTH)


def test_the_plan_document_and_the_run_tell_the_plans_apart(one: Shared) -> None:
    one.write("first", A)
    one.write("second", B)
    planned = one.plan("first", "second")
    document = planned.plan.as_json()
    one.apply("first", "second")
    (run,) = one.store.runs()
    for address in (change.address for change in planned.plan.changes):
        told: Any = {plan: asked["origins"] for plan, asked in document["asked_by"][address].items()}
        assert told == {"first": [A], "second": [B]}
        assert document["asked"][address]["origins"] == [A, B], "older versions read this"
        assert run.requested_by_plan[address] == document["asked_by"][address]
        assert run.begun()["asked"][address]["origins"] == [A, B]


def test_a_plan_read_from_its_document_that_changes_nothing_notes_what_it_asks_for(api: Shared) -> None:
    from remediate.core.plan import Plan  # noqa: PLC0415

    api.write("first", A, B)
    api.write("second", B)
    api.apply("first")
    saved = Plan.from_json(api.plan("second").plan.as_json())
    assert api.carry_out(PlanResult(saved)) == ()
    api.write("first", A)
    api.apply("first")
    assert api.lets_in(B) == API


def test_the_origins_of_another_plan_are_nothing_to_wonder_about(one: Shared) -> None:
    one.write("first", A)
    one.write("second", B)
    one.apply("first")
    one.apply("second")
    one.add_by_hand(STRANGER)
    (said,) = [
        finding.message
        for finding in one.plan("first").plan.findings
        if finding.code == "unlisted-origins-stay" and finding.address.startswith("http_api/")
    ]
    assert STRANGER in said
    assert B not in said


steps = st.lists(
    st.tuples(
        st.sampled_from([("a",), ("b",), ("c",), ("a", "b"), ("b", "c"), ("a", "b", "c")]),
        st.dictionaries(
            st.sampled_from(["a", "b", "c"]), st.lists(st.sampled_from([A, B, C]), unique=True), max_size=2
        ),
        st.booleans(),
    ),
    min_size=3,
    max_size=6,
)


@pytest.mark.parametrize("kind", sorted(TARGETS))
@settings(
    max_examples=examples(4),
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(drawn=steps, last=st.permutations(["a", "b", "c"]))
def test_each_plan_s_origins_stay_until_that_plan_gives_them_up(
    kind: str, drawn: list[tuple[tuple[str, ...], dict[str, list[str]], bool]], last: list[str]
) -> None:
    """Subsets of three plan files are applied, with origins that change, and strangers come between."""
    with TemporaryDirectory() as folder, shared(Path(folder), kind) as one:
        wanted: dict[str, list[str]] = {"a": [A], "b": [A, B], "c": [C]}
        for name, origins in wanted.items():
            one.write(name, *origins)
        if kind == "cloudfront" and drawn[0][2]:
            attach_a_strangers_policy(one)
        strangers = {origin for origin in (STRANGER, D, "https://app.example.com") if one.lets_in(origin)}
        applied: dict[str, list[str]] = {}
        for names, changes, by_hand in drawn:
            wanted |= changes
            for name, origins in changes.items():
                one.write(name, *origins)
            if by_hand and kind in {"s3", "http_api"} and STRANGER not in strangers:
                one.add_by_hand(STRANGER)
                strangers.add(STRANGER)
            one.apply(*names)
            applied |= {name: wanted[name] for name in names}
            for origin in (*strangers, *(origin for origins in applied.values() for origin in origins)):
                assert one.lets_in(origin), f"{origin} was taken away by {names}"
        for name in last:
            one.apply(name)
        everything = {origin for origins in wanted.values() for origin in origins}
        assert {origin for origin in (A, B, C) if one.lets_in(origin)} == everything
        assert all(one.lets_in(origin) for origin in strangers)


def test_a_run_of_several_plans_that_are_not_told_apart_tells_nothing_of_each() -> None:
    run = Run("0001", "", "", "apply", ("first", "second"), "1", "", (), requested={"x": {"origins": [A]}})
    assert run.requested_at("x") == {}
    single = Run("0001", "", "", "apply", ("first",), "1", "", (), requested={"x": {"origins": [A]}})
    assert single.requested_at("x") == {"first": {"origins": [A]}}


def test_a_renamed_plan_keeps_at_the_edge_what_another_plan_asks_for(tmp_path: Path) -> None:
    with embedded():
        one = Shared(tmp_path, ("cloudfront",))
        one.write("one", A, B)
        one.write("two", B)
        one.apply("one")
        one.apply("two")
        one.files.pop("one").unlink()
        one.write("three", C, extra="formerly: [one]\n")
        one.apply("three")
        assert [one.lets_in(origin) for origin in (A, B, C)] == [set(), {"cloudfront"}, {"cloudfront"}]


def test_a_pass_that_only_warns_counts_what_it_looked_at(tmp_path: Path) -> None:
    with embedded():
        one = Shared(tmp_path, ("http_api", "s3"))
        one.write("one", A)
        one.write("two", B)
        one.apply("one", "two")
        one.job("one", "two", correct=False)
        one.files.pop("two").unlink()
        done = one.job("one", correct=False)
        assert {(sighting.kind, sighting.codes) for sighting in done.sightings} == {
            (DriftKind.WARNING, ("orphaned-plan",))
        }
        assert done.summary["unchanged"] == 2
        assert "No drift. 2 looked at, all as the plan wants." in [line.text for line in pass_lines(done)]
