"""Which operation of a service a request is for, as AWS's own API models tell."""

from __future__ import annotations

import re
from functools import cache
from typing import Any
from urllib.parse import parse_qs

from tests.faults.proxy import Call
from tests.models import read_model

_LABEL = re.compile(r"\{[^}+]+(\+?)\}")


def _pattern(path: str) -> re.Pattern[str]:
    """The path of a model as a regular expression; a label with `+` covers several segments."""
    parts, end = [], 0
    for label in _LABEL.finditer(path):
        parts += [re.escape(path[end : label.start()]), ".+" if label[1] else "[^/]+"]
        end = label.end()
    return re.compile("".join([*parts, re.escape(path[end:])]).rstrip("/") + "/?")


@cache
def _routes(service: str) -> list[tuple[str, re.Pattern[str], dict[str, list[str]], str]]:
    """Method, path, query and name of each operation; those that ask for more in the query first."""
    model: Any = read_model(service)
    routes = []
    for name in model.operation_names:
        http = model.operation_model(name).http
        path, _, query = http["requestUri"].partition("?")
        needed = parse_qs(query, keep_blank_values=True)
        needed.pop("x-id", None)
        routes.append((http["method"], _pattern(path), needed, name))
    return sorted(routes, key=lambda route: (-len(route[2]), route[1].pattern.count("[^/]+")))


def operation(call: Call) -> str:
    """`s3:GetBucketCors`; empty where no model knows the request."""
    if call.service in {"sts", "sns"}:
        action = parse_qs(call.body.decode()).get("Action", [""])[0]
        return f"{call.service}:{action}"
    query = parse_qs(call.query, keep_blank_values=True)
    for method, path, needed, name in _routes(call.service):
        if method == call.method and needed.items() <= query.items() and path.fullmatch(call.path):
            return f"{call.service}:{name}"
    return ""
