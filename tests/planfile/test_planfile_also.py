"""The key `also` of a target: origins beside those that it inherits."""

from __future__ import annotations

from pathlib import Path

import pytest

from remediate.planfile import load
from remediate.planfile.load import schema
from tests.planfile.loading import HEAD, NOW, TARGETS, loaded, only, problems

TOP = HEAD + "origins: [https://a.example, {origin: https://t.example, expires: 2026-12-01T00:00:00Z}]\n"


def test_it_adds_to_what_the_target_inherits(tmp_path: Path) -> None:
    plan = loaded(
        tmp_path,
        TOP
        + """\
targets:
  - s3: b
    also:
      - https://b.example
      - {origin: https://over.example, expires: 2026-10-01T00:00:00Z}
  - s3: c
""",
    )
    first, second = plan.targets
    assert first.policy.origins == ("https://a.example", "https://t.example", "https://b.example")
    assert first.policy.retired.origins == ("https://over.example",)
    assert [entry.origin for entry in first.also] == ["https://b.example", "https://over.example"]
    assert not first.own_origins
    assert first.policy.where["origins/https://b.example"].endswith(":7:9")
    assert first.policy.where["origins/https://a.example"].endswith(":3:11")
    assert second.policy.origins == ("https://a.example", "https://t.example")


def test_an_origin_of_the_file_that_expires_may_stand_there_for_another_time(tmp_path: Path) -> None:
    text = (
        TOP + "targets:\n  - s3: b\n    also: [{origin: https://t.example, expires: 2026-12-02T00:00:00Z}]\n"
    )
    (target,) = loaded(tmp_path, text).targets
    assert target.policy.origins == ("https://a.example", "https://t.example")
    later = loaded(tmp_path, text, now=NOW.replace(month=12, hour=12)).targets[0].policy
    assert "https://t.example" in later.origins
    assert later.retired.origins == ()


@pytest.mark.parametrize(
    ("target", "where", "rule", "hint"),
    [
        (
            "    also: [https://A.example]\n",
            "6:12",
            "inherits 'https://a.example' already, from line 3",
            "here",
        ),
        ("    also: [https://b.example, https://b.example]\n", "6:31", "is listed twice", "delete one"),
        (
            "    also: [https://b.example]\n    origins: [https://c.example]\n",
            "6:5",
            "this target has origins of its own",
            "move its entries into origins",
        ),
        ("    also: []\n", "6:11", "also is an empty list", "list at least one, or delete the key"),
        ("    also: [12]\n", "6:12", "an entry of also must be an origin", "https://app.example.com"),
        ("    also: [https://b.example/]\n", "6:12", "trailing slash", "https://b.example"),
        ("    also: [{origin: https://b.example, until: x}]\n", "6:40", "unknown key 'until'", "known here"),
        (
            '    also: ["*"]\n    allow: {credentials: true}\n',
            "7:26",
            "together with credentials: true",
            "list the origins by name",
        ),
    ],
)
def test_what_must_not_stand_there(tmp_path: Path, target: str, where: str, rule: str, hint: str) -> None:
    only(tmp_path, TOP + "targets:\n  - s3: b\n" + target, where, rule, hint)


def test_any_origin_is_seen_beside_the_credentials_of_the_file(tmp_path: Path) -> None:
    text = TOP + 'allow: {credentials: true}\ntargets:\n  - s3: b\n    also: ["*"]\n'
    only(tmp_path, text, "7:12", "together with credentials: true", "list the origins by name")


def test_it_is_no_key_of_the_file(tmp_path: Path) -> None:
    text = TOP + "also: [https://b.example]\ntargets: [{s3: b}]\n"
    only(tmp_path, text, "4:1", "unknown key 'also'", "it belongs on a target")


def test_it_does_not_stand_in_for_origins_that_the_file_lacks(tmp_path: Path) -> None:
    text = HEAD + "targets:\n  - s3: b\n    also: [https://b.example]\n"
    (problem,) = problems(tmp_path, text)
    assert "no origins" in problem.rule


def test_origins_on_loopback_keep_the_rules_of_the_file_there_too(tmp_path: Path) -> None:
    text = TOP + "loopback: {reason: required}\ntargets:\n  - s3: b\n    also: [http://localhost:3000]\n"
    only(tmp_path, text, "7:12", "is on loopback and has no reason", "--target s3/b --for")


def test_two_targets_that_differ_in_it_alone_are_the_same_target(tmp_path: Path) -> None:
    text = TOP + "targets:\n  - s3: b\n  - s3: b\n    also: [https://b.example]\n"
    only(tmp_path, text, "6:5", "the same target as in line 5", "delete one")


def test_the_schema_has_it_on_targets_alone() -> None:
    document = schema(TARGETS)
    assert "also" not in document["properties"]
    assert document["$defs"]["S3Target"]["properties"]["also"]["minItems"] == 1


def test_thousands_of_targets_with_it_load(tmp_path: Path) -> None:
    listed = "".join(f"  - https://o{number}.example\n" for number in range(500))
    targets = "".join(f"  - s3: b{number}\n    also: [https://x{number}.example]\n" for number in range(500))
    path = tmp_path / "p.yaml"
    path.write_text(HEAD + "origins:\n" + listed + "targets:\n" + targets)
    (plan,) = load([path], TARGETS, now=NOW)
    assert len(plan.targets[499].policy.origins) == 501
