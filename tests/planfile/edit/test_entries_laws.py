"""Whatever the layout: an edit means just itself, every comment stays, and there and back is the same."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from remediate.errors import PlanFileError
from remediate.planfile import OriginEntry, PlanFile, check
from remediate.planfile.edit.entries import ALSO, CannotEdit, add, change, remove
from remediate.planfile.files import Text
from remediate.planfile.yaml.compose import compose
from remediate.planfile.yaml.tree import MappingNode, Node, SequenceNode, Span
from tests.planfile.loading import TARGETS
from tests.sizes import examples

NOW = datetime(2026, 11, 1, tzinfo=UTC)
ENDS = datetime(2026, 12, 1, 18, tzinfo=UTC)
NEW = {"origin": "http://localhost:3000", "reason": "trying it", "expires": "2026-12-01T18:00:00Z"}
MARKS = ["é", "😀", "a, b", "[", "}", "- x", "'", '"', "k: v", "#"]


@dataclass(frozen=True)
class Plan:
    """A text, the place of the list in it, how many entries that has, and the comments.

    `apart` are those that stand on lines of their own, outside of entries.
    """

    text: str
    place: int | None
    count: int
    comments: tuple[str, ...]
    apart: tuple[str, ...]


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """A valid plan file with one list of origins, written in any of the ways that people write them."""
    comments: list[str] = []
    apart: list[str] = []

    def comment(before: str = "") -> str:
        if not draw(st.booleans()):
            return ""
        comments.append(f"# c{len(comments)} {draw(st.sampled_from(MARKS))}")
        return before + comments[-1]

    def loose(indent: str, *, inside: bool = False) -> list[str]:
        """Lines between others: blank ones and comments."""
        lines = [comment() for _ in range(draw(st.integers(0, 2)))]
        if not inside:
            apart.extend(lines)
        return [indent + text if text else "" for text in lines]

    on_target = draw(st.booleans())
    base = "    " if on_target else ""
    count = draw(st.integers(0, 3))
    style = draw(st.sampled_from(["block", "flow", "lines"])) if count else "flow"
    mark = draw(st.sampled_from(["", "'", '"']))

    def item(number: int, *, flow: bool, indent: str) -> list[str]:
        origin = f"{mark}https://a{number}.example{mark}"
        kind = draw(st.sampled_from(["bare", "braces"] if flow else ["bare", "braces", "keys"]))
        if kind == "bare":
            return [origin]
        if kind == "braces":
            return [f"{{ origin: {origin}, reason: {mark}so be it{mark} }}"]
        return [
            f"origin: {origin}{comment('  ')}",
            *loose(indent, inside=True),
            f"{indent}reason: " + draw(st.sampled_from(["why", f">-\n{indent}  so\n{indent}  be it"])),
        ]

    listed: list[str] = []
    if style == "block":
        listed += [base + "origins:" + comment(" ")]
        inner = base + " " * draw(st.sampled_from([0, 2, 4]))
        gap = " " * draw(st.integers(1, 3))
        for number in range(count):
            listed += loose(inner)
            first, *rest = item(number, flow=False, indent=inner + " " + gap)
            listed += [inner + "-" + gap + first, *rest]
            listed[-1] += comment("   ") if not rest or "\n" not in rest[-1] else ""
    elif style == "lines":
        listed += [base + "origins: [" + comment(" ")]
        comma = draw(st.booleans())
        for number in range(count):
            listed += loose(base + "  ")
            last = number == count - 1
            (comment_text,) = item(number, flow=True, indent="")
            listed += [f"{base}  {comment_text}{',' if not last or comma else ''}{comment(' ')}"]
        listed += loose(base + "  ")
        listed += [base + "  ]" + comment(" ")]
    else:
        inside = draw(st.sampled_from([", ", ","])).join(
            item(number, flow=True, indent="")[0] for number in range(count)
        )
        pad = draw(st.sampled_from(["", " "]))
        listed += [base + f"origins: [{pad}{inside}{pad}]" + comment("  ")]

    head = ["version: 1", *loose(""), "name: a"]
    target = ["targets:", *loose("  "), "  - s3: b" + comment("  ")]
    allow = ["allow: {methods: [GET]}" + comment("  ")]
    if on_target:
        after = draw(st.sampled_from([[], ["    mode: merge"]]))
        whole = [*head, *target, *listed, *loose(""), *after, *draw(st.sampled_from([[], allow]))]
    else:
        parts = draw(st.permutations([listed, target, allow]))
        whole = [*head, *(line for part in parts for line in [*part, *loose("")])]
    text = "\n".join(whole).rstrip("\n") + draw(st.sampled_from(["", "\n", "\n\n"]))
    breaks = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    return Plan(
        text.replace("\n", breaks),
        0 if on_target else None,
        count,
        tuple(comment_text for comment_text in comments if comment_text in text),
        tuple(comment_text for comment_text in apart if comment_text in text),
    )


def checked(text: str) -> PlanFile:
    return check(Path("p.yaml"), Text("", "").edited(text), TARGETS, now=NOW)


def entries(plan: PlanFile, place: int | None) -> list[tuple[str, str, datetime | None]]:
    listed: tuple[OriginEntry, ...] = plan.origins if place is None else plan.targets[place].origins
    return [(entry.origin, entry.reason, entry.expires) for entry in listed]


def rest(text: str, place: int | None) -> object:
    """All but that list, read without anything of ours."""
    data = yaml.load(text, yaml.BaseLoader)
    (data if place is None else data["targets"][place]).pop("origins")
    return data


@settings(max_examples=examples(200), deadline=None)
@given(plan=plans())
def test_a_grant_adds_just_itself_and_a_revoke_takes_just_that(plan: Plan) -> None:
    granted = add(plan.text, plan.place, NEW)
    assert entries(checked(granted), plan.place) == [
        *entries(checked(plan.text), plan.place),
        ("http://localhost:3000", "trying it", ENDS),
    ]
    assert rest(granted, plan.place) == rest(plan.text, plan.place)
    assert [comment for comment in plan.comments if comment not in granted] == []
    assert remove(granted, plan.place, plan.count) == plan.text


@settings(max_examples=examples(100), deadline=None)
@given(plan=plans())
def test_both_parsers_give_the_same_spans(plan: Plan) -> None:
    fast = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    trees = [compose(plan.text, loader=loader)[0] for loader in (fast, yaml.SafeLoader)]
    assert spans(trees[0]) == spans(trees[1])


def spans(node: Node | None) -> list[Span]:
    """The span of every key and value, in the order of the text."""
    if isinstance(node, MappingNode):
        members = [span for entry in node.entries.values() for span in (entry.key, *spans(entry.value))]
        return [node.span, *members]
    if isinstance(node, SequenceNode):
        return [node.span, *(span for item in node.items for span in spans(item))]
    return [node.span] if node else []


@settings(max_examples=examples(100), deadline=None)
@given(plan=plans(), days=st.integers(2, 28))
def test_an_extension_moves_just_the_end(plan: Plan, days: int) -> None:
    granted = add(plan.text, plan.place, NEW)
    later = f"2026-12-{days:02}T18:00:00Z"
    longer = change(granted, plan.place, plan.count, {"expires": later})
    assert longer == granted.replace(NEW["expires"], later)


@settings(max_examples=examples(150), deadline=None)
@given(plan=plans(), data=st.data())
def test_any_entry_can_go(plan: Plan, data: st.DataObject) -> None:
    """Comments beside it go with it; those that stand on lines of their own outside of it stay."""
    if plan.count == 0:
        return
    at = data.draw(st.integers(0, plan.count - 1))
    without = remove(plan.text, plan.place, at)
    left = entries(checked(plan.text), plan.place)
    del left[at]
    assert entries(checked(without), plan.place) == left
    assert rest(without, plan.place) == rest(plan.text, plan.place)
    assert [comment for comment in plan.apart if comment not in without] == []


@settings(max_examples=examples(100), deadline=None)
@given(plan=plans())
def test_a_grant_for_a_target_adds_to_what_it_inherits_and_a_revoke_leaves_the_bytes(plan: Plan) -> None:
    if plan.place is not None:
        return
    granted = add(plan.text, 0, NEW, key=ALSO)
    assert entries(checked(granted), 0) == [
        *entries(checked(plan.text), None),
        ("http://localhost:3000", "trying it", ENDS),
    ]
    assert not checked(granted).targets[0].own_origins
    assert [comment for comment in plan.comments if comment not in granted] == []
    assert remove(granted, 0, 0, key=ALSO) == plan.text


@st.composite
def json_plans(draw: st.DrawFn) -> Plan:
    """A valid plan file that is JSON, laid out as JSON writers do."""
    count = draw(st.integers(0, 3))
    words = st.sampled_from([*MARKS, "so be it", "\\", "true", "null", "12"])
    origins = [f"https://a{number}.example" for number in range(count)]
    listed = [
        draw(st.sampled_from([origin, {"origin": origin, "reason": draw(words)}])) for origin in origins
    ]
    place = draw(st.sampled_from([None, 0]))
    target: dict[str, object] = {"s3": "b"}
    whole: dict[str, object] = {"version": 1, "name": "a", "targets": [target], "allow": {"methods": ["GET"]}}
    (whole if place is None else target)["origins"] = listed
    text = json.dumps(
        {key: whole[key] for key in draw(st.permutations(sorted(whole)))},
        indent=draw(st.sampled_from([None, 0, 2, 4])),
        separators=draw(st.sampled_from([None, (",", ": "), (", ", " : ")])),
        ensure_ascii=draw(st.booleans()),
    )
    # YAML has no pairs of surrogates: such a file is no plan, and is refused before anybody edits it.
    assume("\\ud" not in text)
    return Plan(text + draw(st.sampled_from(["", "\n"])), place, count, (), ())


@settings(max_examples=examples(150), deadline=None)
@given(plan=json_plans(), data=st.data())
def test_what_is_json_stays_json(plan: Plan, data: st.DataObject) -> None:
    reason = data.draw(st.sampled_from(["trying it", "null", 'say "so"', "a: b", "é"]))
    granted = add(plan.text, plan.place, {**NEW, "reason": reason})
    listed = json.loads(granted)
    listed = (listed if plan.place is None else listed["targets"][0])["origins"]
    assert listed[plan.count] == {**NEW, "reason": reason}
    longer = change(granted, plan.place, plan.count, {"expires": "2026-12-02T18:00:00Z"})
    assert json.loads(longer) == json.loads(granted.replace(NEW["expires"], "2026-12-02T18:00:00Z"))
    assert json.loads(remove(granted, plan.place, plan.count)) == json.loads(plan.text)
    for at in range(plan.count):
        json.loads(remove(plan.text, plan.place, at))
        if isinstance(listed[at], dict):
            ending = json.loads(change(plan.text, plan.place, at, {"expires": NEW["expires"]}))
            ending = (ending if plan.place is None else ending["targets"][0])["origins"]
            assert ending[at] == {**listed[at], "expires": NEW["expires"]}
    if plan.place is None:
        granted = add(plan.text, 0, NEW, key=ALSO)
        assert json.loads(granted)["targets"][0]["also"] == [NEW]
        assert remove(granted, 0, 0, key=ALSO) == plan.text


ODD = (
    """\
