"""What an undo of an HTTP API leaves behind is told: members that were absent are empty afterwards."""

from __future__ import annotations

from typing import Any

from remediate.core.plan import Change
from remediate.services.http_api.restore import not_restored


def told(after: dict[str, Any] | None) -> list[tuple[str, str, str]]:
    change = Change("http_api/a1", "http_api", "eu-west-1", None, after, "r", "http_api/a1")
    return [(finding.code, str(finding.level), finding.message) for finding in not_restored(change)]


def test_members_that_were_absent_are_named() -> None:
    cors = {"AllowOrigins": ["https://a.example"], "AllowMethods": ["GET"], "MaxAge": 300}
    ((code, level, message),) = told({"CorsConfiguration": cors})
    assert (code, level) == ("empty-members-stay", "info")
    assert message.startswith("AllowHeaders, ExposeHeaders, AllowCredentials: what was absent is empty")


def test_nothing_is_told_where_all_comes_back() -> None:
    """Without settings all are deleted, and then none is there."""
    assert told(None) == []
    lists = {name: ["x"] for name in ("AllowOrigins", "AllowMethods", "AllowHeaders", "ExposeHeaders")}
    assert told({"CorsConfiguration": {**lists, "AllowCredentials": True, "MaxAge": 1}}) == []
