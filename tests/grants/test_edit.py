"""Grants and revokes on plan files, with a clock in our hand: what is written, what is refused."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from remediate.cli.context import plan_files
from remediate.errors import Refused, RemediateError, Stale, UsageError
from remediate.grants.edit import Granted, Revoked, grant, grants, revoke, the_one
from remediate.grants.terms import until
from remediate.planfile import PlanFile
from remediate.planfile.durations import spelled
from remediate.planfile.edit.entries import CannotEdit
from remediate.render.grants import granted_lines, grants_lines, revoked_lines
from remediate.render.terminal import show

NOW = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)
HEAD = "version: 1\nname: webapp\n"
TOP = (
    HEAD
    + """\
origins:
  - https://app.example.com
  - origin: http://localhost:3000   # Ada
    reason: the upload page
    expires: 2026-11-01T12:00:00Z
  - {origin: "http://localhost:3001", expires: 2026-11-01T08:00:00Z}
targets:
  - s3: uploads-*
    origins: [https://up.example.com]
  - s3: other
  - http_api: orders
"""
)
LOCAL = "http://localhost:5173"


class Here:
    """A plan file in a folder of its own."""

    def __init__(self, folder: Path, text: str) -> None:
        self.path = folder / "webapp.yaml"
        self.path.write_text(text)

    @property
    def text(self) -> str:
        return self.path.read_text()

    def file(self) -> PlanFile:
        (plan,) = plan_files([self.path], NOW)
        return plan

    def grant(
        self, origin: str = LOCAL, hours: float = 4, reason: str | None = None, target: str | None = None
    ) -> Granted:
        return grant(
            self.file(),
            origin=origin,
            expires=NOW + timedelta(hours=hours),
            reason=reason,
            target=target,
            now=NOW,
        )

    def revoke(self, origin: str, target: str | None = None) -> Revoked:
        return revoke(self.file(), origin=origin, target=target, now=NOW)

    def refuses(self, kind: type[RemediateError], *arguments: Any, **options: Any) -> RemediateError:
        """A grant that is not made: the file stays, byte for byte."""
        before = self.text
        with pytest.raises(kind) as refused:
            self.grant(*arguments, **options)
        assert self.text == before
        assert refused.value.hint
        return refused.value


@pytest.fixture
def here(tmp_path: Path) -> Here:
    return Here(tmp_path, TOP)


def printed(lines: Any) -> list[str]:
    out = io.StringIO()
    show(lines, console=Console(file=out, force_terminal=False, highlight=False, markup=False, emoji=False))
    return out.getvalue().splitlines()


def test_a_grant_is_written_behind_the_others(here: Here) -> None:
    done = here.grant("HTTP://LocalHost:5173", reason="  trying  ")
    entry = "  - {origin: http://localhost:5173, reason: trying, expires: 2026-11-01T13:30:00Z}\n"
    assert here.text == TOP.replace("targets:\n", entry + "targets:\n")
    assert done.as_json(NOW) == {
        "format": "remediate.grant/1",
        "file": str(here.path),
        "changed": True,
        "was": None,
        "repeated": None,
        "not_for": ["s3/uploads-*"],
        "needs_allow": [],
        "grant": {
            "plan": "webapp",
            "origin": LOCAL,
            "target": None,
            "expires": "2026-11-01T13:30:00Z",
            "expired": False,
            "seconds_left": 14400,
            "reason": "trying",
            "where": f"{here.path}:9:5",
        },
    }


GUARDED = [
    ("*", "opens-to-any"),
    ("https://*", "opens-to-any"),
    ("https://*.vercel.app", "public-suffix-wildcard"),
    ("http://app.example.com", "insecure-origin"),
    ("null", "null-origin"),
]


@pytest.mark.parametrize(("origin", "code"), GUARDED)
def test_what_a_guard_would_hold_back_is_said(here: Here, origin: str, code: str) -> None:
    document = here.grant(origin).as_json(NOW)
    assert document["needs_allow"] == [code]
    said = " ".join(" ".join(printed(granted_lines(document, applied=False))).split())
    assert f"`remediate apply` needs --allow {code}, and" in said
    assert "`remediate drift --correct` leaves the change alone" in said
    assert here.grant(origin).as_json(NOW)["needs_allow"] == [code]


@pytest.mark.parametrize("origin", ["https://*.example.com", "http://127.0.0.1:3000", LOCAL])
def test_what_no_guard_minds_says_nothing_of_them(here: Here, origin: str) -> None:
    document = here.grant(origin).as_json(NOW)
    assert document["needs_allow"] == []
    assert "--allow" not in " ".join(printed(granted_lines(document, applied=False)))


@pytest.mark.parametrize(("origin", "code"), GUARDED)
def test_what_the_plan_lets_nobody_lift_is_refused(tmp_path: Path, origin: str, code: str) -> None:
    here = Here(tmp_path, TOP + f"guards: {{never: [{code}]}}\n")
    wrong = here.refuses(Refused, origin)
    assert wrong.message.startswith(f"{code}: {origin} cannot be granted")
    assert f"{here.path}:14:" in wrong.hint
    assert "never" in wrong.hint
    assert here.grant().held == ()


def test_a_guard_that_the_plan_lowers_holds_nothing_back(tmp_path: Path) -> None:
    here = Here(tmp_path, TOP + "guards: {levels: {insecure-origin: warn}}\n")
    assert here.grant("http://app.example.com").held == ()


def test_credentials_count_where_the_grant_reaches(tmp_path: Path) -> None:
    text = "origins: []\nallow: {credentials: true}\ntargets:\n  - s3: a\n  - http_api: b\n    origins: []\n"
    here = Here(tmp_path, HEAD + text + "guards: {never: [any-with-credentials]}\n")
    assert "any-with-credentials" in here.refuses(Refused, "https://*").message


def test_an_end_is_put_off_and_says_what_it_was(here: Here) -> None:
    done = here.grant("http://localhost:3000", 6, reason="still")
    assert here.text == TOP.replace("2026-11-01T12:00:00Z", "2026-11-01T15:30:00Z").replace(
        "the upload page", "still"
    )
    said = printed(granted_lines(done.as_json(NOW), applied=False))
    assert said[:2] == [
        "Extended: http://localhost:3000 until 2026-11-01T15:30:00Z, in 6 h",
        "  before: until 2026-11-01T12:00:00Z",
    ]
    assert said[-2:] == ["Nothing was written to AWS yet.", f"Next: remediate apply {here.path}"]


def test_the_same_again_leaves_the_file_alone(here: Here) -> None:
    here.grant()
    written = here.path.stat().st_mtime_ns, here.text
    done = here.grant()
    assert not done.changed
    assert (here.path.stat().st_mtime_ns, here.text) == written
    assert printed(granted_lines(done.as_json(NOW), applied=True))[0].startswith("Granted already: ")


def test_one_that_expired_is_granted_anew(here: Here) -> None:
    done = here.grant("http://localhost:3001", 1)
    assert done.was == datetime(2026, 11, 1, 8, tzinfo=UTC)
    assert '"http://localhost:3001", expires: 2026-11-01T10:30:00Z}' in here.text


def test_an_end_is_never_cut_short(here: Here) -> None:
    wrong = here.refuses(UsageError, "http://localhost:3000", 1)
    assert "until 2026-11-01T12:00:00Z" in wrong.message
    assert "longer than 2026-11-01T10:30:00Z" in wrong.message
    assert f"`remediate revoke http://localhost:3000 {here.path}`" in wrong.hint


def test_what_is_there_for_good_stays(here: Here) -> None:
    assert f"there for good ({here.path}:4:5)" in here.refuses(UsageError, "https://app.example.com").message


@pytest.mark.parametrize(
    ("origin", "said"),
    [
        ("localhost:3000", "has no scheme"),
        ("http://localhost:3000/", "trailing slash"),
        ("https://*.*.example", "more than one"),
        ("ftp://localhost", "only http and https"),
        ("", "empty"),
    ],
)
def test_what_the_loader_refuses_is_refused(here: Here, origin: str, said: str) -> None:
    assert said in here.refuses(UsageError, origin).message


def test_a_grant_that_makes_no_valid_plan_is_not_written(tmp_path: Path) -> None:
    here = Here(
        tmp_path, HEAD + "origins: [https://a.example]\nallow: {credentials: true}\ntargets: [{s3: a}]\n"
    )
    wrong = here.refuses(UsageError, "*")
    assert "would be no valid plan: origin '*'" in wrong.message
    assert wrong.hint == "list the origins by name, or set credentials: false"


@pytest.mark.parametrize("reason", ["", "  ", "a\nb", "a\x1bb", "x" * 501])
def test_a_reason_is_one_line(here: Here, reason: str) -> None:
    assert here.refuses(UsageError, reason=reason).message.startswith("--reason: ")


def test_the_list_of_one_target(here: Here) -> None:
    done = here.grant(target="s3/uploads-*")
    assert "    origins: [https://up.example.com, {origin: http://localhost:5173, expires: " in here.text
    assert done.beside == ()
    assert here.revoke(LOCAL, "s3/uploads-*").left == 1
    assert here.text == TOP


def test_a_grant_for_a_target_adds_to_what_it_inherits_and_a_revoke_leaves_the_file_as_it_was(
    here: Here,
) -> None:
    done = here.grant(target="s3/other")
    assert here.text == TOP.replace(
        "  - s3: other\n",
        """\
  - s3: other
    also:
      - origin: http://localhost:5173
        expires: 2026-11-01T13:30:00Z
""",
    )
    said = " ".join(printed(granted_lines(done.as_json(NOW), applied=False)))
    assert "for the target s3/other only" in said
    assert "repeated" not in said
    here.path.write_text(here.text.replace("origins:\n", "origins:\n  - https://new.example\n", 1))
    reached = {target.selector.pattern: target.policy.origins for target in here.file().targets}
    assert reached["other"] == (
        "https://new.example",
        "https://app.example.com",
        "http://localhost:3000",
        LOCAL,
    )
    here.path.write_text(here.text.replace("  - https://new.example\n", ""))
    assert here.revoke(LOCAL, "s3/other").left == 3
    assert here.text == TOP


def test_what_stands_in_one_place_only_is_revoked_without_naming_it(here: Here) -> None:
    here.grant(target="s3/other")
    done = here.revoke(LOCAL)
    assert done.grant.target == "s3/other"
    assert here.text == TOP
    here.grant(target="s3/uploads-*")
    assert here.revoke(LOCAL).grant.target == "s3/uploads-*"
    assert here.text == TOP


def test_what_stands_in_several_places_is_not_revoked_without_naming_one(here: Here) -> None:
    for target in ("s3/other", "http_api/orders"):
        here.grant(target=target)
    before = here.text
    with pytest.raises(UsageError) as refused:
        here.revoke(LOCAL)
    assert "--target s3/other" in refused.value.hint
    assert "--target http_api/orders" in refused.value.hint
    assert here.text == before


def test_what_a_target_inherits_is_put_off_for_it_alone(here: Here) -> None:
    done = here.grant("http://localhost:3000", 5, target="s3/other")
    assert done.was == datetime(2026, 11, 1, 12, tzinfo=UTC)
    ends = {target.selector.pattern: target.origins for target in here.file().targets}
    assert "    also:\n      - origin: http://localhost:3000\n        reason: the upload page\n" in here.text
    assert [entry.expires for entry in ends["other"]][3] == datetime(2026, 11, 1, 14, 30, tzinfo=UTC)
    assert [entry.expires for entry in ends["orders"]][1] == datetime(2026, 11, 1, 12, tzinfo=UTC)
    said = " ".join(printed(revoked_lines(here.revoke("http://localhost:3000").as_json(NOW), applied=False)))
    command = f"`remediate revoke http://localhost:3000 {here.path} --target s3/other`"
    assert command in said
    assert here.revoke("http://localhost:3000").grant.target == "s3/other"


@pytest.mark.parametrize("target", ["s3/upl*", "s3/uploads-?"])
def test_a_glob_that_only_one_target_fits_names_it(here: Here, target: str) -> None:
    assert here.grant(target=target).grant.target == "s3/uploads-*"


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("s3/*", "means several targets"),
        # The entry covers it, and more than it: a grant there would be wider than what was asked.
        ("s3/uploads-1", "matches no target"),
        ("uploads-*", "matches no target"),
        ("http_api/other", "matches no target"),
    ],
)
def test_a_target_that_is_none(here: Here, target: str, said: str) -> None:
    assert said in here.refuses(UsageError, target=target).message


def test_a_grant_at_the_top_that_would_reach_nobody(tmp_path: Path) -> None:
    here = Here(tmp_path, HEAD + "targets: [{s3: a, origins: []}]\n")
    wrong = here.refuses(UsageError)
    assert "would reach none" in wrong.message
    assert wrong.hint == "Name one: --target s3/a."


def test_a_plan_with_notifications_is_edited_like_any(tmp_path: Path) -> None:
    topic = "arn:aws:sns:eu-west-1:123456789012:ops"
    here = Here(tmp_path, HEAD + f"notify: [{{sns: '{topic}'}}]\norigins: []\ntargets: [{{s3: a}}]\n")
    here.grant()
    assert here.revoke(LOCAL).left == 0


def test_aliases_are_left_to_people(tmp_path: Path) -> None:
    here = Here(
        tmp_path, HEAD + "origins: &all [https://a.example]\ntargets: [{s3: a}, {s3: b, origins: *all}]\n"
    )
    for target in (None, "s3/b"):
        wrong = here.refuses(CannotEdit, target=target)
        column = 10 if target is None else 37
        assert wrong.message.startswith(f"{here.path}:{4 if target else 3}:{column}: an anchor")
        assert "- {origin: http://localhost:5173, expires: 2026-11-01T13:30:00Z}" in wrong.hint


def test_a_file_that_moved_since_it_was_read(here: Here) -> None:
    file = here.file()
    here.path.write_text(TOP + "# somebody\n")
    for edit in (
        lambda: grant(
            file,
            origin=LOCAL,
            expires=NOW + timedelta(hours=1),
            reason=None,
            target=None,
            now=NOW,
        ),
        lambda: revoke(file, origin="http://localhost:3000", target=None, now=NOW),
    ):
        with pytest.raises(Stale):
            edit()
    assert here.text == TOP + "# somebody\n"


def test_revoked_it_is_gone_with_what_stands_on_its_lines(here: Here) -> None:
    done = here.revoke("http://LOCALHOST:3000")
    lines = TOP.splitlines(keepends=True)
    assert here.text == "".join(lines[:4] + lines[7:])
    assert done.as_json(NOW)["origins_left"] == 2
    assert done.as_json(NOW)["still_granted"] == []


def test_the_last_one_leaves_nobody(tmp_path: Path) -> None:
    entry = "  - origin: http://localhost\n    expires: 2026-11-01T10:00:00Z\n"
    here = Here(tmp_path, HEAD + f"origins:\n{entry}targets: [{{s3: a}}]\n")
    done = here.revoke("http://localhost")
    assert here.text == HEAD + "origins: []\ntargets: [{s3: a}]\n"
    assert "  origins: [] is left there, which means nobody" in printed(
        revoked_lines(done.as_json(NOW), applied=False)
    )


@pytest.mark.parametrize(
    ("origin", "target", "message", "hint"),
    [
        ("https://app.example.com", None, "is there for good", "delete it there by hand"),
        ("http://localhost:3002", None, "not among the origins", "Did you mean http://localhost:300"),
        ("https://x.example", None, "not among the origins", "Granted are: http://localhost:3000, http"),
        (
            "http://localhost:3000",
            "s3/uploads-*",
            "not among the own list",
            "elsewhere: `remediate revoke http://localhost:3000 ",
        ),
        (
            "http://localhost:3000",
            "s3/other",
            "not among the own list",
            "elsewhere: `remediate revoke http://localhost:3000 ",
        ),
        ("localhost", None, "has no scheme", "https://localhost"),
    ],
)
def test_what_cannot_be_revoked(here: Here, origin: str, target: str | None, message: str, hint: str) -> None:
    with pytest.raises(UsageError) as refused:
        here.revoke(origin, target)
    assert message in refused.value.message
    assert hint in refused.value.hint
    assert here.text == TOP


def test_the_list(here: Here) -> None:
    here.grant(target="s3/uploads-*", hours=3.2)
    document = grants([here.file()], NOW)
    assert [(granted["origin"], granted["target"], granted["expired"]) for granted in document["grants"]] == [
        ("http://localhost:3000", None, False),
        ("http://localhost:3001", None, True),
        ("http://localhost:5173", "s3/uploads-*", False),
    ]
    assert [" ".join(line.split()) for line in printed(grants_lines(document))] == [
        "3 origins are granted for a time, 1 of them expired.",
        "",
        "http://localhost:3000 in 2 h 30 min 2026-11-01T12:00:00Z",
        f"{here.path}:5:5 all targets the upload page",
        "http://localhost:3001 expired 1 h 30 min ago 2026-11-01T08:00:00Z",
        f"{here.path}:8:5 all targets",
        "http://localhost:5173 in 3 h 12 min 2026-11-01T12:42:00Z",
        f"{here.path}:11:39 target s3/uploads-*",
        "",
        "Next: `remediate apply` takes the expired ones away where they are live.",
    ]


def test_the_list_of_a_calendars_last_hour(tmp_path: Path) -> None:
    """An instant that UTC has no year for is shown as it is written."""
    text = (
        HEAD
        + "origins: [{origin: https://a.example, expires: 9999-12-31T23:00:00-05:00}]\ntargets: [{s3: a}]\n"
    )
    (granted,) = grants([Here(tmp_path, text).file()], NOW)["grants"]
    assert granted["expires"] == "9999-12-31T23:00:00-05:00"


def test_no_grants(tmp_path: Path) -> None:
    here = Here(tmp_path, HEAD + "origins: [https://a.example]\ntargets: [{s3: a}]\n")
    assert "remediate grant" in printed(grants_lines(grants([here.file()], NOW)))[0]
    with pytest.raises(UsageError) as refused:
        here.revoke(LOCAL)
    assert refused.value.hint == "Nothing is granted at present."


def test_several_files_are_one_too_many(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(TOP)
    (tmp_path / "b.yaml").write_text(TOP.replace("webapp", "other"))
    with pytest.raises(UsageError) as refused:
        the_one(plan_files([tmp_path], NOW))
    assert f"{tmp_path}/a.yaml, {tmp_path}/b.yaml" in refused.value.message


LOOPBACK = HEAD + "loopback: {reason: required, longest: 8h}\norigins: []\ntargets: [{s3: a}]\n"


def test_the_rules_for_loopback(tmp_path: Path) -> None:
    here = Here(tmp_path, LOOPBACK)
    assert "demands a reason" in here.refuses(UsageError, hours=8).message
    assert here.refuses(UsageError, hours=8.1, reason="why").hint == "Write --for 8h."
    here.grant(hours=7, reason="why")
    here.grant(hours=8)  # the reason stays that of the entry
    assert "reason: why, expires: 2026-11-01T17:30:00Z" in here.text
    here.grant("https://preview.example.com", 800)


@pytest.mark.parametrize(
    ("length", "minutes"),
    [("30m", 30), ("4h", 240), ("2d", 2880), ("1h30m", 90), ("1d12h5m", 2165), ("90m", 90), ("366d", 527040)],
)
def test_lengths(length: str, minutes: int) -> None:
    assert until(NOW, length=length, moment=None) == NOW + timedelta(minutes=minutes)


@pytest.mark.parametrize(("minutes", "text"), [(30, "30m"), (90, "1h30m"), (2880, "2d"), (480, "8h")])
def test_lengths_are_spelled_as_the_option_takes_them(minutes: int, text: str) -> None:
    assert spelled(timedelta(minutes=minutes)) == text


@pytest.mark.parametrize(
    ("length", "moment", "message"),
    [
        ("0m", None, "--for: '0m' is a duration of zero."),
        ("0d0h", None, "--for: '0d0h' is a duration of zero."),
        ("-4h", None, "--for: '-4h' is not a duration."),
        ("4", None, "--for: '4' is not a duration."),
        ("4 h", None, "--for: '4 h' is not a duration."),
        ("30m4h", None, "--for: '30m4h' is not a duration."),
        ("1.5h", None, "--for: '1.5h' is not a duration."),
        ("", None, "--for: '' is not a duration."),
        ("367d", None, "--for: '367d' is longer than a year."),
        ("99999999999h", None, "--for: '99999999999h' is not a duration."),
        ("\u0664h", None, "--for: '\u0664h' is not a duration."),
        (None, "2026-11-01T09:30:00Z", "--until: 2026-11-01T09:30:00Z is over; it is 2026-11-01T09:30:00Z."),
        (None, "2026-11-01T10:00:00+02:00", "--until: 2026-11-01T10:00:00+02:00 is over"),
        (None, "2026-12-01T18:00:00", "--until: '2026-12-01T18:00:00' has no time zone"),
        (None, "2026-12-01", "--until: '2026-12-01' is a day, not an instant."),
        (None, "tomorrow", "--until: 'tomorrow' is not a date and time."),
        (None, "9999-12-31T23:59:59-12:00", "--until: 9999-12-31T23:59:59-12:00 is more than a year away."),
        (None, "0001-01-01T00:00:00+12:00", "--until: 0001-01-01T00:00:00+12:00 is over"),
        (None, None, "A grant ends: give either --for or --until."),
        ("4h", "2026-12-01T18:00:00Z", "A grant ends: give either --for or --until."),
    ],
)
def test_ends_that_are_none(length: str | None, moment: str | None, message: str) -> None:
    with pytest.raises(UsageError) as refused:
        until(NOW, length=length, moment=moment)
    assert refused.value.message.startswith(message)
    assert refused.value.hint


def test_an_instant_is_told_in_utc_and_whole_seconds() -> None:
    ends = until(NOW + timedelta(microseconds=5), length="1h", moment=None)
    assert ends.isoformat() == "2026-11-01T10:30:00+00:00"
    assert (
        until(NOW, length=None, moment="2026-11-01T20:00:00.9+09:00").isoformat()
        == "2026-11-01T11:00:00+00:00"
    )
