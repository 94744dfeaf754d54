"""Who may call what, before and after: callers and requests that fare alike share a line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from remediate.core.plan import Access
from remediate.core.wording import listing
from remediate.render.terminal import Line

ROWS_SHOWN = 4
"""More rows than these under one heading are counted, unless all are asked for."""

ORIGINS_SHOWN = 3
WIDTH_OF_URLS = 48
"""Methods stand in a column behind URLs up to that long, so that they fit into a line of 80 columns."""

_UNSURE = "unknown"
_ORDER = ("lost", "gained", "code")

_Key = tuple[str, str, str, tuple[str, ...]]
_Row = tuple[str, str, str]


def access_lines(access: Sequence[Access], *, verbose: bool) -> Iterator[Line]:
    """One heading for each way to fare and each set of origins, the losses first; then a line a URL."""
    if not access:
        return
    groups = _groups(access)
    everywhere = {origins for (_, _, _, origins), _ in groups}
    shared = f", for {listing(next(iter(everywhere)), ORIGINS_SHOWN)}" if len(everywhere) == 1 else ""
    yield Line(f"Browser access{shared}", "bold", 2)
    for (kind, before, after, origins), rows in groups:
        mark, style, words = _heading(kind, before, after)
        names = "" if shared else f", for {listing(origins, len(origins) if verbose else ORIGINS_SHOWN)}"
        yield Line(f"  {mark} {words}{names}", style, 6)
        shown = rows if verbose else sorted(rows, key=_is_awss_own)[:ROWS_SHOWN]
        width = min(max(len(target) for target, _, _ in shown), WIDTH_OF_URLS)
        for target, methods, because in shown:
            yield Line(f"    {target:<{width}}  {methods}", "", 8)
            if verbose:
                lead = "before: " if after == "allowed" else ""
                yield Line(f"        {lead}{because}", "dim", 8)
        if len(rows) > len(shown):
            yield Line(f"    and {len(rows) - len(shown)} more (-v shows them)", "dim")
    yield Line()


def sent_with(access: Access) -> str:
    """Return what the request sends that decides: ` with authorization, cookies`; empty if nothing does."""
    sent = [*access.headers, *(["cookies"] if access.credentials else [])]
    return f" with {', '.join(sent)}" if sent else ""


def _is_awss_own(row: _Row) -> bool:
    """Whether the URL is of a host that AWS named: people call the others first."""
    return ".amazonaws." in row[0]


def _kind(access: Access) -> str:
    if access.before == "allowed":
        return "lost"
    return "gained" if access.after == "allowed" else "code"


def _heading(kind: str, before: str, after: str) -> tuple[str, str, str]:
    """The mark, the colour and the words of one way to fare; the words say it all."""
    if kind == "lost":
        return "✘", "red", f"allowed now, {_word(after)} after an apply"
    if kind == "gained":
        return "✔", "green", f"{_word(before)} now, allowed after an apply"
    return "?", "yellow", f"{_word(before)} now, {_word(after)} after an apply"


def _word(verdict: str) -> str:
    return "depends on code" if verdict == _UNSURE else verdict


def _groups(access: Sequence[Access]) -> list[tuple[_Key, list[_Row]]]:
    """Rows of target, methods and reason, by the way they fare and the origins they hold for."""
    by_origin: dict[tuple[str, str, str, str], list[Access]] = {}
    for row in access:
        target = f"{row.to}{sent_with(row)}"
        by_origin.setdefault((row.origin, target, row.before, row.after), []).append(row)
    by_target: dict[tuple[str, str, str, str], list[Access]] = {}
    for (_, target, before, after), several in by_origin.items():
        methods = ", ".join(dict.fromkeys(row.method for row in several))
        by_target.setdefault((target, methods, before, after), []).append(several[0])
    groups: dict[_Key, list[_Row]] = {}
    for (target, methods, before, after), callers in by_target.items():
        origins = tuple(dict.fromkeys(row.origin for row in callers))
        key = (_kind(callers[0]), before, after, origins)
        groups.setdefault(key, []).append((target, methods, callers[0].because))
    return sorted(groups.items(), key=lambda item: _ORDER.index(item[0][0]))
