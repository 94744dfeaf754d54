"""What an export may hold where texts belong."""

from __future__ import annotations

from typing import Any

import pytest

from remediate.services.rest_api.export import served

JSON = "application/json"


def exported(**members: Any) -> dict[str, Any]:
    """An export of one method, whose integration response has these members."""
    integration = {"type": "mock", "responses": {"default": {"statusCode": "200", **members}}}
    return {"paths": {"/items": {"get": {"x-amazon-apigateway-integration": integration}}}}


def response(export: dict[str, Any]) -> Any:
    config = served(export)
    assert config is not None
    method = config["resources"][0]["resourceMethods"]["GET"]
    return method["methodIntegration"]["integrationResponses"]["200"]


def test_a_null_template_is_an_empty_one() -> None:
    """As `GetIntegrationResponse` shows a template that was put as an empty text."""
    assert response(exported(responseTemplates={JSON: None})) == {"statusCode": "200"}
    assert response(exported(responseTemplates={JSON: "$x"}))["responseTemplates"] == {JSON: "$x"}


@pytest.mark.parametrize(
    "members",
    [
        {"responseTemplates": {JSON: 1}},
        {"responseTemplates": {JSON: ["$x"]}},
        {"responseTemplates": [JSON]},
        {"responseParameters": {"method.response.header.X": None}},
        {"responseParameters": {"method.response.header.X": {"a": "b"}}},
    ],
)
def test_anything_else_is_no_export(members: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="other than texts"):
        served(exported(**members))
