"""Text that is safe to print, and words that are spelled alike."""

from __future__ import annotations

import pytest

from remediate.text import closest, printable_line, similar


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("plain é 日本", "plain é 日本"),
        ("\x1b[2J", "\\x1b[2J"),
        ("a\u202eb", "a\\u202eb"),
        ("\ud800", "\\ud800"),
        ("first\n\tsecond\r", "first\\n\\tsecond\\r"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("hangul\u3164filler", "hangul\\u3164filler"),
        ("selector\ufe0f \U000e0100", "selector\\ufe0f \\U000e0100"),
        ("##[add-mask]x ##vso[task] ## [a] #1", "#\\x23[add-mask]x #\\x23vso[task] ## [a] #1"),
    ],
)
def test_what_steers_a_terminal_or_a_log_is_escaped(text: str, line: str) -> None:
    assert printable_line(text) == line


def test_the_spelling_that_comes_nearest_comes_first() -> None:
    paths = ["/items", "/Item/{id}", "/orders"]
    assert similar("/ITEMS", paths, cutoff=0.8) == ["/items"]
    assert similar("/customers", paths, cutoff=0.8) == []
    assert closest("orgins", ["targets", "origins"]) == "origins"
    assert closest("max-age", ["max_age", "maximum"]) == "max_age"
    assert closest("x" * 33, ["x" * 33]) is None
