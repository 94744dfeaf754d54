"""Expectations: the proofs that a plan file asks for, predicted before an apply. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from remediate.core.common_rules import EXPECTATION_UNKNOWN
from remediate.core.finding import Finding
from remediate.core.guard_table import EXPECTATION_FAILS
from remediate.errors import AwsFailure
from remediate.planfile import Expectation
from remediate.reachability.chain import Chain
from remediate.web.browser import BrowserRequest
from remediate.web.evaluate import Decision, Evaluation

_PARAMETER = re.compile(r"(?:\{|%7B)[^/{}]*?(?:\}|%7D)", re.IGNORECASE)
SAMPLE = "sample"


def with_samples(path: str) -> str:
    """Return the path or URL with a sample value for each parameter: `/items/{id}` becomes `/items/sample`.

    No caller sends a literal `{id}`, and an application may answer such a path with an error.
    """
    return _PARAMETER.sub(SAMPLE, path)


def request_of(expected: Expectation) -> BrowserRequest:
    """Return the browser's request that the entry speaks of."""
    url = with_samples(expected.url)
    headers = [(name, "application/json" if name == "content-type" else "x") for name in expected.headers]
    return BrowserRequest(expected.origin, url, expected.method, headers, expected.credentials)


def expectation_findings(chain: Chain, expected: Iterable[Expectation]) -> list[Finding]:
    """Return a refusal for what would not be as expected after the plan, and a note for what is unknown."""
    return [
        finding
        for expectation in expected
        if (finding := _finding(expectation, chain.evaluate(request_of(expectation)))) is not None
    ]


def unknown_way(expected: Expectation, error: AwsFailure) -> Finding:
    """Return the finding of an expectation that stays open, as AWS does not tell what answers for its URL."""
    what = f"{expected.method} {expected.url} from {expected.origin}"
    return EXPECTATION_UNKNOWN.finding(
        "",
        f"Expected {expected.verdict}: {what}. What answers there could not be looked up: {error.message}",
        error.hint or "It is probed for real after the apply; `remediate verify` does it at any time.",
        expected.where,
    )


def _finding(expected: Expectation, seen: Evaluation) -> Finding | None:
    what = f"{expected.method} {expected.url} from {expected.origin}"
    if seen.outcome is Decision.UNKNOWN:
        return EXPECTATION_UNKNOWN.finding(
            "",
            f"Expected {expected.verdict}: {what}. Settings alone do not tell: {seen.because}",
            "It is probed for real after the apply; `remediate verify` does it at any time.",
            expected.where,
        )
    if str(seen.outcome) == str(expected.verdict):
        return None
    return EXPECTATION_FAILS.finding(
        "",
        f"Expected {expected.verdict}: {what}. After this plan it is {seen.outcome}: {seen.because}",
        "Correct the plan or the expectation; `remediate explain` shows the way hop by hop.",
        expected.where,
    )
