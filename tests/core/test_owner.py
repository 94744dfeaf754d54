"""Who manages a resource, by the tags that the tools write; and the fragments in their languages."""

from __future__ import annotations

import pytest
import yaml

from remediate.core import iac_snippets
from remediate.core.iac_snippets import Blocks, Reference, hcl
from remediate.core.owner import Owner, owner_of

STACK = "aws:cloudformation:stack-name"


@pytest.mark.parametrize(
    ("tags", "owner"),
    [
        ({}, None),
        ({"team": "web", "env": "prod", "STAGE": "prod"}, None),
        ({STACK: "web"}, Owner("CloudFormation", "web", STACK)),
        ({STACK: "web", "aws-cdk:auto-delete": "true"}, Owner("CDK", "web", "aws-cdk:auto-delete")),
        ({STACK: "web", "aws:cdk:x": "1"}, Owner("CDK", "web", "aws:cdk:x")),
        ({STACK: "web", "httpapi:createdBy": "SAM"}, Owner("SAM", "web", "httpapi:createdBy")),
        ({STACK: "orders-dev", "STAGE": "dev"}, Owner("the Serverless Framework", "orders-dev", "STAGE")),
        ({STACK: "orders", "STAGE": "dev"}, Owner("CloudFormation", "orders", STACK)),
        ({"amplify:app-id": "d1", STACK: "x"}, Owner("Amplify", "d1", "amplify:app-id")),
        ({"user:Application": "shop", "user:Stack": "dev"}, Owner("Amplify", "shop", "user:Application")),
        ({"user:Application": "shop"}, None),
        ({"ManagedBy": "Terraform"}, Owner("Terraform", "", "ManagedBy")),
        ({"managed-by": "terragrunt"}, Owner("Terraform", "", "managed-by")),
        ({"provisioner": "OpenTofu 1.9"}, Owner("Terraform", "", "provisioner")),
        ({"Terraform": "true"}, Owner("Terraform", "", "Terraform")),
        ({"terraform": "false"}, None),
        ({"terraform_workspace": "prod"}, Owner("Terraform", "", "terraform_workspace")),
        ({"ManagedBy": "the web team"}, None),
        ({"Name": "terraform"}, None),
    ],
)  # fmt: skip
def test_owner(tags: dict[str, str], owner: Owner | None) -> None:
    assert owner_of(tags) == owner


NASTY = {
    "on": ["yes", "GET", "*", "it's", 'a "b"', "x: y", "", "- z", "é", "123", "null"],
    "off": ["A::B", "{a}", "#c", "1:30", "y", "No"],
    "rules": [{"a": True, "b": 600, "c": {}, "d": [], "e": [{"f": "'https://a.example'"}, {"g": {"h": 1}}]}],
}  # fmt: skip


def test_yaml_reads_back_as_it_was_meant() -> None:
    assert yaml.safe_load(iac_snippets.yaml(NASTY)) == NASTY


def test_a_reference_is_a_tag() -> None:
    assert iac_snippets.yaml({"PolicyId": Reference("ours")}) == "PolicyId: !Ref ours"


def test_hcl_escapes_what_would_be_an_expression() -> None:
    body = {"id": Reference("a.b.id"), "name": "${x} %{y}", "rule": Blocks([{"list": ["a", "b"], "n": 1}])}
    assert hcl("aws_x", "my-x", body) == (
        'resource "aws_x" "my_x" {\n'
        "  id   = a.b.id\n"
        '  name = "$${x} %%{y}"\n'
        "  rule {\n"
        '    list = ["a", "b"]\n'
        "    n    = 1\n"
        "  }\n"
        "}"
    )
