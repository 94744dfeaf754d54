"""Sort resources into plans: by chain, by tags, by name, by the origins that they let in. Pure.

The first rule that names an application wins, no resource stands in two plans, and the same resources give
the same plans whatever order AWS lists them in.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from remediate.core.owner import STACK
from remediate.core.snapshot import Snapshot
from remediate.core.state import State

UNSORTED = "unsorted"
"""The plan of what no rule names an application for."""
ACCOUNT = "account"
"""The one plan of `--split none`."""
APPLICATION_TAGS = ("app", "application", "project", "service", "stack")
STAGE_TAGS = ("env", "environment", "stage")
STAGES = frozenset(
    (
        *("dev", "development", "test", "testing", "qa", "stg", "stage", "staging", "uat"),
        *("preprod", "prod", "production", "live"),
    )
)
"""Words of a name that say for which stage a resource is."""
ROLES = frozenset(
    (
        *("upload", "uploads", "asset", "assets", "api", "apis", "backend", "frontend", "static", "media"),
        *("file", "files", "data", "image", "images", "img", "cdn", "public", "bucket", "site", "www"),
        *("rest", "http", "web"),
    )
)
"""Words of a name that say what a resource is for, and not of which application it is."""
LONGEST_NAME = 64
_SEPARATORS = re.compile(r"[-_.\s]+")


@dataclass(frozen=True, slots=True)
class Member:
    """A resource in a plan, and the rule that put it there."""

    state: State
    by: str
    because: str


@dataclass(frozen=True, slots=True)
class Key:
    """The application and the stage that a resource belongs to, as far as something names them."""

    application: str = ""
    stage: str = ""

    def plan(self, split: str) -> str:
        """The plan's name: of the application, with the stage unless only applications are split."""
        name = self.application if split == "app" or not self.stage else f"{self.application}-{self.stage}"
        return re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")[:LONGEST_NAME]


def grouped(
    seen: Snapshot,
    chosen: Sequence[State],
    tags: Mapping[str, Mapping[str, str]],
    origins: Mapping[str, frozenset[str]],
    split: str = "stage",
) -> dict[str, list[Member]]:
    """Return the members of each plan, by its name; `origins` are those that each address lets in."""
    plans: dict[str, list[Member]] = {}
    homeless: list[State] = []
    for states in _chains(seen, sorted(chosen, key=lambda state: state.address)):
        fronts = {front for state in states for front in seen.distributions_for(state)}
        key, by, because = _key_of(states, fronts, tags)
        if len(states) > 1:
            by, because = "chain", _chain_text(states, fronts, tags)
        for state in states:
            if split in ("none", "resource"):
                single = ACCOUNT if split == "none" else re.sub(r"[^A-Za-z0-9_-]+", "-", state.address)
                plans.setdefault(single[:LONGEST_NAME], []).append(Member(state, by, because))
            elif name := key.plan(split):
                plans.setdefault(name, []).append(Member(state, by, because))
            else:
                homeless.append(state)
    for state in homeless:
        name = _alike(plans, origins, state)
        because = f"the same as in the plan {name}" if name else "nothing names an application"
        member = Member(state, "origin" if name else "name", because)
        plans.setdefault(name or UNSORTED, []).append(member)
    return {
        name: sorted(members, key=lambda member: member.state.address)
        for name, members in sorted(plans.items())
    }


def _chains(seen: Snapshot, states: Sequence[State]) -> Iterable[list[State]]:
    """Yield the states that a distribution and its origins tie together, the others alone."""
    root = {state.address: state.address for state in states}

    def find(address: str) -> str:
        while root[address] != address:
            address = root[address]
        return address

    for state in states:
        for front in seen.distributions_for(state):
            if front in root:
                first, second = sorted((find(front), find(state.address)))
                root[second] = first
    by_root: dict[str, list[State]] = {}
    for state in states:
        by_root.setdefault(find(state.address), []).append(state)
    return by_root.values()


def _key_of(
    states: Sequence[State], fronts: Collection[str], tags: Mapping[str, Mapping[str, str]]
) -> tuple[Key, str, str]:
    """Return the key that tags or names give; what stands behind a distribution names it first."""
    behind_first = sorted(states, key=lambda state: (state.address in fronts, state.address))
    for state in behind_first:
        key, tag = _by_tags(tags.get(state.address, {}))
        if key.application:
            return key, "tag", f"{tag}={tags[state.address][tag]}"
    for state in behind_first:
        name = _name_of(state)
        key = _by_name(name)
        if key.application:
            return key, "name", name
    return Key(), "name", ""


def _name_of(state: State) -> str:
    return state.label or state.names[-1]


def _chain_text(
    states: Sequence[State], fronts: Collection[str], tags: Mapping[str, Mapping[str, str]]
) -> str:
    named = {_by_tags(tags.get(state.address, {}))[0].application for state in states} - {""}
    spans = f"; the chain spans the tags {', '.join(sorted(named))}" if len(named) > 1 else ""
    return f"{', '.join(state.address for state in states if state.address in fronts)}{spans}"


def _by_tags(tags: Mapping[str, str]) -> tuple[Key, str]:
    lower = {name.lower(): (name, value) for name, value in sorted(tags.items()) if value}
    stage = next((lower[name][1] for name in STAGE_TAGS if name in lower), "")
    for name in (*APPLICATION_TAGS, STACK):
        if name in lower:
            tag, application = lower[name]
            if not stage:
                named = _by_name(application)
                return (named if named.application else Key(application)), tag
            return Key(application.removesuffix(f"-{stage}"), stage), tag
    return Key(), ""


def _by_name(name: str) -> Key:
    tokens = [token for token in _SEPARATORS.split(name) if token]
    stage = next((token.lower() for token in tokens if token.lower() in STAGES), "")
    rest = [
        token
        for token in tokens
        if token.lower() not in STAGES | ROLES
        and any(character.isascii() and character.isalpha() for character in token)
    ]
    return Key("-".join(rest), stage) if rest else Key("", stage)


def _alike(plans: Mapping[str, Sequence[Member]], origins: Mapping[str, frozenset[str]], state: State) -> str:
    """Return the one plan whose resources let in the same named origins; empty where there is no such one."""
    own = {origin for origin in origins.get(state.address, ()) if "*" not in origin}
    names = [
        name
        for name, members in sorted(plans.items())
        if own
        and own
        == {
            origin
            for member in members
            for origin in origins.get(member.state.address, ())
            if "*" not in origin
        }
    ]
    return names[0] if len(names) == 1 else ""
