"""`remediate guide`: the manual that comes with the package."""

from __future__ import annotations

from pathlib import Path

import pytest

from remediate.guide import page, topics
from tests.in_process import run

PAGES = Path(__file__).parents[2] / "remediate" / "guide"


def test_without_a_topic_the_topics_are_listed() -> None:
    lines = run("guide").stdout.splitlines()
    named = [line.split()[0] for line in lines if line.startswith("  ")]
    assert sorted(named) == sorted(path.stem for path in PAGES.glob("*.md"))
    assert named[:3] == ["plan-files", "concepts", "commands"]
    assert lines[-1] == "Next: remediate guide TOPIC"


@pytest.mark.parametrize("topic", sorted(path.stem for path in PAGES.glob("*.md")))
def test_a_topic_is_printed_as_its_page_stands_without_comments(topic: str) -> None:
    done = run("guide", topic)
    assert done.returncode == 0, done.stderr
    kept = [line for line in (PAGES / f"{topic}.md").read_text().splitlines() if not line.startswith("<!--")]
    assert done.stdout.splitlines() == kept
    assert done.stdout.startswith(f"# {topics()[topic]}\n")


def test_a_topic_that_is_misspelled_is_an_error_with_a_guess() -> None:
    done = run("guide", "gards")
    assert done.returncode == 1
    assert done.stdout == ""
    assert "error: There is no topic 'gards'." in done.stderr
    assert "Did you mean guards?" in done.stderr


def test_a_page_is_found_by_the_package_and_not_by_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert page("limits").startswith("# Limits\n")
