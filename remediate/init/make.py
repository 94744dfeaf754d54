"""Make the plan files of an account: every resource is in a plan, unsorted, left out or unreadable. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from remediate.core.globs import name_matches
from remediate.core.origins_in import origins_in
from remediate.core.owner import owner_of
from remediate.core.snapshot import Snapshot
from remediate.core.state import State
from remediate.init.draft import Draft, Drafter, DraftTarget, Options
from remediate.init.grouping import UNSORTED, grouped
from remediate.init.survey import Survey
from remediate.planfile import PlanFile
from remediate.services import service
from remediate.web.origin import pattern_matches

FORMAT = "remediate.init/1"
NO_CORS = "it has no CORS settings"


@dataclass(frozen=True, slots=True)
class Request:
    """What a person asked for: which resources, and how they are split into files."""

    options: Options
    now: datetime
    folder: Path
    split: str = "stage"
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    with_fixes: bool = False
    page: str = ""
    """The origin of a page: only what lets it in is written, and what stands behind its URL."""
    chain: frozenset[str] = frozenset()
    """Addresses of what stands behind the page's URL."""

    def passed_over(self, state: State) -> str:
        """Return why the resource is not written; empty where it is."""
        names = (state.address, state.label, *state.names)
        if self.include and not _is_named(self.include, names):
            return "--include names other resources"
        if _is_named(self.exclude, names):
            return "--exclude names it"
        if self.page and state.address not in self.chain and not _lets_in(state, self.page):
            return f"it does not let in {self.page}, nor stands behind its URL"
        return ""


@dataclass(frozen=True, slots=True)
class Result:
    """The drafts, and what is in none of them."""

    survey: Survey
    drafts: tuple[tuple[Path, Draft], ...]
    left_out: Mapping[str, str]
    unknown: tuple[tuple[str, str], ...]

    def files(self) -> list[tuple[Path, str]]:
        """Return each plan file and its text."""
        return [(path, draft.text) for path, draft in self.drafts]

    def as_json(
        self, written: Sequence[Path], api_calls: Mapping[str, int], *, with_text: bool = False
    ) -> dict[str, Any]:
        """Return the init document; `with_text` where the files are printed and not written."""
        unsorted = [draft for _, draft in self.drafts if draft.name == UNSORTED]
        return {
            "format": FORMAT,
            "account": self.survey.account,
            "regions": [self.survey.region] if self.survey.region else [],
            "plans": [
                {
                    "file": str(path),
                    "name": draft.name,
                    "origins": list(draft.origins),
                    "targets": _targets_json(draft),
                    "fixes": [
                        {"address": target.state.address, "because": "; ".join(target.changes)}
                        for target in draft.targets
                        if not target.is_active
                    ],
                    **({"text": draft.text} if with_text else {}),
                }
                for path, draft in self.drafts
                if draft.name != UNSORTED
            ],
            "unsorted": sorted({target["address"] for draft in unsorted for target in _targets_json(draft)}),
            "left_out": _pairs_json(sorted(self.left_out.items())),
            "unknown": _pairs_json(self.unknown),
            "unreadable": [
                {"address": failure.address, "code": failure.code, "message": failure.message}
                for failure in self.survey.seen.unreadable
            ],
            "written": [str(path) for path in written],
            "api_calls": dict(sorted(api_calls.items())),
        }


