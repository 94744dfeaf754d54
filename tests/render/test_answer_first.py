"""What `history` and `verify` show people: the answer first, what is not well, the next command last."""

from __future__ import annotations

from collections.abc import Iterator

from remediate.core.change_result import ApplyStatus
from remediate.core.plan import Change
from remediate.journal import Run
from remediate.render.history import RUNS_SHOWN, history_lines
from remediate.render.verification import verification_lines


def runs(count: int, status: ApplyStatus = ApplyStatus.WRITTEN) -> Iterator[Run]:
    change = Change("s3/b", "s3", "eu-west-1", None, {"CORSRules": []}, "r", "s3/b")
    for number in range(1, count + 1):
        yield Run(
            id=f"{number:04}",
            when="2026-01-01T00:00:00Z",
            who="alice",
            command="apply",
            plan_names=("webapp",),
            account="123456789012",
            checksum="sha256:0",
            changes=(change,),
            statuses={"s3/b": status},
            closed=True,
        )


def text(lines: Iterator[object]) -> list[str]:
    return [getattr(line, "text") for line in lines]  # noqa: B009


def test_history_says_first_how_the_last_run_ended() -> None:
    lines = text(history_lines(runs(2), "plans/.remediate"))
    assert lines == [
        "2 runs in plans/.remediate. The last, 0002: 1 written.",
        "",
        "  0001  2026-01-01T00:00:00Z  apply  webapp  1 written",
        "  0002  2026-01-01T00:00:00Z  apply  webapp  1 written",
        "",
        "Next: remediate undo 0002",
    ]


def test_a_long_history_lists_its_end_and_says_how_many_came_before() -> None:
    lines = text(history_lines(runs(40), "j", connection="--state j"))
    assert len(lines) <= 24
    assert f"  {40 - RUNS_SHOWN} earlier runs are not listed (-v lists them)" in lines
    assert lines[-1] == "Next: remediate undo 0040 --state j"
    assert sum(line.endswith("1 written") for line in text(history_lines(runs(40), "j", verbose=True))) == 40


def test_history_offers_no_undo_of_what_wrote_nothing() -> None:
    lines = text(history_lines(runs(1, ApplyStatus.STALE), "j"))
    assert "        s3/b: stale" in lines
    assert not any(line.startswith("Next:") for line in lines)


def probe(**members: object) -> dict[str, object]:
    return {
        "origin": "https://a.example",
        "url": "https://b.example/k",
        "method": "GET",
        "because": "It is '*'.",
        "predicted": "allowed",
        "stated": False,
        "seen": "allowed",
        "differs": False,
        "error": None,
    } | members


def test_verify_says_first_that_all_is_as_predicted() -> None:
    counts = {"probes": 2, "differ": 0, "unreachable": 0}
    lines = text(verification_lines({"probes": [probe(), probe()], "summary": counts}))
    assert lines[0] == "✔ All 2 answers are as predicted."
    assert "https://b.example/k" not in "".join(lines)
    assert lines[-1].endswith("-v shows each.")


def test_verify_names_what_differs_and_the_command_that_explains_it() -> None:
    probes = [probe(), probe(seen="blocked", differs=True, because="There is no header.")]
    counts = {"probes": 2, "differ": 1, "unreachable": 0}
    document = {"probes": probes, "summary": counts}
    lines = text(verification_lines(document, connection="--profile p"))
    assert lines[0] == "✘ 1 of 2 answers differs from the prediction."
    assert lines[2:4] == [
        "  ✘ DIFFERS  https://a.example  GET https://b.example/k: blocked (predicted allowed)",
        "      There is no header.",
    ]
    assert lines[-1] == (
        "Next: remediate explain https://b.example/k --origin https://a.example -X GET --probe --profile p"
    )


def test_verify_without_an_answer_is_never_well() -> None:
    lost = probe(seen="unknown", error="https://b.example/k: Connection refused")
    counts = {"probes": 2, "differ": 0, "unreachable": 1}
    lines = text(verification_lines({"probes": [probe(), lost], "summary": counts}))
    assert lines[0] == "? The 1 answer is as predicted; 1 probe got no answer."
    none = {"probes": [lost], "summary": {"probes": 1, "differ": 0, "unreachable": 1}}
    assert text(verification_lines(none))[0] == "? No server answered; 1 probe got no answer."
