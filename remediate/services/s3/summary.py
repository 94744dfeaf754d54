"""What a change does to a bucket's rules, in plain words. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from remediate.core.wording import counted, list_phrases, listing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from remediate.core.document import Document

    Rule = Mapping[str, Any]

_LISTS = (("AllowedOrigins", "origin"), ("AllowedMethods", "method"), ("AllowedHeaders", "header"))


def summary(before: Document | None, after: Document | None) -> tuple[str, ...]:
    """The phrases for one change: rules added, changed (by their ID) and removed."""
    live, desired = _rules(before), _rules(after)
    lost = [rule for rule in live if rule not in desired]
    gained = [rule for rule in desired if rule not in live]
    phrases: list[str] = []
    for rule in gained:
        former = next((old for old in lost if old.get("ID") and old.get("ID") == rule.get("ID")), None)
        if former is None:
            phrases.append(f"add {_name(rule, desired)}: {_meaning(rule)}")
            continue
        lost.remove(former)
        phrases.append(f"in {_name(rule, desired)} {', '.join(_changed(former, rule))}")
    if lost and not desired:
        phrases.append(f"remove {counted(len(lost), 'rule')}, which leaves none")
    elif lost:
        phrases.append(f"remove {listing([_name(rule, live) for rule in lost])}")
    if not phrases and live != desired:
        phrases.append("change the order of the rules, of which the first that matches decides")
    return tuple(phrases)


def _rules(config: Document | None) -> list[Rule]:
    return list((config or {}).get("CORSRules") or ())


def _name(rule: Rule, rules: Sequence[Rule]) -> str:
    return f"rule {rule.get('ID') or rules.index(rule) + 1}"


def _meaning(rule: Rule) -> str:
    return f"{', '.join(rule.get('AllowedMethods', ()))} from {listing(rule.get('AllowedOrigins', ()))}"


def _changed(before: Rule, after: Rule) -> Iterator[str]:
    yield from list_phrases(
        (noun, before.get(member) or (), after.get(member) or ()) for member, noun in _LISTS
    )
    if (before.get("ExposeHeaders") or ()) != (after.get("ExposeHeaders") or ()):
        yield f"let scripts read {listing(after.get('ExposeHeaders') or ()) or 'no header'}"
    if before.get("MaxAgeSeconds") != after.get("MaxAgeSeconds"):
        seconds = after.get("MaxAgeSeconds")
        yield "send no max-age" if seconds is None else f"let browsers keep a preflight for {seconds} s"
