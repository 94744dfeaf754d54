"""Documents as AWS could return them and nobody would expect: kept to their shape, hostile in content."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

TEXTS = (
    "",
    " ",
    "*",
    "**",
    "null",
    "https://a.example.com",
    "HTTPS://Odd.Example:443/",
    "https://*.*.example",
    "https://xn--zzzz.example",
    "http://[::1]:3000",
    "http://[",
    "https://a.example:99999",
    "remediate:webapp",
    "remediate-webapp-cache-00000000",
    "é\u202e\u0000",
    "\ud800",
    "\x1b[31m",
    "'",
    '"',
    "''",
    "'https://a.example'",
    "' '",
    "$input.params('Origin')",
    '#set($context.responseOverride.header.X = "',
    "#if(",
    "#foreach($a in $b)#end",
    "(((((((((",
    "[[a]]",
    "a" * 5000,
    "%00%0a",
    "{proxy+}",
    "/items/{id}",
    "-1",
    "0",
    "１２３",
    "NaN",
    "{}",
    "\r\nset-cookie: x",
    "arn:aws:apigateway:::",
    "{",
)
NUMBERS = (-(2**63), -1, 0, 1, 5, 86401, 2**31, 2**63)
KEPT = frozenset(
    {
        "id",
        "path",
        "statusCode",
        "stageName",
        "httpMethod",
        "responseType",
        "name",
        "Name",
        "Id",
        "DomainName",
        "ApiId",
        "RouteKey",
    }
)
"""AWS always returns these, though its model doesn't say so."""


def mutated(value: Any, shape: Any, draw: random.Random, times: int = 3) -> Any:
    """A copy with some of its parts replaced, each by something of the same shape (a botocore shape)."""
    found = copy.deepcopy(value)
    for _ in range(draw.randint(1, times)):
        found = _somewhere(found, shape, draw)
    return found


def _somewhere(value: Any, shape: Any, draw: random.Random) -> Any:
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict) and value:
        name = draw.choice(sorted(value))
        if name not in shape.members:
            return value
        required = {*shape.required_members, *KEPT}
        if name not in required and draw.random() < 0.1:
            del value[name]
        else:
            value[name] = _somewhere(value[name], shape.members[name], draw)
        return value
    if kind == "list" and isinstance(value, list):
        return _list(value, shape.member, draw)
    if kind == "map" and isinstance(value, dict):
        if value and draw.random() < 0.7:
            key = draw.choice(sorted(value))
            value[key] = _somewhere(value[key], shape.value, draw)
        elif shape.value.type_name == "string":
            value[text(draw)] = text(draw)
        return value
    return _scalar(value, shape, draw)


def _list(value: list[Any], member: Any, draw: random.Random) -> list[Any]:
    dice = draw.random()
    if not value:
        return [text(draw)] if member.type_name == "string" else value
    if dice < 0.5:
        place = draw.randrange(len(value))
        value[place] = _somewhere(value[place], member, draw)
    elif dice < 0.6:
        draw.shuffle(value)
    elif dice < 0.7:
        value.append(copy.deepcopy(draw.choice(value)))
    elif dice < 0.8:
        value.pop(draw.randrange(len(value)))
    elif dice < 0.85 and member.type_name == "string":
        value += [f"https://{number}.example" for number in range(300)]
    elif member.type_name == "string":
        value.append(text(draw))
    return value


def _scalar(value: Any, shape: Any, draw: random.Random) -> Any:
    if shape.type_name == "string":
        known = getattr(shape, "enum", None)
        if known:
            return draw.choice([*known, "SOMETHING_NEW"])
        if isinstance(value, str) and value and draw.random() < 0.4:
            at = draw.randrange(len(value) + 1)
            return value[:at] + text(draw) + value[at:]
        return text(draw)
    if shape.type_name in {"integer", "long"}:
        return draw.choice(NUMBERS)
    return (not value) if shape.type_name == "boolean" else value


def text(draw: random.Random) -> str:
    """A string that somebody might have typed, or meant."""
    return draw.choice(TEXTS)


def any_json(value: Any, draw: random.Random) -> Any:
    """A JSON document with one part replaced by anything at all."""
    if isinstance(value, dict) and value and draw.random() < 0.85:
        key = draw.choice(sorted(value))
        return {**value, key: any_json(value[key], draw)}
    if isinstance(value, list) and value and draw.random() < 0.85:
        place = draw.randrange(len(value))
        return [*value[:place], any_json(value[place], draw), *value[place + 1 :]]
    return draw.choice([None, True, 0, -1.5, "", text(draw), [], {}, [[]], {"a": None}, [None], 10**30])


def broken_text(source: str, other: str, draw: random.Random) -> str:
    """A text with pieces cut out, doubled, swapped with another's, or replaced."""
    for _ in range(draw.randint(1, 4)):
        first, last = sorted(draw.randrange(len(source) + 1) for _ in range(2))
        last = min(last, first + 40)
        dice = draw.random()
        if dice < 0.25:
            source = source[:first] + source[last:]
        elif dice < 0.5:
            source = source[:last] + source[first:last] + source[last:]
        elif dice < 0.75:
            begin = draw.randrange(len(other) + 1)
            source = source[:first] + other[begin : begin + draw.randrange(1, 60)] + source[last:]
        else:
            source = source[:first] + text(draw) + source[last:]
    return source


def as_bytes(value: Any) -> bytes:
    """The JSON text of an export."""
    return json.dumps(value).encode("utf-8", "surrogatepass")
