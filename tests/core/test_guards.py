"""Every guard by tables: what it fires on, what it lets pass, and where it points."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from remediate.core.finding import Finding, Level
from remediate.core.guard_table import GUARDS
from remediate.core.guards import UNLISTED_ORIGIN, AccessChange, Gain, GuardInput, Rules, guards, levelled
from remediate.core.origin_guards import is_everybody, wildcard_suffix
from remediate.core.origins_in import origins_in
from remediate.core.plan import Access, Change
from remediate.core.policy import Mode, Policy, Retired
from tests.guard_table import PAGE, block

SUFFIXES = {"vercel.app", "github.io", "amplifyapp.com", "co.uk", "com"}
ADDRESS = "s3/uploads"
MINE = "https://app.example.com"
URL = "https://uploads.example/key"


def rules_for(*origins: str) -> dict[str, Any] | None:
    return {"CORSRules": [{"AllowedOrigins": list(origins)}]} if origins else None


def change(before: Any, after: Any, address: str = ADDRESS) -> Change:
    return Change(address, "s3", "eu-west-1", before, after, "r", address)


def policy(*origins: str, **more: Any) -> Policy:
    where = {f"origins/{origin}": f"p.yaml:{line}:5" for line, origin in enumerate(origins, 4)}
    return Policy("webapp", origins, where={"origins": "p.yaml:3:1", "target": "p.yaml:9:3"} | where, **more)


def turn(origin: str, before: str, after: str, *via: str, credentials: bool = False) -> AccessChange:
    access = Access(origin, URL, "GET", before, after, "because")
    return AccessChange(access, via or (ADDRESS,), credentials)


def found(case: GuardInput) -> list[Finding]:
    return guards(case, SUFFIXES.__contains__)


def asking(before: Any, *origins: str, **more: Any) -> list[Finding]:
    asked = policy(*origins, **more)
    return found(GuardInput([change(before, rules_for(*origins))], {ADDRESS: [asked]}))


@pytest.mark.parametrize(
    ("origin", "codes"),
    [
        ("https://app.example.com", []),
        ("https://*.example.com", []),
        ("https://app-*.example.com", []),
        ("*", ["opens-to-any"]),
        ("https://*", ["opens-to-any"]),
        ("https://*:8443", ["opens-to-any"]),
        ("http://*", ["opens-to-any", "insecure-origin"]),
        ("https://*.vercel.app", ["public-suffix-wildcard"]),
        ("https://app-*.vercel.app", ["public-suffix-wildcard"]),
        ("https://*-team.vercel.app", ["public-suffix-wildcard"]),
        ("https://*.github.io", ["public-suffix-wildcard"]),
        ("https://*.co.uk", ["public-suffix-wildcard"]),
        ("https://*.app.vercel.app", []),
        ("https://*example.com", ["public-suffix-wildcard"]),
        ("https://app.*", ["public-suffix-wildcard"]),
        ("https://app*", ["public-suffix-wildcard"]),
        ("http://app.example.com", ["insecure-origin"]),
        ("http://192.168.0.7:3000", ["insecure-origin"]),
        ("http://*.example.com", ["insecure-origin"]),
        ("http://*.github.io", ["public-suffix-wildcard", "insecure-origin"]),
        ("http://localhost:3000", []),
        ("http://localhost:*", []),
        ("http://*.localhost", []),
        ("http://127.0.0.1:8080", []),
        ("http://[::1]:8080", []),
        ("http://localhost.example.com", ["insecure-origin"]),
        ("null", ["null-origin"]),
    ],
)
def test_what_the_plan_newly_asks_for(origin: str, codes: list[str]) -> None:
    got = asking(rules_for("https://theirs.example"), origin)
    assert [one.code for one in got] == codes
    for one in got:
        assert (one.level, one.address, one.where) == (Level.REFUSE, ADDRESS, "p.yaml:4:5")
        assert origin in one.message
        assert f"--allow {one.code}" in one.hint
    assert asking(rules_for("https://theirs.example", origin), origin) == []


def test_a_plan_without_changes_never_refuses() -> None:
    asked = policy("*", "http://app.example.com", "null", "https://*.vercel.app", credentials=True)
    assert found(GuardInput([], {ADDRESS: [asked]}, [turn(UNLISTED_ORIGIN, "blocked", "allowed")])) == []


def test_what_did_not_reach_the_settings_is_not_asked_for() -> None:
    case = GuardInput(
        [change(None, rules_for(MINE))], {ADDRESS: [policy(MINE, "null", "https://*.vercel.app")]}
    )
    assert found(case) == []


def test_one_finding_for_all_resources_that_an_origin_would_come_to() -> None:
    asked = policy("http://app.example.com")
    addresses = [f"s3/b{number}" for number in range(8)]
    changes = [change(None, rules_for("http://app.example.com"), one) for one in addresses]
    (one,) = found(GuardInput(changes, {address: [asked] for address in addresses}))
    assert one.address == "s3/b0"
    assert "Also s3/b1, s3/b2, s3/b3, s3/b4, s3/b5 and 2 more." in one.message


def test_everybody_with_credentials_by_the_plan() -> None:
    got = asking(None, "https://*", credentials=True)
    assert [one.code for one in got] == ["opens-to-any", "any-with-credentials"]


@pytest.mark.parametrize(
    ("before", "after", "credentials", "code"),
    [
        ("blocked", "allowed", False, "opens-to-any"),
        ("unknown", "allowed", False, "opens-to-any"),
        ("blocked", "allowed", True, "any-with-credentials"),
        ("blocked", "unknown", False, None),
        ("allowed", "blocked", True, None),
    ],
)
def test_what_a_stranger_could_newly_do(before: str, after: str, credentials: bool, code: str | None) -> None:
    turns = [turn(UNLISTED_ORIGIN, before, after, "cloudfront/E1", ADDRESS, credentials=credentials)]
    got = found(GuardInput([change(rules_for(MINE), rules_for(MINE))], {ADDRESS: [policy(MINE)]}, turns))
    assert [one.code for one in got] == ([code] if code else [])
    assert [one.address for one in got] == [ADDRESS][: len(got)]
    assert all(f"GET {URL}" in one.message for one in got)


def test_a_wildcard_of_the_plan_is_told_once() -> None:
    case = GuardInput(
        [change(None, rules_for("*"))],
        {ADDRESS: [policy("*")]},
        [turn(UNLISTED_ORIGIN, "blocked", "allowed")],
    )
    assert [one.code for one in found(case)] == ["opens-to-any"]


@pytest.mark.parametrize(
    ("mode", "retired", "origin", "codes"),
    [
        (Mode.EXACT, (), "https://partner.example", ["removes-access"]),
        (Mode.EXACT, (), UNLISTED_ORIGIN, ["removes-access"]),
        (Mode.EXACT, ("https://partner.example",), "https://partner.example", []),
        (Mode.EXACT, ("https://*.partner.example",), "https://sample.partner.example", []),
        (Mode.EXACT, ("https://partner.example",), "https://other.example", ["removes-access"]),
        (Mode.MERGE, (), "https://partner.example", []),
    ],
)
def test_removed_access(mode: Mode, retired: tuple[str, ...], origin: str, codes: list[str]) -> None:
    asked = policy(MINE, mode=mode, retired=Retired(origins=retired))
    for after in ("blocked", "unknown"):
        turns = [turn(origin, "allowed", after, "cloudfront/E1", ADDRESS), turn(MINE, "blocked", "allowed")]
        case = GuardInput([change(rules_for(origin), rules_for(MINE))], {ADDRESS: [asked]}, turns)
        assert [one.code for one in found(case)] == codes
    quiet = [
        turn(origin, "unknown", "blocked"),
        turn(UNLISTED_ORIGIN, "allowed", "blocked", credentials=True),
    ]
    assert found(replace(case, access_changes=quiet)) == []


@pytest.mark.parametrize(
    ("before", "after", "expired", "lost", "fires"),
    [
        (("https://a.example",), None, (), False, True),
        (("https://a.example",), {"CORSRules": []}, (), True, True),
        (("https://a.example",), {"CORSRules": []}, (), False, False),
        (("https://a.example",), None, ("https://a.example",), True, False),
        (("https://a.example", "https://b.example"), None, ("https://a.example",), True, True),
        (("https://a.example",), rules_for(MINE), (), True, False),
        ((), None, (), True, False),
    ],
)
def test_the_last_origin(
    before: tuple[str, ...], after: Any, expired: tuple[str, ...], lost: bool, fires: bool
) -> None:
    turns = [turn("https://a.example", "allowed", "blocked")] if lost else []
    changes = [change(rules_for(*before) or {"CORSRules": []}, after)]
    case = GuardInput(changes, {ADDRESS: [policy()]}, turns, expired={"webapp": expired})
    assert [one.code for one in found(case)] == (["removes-all"] if fires else [])


def many(changed: int, looked: int, rules: Rules) -> list[str]:
    addresses = [f"s3/b{number:03}" for number in range(looked)]
    changes = [change(rules_for(MINE), rules_for(MINE, "https://b.example"), one) for one in addresses]
    case = GuardInput(changes[:changed], {one: [policy(MINE)] for one in addresses}, rules={"webapp": rules})
    return [one.message for one in found(case) if one.code == "too-many-changes"]


@pytest.mark.parametrize(
    ("changed", "looked", "rules", "said"),
    [
        (12, 20, Rules(10, 30.0), "12 of 20 resources (60 %) of the plan webapp would change; "
            "the limit is 10 and 30 %."),
        (10, 20, Rules(10, 30.0), ""),
        (6, 20, Rules(5, 30.0), ""),
        (7, 20, Rules(5, 30.0), "the limit is 5 and 30 %"),
        (9, 9, Rules(1, 1.0), ""),
        (9, 9, Rules(1, 1.0, minimum=9), "9 of 9 resources (100 %)"),
        (3, 100, Rules(2), "the limit is 2."),
        (31, 100, Rules(max_share=30.0), "the limit is 30 %."),
        (30, 100, Rules(max_share=30.0), ""),
        (1, 10, Rules(0), "the limit is 0."),
        (0, 10, Rules(0), ""),
        (50, 60, Rules(), ""),
        (51, 60, Rules(), "51 of 60 resources (85 %) of the plan webapp would change; "
            "the limit is 50 and 50 %."),
        (51, 102, Rules(), ""),
    ],
)  # fmt: skip
def test_too_many_changes(changed: int, looked: int, rules: Rules, said: str) -> None:
    got = many(changed, looked, rules)
    assert bool(got) is bool(said)
    assert said in "".join(got)


def test_changes_are_counted_per_plan_file() -> None:
    addresses = [f"s3/b{number:03}" for number in range(20)]
    changes = [change(rules_for(MINE), rules_for(MINE, "https://b.example"), one) for one in addresses[:12]]
    policies = {one: [policy(MINE)] for one in addresses[:10]}
    policies |= {one: [replace(policy(MINE), plan="other")] for one in addresses[10:]}
    rules = {"webapp": Rules(5, where="a.yaml:1:1"), "other": Rules(5, where="b.yaml:1:1")}
    (one,) = found(GuardInput(changes, policies, rules=rules))
    assert one.message.startswith("10 of 10 resources (100 %) of the plan webapp")
    assert one.where == "a.yaml:1:1"


def test_levels_are_the_plans_and_the_strictest_counts() -> None:
    some = [Finding(Level.REFUSE, "owned-elsewhere", ADDRESS, ""), Finding(Level.WARN, "no-match", "", "")]
    milder, stricter = (Rules(levels={"owned-elsewhere": level}) for level in (Level.INFO, Level.WARN))

    def levels(*rules: Rules) -> list[Level]:
        return [one.level for one in levelled(some, lambda _finding: rules)]

    assert levels() == [Level.REFUSE, Level.WARN]
    assert levels(milder) == [Level.INFO, Level.WARN]
    assert levels(milder, stricter) == [Level.WARN, Level.WARN]
    assert levels(milder, Rules()) == [Level.REFUSE, Level.WARN]
    up = Rules(levels={"owner-unknown": Level.REFUSE})
    unknown = [Finding(Level.INFO, "owner-unknown", ADDRESS, "")]
    assert levelled(unknown, lambda _finding: [up])[0].level is Level.REFUSE


@pytest.mark.parametrize(
    ("origin", "rest"),
    [
        ("https://*.vercel.app", "vercel.app"),
        ("https://a.*.b.example", "b.example"),
        ("https://app.*", ""),
        ("https://app.example.com", None),
        ("http://localhost:*", None),
        ("null", None),
    ],
)
def test_reach(origin: str, rest: str | None) -> None:
    assert wildcard_suffix(origin) == rest


def test_everybody() -> None:
    assert [
        is_everybody(one) for one in ("*", "https://*", "http://*:*8", "https://*.a.example", "null")
    ] == [
        True,
        True,
        False,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("document", "origins"),
    [
        (None, set()),
        ({"CORSRules": [{"AllowedOrigins": ["*", "null"], "AllowedHeaders": ["*"]}]}, {"*", "null"}),
        (
            {"CorsConfiguration": {"AllowOrigins": ["https://a.example"], "AllowMethods": ["*"]}},
            {"https://a.example"},
        ),
        (
            {"CorsConfig": {"AccessControlAllowOrigins": {"Quantity": 1, "Items": ["https://*.a.example"]}}},
            {"https://*.a.example"},
        ),
        (
            {"method.response.header.Access-Control-Allow-Origin": "'https://a.example'"},
            {"https://a.example"},
        ),
        ({"gatewayresponse.header.Access-Control-Allow-Origin": "'*'"}, {"*"}),
        (
            {
                "application/json": '#if($o == "https://a.example" || $o == "https://b.example:8443")'
                "#set($context.responseOverride.header.Access-Control-Allow-Origin = $o)#end"
            },
            {"https://a.example", "https://b.example:8443"},
        ),
        ({"uri": "https://backend.example", "Origins": {"Items": [{"DomainName": "b.example"}]}}, set()),
        ({"TargetOriginId": "*", "application/json": '{"to": "https://backend.example"}'}, set()),
    ],
)
def test_origins_in_settings(document: Any, origins: set[str]) -> None:
    assert origins_in(document) == origins


def test_every_code_is_a_word_with_a_sentence() -> None:
    for code, guard in GUARDS.items():
        assert code == guard.code == code.lower()
        assert guard.summary.endswith(".")
        assert guard.fix.endswith(".")


def test_the_guide_has_the_table() -> None:
    assert block() in PAGE.read_text(encoding="utf-8")


def test_who_that_no_plan_names_gains_is_one_warning_for_each_resource() -> None:
    gains = [
        Gain(ADDRESS, "https://evil.example", ("PUT", "credentials"), (URL,)),
        Gain(ADDRESS, "https://worse.example", ("PUT", "credentials"), (URL,)),
        Gain(ADDRESS, UNLISTED_ORIGIN, ("the header authorization",), (URL,)),
    ]
    (got,) = found(GuardInput([change(None, rules_for(MINE))], {ADDRESS: [policy(MINE)]}, gains=gains))
    assert (got.code, got.level, got.address, got.where) == (
        "widens-others",
        Level.WARN,
        ADDRESS,
        "p.yaml:3:1",
    )
    assert f"https://evil.example, https://worse.example: PUT, credentials at {URL}; " in got.message
    assert (
        f"websites that no setting names ({UNLISTED_ORIGIN}): the header authorization at {URL}."
        in got.message
    )
    assert "widens-others: info" in got.hint


@pytest.mark.parametrize(
    ("rules", "level"),
    [
        (Rules(), Level.WARN),
        (Rules(levels={"widens-others": Level.INFO}), Level.INFO),
        (Rules(levels={"widens-others": Level.REFUSE}), Level.REFUSE),
        (Rules(never=("widens-others",)), Level.REFUSE),
    ],
)
def test_the_level_of_a_warning_is_the_plan_files(rules: Rules, level: Level) -> None:
    given = Finding(Level.WARN, "widens-others", ADDRESS, "", "")
    (done,) = levelled([given], lambda _finding: [rules])
    assert done.level is level
