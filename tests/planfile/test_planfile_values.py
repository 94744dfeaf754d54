"""What a valid plan file becomes."""

from __future__ import annotations

import hashlib
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

import pytest

from remediate.core.contest import ContestLimit
from remediate.core.finding import Level
from remediate.core.guards import Rules
from remediate.core.policy import Mode, Retired
from remediate.errors import PlanFileError
from remediate.planfile import ExpectedVerdict, load
from remediate.services import target_options
from remediate.web.origin import parse_origin
from tests.planfile.loading import EXAMPLE, HEAD, NOW, ORIGINS, TAIL, TARGETS, loaded, write


def test_the_example() -> None:
    (plan,) = load([EXAMPLE], TARGETS, now=NOW)
    assert (plan.path, plan.name, plan.account, plan.region) == (
        EXAMPLE,
        "webapp",
        "123456789012",
        "ap-northeast-1",
    )
    assert plan.digest == "sha256:" + hashlib.sha256(EXAMPLE.read_bytes()).hexdigest()
    uploads, backend, orders, front = plan.targets
    assert [str(target.selector) for target in plan.targets] == [
        "s3: uploads-*",
        "rest_api: backend",
        "http_api: orders",
        "cloudfront: api.example.com",
    ]
    both = ("https://app.example.com", "http://localhost:3000")
    assert all(target.policy.origins == both for target in plan.targets)
    assert (uploads.policy.methods, uploads.policy.headers) == (("PUT", "POST"), ("*",))
    assert (uploads.policy.expose, uploads.policy.max_age, uploads.policy.credentials) == (
        ("etag",),
        600,
        False,
    )
    assert orders.policy.methods == ("GET", "POST", "PUT")
    assert orders.policy.headers == ("content-type", "authorization")
    assert backend.selector.options == {"stages": ("prod",), "paths": ("/items/**",)}
    assert backend.policy.options == backend.selector.options
    assert front.selector.options == {"paths": ("/api/*",), "answer": "origin"}
    assert {target.selector.region for target in plan.targets} == {"ap-northeast-1"}
    assert {target.policy.mode for target in plan.targets} == {Mode.MERGE}
    assert {target.policy.plan for target in plan.targets} == {"webapp"}
    first, second = plan.expect
    assert (first.origin, first.url, first.method, first.verdict) == (
        "http://localhost:3000",
        "https://api.example.com/items",
        "POST",
        ExpectedVerdict.ALLOWED,
    )
    assert (second.method, second.headers, second.credentials, second.verdict) == (
        "GET",
        (),
        False,
        ExpectedVerdict.BLOCKED,
    )
    assert second.where == f"{EXAMPLE}:35:5"


def test_positions_for_findings() -> None:
    (plan,) = load([EXAMPLE], TARGETS, now=NOW)
    uploads, backend, *_ = plan.targets
    at = uploads.policy.at
    assert uploads.selector.where == at("target") == at("nothing") == f"{EXAMPLE}:22:5"
    assert at("methods") == f"{EXAMPLE}:23:13"
    assert at("methods/POST") == f"{EXAMPLE}:23:28"
    assert at("expose/etag") == f"{EXAMPLE}:15:12"
    assert at("origins") == f"{EXAMPLE}:7:1"
    assert at("origins/http://localhost:3000", "origins") == f"{EXAMPLE}:9:5"
    assert at("mode") == f"{EXAMPLE}:19:1"
    assert backend.policy.at("stages") == f"{EXAMPLE}:25:5"
    assert backend.policy.at("methods") == f"{EXAMPLE}:13:3"


def test_an_expired_origin_is_retired_from_that_very_instant() -> None:
    expiry = datetime(2026, 12, 1, 18, tzinfo=UTC)
    (before,) = load([EXAMPLE], TARGETS, now=expiry.replace(hour=17))
    (after,) = load([EXAMPLE], TARGETS, now=expiry)
    assert before.targets[0].policy.retired == Retired()
    assert after.targets[0].policy.origins == ("https://app.example.com",)
    assert after.targets[0].policy.retired == Retired(origins=("http://localhost:3000",))
    entry = after.origins[1]
    assert (entry.origin, entry.reason, entry.expires) == (
        "http://localhost:3000",
        "frontend development",
        expiry,
    )
    assert entry.where == f"{EXAMPLE}:9:5"
    assert after.targets[0].origins == after.origins


