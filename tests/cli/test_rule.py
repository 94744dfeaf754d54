"""`remediate rule`: a page for one code, the list of all, and what an unknown one is answered."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from remediate.core.rules import Rule, RuleKind
from remediate.render.rule import rule_lines
from remediate.services import rules
from tests.cli.test_commands import run

SCREEN = 30
"""Lines of a terminal window of ordinary size."""


def test_a_page_explains_shows_fixes_and_allows() -> None:
    page = run("rule", "opens-to-any").stdout
    assert page.splitlines()[0] == "opens-to-any  (guard, refuse)"
    assert "\nWhat it means\n  After this plan a script on any page" in page
    assert (
        '\nExample\n  live     AllowedOrigins: [https://app.example.com]\n  plan     origins: ["*"]\n' in page
    )
    assert "\nHow to fix it\n  List the origins by name.\n" in page
    assert "\nHow to allow it\n  remediate apply --allow opens-to-any  " in page
    assert "guards: {levels: {opens-to-any: warn}}" in page


def test_what_nothing_lifts_says_so() -> None:
    assert "How to allow it\n  It cannot be allowed.\n" in run("rule", "wrong-account").stdout


def test_what_holds_nothing_back_offers_no_allow() -> None:
    assert "--allow" not in run("rule", "owner-unknown").stdout
    assert "How to allow it" not in run("rule", "proxy-needs-function").stdout


@pytest.mark.parametrize("rule", rules().values(), ids=rules())
def test_every_page_fits_a_screen(rule: Rule) -> None:
    lines = [line.text for line in rule_lines(rule)]
    code = lines.index("Code for a function") if rule.is_fixed_by_code else len(lines)
    assert len(lines[:code]) <= SCREEN
    assert [line for line in lines if len(line) > 80] == []
    assert [line for line in lines if line.count("`") % 2] == [], "something between backticks is cut"


def test_what_code_fixes_shows_the_code() -> None:
    page = run("rule", "proxy-needs-function").stdout
    code = page.partition("Code for a function\n")[2]
    python = code.partition("  # Python\n")[2].partition("  // Node.js\n")[0]
    compile("\n".join(line[2:] for line in python.splitlines()), "snippet", "exec")
    assert 'headers = {"Vary": "Origin"}' in python
    assert "// Node.js" in code
    assert "Code for a function" not in run("rule", "max-age-kept").stdout


@pytest.mark.parametrize("arguments", [(), ("--all",)])
def test_the_list_has_every_code_in_a_line(arguments: tuple[str, ...]) -> None:
    listed = [line for line in run("rule", *arguments).stdout.splitlines() if line.startswith("  ")]
    assert listed == [
        f"  {rule.code}: {rule.summary}"
        for kind in RuleKind
        for rule in rules().values()
        if rule.kind is kind
    ]


def test_json_holds_every_rule_or_the_one_that_is_named() -> None:
    document = json.loads(run("rule", "--json").stdout)
    assert document["format"] == "remediate.rules/1"
    assert [entry["code"] for entry in document["rules"]] == list(rules())
    members = {"code", "kind", "level", "summary", "meaning", "example", "fix"}
    assert all(entry.keys() == members and all(entry.values()) for entry in document["rules"])
    (entry,) = json.loads(run("rule", "no-match", "--json").stdout)["rules"]
    assert (entry["code"], entry["kind"], entry["level"]) == ("no-match", "finding", "warn")


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("opens-to-al", "Did you mean opens-to-any?"),
        ("Opens_To_Any", "Did you mean opens-to-any?"),
        ("zzz", "`remediate rule` lists all of them."),
        ("ThrottlingException", "It looks like an error code of AWS"),
    ],
)
def test_an_unknown_code_is_an_error_with_a_guess(code: str, hint: str) -> None:
    done = run("rule", code)
    assert done.returncode == 1
    assert f"There is no rule {code!r}." in done.stderr
    assert hint in done.stderr
    document = json.loads(run("rule", code, "--json").stdout)
    assert document["error"]["exit_code"] == 1


def test_a_code_and_all_exclude_each_other() -> None:
    done = run("rule", "no-match", "--all")
    assert done.returncode == 1
    assert "can't be combined" in done.stderr


@pytest.mark.parametrize("code", [None, "shadowed-by-foreign-rule"])
def test_to_explain_loads_nothing_heavy(code: str | None) -> None:
    """The function and not the command: newer Typers load pydantic by themselves once one is chosen."""
    program = (
        "import sys\n"
        "from remediate.cli.rule import rule\n"
        f"assert rule({code!r}, show_all=False, as_json=False) == 0\n"
        "heavy = {'boto3', 'botocore', 'deepdiff', 'pydantic', 'yaml', 'moto'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "shadowed-by-foreign-rule" in done.stdout


def test_a_guard_that_warns_tells_how_apply_refuses_it_and_how_the_job_goes_on() -> None:
    said = run("rule", "widens-others").stdout.partition("How to allow it")[2]
    assert "`remediate apply` shows it and goes on." in said
    assert "guards: {levels: {widens-others: info}}" in said
    assert "guards: {levels: {widens-others: refuse}}" in said
    assert "nothing back" not in said
