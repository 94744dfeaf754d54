"""Checks the CORS rules of a bucket as S3 does when they are put; does no I/O.

What is refused, and the limits: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html
and https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketCors.html
"""

import re
from typing import Any

from moto.s3.exceptions import InvalidRequest, MalformedXML, S3ClientError
from moto.s3.models import CorsRule

MOST_RULES = 100
LONGEST_ID = 255
LARGEST_DOCUMENT = 64 * 1024
METHODS = ("GET", "PUT", "HEAD", "POST", "DELETE")

# The characters of a header's name: https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def read_rules(document: list[dict[str, Any]]) -> list[CorsRule]:
    """Turn the parsed XML into rules; raises what S3 answers if it refuses any of them."""
    if not document:
        raise MalformedXML
    if len(document) > MOST_RULES:
        raise refused(f"The number of CORS rules should not exceed allowed limit of {MOST_RULES} rules.")
    return [_read_rule(each or {}) for each in document]


def refused(message: str) -> S3ClientError:
    """Refuse the request as S3 does what is well formed and not allowed."""
    return S3ClientError("InvalidRequest", message)


def _read_rule(document: dict[str, Any]) -> CorsRule:
    methods, origins = _texts(document, "AllowedMethod"), _texts(document, "AllowedOrigin")
    headers, exposed = _texts(document, "AllowedHeader"), _texts(document, "ExposeHeader")
    if not methods or not origins:
        raise MalformedXML
    for method in methods:
        if method not in METHODS:
            raise InvalidRequest(method)
    for name, values in (("AllowedOrigin", origins), ("AllowedHeader", headers)):
        for value in values:
            if value.count("*") > 1:
                raise refused(f'{name} "{value}" can not have more than one wildcard.')
    for value in exposed:
        if "*" in value:
            raise refused(
                f'ExposeHeader "{value}" contains wildcard. We currently do not support wildcard '
                "for ExposeHeader."
            )
        if not _TOKEN.fullmatch(value):
            raise refused(f'ExposeHeader "{value}" contains invalid character.')
    rule_id = document.get("ID")
    if len(rule_id or "") > LONGEST_ID:
        raise refused(f"The ID of a CORS rule can not be longer than {LONGEST_ID} characters.")
    return CorsRule(
        methods, origins, headers or None, exposed or None, document.get("MaxAgeSeconds"), rule_id
    )


def _texts(document: dict[str, Any], name: str) -> list[str]:
    """Read an element that may be repeated; S3 takes an empty one for an empty text."""
    if name not in document:
        return []
    value = document[name]
    return [text or "" for text in (value if isinstance(value, list) else [value])]
