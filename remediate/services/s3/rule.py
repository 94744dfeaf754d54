"""Tells what one CORS rule of S3 is: which requests it matches, and when two rules mean the same.

A live rule may hold anything that S3 or an emulator let in: members missing, empty strings, any
order. Nothing here raises for one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from remediate.web.origin import ANY, pattern_matches

Rule = Mapping[str, Any]

METHODS = ("GET", "PUT", "POST", "DELETE", "HEAD")
"""The only values of AllowedMethods that PutBucketCors takes, in upper case."""


def values(rule: Rule, member: str) -> tuple[str, ...]:
    """A list member's strings; none where it is missing or no list."""
    listed = rule.get(member)
    return (
        tuple(value for value in listed if isinstance(value, str)) if isinstance(listed, list | tuple) else ()
    )


def rules(config: Mapping[str, Any] | None) -> tuple[Rule, ...]:
    """The rules of `{"CORSRules": [...]}` in their order; none where nothing is configured."""
    listed = (config or {}).get("CORSRules")
    return (
        tuple(rule for rule in listed if isinstance(rule, Mapping))
        if isinstance(listed, list | tuple)
        else ()
    )


def name(rule: Rule, number: int) -> str:
    """Return how a person finds the rule: by its ID if it has one, else by its place, counted from 1."""
    return f"rule {rule['ID']!r}" if rule.get("ID") else f"rule number {number} (it has no ID)"


def covers(pattern: str, text: str) -> bool:
    """Return whether an AllowedOrigins or AllowedHeaders value matches: `*` is any run, even an empty one."""
    return pattern == text or ("*" in pattern and pattern_matches(pattern, text))


def overlap(pattern: str, second: str) -> bool:
    """Return whether some text is matched by both patterns, of at most one `*` each."""
    if "*" not in pattern:
        return covers(second, pattern)
    if "*" not in second:
        return covers(pattern, second)
    head, _, tail = pattern.partition("*")
    second_head, _, second_tail = second.partition("*")
    heads = head.startswith(second_head) or second_head.startswith(head)
    return heads and (tail.endswith(second_tail) or second_tail.endswith(tail))


def origin_entry(rule: Rule, origin: str) -> str | None:
    """The entry of AllowedOrigins that lets the origin in: `*` if it is there, else the first match.

    Origins are compared byte for byte (case, scheme and port count).
    """
    entries = values(rule, "AllowedOrigins")
    if ANY in entries:
        return ANY
    return next((entry for entry in entries if covers(entry, origin)), None)


def matches(rule: Rule, origin: str, method: str, headers: Iterable[str]) -> bool:
    """Return whether the rule decides: origin, method and every header asked for must be in it.

    Header names compare without case (S3 user guide, "Elements of a CORS configuration").
    """
    if method not in values(rule, "AllowedMethods") or origin_entry(rule, origin) is None:
        return False
    allowed = [entry.lower() for entry in values(rule, "AllowedHeaders")]
    return all(any(covers(entry, header.lower()) for entry in allowed) for header in headers)


def first_match(among: Sequence[Rule], origin: str, method: str, headers: Sequence[str]) -> Rule | None:
    """The first rule that matches; rules are never combined."""
    return next((rule for rule in among if matches(rule, origin, method, headers)), None)


def meaning(rule: Rule) -> tuple[object, ...]:
    """Return what S3 makes of a rule, whatever the order of its values and the case of its header names."""
    return (
        frozenset(values(rule, "AllowedOrigins")),
        frozenset(values(rule, "AllowedMethods")),
        frozenset(value.lower() for value in values(rule, "AllowedHeaders")),
        frozenset(value.lower() for value in values(rule, "ExposeHeaders")),
        rule.get("MaxAgeSeconds"),
    )
