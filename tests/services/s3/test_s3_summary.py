"""A bucket's change in plain words."""

from __future__ import annotations

from typing import Any

import pytest

from remediate.services.s3.summary import summary

APP: dict[str, Any] = {
    "ID": "remediate:webapp",
    "AllowedOrigins": ["https://app.example.com"],
    "AllowedMethods": ["PUT"],
}
PARTNER: dict[str, Any] = {"AllowedOrigins": ["https://partner.example"], "AllowedMethods": ["GET"]}


def rules(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"CORSRules": list(entries)}


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (None, rules(APP), ("add rule remediate:webapp: PUT from https://app.example.com",)),
        (rules(APP), None, ("remove 1 rule, which leaves none",)),
        (rules(PARTNER, APP), rules(PARTNER), ("remove rule remediate:webapp",)),
        (
            rules(PARTNER),
            rules(PARTNER, PARTNER | {"AllowedMethods": ["PUT"]}),
            ("add rule 2: PUT from https://partner.example",),
        ),
        (
            rules(APP),
            rules(APP | {"AllowedOrigins": ["https://new.example"], "MaxAgeSeconds": 60}),
            (
                "in rule remediate:webapp allow origin https://new.example, "
                "stop allowing origin https://app.example.com, let browsers keep a preflight for 60 s",
            ),
        ),
        (
            rules(APP, PARTNER),
            rules(PARTNER, APP),
            ("change the order of the rules, of which the first that matches decides",),
        ),
        (rules(APP), rules(APP), ()),
    ],
)
def test_each_rule_is_named_with_what_becomes_of_it(
    before: dict[str, Any] | None, after: dict[str, Any] | None, words: tuple[str, ...]
) -> None:
    assert summary(before, after) == words
