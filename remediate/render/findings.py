"""The findings of a plan: what is refused, what is left for a person, what failed, and the notes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from remediate.core.finding import Finding, Level, Topic
from remediate.core.wording import counted, listing
from remediate.render.terminal import Line

LEVELS = {Level.INFO: "cyan", Level.WARN: "yellow", Level.REFUSE: "bold red"}
_NAMES_SHOWN = 3


def about(findings: Iterable[Finding], topic: Topic) -> list[Finding]:
    """The findings of that topic that refuse nothing, warnings first."""
    chosen = [item for item in findings if item.topic is topic and item.level is not Level.REFUSE]
    return sorted(chosen, key=lambda finding: finding.level is Level.INFO)


def section_lines(title: str, findings: Sequence[Finding], *, verbose: bool) -> Iterator[Line]:
    """A section of findings in full: the sentence, the next step, the line of the plan file."""
    if not findings:
        return
    yield Line(title, "bold")
    for finding, addresses in _grouped(findings):
        names = listing(addresses, len(addresses) if verbose else _NAMES_SHOWN)
        yield Line(f"  {label(finding)}  {finding.code}  {names}", _style(finding), 4)
        yield Line(f"    {finding.message}", "", 4)
        for number, part in enumerate(finding.hint.split("\n") if finding.hint else ()):
            yield Line(f"    {' ' if number else '→'} {part}", "", 6)
        if finding.where:
            yield Line(f"    {finding.where}", "dim", 4)
    yield Line()


def short_lines(title: str, findings: Sequence[Finding], names: Mapping[str, str]) -> Iterator[Line]:
    """A section with one sentence a finding, and the command that explains it.

    `names` are what people call the resources, by address.
    """
    if not findings:
        return
    yield Line(title, "bold")
    for finding, addresses in _grouped(findings):
        resources = [names.get(address, address) for address in addresses]
        sentence = _first_sentence(finding.message)
        command = f"`remediate rule {finding.code}`"
        yield Line(f"  • {listing(resources, _NAMES_SHOWN)}: {sentence} See {command}.", "", 4)
    yield Line()


def note_count(findings: Sequence[Finding]) -> str:
    """`2 warnings and 3 notes`; empty where there are none."""
    warnings = sum(finding.level is Level.WARN for finding in findings)
    infos = len(findings) - warnings
    return " and ".join(
        [
            *([counted(warnings, "warning")] if warnings else []),
            *([counted(infos, "note")] if infos else []),
        ]
    )


def label(finding: Finding) -> str:
    """The word that stands before a finding: a failed look is an error, whatever the level says."""
    return "error" if finding.topic is Topic.FAILURE else str(finding.level)


def _style(finding: Finding) -> str:
    return "red" if finding.topic is Topic.FAILURE else LEVELS[finding.level]


def _grouped(findings: Iterable[Finding]) -> Iterator[tuple[Finding, list[str]]]:
    """What is said of several resources is said once, with all their addresses."""
    groups: dict[Finding, list[str]] = {}
    for finding in findings:
        groups.setdefault(replace(finding, address=""), []).append(finding.address)
    yield from groups.items()


def _first_sentence(text: str) -> str:
    head, stop, _ = text.partition(". ")
    return head + "." if stop else text
