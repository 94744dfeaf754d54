"""Tells what S3 refuses of a configuration as a whole (S3 user guide, "CORS configuration")."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

from remediate.core.guard_table import DOCUMENT_TOO_LARGE, TOO_MANY_RULES
from remediate.core.rules import Rule as Guard
from remediate.services.s3.rule import Rule, values

MOST_RULES = 100
LARGEST_DOCUMENT = 64 * 1024
LONGEST_ID = 255

# Member of the API to element of the document that is sent.
_LISTS = {
    "AllowedHeaders": "AllowedHeader",
    "AllowedMethods": "AllowedMethod",
    "AllowedOrigins": "AllowedOrigin",
    "ExposeHeaders": "ExposeHeader",
}
_FRAME = '<CORSConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"></CORSConfiguration>'


def document_size(rules: Sequence[Rule]) -> int:
    """Bytes of the XML document that PutBucketCors sends for these rules."""
    return len(_FRAME) + sum(_rule_size(rule) for rule in rules)


def _rule_size(rule: Rule) -> int:
    size = _element("CORSRule", "")
    size += sum(_element(tag, text) for member, tag in _LISTS.items() for text in values(rule, member))
    return size + sum(
        _element(member, str(rule[member])) for member in ("ID", "MaxAgeSeconds") if member in rule
    )


def _element(tag: str, text: str) -> int:
    return len(f"<{tag}></{tag}>") + len(escape(text).encode("utf-8", "surrogatepass"))


def broken(rules: Sequence[Rule]) -> tuple[Guard, str] | None:
    """The limit that these rules exceed as the guard and a sentence, None where S3 takes them."""
    if len(rules) > MOST_RULES:
        return (
            TOO_MANY_RULES,
            f"S3 takes at most {MOST_RULES} rules per bucket; with the plan's there would be {len(rules)}.",
        )
    size = document_size(rules)
    if size > LARGEST_DOCUMENT:
        return (
            DOCUMENT_TOO_LARGE,
            f"S3 takes at most 64 KB of rules per bucket; with the plan's there would be {size} bytes.",
        )
    return None
