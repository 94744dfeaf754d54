"""Editing origins in place: each layout, before and after, character by character."""

from __future__ import annotations

import pytest

from remediate.planfile.edit.entries import ALSO, CannotEdit, add, change, remove
from remediate.planfile.edit.layout import scalar

HEAD = "version: 1\nname: a\n"
TAIL = "targets:\n  - s3: b\n"
NEW = {"origin": "http://localhost:3000", "reason": "trying", "expires": "2026-12-01T18:00:00Z"}
FLOW = "{origin: http://localhost:3000, reason: trying, expires: 2026-12-01T18:00:00Z}"

# What stands under `origins` before, and what after.
ADDED = {
    "indented": (
        "origins:\n  - https://a.example\n",
        "origins:\n  - https://a.example\n  - origin: http://localhost:3000\n"
        "    reason: trying\n    expires: 2026-12-01T18:00:00Z\n",
    ),
    "not indented": (
        "origins:\n- https://a.example\n",
        "origins:\n- https://a.example\n- origin: http://localhost:3000\n"
        "  reason: trying\n  expires: 2026-12-01T18:00:00Z\n",
    ),
    "wide dashes": (
        "origins:\n -   https://a.example\n",
        "origins:\n -   https://a.example\n -   origin: http://localhost:3000\n"
        "     reason: trying\n     expires: 2026-12-01T18:00:00Z\n",
    ),
    "the dash alone on its line": (
        "origins:\n  -\n    # ours\n\n    https://a.example\n",
        "origins:\n  -\n    # ours\n\n    https://a.example\n  - origin: http://localhost:3000\n"
        "    reason: trying\n    expires: 2026-12-01T18:00:00Z\n",
    ),
    "comments stay where they are": (
        "# who\norigins:   # all\n  # first\n  - https://a.example   # ours\n  # last\n\n# next\n",
        "# who\norigins:   # all\n  # first\n  - https://a.example   # ours\n  - origin: http://localhost:3000\n"
        "    reason: trying\n    expires: 2026-12-01T18:00:00Z\n  # last\n\n# next\n",
    ),
    "behind a folded text": (
        "origins:\n  - origin: https://a.example\n    reason: >-\n      so\n      be it\n\n",
        "origins:\n  - origin: https://a.example\n    reason: >-\n      so\n      be it\n"
        "  - origin: http://localhost:3000\n    reason: trying\n    expires: 2026-12-01T18:00:00Z\n\n",
    ),
    "braces in lines": (
        "origins:\n  - {origin: https://a.example, reason: ours}\n",
        f"origins:\n  - {{origin: https://a.example, reason: ours}}\n  - {FLOW}\n",
    ),
    "braces over two lines": (
        "origins:\n  - {origin: https://a.example,\n     reason: ours}  # yes\n",
        f"origins:\n  - {{origin: https://a.example,\n     reason: ours}}  # yes\n  - {FLOW}\n",
    ),
    "brackets": (
        "origins: [https://a.example, https://b.example]  # all\n",
        f"origins: [https://a.example, https://b.example, {FLOW}]  # all\n",
    ),
    "brackets with a comma at the end": (
        "origins: [ https://a.example, ]\n",
        f"origins: [ https://a.example, {FLOW}, ]\n",
    ),
    "brackets over lines": (
        "origins: [\n  https://a.example,  # one\n  https://b.example   # two, last\n]\n",
        f"origins: [\n  https://a.example,  # one\n  https://b.example,   # two, last\n  {FLOW}\n]\n",
    ),
    "brackets over lines, comma at the end": (
        "origins: [\n  https://a.example,  # one\n]\n",
        f"origins: [\n  https://a.example,  # one\n  {FLOW},\n]\n",
    ),
    "brackets over lines, the last closed on its line": (
        "origins: [https://a.example,\n          https://b.example]\n",
        f"origins: [https://a.example,\n          https://b.example, {FLOW}]\n",
    ),
    "nobody": ("origins: []  # nobody\n", f"origins: [{FLOW}]  # nobody\n"),
}


@pytest.mark.parametrize(("before", "after"), ADDED.values(), ids=ADDED)
def test_an_entry_is_added_and_taken_out_again(before: str, after: str) -> None:
    for head, tail in ((HEAD, TAIL), (TAIL + HEAD, "")):
        assert add(head + before + tail, None, NEW) == head + after + tail
        last = before.count("https://")
        assert remove(head + after + tail, None, last) == head + before + tail


@pytest.mark.parametrize(("before", "after"), ADDED.values(), ids=ADDED)
def test_line_ends_stay_what_they_are(before: str, after: str) -> None:
    windows = [(HEAD + text + TAIL).replace("\n", "\r\n") for text in (before, after)]
    assert add(windows[0], None, NEW) == windows[1]
    open_end = [(TAIL + HEAD + text).rstrip("\n") for text in (before, after)]
    if not before.rstrip("\n").endswith("# next"):
        assert add(open_end[0], None, NEW) == open_end[1]
        assert remove(open_end[1], None, before.count("https://")) == open_end[0]


