"""HTTP messages as values: repeated headers, case, white space."""

import pytest

from remediate.web.http import Request, Response


@pytest.mark.parametrize(
    "message", [lambda headers: Request("GET", "/", headers), lambda headers: Response(200, headers)]
)
def test_names_compare_without_case_and_repeated_headers_stay_repeated(message):
    answer = message([("Vary", " Origin\t"), ("vary", "Accept"), ("ETag", "x")])
    assert answer.all("VARY") == ["Origin", "Accept"]
    assert answer.get("vary") == "Origin, Accept"
    assert answer.get("age") is None
    assert answer.all("age") == []


def test_an_empty_header_is_there():
    assert Response(200, [("X", "")]).get("x") == ""
    assert Response(200, [("X", ""), ("X", "a")]).get("x") == ", a"


def test_lists_are_kept_as_tuples_so_that_messages_hash_and_compare():
    assert Request("GET", "/", [("a", "b")]) == Request("GET", "/", (("a", "b"),))
    assert hash(Response(200, [["a", "b"]])) == hash(Response(200, [("a", "b")]))


def test_a_mapping_is_refused_because_it_cannot_repeat_a_header():
    with pytest.raises(TypeError, match="list of"):
        Response(200, {"a": "b"})
