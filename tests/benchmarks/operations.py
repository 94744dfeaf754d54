"""Names a request on the wire as `service:Operation`, from botocore's own models."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple
from urllib.parse import parse_qs

from botocore.session import get_session

SERVICES = ("s3", "sts", "apigateway", "apigatewayv2", "cloudfront")


class Route(NamedTuple):
    """Where an operation is found: its method, path and the query it is told apart by."""

    name: str
    method: str
    path: re.Pattern[str]
    query: frozenset[str]
    literal: int


def operation(signed_for: str, method: str, target: str, body: bytes) -> str:
    """`s3:GetBucketCors` of a request; its method and path where no model knows it."""
    path, _, query = target.partition("?")
    there = parse_qs(query, keep_blank_values=True)
    if action := parse_qs(body.decode("latin-1")).get("Action"):
        return f"{signed_for}:{action[0]}"
    fitting = [
        route
        for route in _routes()[signed_for]
        if route.method == method and route.path.fullmatch(path) and route.query <= there.keys()
    ]
    if not fitting:
        return f"{signed_for}:{method} {path}"
    return max(fitting, key=lambda route: (len(route.query), route.literal)).name


@cache
def _routes() -> dict[str, list[Route]]:
    found: dict[str, list[Route]] = {}
    for service in SERVICES:
        model = get_session().get_service_model(service)
        found.setdefault(model.signing_name, []).extend(_routes_of(service))
    return found


def _routes_of(service: str) -> Iterator[Route]:
    model = get_session().get_service_model(service)
    for name in model.operation_names:
        http = model.operation_model(name).http
        path, _, query = http["requestUri"].partition("?")
        parts = re.split(r"\{[^}]*\}", path)
        pattern = re.sub(r"\{[^}]*\+\}", "\0", path)
        pattern = re.sub(r"\{[^}]*\}", "\1", pattern)
        pattern = re.escape(pattern).replace("\0", ".+").replace("\1", "[^/]+")
        asked = frozenset(parse_qs(query, keep_blank_values=True))
        yield Route(f"{service}:{name}", http["method"], re.compile(pattern), asked, len("".join(parts)))