REMOVED = {
    "the first of lines": (
        "origins:\n  # one\n  - {origin: x}\n  # two\n  - https://a.example\n",
        0,
        "origins:\n  # one\n  # two\n  - https://a.example\n",
    ),
    "with what stands on its lines": (
        "origins:\n  - origin: x   # for Bob\n    # he asked\n    expires: y   # soon\n  - https://a.example\n",
        0,
        "origins:\n  - https://a.example\n",
    ),
    "the last there is": (
        "origins:   # who\n  # now\n  - origin: x\n    expires: y\n\n# next\n",
        0,
        "origins: []   # who\n  # now\n\n# next\n",
    ),
    "the first in brackets": ("origins: [ {origin: x}, b, c ]\n", 0, "origins: [ b, c ]\n"),
    "the middle in brackets": ("origins: [a, {origin: x}, c]\n", 1, "origins: [a, c]\n"),
    "the last in brackets": ("origins: [a, b, {origin: x}]\n", 2, "origins: [a, b]\n"),
    "the only one in brackets": ("origins: [{origin: x}] # z\n", 0, "origins: [] # z\n"),
    "a line in brackets": (
        "origins: [\n  a,  # a, b\n  {origin: x},  # x\n  c,  # c\n]\n",
        1,
        "origins: [\n  a,  # a, b\n  c,  # c\n]\n",
    ),
    "the last line in brackets": (
        "origins: [\n  a  # a, b\n  , {origin: x}  # x\n]\n",
        1,
        "origins: [\n  a  # a, b\n    # x\n]\n",
    ),
    "the last line in brackets, open": (
        "origins: [\n  a,  # a, b\n  {origin: x}  # x\n]\n",
        1,
        "origins: [\n  a  # a, b\n]\n",
    ),
}


@pytest.mark.parametrize(("before", "at", "after"), REMOVED.values(), ids=REMOVED)
def test_an_entry_is_taken_out(before: str, at: int, after: str) -> None:
    assert remove(HEAD + before + TAIL, None, at) == HEAD + after + TAIL


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "origins:\n  - origin: x\n    expires: 2026-01-01T00:00:00Z   # soon\n",
            "origins:\n  - origin: x\n    expires: 2026-12-01T18:00:00Z   # soon\n    reason: why\n",
        ),
        (
            "origins:\n- expires: '2026-01-01T00:00:00Z'\n  origin: x\n",
            "origins:\n- expires: '2026-12-01T18:00:00Z'\n  origin: x\n  reason: why\n",
        ),
        (
            'origins: [{origin: x, expires: "2026-01-01 00:00:00+01:00"}]\n',
            'origins: [{origin: x, expires: "2026-12-01T18:00:00Z", reason: why}]\n',
        ),
        (
            "origins:\n- origin: x\n  reason: >-\n    so\n    be it\n  expires: 2026-01-01T00:00:00Z",
            "origins:\n- origin: x\n  reason: why\n  expires: 2026-12-01T18:00:00Z",
        ),
    ],
)
def test_an_end_is_put_off(before: str, after: str) -> None:
    values = {"reason": "why", "expires": "2026-12-01T18:00:00Z"}
    assert change(HEAD + TAIL + before, None, 0, values) == HEAD + TAIL + after


def test_the_list_of_a_target() -> None:
    text = HEAD + "origins: [x]\ntargets:\n  - s3: a\n  - s3: b\n    origins:\n      - y\n    mode: merge\n"
    after = HEAD + (
        "origins: [x]\ntargets:\n  - s3: a\n  - s3: b\n    origins:\n      - y\n"
        "      - origin: z\n        expires: e\n    mode: merge\n"
    )
    assert add(text, 1, {"origin": "z", "expires": "e"}) == after
    assert remove(after, 1, 1) == text


