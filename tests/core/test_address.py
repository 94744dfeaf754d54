"""What `--target` names."""

from __future__ import annotations

import pytest

from remediate.core.address import resource_id_of, service_of, target_matches

STAGE = ("rest_api/a1b2/prod", "a1b2", "webapp-backend")


@pytest.mark.parametrize(
    ("pattern", "named"),
    [
        ("rest_api/a1b2/prod", True),
        ("rest_api/*", True),
        ("*", True),
        ("webapp-backend", True),
        ("webapp-*", True),
        ("rest_api/webapp-backend", True),
        ("rest_api/webapp-backend/prod", True),
        ("webapp-backend/prod", True),
        ("a1b2", True),
        ("rest_api/a1b2", True),
        ("webapp-backend/test", False),
        ("rest_api/webapp-backend/test", False),
        ("http_api/webapp-backend", False),
        ("Webapp-backend", False),
        ("backend", False),
        ("prod", False),
        ("rest_api", False),
        ("", False),
    ],
)
def test_a_target_names_a_stage(pattern: str, named: bool) -> None:
    assert target_matches(pattern, *STAGE) is named


def test_a_resource_without_a_name_is_not_named_by_nothing() -> None:
    assert not target_matches("", "s3/uploads", "uploads", "")
    assert not target_matches("s3/", "s3/uploads", "uploads", "")


@pytest.mark.parametrize(
    ("address", "service", "identifier"),
    [
        ("s3/uploads", "s3", "uploads"),
        ("http_api/a1", "http_api", "a1"),
        ("rest_api/a1b2/prod", "rest_api", "a1b2"),
        ("rest_api/a1b2", "rest_api", "a1b2"),
        ("cloudfront/E2", "cloudfront", "E2"),
        ("", "", ""),
    ],
)
def test_an_address_names_its_service_and_the_resource(address: str, service: str, identifier: str) -> None:
    assert (service_of(address), resource_id_of(address)) == (service, identifier)
