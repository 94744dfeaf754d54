"""Subject and text of a message."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from remediate.core.notice import Message, NoticeStage
from remediate.notify import test_message as a_test
from remediate.render.notice import Cut, body, fitted, subject
from tests.notify.saying import DRIFT, MENDED, OVER, message


def test_one_notice() -> None:
    assert subject(message(DRIFT)) == "remediate webapp: s3/uploads drifted"
    assert body(Cut(message(DRIFT))).splitlines() == [
        "s3/uploads drifted",
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
        "s3/uploads drifted",
        "  Seen:  2026-11-22T11:00:00Z",
        "",
        "Account 123456789012, 2026-11-22T11:00:05Z",
    ]


def test_several_notices() -> None:
    shop = replace(MENDED, plan_names=("shop",))
    text = subject(message(DRIFT, OVER, shop, replace(shop, id="4")))
    assert text == "remediate shop, webapp: 4 resources: 1 new, 2 corrected, 1 resolved"
    both = replace(DRIFT, plan_names=("shop", "webapp"))
    assert subject(message(both, DRIFT)) == "remediate shop, webapp: 2 resources: 2 new"
    whole = body(Cut(message(DRIFT, OVER, shop)))
    assert "http_api/a1b2c3 (orders) is as planned again" in whole
    assert "s3/uploads drifted, and was corrected" in whole


def test_a_test_says_so() -> None:
    sent = a_test("123456789012", ("webapp",), "2026-11-22T11:00:00Z")
    assert "test" in subject(sent)
    assert "drifted" not in body(Cut(sent))


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


def test_every_turn_has_its_words() -> None:
    for stage in NoticeStage:
        assert subject(message(replace(DRIFT, stage=stage)))
        assert subject(message(*[replace(DRIFT, stage=stage)] * 2)).startswith(
            "remediate webapp: 2 resources: 2 "
        )
