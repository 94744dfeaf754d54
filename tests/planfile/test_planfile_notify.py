"""The key `notify`, with kinds of channels that no loader has heard of before."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from remediate.core.channel import URL, ChannelKind
from remediate.core.notice import Channel
from remediate.errors import PlanFileError, Problem
from remediate.planfile import PlanFile, load, schema
from remediate.planfile.yaml.compose import compose
from remediate.planfile.yaml.tree import plain
from tests.planfile.loading import HEAD, NOW, ORIGINS, TAIL, TARGETS, write
from tests.sizes import examples

CHANNELS = {
    "letter": ChannelKind("By post.", "box [0-9]{1,4}", "a box", "box 12"),
    "pigeon": ChannelKind("By air.", URL, "a URL", "https://loft.example/a", refers=True, confidential=True),
    "drum": ChannelKind("Loudly.", URL, "a URL", "https://hill.example/a", refers=True, signs=True),
}
VALIDATOR = jsonschema.Draft202012Validator(schema(TARGETS, CHANNELS))
TOP = HEAD + ORIGINS + TAIL
FIRST = TOP.count("\n") + 2
"""The line of the first entry."""


def loaded_plan(folder: Path, entries: str) -> PlanFile:
    path = write(folder, TOP + "notify:\n" + dedent(entries))
    (plan,) = load([path], TARGETS, now=NOW, channels=CHANNELS)
    return plan


def problems(folder: Path, text: str) -> list[Problem]:
    path = write(folder, text)
    try:
        load([path], TARGETS, now=NOW, channels=CHANNELS)
    except PlanFileError as error:
        return [Problem(p.where.removeprefix(f"{path}:"), p.rule, p.hint) for p in error.problems]
    return []


def data(text: str) -> Any:
    node, _ = compose(text)
    assert node is not None
    return plain(node)


def test_channels_with_their_places(tmp_path: Path) -> None:
    text = """\
      - letter: box 12
      - pigeon: env:LOFT
      - drum: https://hill.example/a
        secret: ssm:/drum/key
      - drum: ssm:hill
    """
    path = f"{tmp_path}/p.yaml"
    assert loaded_plan(tmp_path, text).notify == (
        Channel("letter", "box 12", "", f"{path}:{FIRST}:3"),
        Channel("pigeon", "env:LOFT", "", f"{path}:{FIRST + 1}:3"),
        Channel("drum", "https://hill.example/a", "ssm:/drum/key", f"{path}:{FIRST + 2}:3"),
        Channel("drum", "ssm:hill", "", f"{path}:{FIRST + 4}:3"),
    )
    VALIDATOR.validate(data(TOP + "notify:\n" + dedent(text)))


def test_nobody_need_be_told(tmp_path: Path) -> None:
    path = write(tmp_path, TOP)
    (plan,) = load([path], TARGETS, now=NOW, channels=CHANNELS)
    assert plan.notify == ()
    (plan,) = load([write(tmp_path, f"{TOP}notify: []\n")], TARGETS, now=NOW, channels=CHANNELS)
    assert plan.notify == ()


BAD = [
    ("{leter: box 1}", "6", "unknown channel 'leter'", "did you mean letter?"),
    ("{zzz: 1}", "6", "unknown channel 'zzz'", "known are letter, pigeon and drum"),
    ("{secret: env:A}", "5", "doesn't say where to send", "add one of letter, pigeon or drum"),
    ("{}", "5", "doesn't say where to send", "add one of letter, pigeon or drum"),
    ("{letter: box 1, drum: env:A}", "21", "this one names letter and drum", "an entry of its own"),
    ("{letter: box, x: 1}", "14", "'box' is not a box", "write it like box 12"),
    ("{letter: box 1, secret: env:A}", "21", "letter takes no secret", "delete it; drum can be signed"),
    ("{letter: 12}", "14", "letter must be a text", "with a space after the colon"),
    ("{pigeon: https://loft.example/s3cr3t}", "14", "the URL is a secret", "env:NAME"),
    ("{pigeon: env:A-B}", "14", "the URL is a secret", "ssm:/NAME"),
    ("{drum: http://hill.example/s3cr3t}", "12", "neither a URL nor a reference", "https://hill.example/a"),
    (
        "{drum: env:A, secret: s3cr3t}",
        "27",
        "a plan file must not hold a secret",
        "write where it is: env:NAME",
    ),
    ("{drum: env:A, secret: 31337}", "27", "a plan file must not hold a secret", "write where it is"),
    ("{drum: env:A, secret: [s3cr3t]}", "27", "a plan file must not hold a secret", "write where it is"),
    ("{drum: env:A, secrets: env:A}", "19", "unknown key 'secrets'", "did you mean secret?"),
    ("pigeon:https://loft.example/s3cr3t", "5", "must be a mapping of keys", "a space after the colon"),
    ("[drum]", "5", "must be a mapping of keys, not a list", "without '- '"),
]


@pytest.mark.parametrize(("entry", "column", "rule", "hint"), BAD)
def test_what_is_wrong(tmp_path: Path, entry: str, column: str, rule: str, hint: str) -> None:
    text = f"{TOP}notify:\n  - {entry}\n"
    reported = problems(tmp_path, text)
    first = reported[0]
    assert first.where == f"{FIRST}:{column}", reported
    assert rule in first.rule
    assert hint in first.hint
    assert "s3cr3t" not in "".join(f"{problem.rule}{problem.hint}" for problem in reported)
    assert "31337" not in "".join(f"{problem.rule}{problem.hint}" for problem in reported)
    assert not VALIDATOR.is_valid(data(text))


def test_all_are_told_at_once(tmp_path: Path) -> None:
    entries = "".join(f"  - {entry}\n" for entry, *_ in BAD)
    reported = problems(tmp_path, f"{TOP}notify:\n{entries}")
    lines = {int(problem.where.split(":")[0]) for problem in reported}
    assert lines == set(range(FIRST, FIRST + len(BAD)))


def test_a_channel_is_listed_once(tmp_path: Path) -> None:
    """The secret makes no other channel of it."""
    text = f"{TOP}notify:\n  - drum: env:A\n  - letter: box 1\n  - drum: env:A\n    secret: env:B\n"
    (problem,) = problems(tmp_path, text)
    assert problem.where == f"{FIRST + 2}:5"
    assert f"the same channel as in line {FIRST}" in problem.rule


@pytest.mark.parametrize("value", ["x", "{letter: box 1}", "3"])
def test_it_is_a_list(tmp_path: Path, value: str) -> None:
    (problem,) = problems(tmp_path, f"{TOP}notify: {value}\n")
    assert problem.where == f"{FIRST - 1}:9"
    assert "notify must be a list" in problem.rule
    assert "- " in problem.hint


# fmt: off
WORDS = st.sampled_from([
    "letter", "pigeon", "drum", "secret", "leter", "box 1", "box", "env:A", "ssm:/a/b", "env:", "null", "1",
    "https://loft.example/a", "http://localhost:1", "http://hill.example", "[]", "{}",
])
# fmt: on
VALUES = st.one_of(WORDS, st.lists(WORDS, max_size=2), st.dictionaries(WORDS, WORDS, max_size=3))


@settings(
    max_examples=examples(200), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.one_of(VALUES, st.lists(VALUES, max_size=4)))
def test_whatever_is_there(tmp_path: Path, value: Any) -> None:
    """What passes is complete, and passes the schema."""
    text = f"{TOP}notify: {yaml.safe_dump(value, default_flow_style=True, width=10_000)}\n".replace(
        "...\n", ""
    )
    if reported := problems(tmp_path, text):
        assert all(problem.hint for problem in reported)
        return
    (plan,) = load([write(tmp_path, text)], TARGETS, now=NOW, channels=CHANNELS)
    VALIDATOR.validate(data(text))
    assert len(plan.notify) == len(value)
    for channel in plan.notify:
        assert re.fullmatch(CHANNELS[channel.kind].written(in_file=True), channel.target)


def test_every_kind_is_in_the_schema() -> None:
    definitions = schema(TARGETS, CHANNELS)["$defs"]
    assert definitions["DrumChannel"]["required"] == ["drum"]
    assert set(definitions["DrumChannel"]["properties"]) == {"drum", "secret", "only"}
    assert set(definitions["LetterChannel"]["properties"]) == {"letter", "only"}
    for kind in ("Letter", "Pigeon", "Drum"):
        assert definitions[f"{kind}Channel"]["additionalProperties"] is False
        for member in definitions[f"{kind}Channel"]["properties"].values():
            assert member["description"]
    jsonschema.Draft202012Validator.check_schema(schema(TARGETS, CHANNELS))
