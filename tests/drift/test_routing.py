"""A channel with `only` is told of that alone, and of its end."""

from __future__ import annotations

from pathlib import Path

from remediate.core.notice import Channel
from remediate.notify import channel_kinds
from remediate.planfile import load
from tests.drift.world import world
from tests.planfile.loading import HEAD, NOW, ORIGINS, TAIL, TARGETS, write

EVERYBODY = {"AllowedOrigins": ["*"], "AllowedMethods": ["GET"]}
TOPIC = "arn:aws:sns:eu-west-1:123456789012:ops"


def told_of(folder: Path, *only: str) -> list[tuple[str, str]]:
    """What a channel is told of a bucket that others open, while they change an API, and of the end."""
    with world(folder) as one:
        one.channels = (Channel("test", "here", only=only),)
        one.put_rules(*one.rules(), EVERYBODY)
        one.put_cors(AllowOrigins=["https://other.example"])
        one.look(correct=True)
        one.put_rules(*[rule for rule in one.rules() if rule["AllowedOrigins"] != ["*"]])
        one.look(correct=True)
        return [(turn, address.partition("/")[0]) for turn, _, address in one.told()]


def test_without_it_a_channel_is_told_of_everything(tmp_path: Path) -> None:
    assert {address for _, address in told_of(tmp_path)} == {"s3", "http_api"}


def test_a_channel_of_what_is_open_is_told_of_that_and_of_its_end(tmp_path: Path) -> None:
    told = [item for item in told_of(tmp_path, "open") if item[1] == "s3"]
    assert told == [("new", "s3"), ("resolved", "s3")]


def test_a_channel_of_what_is_held_or_failed_is_not_told_of_what_is_open(tmp_path: Path) -> None:
    assert [item for item in told_of(tmp_path, "held", "failed") if item[1] == "s3"] == []


def test_a_plan_file_names_it(tmp_path: Path) -> None:
    path = write(tmp_path, HEAD + ORIGINS + f"notify: [{{sns: '{TOPIC}', only: [held, failed]}}]\n" + TAIL)
    (plan,) = load([path], TARGETS, now=NOW, channels=channel_kinds())
    assert plan.notify[0].only == ("held", "failed")
