"""Finds which REST API and stage is behind a host name: its own, or a custom domain name's mappings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from remediate.aws import Aws, ClientError, error_code
from remediate.core.policy import Selector
from remediate.core.request_path import first_segment
from remediate.core.state import LocatedResource

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient
    from mypy_boto3_apigatewayv2 import ApiGatewayV2Client
    from mypy_boto3_apigatewayv2.type_defs import ApiMappingTypeDef

_HOST = re.compile(
    r"(?P<id>[a-z0-9]{8,12})(?:-vpce-[0-9a-f]+)?\.execute-api(?:\.(?P<region>[a-z]{2}(?:-[a-z]+)+-\d))?\..+"
)


def find_by_host(aws: Aws, host: str, path: str) -> Iterator[LocatedResource]:
    """By the id in the host name and the stage in the path; else by the longest base path mapping.

    Two calls for a custom domain name that has base path mappings, one for any other. Raises
    `AwsFailure` where the mappings cannot be read.
    """
    name = host.partition(":")[0]
    first = first_segment(path)
    if match := _HOST.fullmatch(name):
        region = match["region"] or aws.region
        whole = Selector("rest_api", match["id"], region)
        of_stage = Selector("rest_api", match["id"], region, {"stages": (first,)})
        # A path without a stage, or with a wrong one, is the API's all the same: it answers 403.
        yield LocatedResource(of_stage, otherwise=whole) if first else LocatedResource(whole, strays=True)
        return
    if "amazonaws" in name or "." not in name:
        return
    mappings = _mappings(aws, name)
    mapping = longest(mappings, path)
    if mapping is None:
        return
    # Without a stage the mapping leaves it to the caller's path (developer guide, "Set up API mappings").
    stage = mapping.stage or first_segment(path[len(mapping.base) :])
    own = f"/{mapping.stage}" if mapping.stage else ""
    yield LocatedResource(
        Selector("rest_api", mapping.api, aws.region, {"stages": (stage,)}), mapping.base, own
    )


@dataclass(frozen=True, slots=True)
class Mapping:
    """One mapping of a custom domain name: `base` is empty or `/v1`, `stage` empty where callers name it."""

    base: str
    api: str
    stage: str = ""


def mapping_of(base_path: str | None, api: str, stage: str | None) -> Mapping:
    """A mapping in AWS's words: the base path `(none)`, an empty one and an absent one are the same."""
    words = "" if base_path in {None, "", "(none)"} else f"/{str(base_path).strip('/')}"
    return Mapping(words, api, "" if stage in {None, "(none)"} else str(stage))


def longest(mappings: Iterable[Mapping], path: str) -> Mapping | None:
    """The mapping with the longest base path that begins the path, segment by segment. Pure."""
    bare = f"{path.partition('?')[0]}/"
    matching = [mapping for mapping in mappings if bare.startswith(f"{mapping.base}/")]
    return max(matching, key=lambda mapping: len(mapping.base), default=None)


def _mappings(aws: Aws, name: str) -> list[Mapping]:
    """The base path mappings of a custom domain name, and those of several levels.

    The REST API of API Gateway has base paths of one level only; those with a slash are API mappings
    of its second version (developer guide, "API mappings with multiple levels").
    """
    client: APIGatewayClient = aws.client("apigateway")
    with aws.translated_errors(f"apigateway:GetBasePathMappings of {name}"):
        try:
            pages = client.get_paginator("get_base_path_mappings").paginate(domainName=name)
            listed = [mapping for page in pages for mapping in page.get("items", [])]
        except ClientError as error:
            if error_code(error) != "NotFoundException":
                raise
            return []
    mappings = [
        mapping_of(mapping.get("basePath"), mapping["restApiId"], mapping.get("stage")) for mapping in listed
    ]
    second: ApiGatewayV2Client = aws.client("apigatewayv2")
    with aws.translated_errors(f"apigatewayv2:GetApiMappings of {name}"):
        try:
            several = list(_pages(second, name))
        except ClientError as error:
            if error_code(error) != "NotFoundException":
                raise
            return mappings
    return mappings + [
        mapping_of(mapping.get("ApiMappingKey"), mapping["ApiId"], mapping.get("Stage"))
        for mapping in several
        if "/" in mapping.get("ApiMappingKey", "")
    ]


def _pages(client: ApiGatewayV2Client, name: str) -> Iterator[ApiMappingTypeDef]:
    """Every API mapping of the domain name; botocore has no paginator for them."""
    answer = client.get_api_mappings(DomainName=name)
    yield from answer["Items"]
    while token := answer.get("NextToken"):
        answer = client.get_api_mappings(DomainName=name, NextToken=token)
        yield from answer["Items"]
