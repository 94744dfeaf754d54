"""The lines that show what differs between two documents; nothing that did not change may stand there."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remediate.core.diff import edits

PARTNER = {"ID": "partner", "AllowedOrigins": ["https://p.example"], "AllowedMethods": ["GET"]}
NAMELESS = {"AllowedOrigins": ["https://n.example"], "AllowedMethods": ["PUT"], "MaxAgeSeconds": 60}
OURS = {"ID": "remediate:webapp", "AllowedOrigins": ["https://a.example"], "AllowedMethods": ["POST"]}
WIDER = {**OURS, "AllowedOrigins": ["https://a.example", "https://b.example"]}


def told(before: list[Any], after: list[Any]) -> list[tuple[str, str]]:
    return [(edit.op, edit.path) for edit in edits({"CORSRules": before}, {"CORSRules": after})]


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        ([PARTNER, NAMELESS], [OURS, PARTNER, NAMELESS], [("+", "CORSRules[0]")]),
        ([PARTNER, NAMELESS], [PARTNER, OURS, NAMELESS], [("+", "CORSRules[1]")]),
        ([PARTNER, NAMELESS], [PARTNER, NAMELESS, OURS], [("+", "CORSRules[2]")]),
        ([OURS, PARTNER, NAMELESS], [PARTNER, NAMELESS], [("-", "CORSRules[0]")]),
        ([PARTNER, NAMELESS, OURS], [OURS], [("-", "CORSRules[0]"), ("-", "CORSRules[1]")]),
        ([PARTNER, OURS, NAMELESS], [PARTNER, WIDER, NAMELESS], [("+", "CORSRules[1].AllowedOrigins")]),
        # its ID tells ours, however much of it changes
        (
            [OURS],
            [{"ID": "remediate:webapp", "AllowedOrigins": ["https://b.example"], "AllowedMethods": ["PUT"]}],
            [
                ("+", "CORSRules[0].AllowedMethods"),
                ("-", "CORSRules[0].AllowedMethods"),
                ("+", "CORSRules[0].AllowedOrigins"),
                ("-", "CORSRules[0].AllowedOrigins"),
            ],
        ),
        # one goes, the next is edited: its place is the new one
        ([PARTNER, OURS], [WIDER], [("+", "CORSRules[0].AllowedOrigins"), ("-", "CORSRules[0]")]),
        # somebody's rule makes way for ours, which has little in common with it
        ([PARTNER], [OURS], [("+", "CORSRules[0]"), ("-", "CORSRules[0]")]),
        # the order of rules means something to S3
        ([PARTNER, OURS], [OURS, PARTNER], [("+", "CORSRules[0]"), ("-", "CORSRules[1]")]),
        (
            [PARTNER, NAMELESS, OURS],
            [WIDER, PARTNER, NAMELESS],
            [("+", "CORSRules[0]"), ("-", "CORSRules[2]")],
        ),
        ([], [OURS], [("+", "CORSRules[0]")]),
    ],
)
def test_a_rule_put_before_others_does_not_make_them_look_edited(
    before: list[Any], after: list[Any], lines: list[tuple[str, str]]
) -> None:
    assert sorted(told(before, after)) == sorted(lines)


def test_what_is_added_and_removed_is_shown_whole() -> None:
    added, removed = edits({"CORSRules": [PARTNER]}, {"CORSRules": [OURS]})
    if added.op == "-":
        added, removed = removed, added
    assert (added.before, added.after) == (None, OURS)
    assert (removed.before, removed.after) == (PARTNER, None)


ORDER = """
from remediate.core.diff import edits
letters = [f"https://{letter}.example" for letter in "hgfedcba"]
print(*(edit.before for edit in edits({"AllowOrigins": letters}, {"AllowOrigins": []})))
print(*(edit.after for edit in edits({"AllowOrigins": []}, {"AllowOrigins": letters})))
"""


@pytest.mark.parametrize("seed", ["0", "1", "2", "3"])
def test_the_order_of_the_lines_does_not_depend_on_the_seed_of_hashes(seed: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ORDER],
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=True,
    )
    alphabetical = " ".join(f"https://{letter}.example" for letter in "abcdefgh")
    assert done.stdout.splitlines() == [alphabetical, alphabetical]


RULES = st.lists(
    st.fixed_dictionaries(
        {"AllowedMethods": st.lists(st.sampled_from(["GET", "PUT"]), unique=True, min_size=1)},
        optional={"ID": st.sampled_from("abc"), "MaxAgeSeconds": st.integers(0, 2)},
    ),
    max_size=5,
)


@given(before=RULES, after=RULES)
def test_something_is_shown_just_where_something_differs(before: list[Any], after: list[Any]) -> None:
    assert bool(told(before, after)) is (before != after)


@given(before=RULES, place=st.integers(0, 5), count=st.integers(1, 3))
def test_only_what_is_inserted_is_shown(before: list[Any], place: int, count: int) -> None:
    rules = [{"Place": at, **rule} for at, rule in enumerate(before)]
    new = [{"ID": f"new {at}"} for at in range(count)]
    lines = told(rules, [*rules[:place], *new, *rules[place:]])
    first = min(place, len(rules))
    assert lines == [("+", f"CORSRules[{first + at}]") for at in range(count)]