TOP = "origins:\n- x\n- {origin: y, reason: 'a: b'}\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "origins:\n- x\ntargets:\n  - s3: a   # ours\n  # last\n",
            "origins:\n- x\ntargets:\n  - s3: a   # ours\n    also:\n    - origin: http://localhost:3000\n"
            "      reason: trying\n      expires: 2026-12-01T18:00:00Z\n  # last\n",
        ),
        (
            "origins: [x]\ntargets:\n  - s3: a\n    mode: exact",
            "origins: [x]\ntargets:\n  - s3: a\n    mode: exact\n    also:\n      - origin: http://localhost:3000\n"
            "        reason: trying\n        expires: 2026-12-01T18:00:00Z",
        ),
        (
            "origins: [x]\ntargets: [{s3: a}]\n",
            f"origins: [x]\ntargets: [{{s3: a, also: [{FLOW}]}}]\n",
        ),
        (
            "origins: [x]\ntargets:\r\n  - s3: a\r\n    also: [y]\r\n",
            f"origins: [x]\ntargets:\r\n  - s3: a\r\n    also: [y, {FLOW}]\r\n",
        ),
    ],
)
def test_an_entry_is_added_to_what_a_target_inherits_and_taken_out_again(before: str, after: str) -> None:
    assert add(HEAD + before, 0, NEW, key=ALSO) == HEAD + after
    assert remove(HEAD + after, 0, before.count("also: [y"), key=ALSO) == HEAD + before


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("targets:\n  - also: [y]\n    s3: a\n", "targets:\n  - s3: a\n"),
        ("targets: [{also: [y], s3: a}]\n", "targets: [{s3: a}]\n"),
        ("targets: [{s3: a, also: [y], mode: exact}]\n", "targets: [{s3: a, mode: exact}]\n"),
        (
            "targets:\n  - s3: a\n    also:  # guests\n      - y\n    mode: exact\n",
            "targets:\n  - s3: a\n    mode: exact\n",
        ),
    ],
)
def test_the_last_entry_beside_the_inherited_ones_takes_the_key_with_it(before: str, after: str) -> None:
    assert remove(HEAD + before, 0, 0, key=ALSO) == HEAD + after


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("targets:\n  - s3: a\n    origins: &all\n      - x\n  - s3: b\n    origins: *all\n", 5, 14),
        ("origins: &all [x]\ntargets:\n  - s3: a\n  - s3: b\n    origins: *all\n", 3, 10),
    ],
)
def test_what_counts_elsewhere_too_is_left_alone(text: str, line: int, column: int) -> None:
    place = 0 if text.startswith("targets") else None
    for edit in (lambda: add(HEAD + text, place, NEW), lambda: remove(HEAD + text, place, 0)):
        with pytest.raises(CannotEdit) as refused:
            edit()
        assert refused.value.message.startswith("an anchor")
        assert (refused.value.line, refused.value.column) == (line, column)
        assert "by hand" in refused.value.hint


def test_an_alias_as_the_entry() -> None:
    text = HEAD + "origins: [&x {origin: a, expires: b}]\ntargets:\n  - {s3: a, origins: [*x, c]}\n"
    with pytest.raises(CannotEdit, match="an anchor") as refused:
        change(text, 0, 0, {"expires": "c"})
    assert (refused.value.line, refused.value.column) == (5, 23)
    assert remove(text, 0, 0) == text.replace("*x, c", "c")
    with pytest.raises(CannotEdit, match="would change more"):
        remove(text, None, 0)
    with pytest.raises(CannotEdit, match="would change more"):
        change(text, None, 0, {"expires": "c"})


def test_an_alias_as_the_key() -> None:
    text = "version: 1\nname: &name origins\n*name : [a]\n" + TAIL
    assert add(text, None, {"origin": "b"}) == text.replace("[a]", "[a, {origin: b}]")
    assert remove(text, None, 0) == text.replace("[a]", "[]")


def test_an_alias_does_not_tell_how_entries_are_laid_out() -> None:
    text = HEAD + "origins: [&x {origin: a}]\ntargets:\n  - s3: a\n    origins:\n      - b\n      - *x\n"
    assert add(text, 0, {"origin": "c", "reason": "d"}) == text + "      - origin: c\n        reason: d\n"


def test_an_edit_that_would_mean_something_else_is_not_made() -> None:
    """A list under an explicit key: rare enough to be left to a person."""
    text = HEAD + "? origins\n: - a\n  - b\n" + TAIL
    with pytest.raises(CannotEdit, match="are laid out so") as refused:
        remove(text, None, 0)
    assert refused.value.line == 4
    assert refused.value.hint == "Delete it by hand."


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("http://localhost:3000", "http://localhost:3000"),
        ("https://*.example.com", "https://*.example.com"),
        ("http://[::1]:3000", '"http://[::1]:3000"'),
        ("*", '"*"'),
        ("null", '"null"'),
        ("yes", '"yes"'),
        ("12", '"12"'),
        ("-", '"-"'),
        ("a, b", '"a, b"'),
        ("a: b", '"a: b"'),
        ("a #b", '"a #b"'),
        ("it's Zoë's", "it's Zoë's"),
        ('"quoted"', '"\\"quoted\\""'),
        ("@me", '"@me"'),
        ("C:\\", "C:\\"),
    ],
)
def test_values_are_quoted_where_yaml_needs_it(value: str, written: str) -> None:
    assert scalar(value) == written