def test_a_target_overrides_the_file(tmp_path: Path) -> None:
    plan = loaded(
        tmp_path,
        """\
        version: 1
        name: a
        region: eu-west-1
        mode: exact
        origins: [https://a.example]
        allow: {methods: [GET], headers: [X-One], credentials: true, max_age: 10m}
        targets:
          - s3: one
          - s3: two
            region: us-east-1
            mode: merge
            origins: [{origin: https://b.example, reason: Bob's}]
            allow: {headers: [], credentials: false}
        """,
    )
    first, second = plan.targets
    assert (first.selector.region, first.policy.mode, first.policy.origins) == (
        "eu-west-1",
        Mode.EXACT,
        ("https://a.example",),
    )
    assert (first.policy.headers, first.policy.credentials, first.policy.max_age) == (("x-one",), True, 600)
    assert (second.selector.region, second.policy.mode, second.policy.origins) == (
        "us-east-1",
        Mode.MERGE,
        ("https://b.example",),
    )
    assert (second.policy.methods, second.policy.headers, second.policy.credentials) == (("GET",), (), False)
    assert second.policy.max_age == 600
    assert (first.own_origins, second.own_origins) == (False, True)
    assert (first.origins[0].reason, second.origins[0].reason) == ("", "Bob's")
    assert second.policy.at("origins").endswith("p.yaml:12:5")
    assert second.policy.at("max_age").endswith("p.yaml:6:62")


def test_the_least_that_is_a_plan(tmp_path: Path) -> None:
    plan = loaded(tmp_path, HEAD + "mode: exact\norigins: []\n" + TAIL)
    (target,) = plan.targets
    assert (plan.account, plan.region, plan.expect, plan.origins) == (None, None, (), ())
    assert (target.policy.origins, target.policy.methods, target.policy.max_age) == ((), ("GET",), None)
    assert target.selector.region is None


def test_options_that_are_not_given_have_their_default(tmp_path: Path) -> None:
    plan = loaded(tmp_path, HEAD + "origins: []\ntargets: [{cloudfront: E1}, {rest_api: x}]")
    assert plan.targets[0].selector.options == {"paths": None, "answer": "origin"}
    assert plan.targets[1].selector.options == {"stages": None, "paths": None}


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("0", 0),
        ("600", 600),
        ("86400", 86400),
        ("90s", 90),
        ("10m", 600),
        ("24h", 86400),
        ('"10m"', 600),
    ],
)
def test_durations(tmp_path: Path, written: str, means: int) -> None:
    plan = loaded(tmp_path, HEAD + f"origins: []\nallow: {{max_age: {written}}}\n" + TAIL)
    assert plan.targets[0].policy.max_age == means


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("HTTPS://App.Example.com:443", "https://app.example.com"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ('"*"', "*"),
        ('"https://*.example.com"', "https://*.example.com"),
        ('"null"', "null"),
        ("{origin: http://LOCALHOST:80}", "http://localhost"),
    ],
)
def test_origins_are_spelled_as_a_browser_spells_them(tmp_path: Path, written: str, means: str) -> None:
    plan = loaded(tmp_path, HEAD + f"origins: [{written}]\n" + TAIL)
    assert plan.targets[0].policy.origins == (means,)


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("2026-12-01T18:00:00Z", datetime(2026, 12, 1, 18, tzinfo=UTC)),
        ("2026-12-01 18:00:00z", datetime(2026, 12, 1, 18, tzinfo=UTC)),
        ("2026-12-01T18:00:00.5+09:00", datetime(2026, 12, 1, 9, 0, 0, 500_000, tzinfo=UTC)),
        ('"2026-12-01T18:00-05:30"', datetime(2026, 12, 1, 23, 30, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
    ],
)
def test_instants_keep_their_offset(tmp_path: Path, written: str, means: datetime | None) -> None:
    plan = loaded(tmp_path, HEAD + f"origins: [{{origin: https://a.example, expires: {written}}}]\n" + TAIL)
    expires = plan.origins[0].expires
    assert expires is not None
    assert means is None or expires == means


def test_names_are_said_once_and_in_lower_case(tmp_path: Path) -> None:
    allow = "allow: {methods: [GET, GET, '*'], headers: [X-A, x-a, X-B], expose: [ETag]}\n"
    policy = loaded(tmp_path, HEAD + "origins: []\n" + allow + TAIL).targets[0].policy
    assert (policy.methods, policy.headers, policy.expose) == (("GET", "*"), ("x-a", "x-b"), ("etag",))


def test_an_expectation_with_everything(tmp_path: Path) -> None:
    expect = (
        'expect: [{from: "null", to: "http://[::1]:8080/x?y=1", verdict: blocked, '
        "method: PUT, headers: [X-A], credentials: yes}]\n"
    )
    (proof,) = loaded(tmp_path, HEAD + "origins: []\n" + expect + TAIL).expect
    assert (proof.origin, proof.url, proof.verdict) == (
        "null",
        "http://[::1]:8080/x?y=1",
        ExpectedVerdict.BLOCKED,
    )
    assert (proof.method, proof.headers, proof.credentials) == ("PUT", ("x-a",), True)


