"""Suggest the name that is nearest to one that a target gives and that nothing has. I/O, no write."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace

from remediate.aws import Aws
from remediate.core.finding import Finding, Topic
from remediate.core.policy import Selector
from remediate.core.snapshot import Snapshot
from remediate.errors import AwsFailure
from remediate.planfile import Target
from remediate.services import service
from remediate.text import similar


def with_suggestions(
    aws: Aws, seen: Snapshot, targets: Iterable[Target], findings: Sequence[Finding]
) -> list[Finding]:
    """Return the findings, those on a name that nothing has with the nearest name that something has."""
    missing = [*seen.unmatched(target.selector for target in targets)]
    missing += [selector for failure in seen.unreadable if failure.gone for selector in failure.selected_by]
    guesses = {
        f"{selector.service}/{selector.pattern}": guess
        for selector in missing
        if not selector.is_glob and (guess := _nearest(aws, selector))
    }
    return [
        replace(finding, hint=f"Did you mean {guesses[finding.address]}? {finding.hint}")
        if finding.topic is Topic.FAILURE and finding.address in guesses
        else finding
        for finding in findings
    ]


def _nearest(aws: Aws, selector: Selector) -> str:
    # Where the names may not be listed there is no suggestion; what is missing is an error in any case.
    with suppress(AwsFailure):
        names = set(service(selector.service).names(aws, selector.region))
        return next(iter(similar(selector.pattern, sorted(names), most=1)), "")
    return ""
