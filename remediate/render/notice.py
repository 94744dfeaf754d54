"""The words of a notification: its subject, its text, and as much of it as a channel takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from remediate.core.notice import Message, Notice, NoticeOutcome
from remediate.render.escape import terminal_line
from remediate.text import printable_line

TEST = "test"
"""The `kind` of the notice that only tests a channel."""

FAILED = "failed"
"""The `kind` of the notice of a pass that failed whole."""

HAPPENED = {
    NoticeOutcome.OPENED: "was opened by a change outside remediate, and is still open",
    NoticeOutcome.PARTLY: "was changed outside remediate; the plan's part is restored, the rest stays",
    NoticeOutcome.CONTESTED: "is changed again after each correction, and is no longer corrected",
    NoticeOutcome.HELD: "was changed outside remediate, and a guard holds the correction",
    NoticeOutcome.FAILED: "could not be corrected",
    NoticeOutcome.UNREADABLE: "could not be looked at",
    NoticeOutcome.LEFT: "was changed outside remediate, and was not corrected",
    NoticeOutcome.WAITS: "waits for a person to agree to what the plan wants",
    NoticeOutcome.WARNED: "has a new warning",
    NoticeOutcome.NOTED: "was changed outside remediate, beside the plan's part",
    NoticeOutcome.CORRECTED: "was changed outside remediate, and was corrected",
    NoticeOutcome.STOPPED: "was changed outside remediate, and is no longer so",
    NoticeOutcome.APPLIED: "is as the plan wants it: the change that waited was applied",
    NoticeOutcome.ACCEPTED: "is accepted as it is",
    NoticeOutcome.NOT_IN_PLAN: "is no longer in the plan",
    NoticeOutcome.READABLE: "can be looked at again",
    NoticeOutcome.AS_PLANNED: "is as the plan wants it again",
}
COUNTED = {
    NoticeOutcome.OPENED: "open",
    NoticeOutcome.PARTLY: "corrected in part",
    NoticeOutcome.CONTESTED: "contested",
    NoticeOutcome.HELD: "held",
    NoticeOutcome.FAILED: "failed",
    NoticeOutcome.UNREADABLE: "unreadable",
    NoticeOutcome.LEFT: "not corrected",
    NoticeOutcome.WAITS: "waiting",
    NoticeOutcome.WARNED: "with a warning",
    NoticeOutcome.NOTED: "changed beside the plan",
    NoticeOutcome.CORRECTED: "corrected",
    NoticeOutcome.STOPPED: "changed back",
    NoticeOutcome.APPLIED: "applied",
    NoticeOutcome.ACCEPTED: "accepted",
    NoticeOutcome.NOT_IN_PLAN: "not in the plan",
    NoticeOutcome.READABLE: "readable again",
    NoticeOutcome.AS_PLANNED: "as planned again",
}
_WANTED = {
    NoticeOutcome.CORRECTED: "Corrected, from what was found:",
    NoticeOutcome.PARTLY: "Corrected, from what was found:",
    NoticeOutcome.APPLIED: "Applied:",
}
_ENDED = frozenset(
    {
        NoticeOutcome.ACCEPTED,
        NoticeOutcome.NOT_IN_PLAN,
        NoticeOutcome.READABLE,
        NoticeOutcome.AS_PLANNED,
    }
)
"""What was reported earlier, and is over: it began after `since`, and ended before `seen`."""

_OUTCOMES = tuple(NoticeOutcome)
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
    message = replace(message, notices=ordered(message.notices))
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


def ordered(notices: Sequence[Notice]) -> tuple[Notice, ...]:
    """Return the notices with the gravest first, and those of one resource one after the other."""
    gravest: dict[str, tuple[int, int]] = {}
    for notice in notices:
        gravest[notice.address] = min(_gravity(notice), gravest.get(notice.address, _gravity(notice)))
    return tuple(
        sorted(notices, key=lambda notice: (gravest[notice.address], notice.address, _gravity(notice)))
    )


def subject(message: Message, most: int = 100) -> str:
    """One line of at most so many ASCII characters: the gravest first, the account, the other resources.

    What does not fit is left out whole: first the plans, then the counts; where the sentence does not fit
    with the account, its short form stands there.
    """
    notices = ordered(message.notices)
    plans = ", ".join(sorted({plan for notice in notices for plan in notice.plan_names}))
    account = f"account {message.account}"
    resources = list({notice.address: notice for notice in reversed(notices)}.values())
    counts = Counter(notice.outcome for notice in resources)
    counted = ", ".join(f"{counts[each]} {COUNTED[each]}" for each in NoticeOutcome if counts[each])
    several = f"{len(resources)} resources: {counted}" if len(resources) > 1 else ""
    short = f"{COUNTED[notices[0].outcome]}: {notices[0].address}"
    many = f"{len(resources)} resources" if len(resources) > 1 else ""
    for name, tail in (
        (headline(notices[0]), (several, account, plans)),
        (headline(notices[0]), (several, account)),
        (short, (several, account, plans)),
        (short, (several, account)),
        (short, (many, account)),
    ):
        line = _ascii(f"remediate: {name} ({'; '.join(part for part in tail if part)})")
        if len(line) <= most:
            return line
    line = _ascii(f"remediate: {account}; {several or COUNTED[notices[0].outcome]}")
    return line if len(line) <= most else line[: most - 3] + "..."


def headline(notice: Notice) -> str:
    """Return what happened to which resource, in a few words."""
    if notice.kind == TEST:
        return f"this is a test of {notice.label}"
    if notice.kind == FAILED:
        return "the unattended pass failed: nothing was looked at"
    name = f" ({notice.label})" if notice.label and notice.label not in notice.address else ""
    return f"{notice.address}{name} {HAPPENED[notice.outcome]}"


def details(notice: Notice) -> Iterator[str]:
    """Yield what changed, since when, by whom, what was done, and how to look closer; a line each."""
    sections = (
        ("Changed, from what the last run left to what was found:", notice.changed),
        (_WANTED.get(notice.outcome, "The plan wants:"), notice.wanted),
        ("Still there (+), still gone (-) or still changed (~):", notice.stays),
    )
    for title, lines in sections:
        if lines:
            yield title
            yield from (f"  {line}" for line in lines)
    if notice.since and notice.outcome in _ENDED:
        yield f"When:  it began after {notice.since}, and was over by {notice.seen}"
    elif notice.since and notice.since != notice.seen:
        yield f"When:  between {notice.since} and {notice.seen}"
    else:
        yield f"Seen:  {notice.seen}"
    texts = (
        ("By:", notice.who),
        ("Done:", notice.done),
        ("Codes:", ", ".join(notice.codes)),
        ("Look:", notice.look),
        ("Undo:", notice.undo),
    )
    for name, text in texts:
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
        "\n".join(map(terminal_line, [headline(notice), *(f"  {line}" for line in details(notice))]))
        for notice in ordered(cut.message.notices)
    ]
    return "\n\n".join([*parts, "\n".join(map(terminal_line, footer(cut)))]) + "\n"


def _gravity(notice: Notice) -> tuple[int, int]:
    """Return the place of the notice among others: what stays in part is grave where it opens something."""
    opens = notice.outcome is NoticeOutcome.OPENED or (
        bool(notice.codes) and notice.outcome in {NoticeOutcome.PARTLY, NoticeOutcome.HELD}
    )
    return (0 if opens else 1, _OUTCOMES.index(notice.outcome))


def _ascii(text: str) -> str:
    return " ".join(printable_line(text).split()).encode("ascii", "replace").decode()


def _first(message: Message, count: int) -> Cut:
    notices = message.notices
    return Cut(replace(message, notices=notices[:count]), omitted=len(notices) - count)


def _shorter(notice: Notice, lines: int, width: int) -> Notice:
    return replace(
        notice,
        label=_cut(notice.label, width),
        changed=_fewer(notice.changed, lines, width),
        wanted=_fewer(notice.wanted, lines, width),
        stays=_fewer(notice.stays, lines, width),
        who=_cut(notice.who, width),
        done=_cut(notice.done, width),
    )


def _fewer(lines: Sequence[str], most: int, width: int) -> tuple[str, ...]:
    fewer = [_cut(line, width) for line in lines[:most]]
    if missing := len(lines) - len(fewer):
        fewer.append(f"… and {missing} more line{'s' if missing > 1 else ''}")
    return tuple(fewer)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