def make(survey: Survey, request: Request) -> Result:
    """Return the plan files of what was read."""
    left_out: dict[str, str] = {}
    chosen: list[State] = []
    for state in survey.seen.states:
        if because := _left_out(state, survey.seen) or request.passed_over(state):
            left_out[state.address] = because
        else:
            chosen.append(state)
    drafter = Drafter(
        survey.account,
        survey.region,
        request.options,
        request.now,
        _owners(survey),
        with_fixes=request.with_fixes,
    )
    origins = {state.address: origins_in(state.config) for state in chosen}
    plans = grouped(survey.seen, chosen, survey.tags, origins, request.split)
    drafts: list[tuple[Path, Draft]] = []
    unknown = [(address, f"Its tags could not be read: {why}") for address, why in survey.tags_unread.items()]
    for name, members in plans.items():
        draft = drafter.draft(name, members)
        written = {target.state.address for target in draft.targets} if draft.file else set()
        if draft.file is not None:
            drafts.append((request.folder / f"{name}.yaml", draft))
        for member in members:
            if member.state.address not in written:
                left_out[member.state.address] = _why_not(draft, member.state.address)
        unknown += [(finding.address, finding.message) for finding in draft.findings]
        unknown += [
            (target.state.address, f"A plan file cannot hold {', '.join(map(repr, target.omitted))}.")
            for target in draft.targets
            if target.omitted
        ]
    return Result(survey, tuple(drafts), left_out, tuple(sorted(dict.fromkeys(unknown))))


def has_cors(state: State, seen: Snapshot) -> bool:
    """Return whether a plan could speak of the resource: it lets somebody in, or forwards to what does."""
    return not _left_out(state, seen)


def uncovered(survey: Survey, files: Collection[PlanFile]) -> list[State]:
    """Return the resources that let other origins in and that no target of these files means."""
    targets = [target.selector for file in files for target in file.targets]
    return [
        state
        for state in survey.seen.states
        if origins_in(state.config)
        and not any(
            selector.service == state.service
            and selector.matches(*state.names)
            and (not service(state.service).REGIONAL or selector.region in {None, state.region})
            for selector in targets
        )
    ]


def _left_out(state: State, seen: Snapshot) -> str:
    aws_service = service(state.service)
    if marks := sorted(aws_service.plan_marks(state.config)):
        return f"a plan manages it already: {', '.join(marks)}"
    if any(True for _ in aws_service.live_access(state)):
        return ""
    hosts = {upstream.partition("/")[0] for upstream in state.upstreams}
    behind = [other for other in seen.states if hosts.intersection(other.hosts)]
    if any(True for other in behind for _ in service(other.service).live_access(other)):
        return ""
    if origins_in(state.config):
        return "its CORS headers come from templates or responses that no target of a plan describes"
    return NO_CORS


def _why_not(draft: Draft, address: str) -> str:
    changes = [
        change for target in draft.targets if target.state.address == address for change in target.changes
    ]
    if not changes:
        return "it names no origin together with a method that a plan file can hold"
    return f"a plan would change it (--with-fixes writes it): {'; '.join(dict.fromkeys(changes))}"


def _owners(survey: Survey) -> dict[str, str]:
    """Return, by address, a sentence on the tool that manages the resource."""
    notes: dict[str, str] = {}
    for address, tags in survey.tags.items():
        if owner := owner_of(tags):
            named = f" ({owner.name})" if owner.name else ""
            notes[address] = f"{owner.tool}{named} manages this resource, as its tag {owner.tag} tells."
    return notes


def _targets_json(draft: Draft) -> list[dict[str, Any]]:
    by_address: dict[str, list[DraftTarget]] = {}
    for target in draft.targets:
        by_address.setdefault(target.state.address, []).append(target)
    return [
        {
            "address": address,
            "by": targets[0].member.by,
            "because": targets[0].member.because,
            "active": any(target.is_active for target in targets),
        }
        for address, targets in by_address.items()
    ]


def _pairs_json(pairs: Collection[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"address": address, "because": because} for address, because in pairs]


def _is_named(patterns: Sequence[str], names: Sequence[str]) -> bool:
    return any(name_matches(pattern, name) for pattern in patterns for name in names if name)


def _lets_in(state: State, origin: str) -> bool:
    parts = service(state.service).live_access(state)
    return any(
        pattern == origin or pattern_matches(pattern, origin) for part in parts for pattern in part.origins
    )
