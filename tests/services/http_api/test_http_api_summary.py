"""An HTTP API's change in plain words."""

from __future__ import annotations

from typing import Any

import pytest

from remediate.services.http_api.summary import summary

LIVE: dict[str, Any] = {"AllowOrigins": ["https://a.example"], "AllowMethods": ["GET"], "MaxAge": 300}


def config(cors: dict[str, Any] | None) -> dict[str, Any]:
    return {"CorsConfiguration": cors}


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (None, config(LIVE), ("answer preflights: GET from https://a.example",)),
        (config(LIVE), None, ("remove the CORS settings: preflights go to the routes again",)),
        (
            config(LIVE),
            config(
                LIVE | {"AllowOrigins": ["https://a.example", "https://b.example"], "AllowMethods": ["PUT"]}
            ),
            ("allow origin https://b.example, method PUT", "stop allowing method GET"),
        ),
        (
            config(LIVE),
            config(LIVE | {"AllowCredentials": True, "ExposeHeaders": ["etag"], "MaxAge": 60}),
            ("let scripts read etag", "allow credentials", "let browsers keep a preflight for 60 s"),
        ),
        (config(LIVE), config(LIVE), ()),
    ],
)
def test_what_the_lists_gain_and_lose(
    before: dict[str, Any] | None, after: dict[str, Any] | None, words: tuple[str, ...]
) -> None:
    assert summary(before, after) == words
