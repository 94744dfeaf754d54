"""An HTTP API's tags, which tell who manages it, and its CORS settings in that tool's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from remediate.core.iac_snippets import Blocks, hcl, renamed, yaml
from remediate.core.owner import SAM, TERRAFORM
from remediate.services.http_api.cors import configured
from remediate.services.http_api.facts import facts_of

if TYPE_CHECKING:
    from remediate.aws import Aws
    from remediate.core.document import Document
    from remediate.core.state import State

# CloudFormation and SAM have the API's own names; the provider's are these.
_TERRAFORM = {
    "AllowOrigins": "allow_origins",
    "AllowMethods": "allow_methods",
    "AllowHeaders": "allow_headers",
    "ExposeHeaders": "expose_headers",
    "AllowCredentials": "allow_credentials",
    "MaxAge": "max_age",
}


def tags(_aws: Aws, state: State) -> Mapping[str, str]:
    """The API's tags: the listing had them, so this calls nothing."""
    return facts_of(state).get("tags") or {}


def as_iac(after: Document | None, tool: str) -> str:
    """The settings as the tool's own text; empty where the tool's is to have none."""
    cors = configured(after)
    if cors is None:
        return ""
    if tool == TERRAFORM:
        block = Blocks([renamed(cors, _TERRAFORM)])
        return hcl("aws_apigatewayv2_api", "this", {"cors_configuration": block})
    kind = "AWS::Serverless::HttpApi" if tool == SAM else "AWS::ApiGatewayV2::Api"
    return yaml(
        {
            "Type": kind,
            "Properties": {"CorsConfiguration": renamed(cors, {name: name for name in _TERRAFORM})},
        }
    )
