"""A plan as people read it: the answer first, one line a resource, nothing broken inside a word."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import replace

import pytest
from rich.console import Console

from remediate.core.common_rules import ACCESS_DENIED, NO_MATCH, UNLISTED_ORIGINS_STAY
from remediate.core.finding import Finding
from remediate.core.guard_table import OPENS_TO_ANY, WIDENS_OTHERS
from remediate.core.plan import Access, Change, Edit, Plan
from remediate.render.markdown import LARGEST, plan_markdown
from remediate.render.plan import plan_lines
from remediate.render.terminal import Line, show
from remediate.services.rest_api.rules import PROXY_NEEDS_FUNCTION

URL = "https://api.example.com/items"


def change(name: str = "uploads", *phrases: str) -> Change:
    return Change(
        address=f"s3/{name}",
        service="s3",
        region="eu-west-1",
        before=None,
        after={"CORSRules": []},
        revision="r",
        group=name,
        diff=(Edit("+", "CORSRules[0].ID", None, "remediate:webapp"),),
        calls=("s3:PutBucketCors",),
        summary=phrases or ("add rule remediate:webapp: PUT from https://app.example.com",),
    )


def access(before: str, after: str, method: str = "GET", to: str = URL) -> Access:
    return Access("https://app.example.com", to, method, before, after, "because")


def plan(*findings: Finding, changes: Iterable[Change] = (), rows: Iterable[Access] = ()) -> Plan:
    sources = {"plans/webapp.yaml": "d"}
    return Plan(("webapp",), "123456789012", tuple(changes), tuple(rows), findings, sources=sources)


def text(shown: Plan, *, verbose: bool = False, diff: bool = False, command: str = "") -> str:
    lines = plan_lines(shown, verbose=verbose, diff=diff, command=command)
    return "\n".join(line.text for line in lines)


def at_width(lines: Iterable[Line], width: int) -> list[str]:
    printed = io.StringIO()
    console = Console(file=printed, force_terminal=True, color_system=None, width=width, highlight=False)
    show(lines, console=console)
    return printed.getvalue().splitlines()


def test_the_parts_stand_in_the_order_of_what_matters() -> None:
    shown = text(
        plan(
            OPENS_TO_ANY.finding("s3/uploads", "Everybody would be let in."),
            UNLISTED_ORIGINS_STAY.finding("s3/uploads", "They stay."),
            PROXY_NEEDS_FUNCTION.finding("s3/uploads", "Do it. It is needed."),
            WIDENS_OTHERS.finding("s3/uploads", "Another origin gains."),
            ACCESS_DENIED.finding("s3/other", "AWS denied it."),
            changes=[change()],
            rows=[access("blocked", "allowed")],
        ),
        command="remediate apply",
    )
    parts = [
        "webapp: plans/webapp.yaml, account 123456789012",
        "1 of 1 resource needs a change, and `apply` is refused.",
        "Could not look",
        "Browser access",
        "Changes",
        "Refused",
        "Warnings",
        "To do yourself",
        "1 note (-v).",
        "Next: correct the plan file, or allow what is refused: remediate apply --allow opens-to-any",
    ]
    places = [shown.find(part) for part in parts]
    assert -1 not in places
    assert places == sorted(places)


def test_a_failed_look_is_an_error_and_a_note_is_only_counted() -> None:
    shown = text(
        plan(ACCESS_DENIED.finding("s3/a", "Denied."), UNLISTED_ORIGINS_STAY.finding("s3/b", "Kept."))
    )
    assert "  error  access-denied  s3/a" in shown
    assert "Kept." not in shown
    assert "Kept." in text(plan(UNLISTED_ORIGINS_STAY.finding("s3/b", "Kept.")), verbose=True)


def test_a_target_that_matched_nothing_is_counted() -> None:
    shown = text(plan(NO_MATCH.finding("s3/zzz*", "It matches nothing."), changes=[change()]))
    assert "1 of 1 resource needs a change; 1 target matched nothing." in shown
    assert "0 unchanged. 1 target matched nothing." in shown


def test_one_line_a_resource_and_equal_ones_share_it() -> None:
    same = [change(name, "allow method PUT") for name in ("a", "b", "c")]
    shown = text(plan(changes=[*same, change("d", "allow method GET")]))
    assert "  ~ s3 a and 2 more  allow method PUT" in shown
    assert "  ~ s3 d  allow method GET" in shown
    assert "CORSRules[0].ID" not in shown
    assert "  ~ s3 c  allow method PUT" in text(plan(changes=same), verbose=True)


def test_every_field_is_behind_diff() -> None:
    shown = text(plan(changes=[change()]), diff=True)
    assert "  + CORSRules[0].ID: remediate:webapp" in shown
    assert "calls: s3:PutBucketCors" in shown
    assert "checksum sha256:" in shown


def test_a_deletion_bears_another_sign() -> None:
    gone = replace(change("a", "remove 1 rule, which leaves none"), before={"CORSRules": []}, after=None)
    assert "  - s3 a  remove 1 rule, which leaves none" in text(plan(changes=[gone]))


def test_losses_come_before_gains_and_each_bears_its_words() -> None:
    shown = text(
        plan(
            rows=[
                access("blocked", "unknown", "POST"),
                access("blocked", "allowed", "PUT"),
                access("allowed", "blocked", "GET"),
            ]
        )
    )
    marks = [
        "  ✘ allowed now, blocked after an apply",
        "  ✔ blocked now, allowed after an apply",
        "  ? blocked now, depends on code after an apply",
    ]
    assert [shown.find(mark) for mark in marks] == sorted(shown.find(mark) for mark in marks)
    assert all(mark in shown for mark in marks)
    assert "Browser access, for https://app.example.com" in shown


def test_rows_beyond_a_screen_are_counted() -> None:
    rows = [access("blocked", "allowed", to=f"https://api.example.com/{number}") for number in range(9)]
    shown = text(plan(rows=rows))
    assert "and 5 more (-v shows them)" in shown
    assert "https://api.example.com/8" in text(plan(rows=rows), verbose=True)


@pytest.mark.parametrize("width", [20, 40, 80, 120])
def test_no_line_breaks_inside_a_word_a_url_or_a_command(width: int) -> None:
    address = "https://" + "a" * 60 + ".execute-api.eu-west-1.amazonaws.com/prod/items"
    lines = [
        Line(f"  ~ s3 a  allow origin {address} and more words behind it", "", 6),
        Line(
            "    See `remediate rule proxy-needs-function` for it, and much more text behind the command.",
            "",
            4,
        ),
    ]
    printed = at_width(lines, width)
    assert any(address in line for line in printed)
    assert any("`remediate rule proxy-needs-function`" in line for line in printed)
    words = [word for line in lines for word in line.text.split()]
    assert [word for line in printed for word in line.split()] == words


def test_markdown_is_never_longer_than_a_comment_holds() -> None:
    many = [
        replace(change(f"bucket-{number}", f"phrase {number}"), after={"n": "x" * 900})
        for number in range(300)
    ]
    changes = [
        replace(item, diff=tuple(Edit("+", f"{item.address}[{n}].ID", None, "y" * 400) for n in range(40)))
        for item in many
    ]
    shown = plan_markdown(plan(changes=changes))
    assert len(shown) <= LARGEST
    assert "Details are left out" in shown
    assert shown.startswith("### CORS plan: 300 of 300 resources need a change.")


def test_markdown_has_the_answer_before_the_details() -> None:
    shown = plan_markdown(plan(changes=[change()], rows=[access("blocked", "allowed")]))
    places = [
        shown.find(part) for part in ("| browser access |", "| resource |", "**Plan: 1 resource", "<details>")
    ]
    assert -1 not in places
    assert places == sorted(places)
