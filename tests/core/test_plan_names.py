"""Several plans' names as the one text of documents and records, and back."""

from __future__ import annotations

import pytest

from remediate.core.change_result import ApplyStatus
from remediate.core.notice import Notice
from remediate.core.plan import Plan
from remediate.core.plan_names import join_names, split_names
from remediate.journal.records import closed, ended, run_of

NAMES = [((), ""), (("webapp",), "webapp"), (("shop", "webapp"), "shop, webapp")]


@pytest.mark.parametrize(("names", "text"), NAMES)
def test_names_are_one_text_and_can_be_told_apart_again(names: tuple[str, ...], text: str) -> None:
    assert join_names(names) == text
    assert split_names(text) == names


def test_a_plan_document_holds_the_names_as_one_text() -> None:
    plan = Plan(("shop", "webapp"), "123456789012")
    document = plan.as_json()
    assert document["plan"] == "shop, webapp"
    assert Plan.from_json(document).plan_names == ("shop", "webapp")


def test_a_notice_holds_the_names_as_one_text() -> None:
    document = {
        **dict.fromkeys(("id", "address", "label", "kind", "since", "seen", "who", "done", "look"), ""),
        "turn": "new",
        "plan": "shop, webapp",
        "changed": [],
    }
    notice = Notice.from_json(document)
    assert notice.plan_names == ("shop", "webapp")
    assert notice.as_json().items() >= document.items()


def test_a_journal_of_an_older_version_is_read() -> None:
    begun = {
        "record": "begun",
        "format": "remediate.run/1",
        "id": "0001",
        "when": "2026-03-02T09:00:00+00:00",
        "who": "me",
        "command": "apply",
        "plan": "shop, webapp",
        "account": "123456789012",
        "checksum": "sha256:0",
        "undoes": "",
        "asked": {"s3/uploads": {"origins": ["https://app.example.com"]}},
        "changes": [],
    }
    run = run_of([begun, ended("s3/uploads", ApplyStatus.WRITTEN, ""), closed(0)], torn=False)
    assert run is not None
    assert run.plan_names == ("shop", "webapp")
    assert run.requested_at("s3/uploads") == {}
    assert run.begun() == {**begun, "asked_by": {}}
