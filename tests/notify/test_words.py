"""Subject and text of a message."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remediate.core.drift import DriftStatus
from remediate.core.notice import Message, Notice, NoticeOutcome
from remediate.notify import test_message as a_test
from remediate.render.notice import Cut, body, fitted, subject
from tests.notify.saying import DRIFT, MENDED, OVER, message

NEW_KEYS = {"outcome", "codes", "wanted", "stays", "undo"}


def test_one_notice() -> None:
    assert subject(message(DRIFT), 120) == (
        "remediate: s3/uploads was changed outside remediate, and was not corrected "
        "(account 123456789012; webapp)"
    )
    assert (
        subject(message(DRIFT), 80) == "remediate: not corrected: s3/uploads (account 123456789012; webapp)"
    )
    assert body(Cut(message(DRIFT))).splitlines() == [
        "s3/uploads was changed outside remediate, and was not corrected",
        "  Changed, from what the last run left to what was found:",
        "    - CORSRules[1].AllowedOrigins: https://app.example.com",
        "    + CORSRules[1].AllowedOrigins: *",
        "  When:  between 2026-11-22T10:00:00Z and 2026-11-22T11:00:00Z",
        "  By:    arn:aws:iam::123456789012:user/alice",
        "  Done:  nothing: --correct was not given",
        "  Look:  remediate plan plans/webapp.yaml --target s3/uploads",
        "",
        "Account 123456789012, 2026-11-22T11:00:05Z",
    ]


def test_what_is_not_known_is_not_told() -> None:
    bare = replace(DRIFT, changed=(), since="", who="", done="", look="")
    assert body(Cut(message(bare))).splitlines() == [
        "s3/uploads was changed outside remediate, and was not corrected",
        "  Seen:  2026-11-22T11:00:00Z",
        "",
        "Account 123456789012, 2026-11-22T11:00:05Z",
    ]


def test_several_notices() -> None:
    shop = replace(MENDED, plan_names=("shop",))
    several = [replace(shop, address=f"s3/{name}") for name in ("a", "b")]
    text = subject(message(OVER, *several, DRIFT), 130)
    assert text == (
        "remediate: not corrected: s3/uploads (4 resources: 1 not corrected, 2 corrected, "
        "1 as planned again; account 123456789012)"
    )
    assert subject(message(OVER, *several, DRIFT), 100) == (
        "remediate: not corrected: s3/uploads (4 resources; account 123456789012)"
    )
    whole = body(Cut(message(DRIFT, OVER, shop)))
    assert "http_api/a1b2c3 (orders) is as the plan wants it again" in whole
    assert "s3/uploads was changed outside remediate, and was corrected" in whole


def test_one_resource_is_counted_once_and_the_gravest_comes_first() -> None:
    opened = replace(DRIFT, id="2", outcome=NoticeOutcome.OPENED, codes=("opens-to-any",))
    other = replace(MENDED, id="3", address="s3/a")
    text = subject(message(other, DRIFT, opened))
    assert text == (
        "remediate: open: s3/uploads (2 resources: 1 open, 1 corrected; account 123456789012; webapp)"
    )
    lines = body(Cut(message(other, DRIFT, opened))).splitlines()
    assert [line.split()[0] for line in lines if line and not line.startswith((" ", "Account"))] == [
        "s3/uploads",
        "s3/uploads",
        "s3/a",
    ]


@pytest.mark.parametrize("status", [DriftStatus.PARTLY, DriftStatus.HELD])
def test_what_stays_open_is_graver_than_what_only_differs(status: DriftStatus) -> None:
    outcome = NoticeOutcome(str(status))
    grave = replace(DRIFT, id="2", address="s3/z", outcome=outcome, codes=("unlisted-origins-stay",))
    failed = replace(DRIFT, id="3", address="s3/a", outcome=NoticeOutcome.FAILED)
    assert "s3/z" in subject(message(failed, grave))
    bare = replace(grave, outcome=NoticeOutcome.WARNED)
    assert "s3/a" in subject(message(bare, failed))


def test_a_test_says_so() -> None:
    sent = a_test("123456789012", ("webapp",), "2026-11-22T11:00:00Z")
    assert "test" in subject(sent)
    assert "corrected" not in body(Cut(sent))


@given(st.text(), st.text(), st.text(), st.integers(1, 3))
def test_a_subject_is_what_sns_takes(plan: str, address: str, label: str, count: int) -> None:
    """Up to 100 ASCII characters, no line break or control character (Publish, API reference)."""
    notice = replace(DRIFT, plan_names=(plan,), address=address, label=label)
    text = subject(message(*[notice] * count))
    assert 0 < len(text) <= 100
    assert text.isascii()
    assert text.isprintable()
    assert text[0].isalpha()


@given(
    st.lists(st.tuples(st.integers(0, 120), st.integers(0, 1200)), min_size=1, max_size=5),
    st.integers(1500, 20_000),
)
def test_what_is_left_fits_and_what_is_missing_is_said(shape: list[tuple[int, int]], room: int) -> None:
    notices = [
        replace(DRIFT, id=str(number), changed=tuple("x" * width for _ in range(lines)))
        for number, (lines, width) in enumerate(shape)
    ]
    whole = Message("123456789012", "2026-11-22T11:00:05Z", notices)
    cut = fitted(whole, lambda part: len(body(part)) <= room)
    assert len(body(cut)) <= room
    left = cut.message.notices
    assert len(left) + cut.omitted == len(notices)
    assert left
    for before, after in zip(notices, left, strict=False):
        lost = len(before.changed) - len(after.changed)
        assert before.id == after.id
        if before.changed and after.changed != before.changed:
            assert "…" in "".join(after.changed)
        if lost > 0:
            assert f"… and {lost + 1} more line" in after.changed[-1]
    assert cut.as_json().get("omitted", 0) == cut.omitted


def test_what_fits_is_left_alone() -> None:
    sent = message(DRIFT, OVER)
    assert fitted(sent, lambda _: True) == Cut(sent)
    assert Cut(sent).as_json() == sent.as_json()


@pytest.mark.parametrize("outcome", NoticeOutcome)
def test_every_outcome_has_its_words(outcome: NoticeOutcome) -> None:
    assert subject(message(replace(DRIFT, outcome=outcome)))
    other = replace(DRIFT, outcome=outcome, address="s3/other")
    assert "2 resources: 2 " in subject(message(replace(DRIFT, outcome=outcome), other), 150)


def test_a_notice_of_an_earlier_version_is_read() -> None:
    value = {key: item for key, item in MENDED.as_json().items() if key not in NEW_KEYS}
    assert Notice.from_json(value) == MENDED
    assert Notice.from_json(MENDED.as_json()) == MENDED
