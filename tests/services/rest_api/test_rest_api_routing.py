"""Routing by an index: the same answers as looking at every resource, for a look at few of them."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from remediate.services.rest_api.routing import _Index, match, route, segments

PARTS = st.sampled_from(["a", "b", "{x}", "{y}", "{rest+}", "{}"])
PATHS = st.lists(PARTS, max_size=3).map(lambda parts: "/" + "/".join(parts))
REQUESTS = st.lists(st.sampled_from(["a", "b", "c", "{x}", "{}", ""]), max_size=4).map(
    lambda parts: "/" + "/".join(parts)
)


def resources(paths: list[str], methods: list[str]) -> list[dict[str, Any]]:
    return [
        {"path": path, "resourceMethods": {method: {"number": number}}}
        for number, (path, method) in enumerate(zip(paths, methods, strict=True))
    ]


@given(st.lists(st.tuples(PATHS, st.sampled_from(["GET", "ANY", "PUT"])), max_size=12), REQUESTS)
def test_the_index_leaves_out_only_what_cannot_match(given: list[tuple[str, str]], path: str) -> None:
    listed = resources([path for path, _ in given], [method for _, method in given])
    asked = segments(path)
    matching = [item for item in listed if match(segments(item["path"]), asked) is not None]
    reached = [item for item, _ in _Index(listed).reached_by(asked)]
    assert [item for item in reached if item in matching] == matching
    ranked = [
        (match(segments(item["path"]), asked), place)
        for place, item in enumerate(listed)
        if item in matching and {"GET", "ANY"} & item["resourceMethods"].keys()
    ]
    routed = route(listed, "GET", path)
    if ranked:
        assert routed is not None
        best = listed[min(ranked)[1]]
        assert (routed[0], routed[2]) == (best["path"], next(iter(best["resourceMethods"].values())))
    else:
        assert routed is None


def test_a_request_looks_at_the_resources_that_it_may_reach_alone() -> None:
    """Of 300 resources a request looks at one: so a plan's work grows with the API, not with its square."""
    listed = resources([f"/items{number}/{{id}}" for number in range(300)], ["GET"] * 300)
    index = _Index(listed)
    for number in (0, 7, 299):
        assert len(list(index.reached_by(["items" + str(number), "x"]))) == 1
    assert list(index.reached_by(["other", "x"])) == []


def test_a_list_that_grew_is_indexed_anew() -> None:
    listed = resources(["/a"], ["GET"])
    assert route(listed, "GET", "/b") is None
    listed += resources(["/b"], ["GET"])
    assert route(listed, "GET", "/b") is not None
