"""JSON documents as AWS sends them: their type, their canonical text and their digest."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

_HALVES = re.compile("[\ud800-\udfff]")
Document = Mapping[str, Any]
"""A JSON object in the AWS API's own shape and names, as boto3 returns and accepts it."""


def readable(value: object) -> str:
    """The JSON text for people and files: indented, not escaped but for halves of surrogate pairs."""
    text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    return _HALVES.sub(lambda half: f"\\u{ord(half[0]):04x}", text)


def canonical(value: object) -> str:
    """The one text of a JSON value: keys sorted, no spaces, so that equal values are equal texts."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)


def digest(value: object) -> str:
    """`sha256:…` of the canonical text: a revision where AWS has no ETag, and plan checksums."""
    return "sha256:" + hashlib.sha256(canonical(value).encode("utf-8", "surrogatepass")).hexdigest()
