"""Finds which HTTP API is behind a host name: its own, or a custom domain name's mappings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from remediate.aws import Aws, ClientError, error_code
from remediate.core.policy import Selector
from remediate.core.state import LocatedResource
from remediate.services.http_api.serving import mapped

if TYPE_CHECKING:
    from mypy_boto3_apigatewayv2 import ApiGatewayV2Client
    from mypy_boto3_apigatewayv2.type_defs import ApiMappingTypeDef

_HOST = re.compile(
    r"(?P<id>[a-z0-9]{8,12})(?:-vpce-[0-9a-f]+)?\.execute-api(?:\.(?P<region>[a-z]{2}(?:-[a-z]+)+-\d))?\..+"
)


def find_by_host(aws: Aws, host: str, path: str) -> Iterator[LocatedResource]:
    """By the id in the host name; else by the domain name's API mapping with the longest key.

    One call for a custom domain name (and its pages). Raises `AwsFailure` where the mappings cannot be read.
    """
    name = host.partition(":")[0]
    if match := _HOST.fullmatch(name):
        yield LocatedResource(Selector("http_api", match["id"], match["region"] or aws.region))
        return
    if "amazonaws" in name or "." not in name:
        return
    client: ApiGatewayV2Client = aws.client("apigatewayv2")
    with aws.translated_errors(f"apigatewayv2:GetApiMappings of {name}"):
        try:
            mappings = list(_pages(client, name))
        except ClientError as error:
            if error_code(error) == "NotFoundException":
                return
            raise
    bases = {_base(mapping.get("ApiMappingKey")): mapping for mapping in mappings}
    base = longest(bases, path)
    if base is not None:
        chosen = bases[base]
        yield LocatedResource(
            Selector("http_api", chosen["ApiId"], aws.region), base, mapped(chosen.get("Stage", ""))
        )


def longest(bases: Iterable[str], path: str) -> str | None:
    """The longest base path that begins the path, segment by segment; the empty one begins all. Pure."""
    bare = f"{path.partition('?')[0]}/"
    return max((base for base in bases if bare.startswith(f"{base}/")), key=len, default=None)


def _base(key: str | None) -> str:
    """A mapping's key as the beginning of a path: `/orders/v1`; empty for the mapping without a key."""
    return "" if key in {None, "", "(none)"} else f"/{str(key).strip('/')}"


def _pages(client: ApiGatewayV2Client, name: str) -> Iterator[ApiMappingTypeDef]:
    """Every API mapping of the domain name; botocore has no paginator for them."""
    answer = client.get_api_mappings(DomainName=name)
    yield from answer["Items"]
    while token := answer.get("NextToken"):
        answer = client.get_api_mappings(DomainName=name, NextToken=token)
        yield from answer["Items"]