def test_aliases_stand_for_whole_values(tmp_path: Path) -> None:
    text = HEAD + "origins: &o [https://a.example]\ntargets: [{s3: b}, {s3: c, origins: *o}]\n"
    plan = loaded(tmp_path, text)
    assert plan.targets[1].policy.origins == ("https://a.example",)
    assert plan.targets[1].origins[0].where.endswith("p.yaml:3:14")


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    path = write(tmp_path, b"\xef\xbb\xbf" + (HEAD + "origins: []\n" + TAIL).encode().replace(b"\n", b"\r\n"))
    (plan,) = load([path], TARGETS, now=NOW)
    assert plan.name == "a"


def test_the_same_bucket_twice_with_other_scopes(tmp_path: Path) -> None:
    plan = loaded(
        tmp_path,
        HEAD + "origins: []\ntargets:\n  - {rest_api: a, stages: [x]}\n  - {rest_api: a, stages: [y]}\n"
        "  - {rest_api: a, stages: [x], region: eu-west-1}\n",
    )
    assert len(plan.targets) == 3


def test_guards_of_the_file(tmp_path: Path) -> None:
    plan = loaded(
        tmp_path,
        HEAD
        + "guards:\n  max_changes: 20\n  max_share: 30%\n  minimum: 5\n  never: [opens-to-any, null-origin]\n"
        + "  levels: {owned-elsewhere: warn, owner-unknown: refuse}\n"
        + "  contested: {corrections: 5, within: 12h}\n"
        + ORIGINS
        + TAIL,
    )
    assert plan.guards == Rules(
        20,
        30.0,
        5,
        ("opens-to-any", "null-origin"),
        {"owned-elsewhere": Level.WARN, "owner-unknown": Level.REFUSE},
        f"{plan.path}:3:1",
        ContestLimit(5, 12 * 60 * 60),
    )


def test_without_guards_the_defaults_hold(tmp_path: Path) -> None:
    plan = loaded(tmp_path, HEAD + ORIGINS + TAIL)
    assert plan.guards == Rules(where=f"{plan.path}:1:1")
    assert plan.guards.contested == ContestLimit(3, 24 * 60 * 60)
    some = loaded(tmp_path, HEAD + "guards: {contested: {corrections: 4}}\n" + ORIGINS + TAIL)
    assert some.guards.contested == ContestLimit(4, 24 * 60 * 60)


def test_an_origin_is_parsed_once_however_many_rules_look_at_it(tmp_path: Path) -> None:
    text = """
        version: 1
        name: a
        origins: [https://app.example.com, {origin: "http://127.0.0.1:3000", reason: tests}]
        loopback: {reason: required}
        allow: {credentials: true}
        targets:
          - s3: b
          - s3: c
            origins: [{origin: "http://localhost:3000", reason: tests}]
        expect:
          - {from: https://app.example.com, to: https://api.example.com/items, verdict: allowed}
    """
    parsed: Counter[str] = Counter()

    def count(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call" and frame.f_code is parse_origin.__code__:
            parsed[frame.f_locals["text"]] += 1

    sys.setprofile(count)
    try:
        plan = loaded(tmp_path, text)
    finally:
        sys.setprofile(None)
    assert [entry.origin for entry in plan.origins] == ["https://app.example.com", "http://127.0.0.1:3000"]
    written = {"https://app.example.com", "http://127.0.0.1:3000", "http://localhost:3000"}
    assert {origin: parsed[origin] for origin in written} == dict.fromkeys(written, 1)


def test_none_takes_back_the_max_age_of_the_file_for_one_target(tmp_path: Path) -> None:
    text = "origins: []\nallow: {max_age: 600}\ntargets:\n  - {s3: a, allow: {max_age: none}}\n  - {s3: b}\n"
    plan = loaded(tmp_path, HEAD + text)
    assert [target.policy.max_age for target in plan.targets] == [None, 600]


def test_one_bucket_may_stand_in_several_targets(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(
        HEAD
        + ORIGINS
        + "targets:\n  - {s3: a}\n  - {s3: a, origins: [https://b.example]}\n"
        + "  - {s3: a, allow: {methods: [PUT]}}\n"
    )
    (plan,) = load([path], target_options(), now=NOW)
    assert [(target.policy.origins, target.policy.methods) for target in plan.targets] == [
        (("https://a.example",), ("GET",)),
        (("https://b.example",), ("GET",)),
        (("https://a.example",), ("PUT",)),
    ]


@pytest.mark.parametrize(
    "again", ["{s3: a}", "{s3: a, mode: exact}", "{http_api: b, origins: [https://b.example]}"]
)
def test_a_target_that_says_nothing_new_is_refused(tmp_path: Path, again: str) -> None:
    """An HTTP API has one set of settings: two targets would let each origin do what the other may."""
    path = tmp_path / "p.yaml"
    path.write_text(HEAD + ORIGINS + f"targets:\n  - {{s3: a}}\n  - {{http_api: b}}\n  - {again}\n")
    with pytest.raises(PlanFileError, match="the same target as in line"):
        load([path], target_options(), now=NOW)