%YAML 1.1
---
? version
: 1
"name": a
'origins' :
 - ? origin
   : https://a.example
   ? expires
   : "2027-01-01T00:00:00Z"
 - &x https://b.example
 -
   # c
   origin: 'https://c.example'
   expires: 2027-01-01
     00:00:00Z
targets: [ {s3: b, origins: [ *x , # c, d
  {origin: "https://d.example", expires: 2027-01-01T00:00:00Z}]}, s3: c ]
...
""",
    """\
version: 1
name: a
targets:
- s3: b
  origins:
  - {expires: 2027-01-01T00:00:00Z,

     origin: https://a.example} # x
  -   origin: https://b.example

      expires: 2027-01-01T00:00:00Z

      # tail
- {s3: c, allow: &a {methods: [GET]}}
- s3: d
  allow: *a
origins: [ # one, two
  https://x.example , # three
  origin: https://y.example
  # four
  , {origin: https://z.example, expires: 2027-01-01T00:00:00Z}
] # five
""",
)
BITS = [
    "",
    "\n",
    " ",
    "- ",
    "# c\n",
    "#",
    "{",
    "}",
    "[",
    "]",
    ",",
    ": ",
    "&x ",
    "*x",
    "'",
    '"',
    "\r\n",
    "? ",
    ">",
]


def test_odd_layouts_are_valid_plans() -> None:
    for text in ODD:
        assert entries(checked(text), None)


@settings(max_examples=examples(300), deadline=None)
@given(text=st.sampled_from(ODD), data=st.data())
def test_an_edit_of_any_plan_is_right_or_refused(text: str, data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(0, 2))):
        at = data.draw(st.integers(0, len(text)))
        text = text[:at] + data.draw(st.sampled_from(BITS)) + text[at + data.draw(st.integers(0, 2)) :]
    try:
        plan = checked(text)
    except PlanFileError:
        return
    lists = [(None, plan.origins)]
    lists += [(at, entry.origins) for at, entry in enumerate(plan.targets) if entry.own_origins]
    for place, listed in lists:
        before = entries(plan, place)
        for at in range(len(listed)):
            with suppress(CannotEdit):
                assert entries(checked(remove(text, place, at)), place) == [*before[:at], *before[at + 1 :]]
        with suppress(CannotEdit):
            assert entries(checked(add(text, place, NEW)), place)[:-1] == before
    for at, target in enumerate(plan.targets):
        with suppress(CannotEdit):
            if not target.own_origins:
                granted = add(text, at, NEW, key=ALSO)
                assert entries(checked(granted), at)[:-1] == entries(plan, at)
                with suppress(CannotEdit):
                    restored = remove(granted, at, len(target.also), key=ALSO)
                    assert entries(checked(restored), at) == entries(plan, at)
