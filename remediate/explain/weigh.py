"""Weigh what settings predict against what a server answered and what a browser saw. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from remediate.core.explain_rules import SEEN_OTHERWISE
from remediate.explain.evidence import curl_line, weighed
from remediate.explain.explanation import Explanation
from remediate.explain.propose import Judgement
from remediate.explain.todo import Todo
from remediate.reachability.chain import Hop
from remediate.reachability.observe import Observation, settles
from remediate.web.console import Complaint
from remediate.web.evaluate import Decision, Evaluation


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known besides the settings: real answers of the server, and the text of a browser's console."""

    observation: Observation | None = None
    complaint: Complaint | None = None


NOTHING = Evidence()


def with_evidence(
    explanation: Explanation, judgement: Judgement, evidence: Evidence, hops: Sequence[Hop]
) -> Explanation:
    """Return the explanation with the verdict that all evidence leads to.

    `judgement` is that of the settings and `hops` are those that the deciding request met. A real answer
    outweighs a prediction, and what a browser saw outweighs both.
    """
    if evidence.observation is not None and evidence.observation.sent:
        explanation, judgement = _observed(explanation, judgement, evidence.observation, hops)
    if evidence.complaint is not None:
        explanation = _complained(explanation, judgement, evidence, hops)
    return explanation


def _observed(
    explanation: Explanation, judgement: Judgement, observation: Observation, hops: Sequence[Hop]
) -> tuple[Explanation, Judgement]:
    """Return the explanation and the judgement by what the server answered."""
    seen = Judgement(observation.evaluation, judgement.cautions)
    explanation = replace(explanation, observation=observation)
    before = explanation.outcome
    if seen.outcome is Decision.UNKNOWN and before is Decision.UNKNOWN:
        because = f"{explanation.because} {observation.words}{_unsent(explanation, observation)}"
        return replace(explanation, because=because), judgement
    basis = "probe" if observation.is_used else "settings"
    if seen.outcome is before:
        rest = "the server answers as the settings lead to expect"
        because = f"{explanation.because} {observation.words}: {rest}."
        return replace(explanation, because=because, basis=basis), seen
    contradiction = ""
    if before is not Decision.UNKNOWN:
        contradiction = _why_otherwise(explanation, observation)
        explanation = _contradicted(explanation, contradiction, hops)
    because = observation.because
    if seen.cautions and seen.outcome is Decision.UNKNOWN:
        because = f"{because} But {seen.cautions[0][1]}"
    explanation = replace(
        explanation,
        outcome=seen.outcome,
        because=because,
        basis=basis if settles(observation) or contradiction else "settings",
        contradiction=contradiction,
    )
    if seen.outcome is Decision.ALLOWED:
        todo = [each for each in explanation.todo if each.finding.code == SEEN_OTHERWISE.code]
        explanation = replace(
            explanation,
            culprit="" if not contradiction else explanation.culprit,
            fix="",
            proposal=None,
            missing=(),
            use_url="",
            todo=tuple(todo),
        )
    return explanation, seen


def _unsent(explanation: Explanation, observation: Observation) -> str:
    methods = {request.method for request, _ in observation.sent}
    if explanation.request.method in methods:
        return "."
    return f"; {explanation.request.method} itself is not sent, as it could write."


def _why_otherwise(explanation: Explanation, observation: Observation) -> str:
    """Return what may explain that the server answers otherwise than its settings."""
    lead = (
        f"The settings lead to another answer ({explanation.outcome}: {explanation.because.rstrip('. ')}), "
        f"and the server gave this one: {observation.because}"
    )
    redirects = [answer.get("location") for _, answer in observation.sent if 300 <= answer.status < 400]
    if redirects:
        return f"{lead} Something in front or behind redirects to {redirects[-1]}: call that."
    return (
        f"{lead} Either the settings changed and are not in force everywhere yet; or a cache handed out an "
        "older answer; or something in front (a firewall, a proxy) or the code behind answered; or the name "
        "leads to another server from here. To see it: run "
        f"`{curl_line(explanation.request)}`."
    )


def _contradicted(explanation: Explanation, contradiction: str, hops: Sequence[Hop]) -> Explanation:
    """Return the explanation with the contradiction as the first thing to look at."""
    address = hops[-1].state.address if hops else ""
    return replace(
        explanation,
        contradiction=contradiction,
        culprit=explanation.culprit or address,
        fix=explanation.fix or contradiction,
        todo=(Todo(SEEN_OTHERWISE.finding(address, contradiction)), *explanation.todo),
    )


def _complained(
    explanation: Explanation, judgement: Judgement, evidence: Evidence, hops: Sequence[Hop]
) -> Explanation:
    """Return the explanation as the browser saw it: blocked, whatever else leads to."""
    complaint = evidence.complaint
    if complaint is None:
        return explanation
    is_probed = explanation.basis == "probe"
    reading = weighed(complaint, explanation.request, judgement.conclusion, hops, is_probed=is_probed)
    because = reading.because
    misses = explanation.because.removeprefix(judgement.because).strip()
    if misses and not reading.contradiction:
        because = f"{because} {misses}"
    decides = reading.contradiction or explanation.outcome is not Decision.BLOCKED
    contradiction = " ".join(filter(None, (reading.contradiction, explanation.contradiction)))
    if reading.contradiction:
        explanation = _contradicted(explanation, reading.contradiction, hops)
    return replace(
        explanation,
        outcome=Decision.BLOCKED,
        because=because,
        basis="console" if decides else explanation.basis,
        contradiction=contradiction,
        culprit=explanation.culprit or (hops[-1].state.address if hops else ""),
    )


def without_settings(explanation: Explanation, evidence: Evidence) -> Explanation:
    """Return the explanation of a URL that no resource of the account answers for, with all evidence."""
    judgement = Judgement(Evaluation(explanation.outcome, explanation.because), ())
    return with_evidence(explanation, judgement, evidence, ())
