"""The words of a notification: its subject, its text, and as much of it as a channel takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from remediate.core.notice import Message, Notice, NoticeStage
from remediate.text import printable

TEST = "test"
"""The `kind` of the notice that only tests a channel."""

HAPPENED = {
    NoticeStage.NEW: "drifted",
    NoticeStage.CORRECTED: "drifted, and was corrected",
    NoticeStage.PARTLY: "drifted, and was corrected in part",
    NoticeStage.RESOLVED: "is as planned again",
}
COUNTED = {
    NoticeStage.NEW: "new",
    NoticeStage.CORRECTED: "corrected",
    NoticeStage.PARTLY: "corrected in part",
    NoticeStage.RESOLVED: "resolved",
}

_STEPS = ((100, 1000), (20, 300), (5, 200), (0, 100))
"""Ever fewer lines of a difference, and ever shorter ones, until it fits."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A message, or what is left of it; `omitted` notices are left out at the end."""

    message: Message
    omitted: int = 0

    def as_json(self) -> dict[str, Any]:
        """The message's own document; `omitted` is in it where something was left out."""
        return {**self.message.as_json(), **({"omitted": self.omitted} if self.omitted else {})}


def fitted(message: Message, fits: Callable[[Cut], bool]) -> Cut:
    """As much of the message as fits: long differences are cut first, and only then notices left out.

    What is missing is said: as a last line of the difference, and as `omitted`. One notice stays.
    """
    whole = Cut(message)
    if fits(whole):
        return whole
    for lines, width in _STEPS:
        whole = Cut(replace(message, notices=[_shorter(notice, lines, width) for notice in message.notices]))
        if fits(whole):
            return whole
    few, many = 1, len(message.notices)
    while few + 1 < many:
        middle = (few + many) // 2
        if fits(_first(whole.message, middle)):
            few = middle
        else:
            many = middle
    return _first(whole.message, few)


def subject(message: Message, most: int = 100) -> str:
    """One line of at most so many ASCII characters: which plan, what happened, where."""
    plans = sorted({plan for notice in message.notices for plan in notice.plan_names})
    if len(message.notices) == 1:
        summary = headline(message.notices[0])
    else:
        counts = Counter(notice.stage for notice in message.notices)
        summary = f"{len(message.notices)} resources: " + ", ".join(
            f"{counts[stage]} {COUNTED[stage]}" for stage in NoticeStage if counts[stage]
        )
    text = f"remediate {', '.join(plans)}: {summary}"
    line = " ".join(printable(text).split()).encode("ascii", "replace").decode()
    return line if len(line) <= most else line[: most - 3] + "..."


def headline(notice: Notice) -> str:
    """Return what happened to which resource, in a few words."""
    if notice.kind == TEST:
        return f"this is a test of {notice.label}"
    name = f" ({notice.label})" if notice.label and notice.label not in notice.address else ""
    return f"{notice.address}{name} {HAPPENED[notice.stage]}"


def details(notice: Notice) -> Iterator[str]:
    """Yield what changed, since when, by whom, what was done, and how to look closer; a line each."""
    if notice.changed:
        yield "Changed, from what the last run left to what was found:"
        yield from (f"  {line}" for line in notice.changed)
    if notice.since and notice.since != notice.seen:
        yield f"When:  between {notice.since} and {notice.seen}"
    else:
        yield f"Seen:  {notice.seen}"
    for name, text in (("By:", notice.who), ("Done:", notice.done), ("Look:", notice.look)):
        if text:
            yield f"{name:<6} {text}"


def footer(cut: Cut) -> Iterator[str]:
    """How many notices are missing, and for which account and when the message is."""
    if cut.omitted:
        yield f"… and {cut.omitted} more; `remediate drift` shows all."
    yield f"Account {cut.message.account}, {cut.message.when}"


def body(cut: Cut) -> str:
    """The whole message as plain text."""
    parts = [
        "\n".join([headline(notice), *(f"  {line}" for line in details(notice))])
        for notice in cut.message.notices
    ]
    return printable("\n\n".join([*parts, "\n".join(footer(cut))])) + "\n"


def _first(message: Message, count: int) -> Cut:
    notices = message.notices
    return Cut(replace(message, notices=notices[:count]), omitted=len(notices) - count)


def _shorter(notice: Notice, lines: int, width: int) -> Notice:
    changed = [_cut(line, width) for line in notice.changed[:lines]]
    if missing := len(notice.changed) - len(changed):
        changed.append(f"… and {missing} more line{'s' if missing > 1 else ''}")
    return replace(
        notice,
        label=_cut(notice.label, width),
        changed=tuple(changed),
        who=_cut(notice.who, width),
        done=_cut(notice.done, width),
    )


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
