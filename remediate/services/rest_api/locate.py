"""Which REST API and stage is behind a host name: its own, or a custom domain name's mappings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from remediate.aws import Aws, ClientError, error_code
from remediate.core.policy import Selector
from remediate.core.state import Place

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient

_HOST = re.compile(r"(?P<id>[a-z0-9]{8,12})\.execute-api(?:\.(?P<region>[a-z]{2}(?:-[a-z]+)+-\d))?\..+")


def locate(aws: Aws, host: str, path: str) -> Iterator[Place]:
    """By the id in the host name and the stage in the path; else by the longest base path mapping.

    One call for a custom domain name (and its pages). Raises `AwsFailure` where it cannot be read.
    """
    name = host.partition(":")[0]
    first = path.lstrip("/").partition("/")[0].partition("?")[0]
    if found := _HOST.fullmatch(name):
        if first:
            region = found["region"] or aws.region
            yield Place(Selector("rest_api", found["id"], region, {"stages": (first,)}))
        return
    if "amazonaws" in name or "." not in name:
        return
    client: APIGatewayClient = aws.client("apigateway")
    with aws.explained(f"apigateway:GetBasePathMappings of {name}"):
        try:
            pages = client.get_paginator("get_base_path_mappings").paginate(domainName=name)
            mappings = [mapping for page in pages for mapping in page.get("items", [])]
        except ClientError as error:
            if error_code(error) == "NotFoundException":
                return
            raise
    for mapping in sorted(mappings, key=lambda one: -len(one.get("basePath") or "")):
        base = "" if mapping.get("basePath") in {None, "(none)"} else f"/{mapping['basePath']}"
        if not f"{path.partition('?')[0]}/".startswith(f"{base}/"):
            continue
        # Without a stage the mapping leaves it to the caller's path (developer guide, "Set up API mappings").
        stage = mapping.get("stage") or path[len(base) :].lstrip("/").partition("/")[0]
        own = f"/{mapping['stage']}" if mapping.get("stage") else ""
        yield Place(Selector("rest_api", mapping["restApiId"], aws.region, {"stages": (stage,)}), base, own)
        return
