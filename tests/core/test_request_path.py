"""A path's first segment names a stage or a bucket; a slip of the keyboard is near the path that is meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remediate.core.request_path import after_first_segment, first_segment, similar_paths


@pytest.mark.parametrize(
    ("path", "first", "rest"),
    [
        ("/prod/items?limit=5", "prod", "/items?limit=5"),
        ("/prod", "prod", "/"),
        ("/prod/", "prod", "/"),
        ("/prod?next=/a", "prod", "?next=/a"),
        ("/", "", "/"),
        ("", "", "/"),
    ],
)
def test_a_path_is_its_first_segment_and_what_stands_behind_it(path: str, first: str, rest: str) -> None:
    assert first_segment(path) == first
    assert after_first_segment(path) == rest


@given(st.text(alphabet="ab-_.~%2F"), st.lists(st.text(alphabet="ab"), max_size=3), st.text())
def test_a_segment_that_is_put_before_a_path_is_found_again(
    segment: str, more: list[str], query: str
) -> None:
    path = "".join(f"/{part}" for part in more) + (f"?{query}" if query else "")
    assert first_segment(f"/{segment}{path}" if segment else "/") == segment
    if segment:
        assert after_first_segment(f"/{segment}{path}") == (path or "/")


def test_a_path_is_similar_to_what_is_spelled_like_it_and_has_no_parameters() -> None:
    existing = ["/Orders", "/customers", "/order{id}", ""]
    assert similar_paths("/orders", existing) == ["/Orders"]
    assert similar_paths("/oders", existing) == ["/Orders"]
    assert similar_paths("/invoices", existing) == []
