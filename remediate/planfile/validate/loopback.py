"""Checks what a plan file demands of origins on its users' own machines: a reason, and an end that is near.

The tree is checked, like in `rules`; but the answer depends on the current time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from remediate.planfile.durations import MomentError, duration, instant, spelled
from remediate.planfile.origins import Origins
from remediate.planfile.validate.diagnostics import Diagnostic
from remediate.planfile.yaml.tree import MappingNode, Node, Scalar, SequenceNode
from remediate.web.origin import OriginError, is_loopback

AN_EXAMPLE = timedelta(hours=4)


def diagnostics(
    root: MappingNode, kinds: Collection[str], now: datetime, origins: Origins
) -> Iterator[Diagnostic]:
    """Every origin on loopback, of the file and of its targets, that breaks the file's own rules.

    One that has expired by `now` is no longer desired, so it breaks none. `kinds` are the services.
    """
    rules = root.get("loopback")
    if not isinstance(rules, MappingNode):
        return
    reason = rules.entries.get("reason")
    longest = rules.entries.get("longest")
    most = None
    if longest is not None:
        try:
            most = duration(_text(longest.value) or "")
        except MomentError:
            most = None  # said where single values are checked
    targets = root.get("targets")
    holders = [root, *(targets.items if isinstance(targets, SequenceNode) else [])]
    for holder in holders:
        for item, text, origin in _on_loopback(holder, origins):
            expires = item.entries.get("expires") if isinstance(item, MappingNode) else None
            ends = _instant(expires.value) if expires else None
            if (expires and ends is None) or (ends is not None and ends <= now):
                continue
            length = spelled(most or AN_EXAMPLE)
            command = f'`remediate grant {origin}{_target(holder, kinds)} --for {length} --reason "…"`'
            why = item.get("reason") if isinstance(item, MappingNode) else None
            if reason is not None and (why is None or _text(why) == ""):
                yield Diagnostic(
                    text.line,
                    text.column,
                    f"{origin} is on loopback and has no reason, which line {reason.line} demands",
                    f"add reason: …, or delete the entry and run {command}",
                )
            if most is None or longest is None or (ends is not None and ends - now <= most):
                continue
            at = expires.value if expires else text
            wrong = f"expires more than {spelled(most)} from now" if expires else "has no expires"
            yield Diagnostic(
                at.line,
                at.column,
                f"{origin} is on loopback and {wrong}; line {longest.line} allows at most {spelled(most)}",
                f"delete the entry and run {command}",
            )


def _on_loopback(holder: Node, origins: Origins) -> Iterator[tuple[Node, Scalar, str]]:
    """The entries on loopback: the item, the text in it, and the origin that it means."""
    lists = [holder.get(key) for key in ("origins", "also")] if isinstance(holder, MappingNode) else []
    for item in (item for listed in lists if isinstance(listed, SequenceNode) for item in listed.items):
        text = item.get("origin") if isinstance(item, MappingNode) else item
        if not isinstance(text, Scalar) or not isinstance(text.value, str):
            continue
        try:
            origin = origins.read(text.value)
        except OriginError:
            continue
        if is_loopback(origin):
            yield item, text, origin.text


def _target(holder: Node, kinds: Collection[str]) -> str:
    """The option that names a target, where the list is one target's own."""
    named = holder.entries.items() if isinstance(holder, MappingNode) else ()
    return next((f" --target {key}/{_text(entry.value)}" for key, entry in named if key in kinds), "")


def _text(node: Node) -> str | None:
    return node.text if isinstance(node, Scalar) else None


def _instant(node: Node) -> datetime | None:
    try:
        return instant(_text(node) or "")
    except MomentError:
        return None
