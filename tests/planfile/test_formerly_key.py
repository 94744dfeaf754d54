"""`formerly:` in a plan file: a list of the plan's earlier names."""

from __future__ import annotations

from pathlib import Path

import pytest

from remediate.errors import PlanFileError
from remediate.planfile import load, names_beside, schema
from tests.planfile.loading import HEAD, NOW, ORIGINS, TAIL, TARGETS, loaded, only, write


def text(formerly: str) -> str:
    return f"{HEAD}formerly: {formerly}\n{ORIGINS}{TAIL}"


def test_it_is_the_plans_earlier_names(tmp_path: Path) -> None:
    file = loaded(tmp_path, text("[webapp, old_shop]"))
    assert file.formerly == ("webapp", "old_shop")
    assert file.names == ("a", "webapp", "old_shop")
    (target,) = file.targets
    assert target.policy.names == ("a", "webapp", "old_shop")
    assert loaded(tmp_path, HEAD + ORIGINS + TAIL).names == ("a",)


@pytest.mark.parametrize(
    ("formerly", "where", "rule", "hint"),
    [
        ("[a]", "3:12", "'a' is the plan's own name", "only names that the plan had before"),
        ("[b, b]", "3:15", "'b' stands here twice", "delete one"),
        ("['b c']", "3:12", "a plan's name is letters, digits, - and _", "write b-c"),
        ("webapp", "3:11", "list", ""),
        ("[]", "3:11", "", ""),
    ],
)
def test_what_it_may_not_be(tmp_path: Path, formerly: str, where: str, rule: str, hint: str) -> None:
    only(tmp_path, text(formerly), where, rule, hint)


def test_a_name_can_be_claimed_by_one_plan_only(tmp_path: Path) -> None:
    second = HEAD.replace("name: a", "name: b")
    write(tmp_path, text("[c]"), "a.yaml")
    write(tmp_path, f"{second}formerly: [c, a]\n{ORIGINS}{TAIL}", "b.yaml")
    with pytest.raises(PlanFileError) as caught:
        load([tmp_path], TARGETS, now=NOW)
    assert [(problem.where, problem.rule) for problem in caught.value.problems] == [
        (f"{tmp_path}/b.yaml:3:12", f"the earlier name 'c' is taken by {tmp_path}/a.yaml:3:12"),
        (f"{tmp_path}/b.yaml:3:15", f"the earlier name 'a' is taken by {tmp_path}/a.yaml:2:7"),
    ]


def test_the_schema_knows_it() -> None:
    key = schema(TARGETS)["properties"]["formerly"]
    assert key["type"] == "array"
    assert key["items"]["pattern"] == "^[A-Za-z0-9_-]{1,64}$"


def test_names_beside_are_read_whatever_else_the_files_hold(tmp_path: Path) -> None:
    mine = write(tmp_path, text("[c]"), "a.yaml")
    write(tmp_path, "name: b\nformerly: [d, 7]\ntargets: 5\nunknown: x\n", "b.yaml")
    write(tmp_path, "name: e\n", "no-plan.yaml")
    write(tmp_path, "name: [\n", "broken.yaml")
    write(tmp_path, b"\xff\xfe", "binary.yml")
    (tmp_path / "folder.yaml").mkdir()
    assert names_beside([mine]) == {"b": tmp_path / "b.yaml", "d": tmp_path / "b.yaml"}
