"""Which HTTP API is behind a host name: its own, or a custom domain name's mappings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from remediate.aws import Aws, ClientError, error_code
from remediate.core.policy import Selector
from remediate.core.state import Place

if TYPE_CHECKING:
    from mypy_boto3_apigatewayv2 import ApiGatewayV2Client

_HOST = re.compile(r"(?P<id>[a-z0-9]{8,12})\.execute-api(?:\.(?P<region>[a-z]{2}(?:-[a-z]+)+-\d))?\..+")


def locate(aws: Aws, host: str, path: str) -> Iterator[Place]:
    """By the id in the host name; else by the domain name's API mapping with the longest key.

    One call for a custom domain name. Raises `AwsFailure` where the mappings cannot be read.
    """
    name = host.partition(":")[0]
    if found := _HOST.fullmatch(name):
        yield Place(Selector("http_api", found["id"], found["region"] or aws.region))
        return
    if "amazonaws" in name or "." not in name:
        return
    client: ApiGatewayV2Client = aws.client("apigatewayv2")
    with aws.explained(f"apigatewayv2:GetApiMappings of {name}"):
        try:
            mappings = client.get_api_mappings(DomainName=name)["Items"]
        except ClientError as error:
            if error_code(error) == "NotFoundException":
                return
            raise
    for mapping in sorted(mappings, key=lambda one: -len(one.get("ApiMappingKey") or "")):
        base = f"/{mapping.get('ApiMappingKey') or ''}".rstrip("/")
        if f"{path.partition('?')[0]}/".startswith(f"{base}/"):
            yield Place(Selector("http_api", mapping["ApiId"], aws.region), base)
            return
