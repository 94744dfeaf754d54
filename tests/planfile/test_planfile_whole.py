"""What is wrong with a file as a whole, its syntax, or values that don't go together."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from remediate.errors import PlanFileError
from remediate.planfile import load
from remediate.planfile.yaml.compose import LOADER, Unreadable, compose
from tests.planfile.loading import EXAMPLE, HEAD, NOW, ORIGINS, TAIL, TARGETS, only, problems, write


@pytest.mark.parametrize(
    ("text", "where", "rule", "hint"),
    [
        ("name: a\n" + ORIGINS + TAIL, "1:1", "'version' is missing", "add version: 1"),
        ("version: 2\nname: a\n" + ORIGINS + TAIL, "1:10", "must be 1", "write version: 1"),
        ('version: "1"\nname: a\n' + ORIGINS + TAIL, "1:10", "must be 1", "without quotes"),
        ("version: 1.0\nname: a\n" + ORIGINS + TAIL, "1:10", "must be 1", "version: 1"),
        ("version: yes\nname: a\n" + ORIGINS + TAIL, "1:10", "must be 1", "version: 1"),
        ("version: 1\n" + ORIGINS + TAIL, "1:1", "'name' is missing", "add name: webapp"),
        ("version: 1\nname: web app\n" + ORIGINS + TAIL, "2:7", "letters, digits, - and _", "write web-app"),
        ("version: 1\nname: é\n" + ORIGINS + TAIL, "2:7", "letters, digits, - and _", "write webapp"),
        (f"version: 1\nname: {'a' * 65}\n" + ORIGINS + TAIL, "2:7", "at most 64 characters", "shorter"),
        ("version: 1\nname: 12\n" + ORIGINS + TAIL, "2:7", "a text, not the number 12", 'quote it: "12"'),
        (HEAD + ORIGINS, "1:1", "'targets' is missing", 'add targets: [{"cloudfront": "webapp"}]'),
        (HEAD + ORIGINS + "targets: []\n", "4:10", "targets is an empty list", "- s3: my-bucket"),
        (HEAD + ORIGINS + "targets:\n", "4:9", "'targets' has no value", "give it one"),
        (HEAD + ORIGINS + "targets: {s3: a}\n", "4:10", "targets must be a list, not a mapping", "'- '"),
        (HEAD + TAIL, "1:1", "neither the file nor a target lists any", "origins: []"),
        (
            HEAD + "targets:\n  - {s3: a, origins: []}\n  - s3: b\n",
            "5:5",
            "neither this target nor the file lists any",
            "origins: []",
        ),
    ],
)
def test_the_file(tmp_path: Path, text: str, where: str, rule: str, hint: str) -> None:
    only(tmp_path, text, where, rule, hint)


@pytest.mark.parametrize(
    ("text", "where", "rule", "hint"),
    [
        ("a: [*]\n", "1:6", "scanning an alias", 'must be quoted: "*"'),
        ("a: *.example.com\n", "1:5", "scanning an alias", 'must be quoted: "*"'),
        ("a: *b\n", "1:4", "'*b' refers to an anchor", '"*b"'),
        ("a: &a {b: *a}\n", "1:11", "contains itself", "write the value out"),
        ("a:\n\t- b\n", "2:1", "not YAML", "doesn't allow tabs"),
        ("a: @b\n", "1:4", "not YAML", "@ must be quoted"),
        ("a: b: c\n", "1:5", "mapping values are not allowed", "': '"),
        ('a: "b\n', "2:1", "not YAML", "is not closed; it is opened at 1:4"),
        ("a: [b\nc: d\n", "2:2", "not YAML", "is not closed; it is opened at 1:4"),
        ("a:\n  - b\n c: d\n", "3:2", "not YAML", "indentation"),
        ("? [a]\n: b\n", "1:3", "a key is a list", "key: value"),
        ("%TAG ! x\n--- a\n", "1:1", "directive", "delete the line"),
        ("a: 1\n---\nb: 2\n", "2:1", "a second YAML document", "file of its own"),
    ],
)
def test_what_is_not_yaml(tmp_path: Path, text: str, where: str, rule: str, hint: str) -> None:
    only(tmp_path, text, where, rule, hint)


def test_the_slow_parser_is_held_to_the_same() -> None:
    """PyYAML without libyaml stumbles over this with a bare ValueError."""
    with pytest.raises(Unreadable) as caught:
        compose('a: "\\UFFFFFFFF"', loader=yaml.SafeLoader)
    assert (caught.value.diagnostic.line, caught.value.diagnostic.column) == (1, 1)
    assert caught.value.diagnostic.rule.startswith("not YAML: ")


def test_a_value_and_its_alias_are_one_value(tmp_path: Path) -> None:
    text = HEAD + "origins: [&o https://a.example, *o]\ntargets: [&t {s3: b}, *t]\n"
    assert problems(tmp_path, text) == []


@pytest.mark.parametrize("loader", [LOADER, yaml.SafeLoader], ids=["the fast parser", "the slow parser"])
@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("[" * 3000, (1, 17)),
        ("é: " + "{" * 3000, (1, 19)),
        ("a:\r\n  - " + "[" * 3000, (2, 19)),
        ("a: [b,\n" + "[" * 3000, (2, 15)),
        ("- " * 3000, (1, 33)),
    ],
)
def test_nesting_is_refused_at_the_same_place_by_every_parser(
    loader: type[yaml.SafeLoader], text: str, where: tuple[int, int]
) -> None:
    """Newer builds of libyaml have a limit of their own, at 1000 levels, and scan ahead of their events."""
    with pytest.raises(Unreadable) as caught:
        compose(text, loader=loader)
    diagnostic = caught.value.diagnostic
    assert ((diagnostic.line, diagnostic.column), diagnostic.rule) == (where, "nested deeper than 16 levels")


def test_tags_mean_nothing_here(tmp_path: Path) -> None:
    only(
        tmp_path,
        HEAD + "mode: !!python/name:os.system exact\n" + ORIGINS + TAIL,
        "3:7",
        "YAML tag",
        "delete the tag",
    )


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("origins: ['*']\nallow: {credentials: true}\n" + TAIL, "4:22"),
        ("allow: {credentials: true}\n" + TAIL + "    origins: ['*']\n", "6:15"),
        ("origins: ['*']\n" + TAIL + "    allow: {credentials: yes}\n", "6:26"),
        (TAIL + "    origins: ['*']\n    allow: {credentials: true}\n", "6:26"),
    ],
)
def test_any_origin_with_credentials(tmp_path: Path, text: str, where: str) -> None:
    only(tmp_path, HEAD + text, where, "origin '*' (line", "by name, or set credentials: false")


def test_any_origin_with_credentials_elsewhere(tmp_path: Path) -> None:
    """Each target may have one of both."""
    text = "origins: ['*']\nallow: {credentials: true}\ntargets:\n"
    text += "  - {s3: a, allow: {credentials: false}}\n  - {s3: b, origins: [https://a.example]}\n"
    assert problems(tmp_path, HEAD + text) == []


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("https://a.example", "https://a.example"),
        ("https://a.example", "HTTPS://A.Example:443"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("{origin: https://a.example, expires: 2027-01-01T00:00:00Z}", "https://a.example"),
        ('"null"', '"null"'),
    ],
)
def test_origins_listed_twice(tmp_path: Path, first: str, second: str) -> None:
    text = HEAD + f"origins:\n  - {first}\n  - {second}\n" + TAIL
    only(tmp_path, text, "5:5", "is listed twice", "delete one of them")
    assert "the first is in line 4" in problems(tmp_path, text)[0].rule


def test_everything_at_once(tmp_path: Path) -> None:
    """Rules of the syntax tree, of single values and between values are told in one go, in order."""
    text = """\
        version: yes
        nam: web app
        account: 012345678901
        origins:
          - https://app.example.com/
          - HTTPS://A.example:443
          - https://a.example
          - origin: https://b.example
            expires: 2026-12-01T18:00:00
        allow: {methods: get, headers: [a b, no], credentials: true, max_age: 1d}
        mode: exct
        mode: exact
        targets:
          - s3:
            stages: [a]
          - s3: "a'b"
            origins: ["*"]
            allow: {methods: [get]}
          - http_ap: x
            allow: {methods: [put]}
          - cloudfront: a
            answer: edgy
        expect:
          - {from: "*", to: /items, verdict: ok}
        """
    reported = problems(tmp_path, text)
    assert [problem.where for problem in reported] == [
        "1:1", "1:10", "2:1", "3:10", "5:5", "7:5", "9:14", "10:18", "10:33", "10:38", "10:71", "11:7",
        "12:1", "14:8", "15:5", "16:9", "17:15", "18:23", "19:5", "20:23", "22:13", "24:12", "24:21", "24:38",
    ]  # fmt: skip
    assert all(problem.rule and problem.hint for problem in reported)


def test_a_hundred_problems_are_enough(tmp_path: Path) -> None:
    text = HEAD + ORIGINS + TAIL + "allow: {methods: [" + "get, " * 250 + "]}\n"
    reported = problems(tmp_path, text)
    assert len(reported) == 101
    assert reported[-1].rule == "… and 150 more problems"
    assert (reported[0].where, reported[99].where) == ("6:19", f"6:{19 + 99 * 5}")


def test_messages_cannot_steer_a_terminal_or_fill_it(tmp_path: Path) -> None:
    nasty = '"\\e[2J\\a\\u202e\\x9b' + "x" * 900 + '"'
    text = (
        HEAD
        + ORIGINS
        + f"targets:\n  - {{s3: {nasty}, {nasty}: 1}}\n  - {nasty}\nmode: {nasty}\n{nasty}: 1\n"
    )
    reported = problems(tmp_path, text)
    assert len(reported) >= 5
    for problem in reported:
        assert problem.rule.isprintable()
        assert problem.hint.isprintable()
        assert len(str(problem)) < 1500


def test_the_error_is_readable_as_it_stands(tmp_path: Path) -> None:
    path = write(tmp_path, EXAMPLE.read_text().replace("mode: merge", "mode: mrege"))
    with pytest.raises(PlanFileError) as caught:
        load([path], TARGETS, now=NOW)
    assert str(caught.value) == f"{path}:19:7: mode is merge or exact, not 'mrege'\n    did you mean merge?"
    assert caught.value.exit_code == 1
