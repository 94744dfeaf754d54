"""The law of the notice: what it says was changed, corrected and stays is what the live settings are.

Somebody adds, replaces, edits and deletes settings of every service, drawn from a seed, also in the pass in
which the plan file changes. The live settings are read before and after each pass, and compared line by
line with the edits that the pass reports.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from remediate.core.document import canonical
from remediate.core.drift import DriftedResource, DriftKind, DriftStatus
from remediate.core.origins_in import origins_in
from remediate.core.plan import Edit
from remediate.core.state import State
from tests.drift.test_widening_law import (
    INTRUDERS,
    distribution,
    draw,
    http_api,
    put_back,
    rest_api,
    states_of,
)
from tests.drift.world import ALL, World, world

ROUNDS = 4
PARTNER = {
    "ID": "partner",
    "AllowedOrigins": ["https://other-partner.example"],
    "AllowedMethods": ["GET"],
    "ExposeHeaders": ["x-partner"],
}
PLANS = (ALL, ALL.replace("[GET, POST, PUT]", "[GET, POST, PUT, DELETE]"))


@pytest.mark.parametrize("seed", ["first", "second"])
def test_the_picture_of_every_pass_is_what_is_live(tmp_path: Path, seed: str) -> None:
    drawn = Random(seed)
    ends: Counter[tuple[str, str]] = Counter()
    with world(tmp_path, ALL) as one:
        one.put_rules(*one.rules(), PARTNER)
        one.look(correct=True)
        wanted = states_of(one)
        for number in range(ROUNDS):
            is_edited = number >= ROUNDS // 2
            one.write(PLANS[is_edited])
            for act in (bucket, http_api, rest_api, distribution):
                act(one, drawn)
            before = states_of(one)
            done = one.look(correct=True)
            after = states_of(one)
            drifted = [each for each in done.sightings if each.kind is DriftKind.DRIFT]
            addresses = [each.address for each in done.sightings if each.kind is not DriftKind.WARNING]
            assert len(addresses) == len(set(addresses)), "each resource is told once"
            for sighting in drifted:
                address = sighting.address
                base = wanted[address].config
                assert told(sighting.changed) == difference(base, before[address].config)
                check(sighting, before[address], after[address], is_edited=is_edited, base=base)
                ends[sighting.service, str(sighting.status)] += 1
            silent = after.keys() - set(addresses)
            for address in silent:
                assert after[address].config == before[address].config, address
            put_back(one, wanted)
            one.write(PLANS[0])
            one.look(correct=True)
            put_back(one, wanted)
            one.look(correct=True)
    assert {status for _, status in ends} >= {"partly", "held"}, ends
    assert ("s3", "partly") in ends, ends


def check(
    sighting: DriftedResource, before: State, after: State, *, is_edited: bool, base: dict[str, Any] | None
) -> None:
    """What the sighting says of the correction is what happened to the live settings."""
    if sighting.status not in {DriftStatus.CORRECTED, DriftStatus.PARTLY}:
        assert after.config == before.config, sighting
        assert sighting.stays == ()
        return
    assert told(sighting.wanted) == difference(before.config, after.config), sighting
    if not is_edited:
        assert told(sighting.stays) == difference(base, after.config), sighting
    strangers = {origin for origin in origins_in(after.config) if origin in INTRUDERS}
    strangers -= origins_in(base)
    named = {value for (_, value), count in told(sighting.stays).items() if count > 0}
    assert {canonical(origin) for origin in strangers} <= {text for value in named for text in parts(value)}
    if strangers:
        assert sighting.status is DriftStatus.PARTLY, sighting
    gone = origins_in(base) - origins_in(after.config)
    lost = {value for (_, value), count in told(sighting.stays).items() if count < 0}
    assert {canonical(origin) for origin in gone} <= {text for value in lost for text in parts(value)}


def parts(text: str) -> Iterator[str]:
    """The JSON strings in a text, and the origins that a REST API's quoted value holds."""
    yield text
    yield from (canonical(found) for found in re.findall(r"https?://[^'\" ,)]+|(?<=')\*(?=')", text))


Lines = Counter[tuple[str, str]]


def difference(before: object, after: object) -> dict[tuple[str, str], int]:
    """Each line that is more often in the one than in the other, without its place in a list."""
    lines = [(line, 1) for line in flat(after or {}, "")]
    return counted([*lines, *((line, -1) for line in flat(before or {}, ""))])


def told(edits: Iterable[Edit]) -> dict[tuple[str, str], int]:
    """The same, as edits tell it."""
    lines: list[tuple[tuple[str, str], int]] = []
    for edit in edits:
        path = re.sub(r"\[[^\]]*\]", "", edit.path)
        lines += [(line, 1) for line in flat(edit.after, path)] if edit.op != "-" else []
        lines += [(line, -1) for line in flat(edit.before, path)] if edit.op != "+" else []
    return counted(lines)


def counted(lines: Iterable[tuple[tuple[str, str], int]]) -> dict[tuple[str, str], int]:
    totals: Counter[tuple[str, str]] = Counter()
    for line, count in lines:
        totals[line] += count
    return {line: count for line, count in totals.items() if count}


def flat(value: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from flat(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from flat(item, path)
    else:
        yield path, canonical(value)


def bucket(one: World, drawn: Random) -> None:
    """Their rule is added, put in the place of all, or of the plan's; the partner's rule is deleted."""
    origins, methods, _ = draw(drawn)
    theirs: dict[str, Any] = {"AllowedOrigins": origins, "AllowedMethods": methods, "AllowedHeaders": ["*"]}
    partner = one.rules()[1:]
    how = drawn.choice(["replace", "instead of ours", "delete both"])
    rules = {"replace": [theirs], "instead of ours": [*partner, theirs], "delete both": []}[how]
    if rules:
        one.put_rules(*rules)
    else:
        one.aws().client("s3").delete_bucket_cors(Bucket="webapp-uploads")
