"""Who manages a resource, as its tags tell: a tool that would undo what somebody else changes. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

STACK = "aws:cloudformation:stack-name"
"""CloudFormation puts it on everything that a stack makes; nobody else can write `aws:` tags."""

CDK, SAM, SERVERLESS, AMPLIFY = "CDK", "SAM", "the Serverless Framework", "Amplify"
CLOUDFORMATION, TERRAFORM = "CloudFormation", "Terraform"

_MANAGERS = frozenset({"managedby", "provisioner", "provisionedby", "createdby", "deployedby", "iac", "tool"})
_NO = frozenset({"", "0", "false", "no", "none"})


@dataclass(frozen=True, slots=True)
class Owner:
    """The tool, the stack or application if the tags name one, and the tag that tells."""

    tool: str
    name: str
    tag: str


def owner_of(tags: Mapping[str, str]) -> Owner | None:
    """The tool that manages what has these tags, the most particular that fits; None if no tag tells."""
    stack = tags.get(STACK, "")
    for key in sorted(tags):
        if key.startswith("amplify:") or (key == "user:Application" and (stack or "user:Stack" in tags)):
            return Owner(AMPLIFY, tags.get("user:Application") or tags.get("amplify:app-id") or stack, key)
    for key, value in sorted(tags.items()):
        if key.startswith(("aws:cdk:", "aws-cdk:")):
            return Owner(CDK, stack, key)
        if value == "SAM" and key.endswith(":createdBy"):
            return Owner(SAM, stack, key)
    # The framework names its stack SERVICE-STAGE, and tags with STAGE.
    if tags.get("STAGE") and stack.endswith(f"-{tags['STAGE']}"):
        return Owner(SERVERLESS, stack, "STAGE")
    if stack:
        return Owner(CLOUDFORMATION, stack, STACK)
    for key, value in sorted(tags.items()):
        if _is_terraforms(key, value):
            return Owner(TERRAFORM, "", key)
    return None


def _is_terraforms(key: str, value: str) -> bool:
    """Terraform tags nothing by itself; these are the conventions of its users."""
    bare = re.sub(r"[^a-z]", "", key.lower())
    if bare in _MANAGERS:
        return re.search("terraform|terragrunt|tofu", value.lower()) is not None
    return bare.startswith(("terraform", "opentofu", "tfworkspace", "tfmodule")) and value.lower() not in _NO
