"""Lists in words: every name while they are few, and what a list gained and lost."""

from __future__ import annotations

import pytest

from remediate.core.wording import counted, list_phrases, listing


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([], ""),
        (["a"], "a"),
        (["a", "b"], "a and b"),
        (["a", "b", "c", "d"], "a, b, c and d"),
        (["a", "b", "c", "d", "e", "f"], "a, b, c and 3 more"),
    ],
)
def test_a_list_names_all_while_there_are_few(names: list[str], words: str) -> None:
    assert listing(names) == words


def test_counts_bear_their_noun() -> None:
    assert [counted(1, "rule"), counted(2, "rule"), counted(0, "policy", "policies")] == [
        "1 rule",
        "2 rules",
        "0 policies",
    ]


def test_what_lists_gained_and_lost_is_one_phrase_each() -> None:
    lists = [("origin", ["a", "b"], ["b", "c"]), ("method", ["GET"], ["GET", "PUT", "POST"])]
    assert list(list_phrases(lists)) == ["allow origin c, methods PUT and POST", "stop allowing origin a"]
    assert list(list_phrases([("origin", ["a", "b"], ["b", "a"])])) == []
