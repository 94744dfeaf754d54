"""From a validated plan file to values: defaults, inheritance, expired origins, positions."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from remediate.core.contest import WITHIN, ContestLimit
from remediate.core.finding import Level
from remediate.core.guards import Rules
from remediate.core.notice import Channel
from remediate.core.policy import Mode, Option, Policy, Retired, Selector
from remediate.core.s3_url import is_s3_url
from remediate.planfile.schema.model import (
    AllowModel,
    ChannelModel,
    ContestedModel,
    OriginModel,
    PlanModel,
    TargetModel,
)
from remediate.planfile.validate.diagnostics import place
from remediate.planfile.values import Expectation, ExpectedVerdict, Loopback, OriginEntry, PlanFile, Target
from remediate.planfile.yaml.tree import Entry, MappingNode, Node, Scalar, SequenceNode

Targets = Mapping[str, Mapping[str, Option]]


def plan_file(
    path: Path, root: MappingNode, model: PlanModel, *, digest: str, targets: Targets, now: datetime
) -> PlanFile:
    """The plan file that the model holds; the tree gives the positions."""
    builder = _Builder(str(path), root, model, now)
    return PlanFile(
        path=path,
        digest=digest,
        name=model.name,
        account=model.account,
        region=model.region,
        state=state_of(path, model.state),
        targets=tuple(
            builder.target(item, node, targets[item.SERVICE])
            for item, node in zip(model.targets, _items(root, "targets"), strict=True)
        ),
        expect=tuple(
            Expectation(
                origin=item.from_,
                url=item.to,
                verdict=ExpectedVerdict(item.verdict),
                method=item.method,
                headers=_once(item.headers),
                credentials=item.credentials,
                where=builder.place(node),
            )
            for item, node in zip(model.expect or (), _items(root, "expect"), strict=True)
        ),
        origins=builder.origins,
        guards=builder.guards(),
        notify=builder.channels(),
        heartbeat=model.heartbeat or "",
        loopback=Loopback(model.loopback.reason is not None, model.loopback.longest)
        if model.loopback
        else Loopback(),
        formerly=_once(model.formerly or ()),
    )


class _Builder:
    """Builds the targets of one file. Shared values are built once: a file may hold thousands of targets."""

    def __init__(self, file: str, root: MappingNode, model: PlanModel, now: datetime) -> None:
        self._file = file
        self._root = root
        self._model = model
        self._now = now
        self._shared_origins = self._origin_list(model.origins, root)
        self._allow = _members(model.allow)
        self._positions = self._where(root, self._shared_origins.entries)
        self.origins = self._shared_origins.entries

    def place(self, node: Node | Entry) -> str:
        return place(self._file, node.line, node.column)

    def guards(self) -> Rules:
        """The file's rules for guards; where it has none, their position is its first line."""
        given = self._model.guards
        if given is None:
            return Rules(where=place(self._file, 1, 1))
        levels: dict[str, str] = {}
        if given.levels is not None:
            levels = given.levels.model_dump(by_alias=True, exclude_none=True)
        return Rules(
            max_changes=given.max_changes,
            max_share=given.max_share,
            minimum=given.minimum,
            never=_once(given.never),
            levels={code: Level(level) for code, level in levels.items()},
            contested=_contest_limit(given.contested),
            where=self.place(self._root.entries["guards"]),
        )

    def channels(self) -> tuple[Channel, ...]:
        """The channels under `notify`; the key exists only where kinds of channels were given."""
        items: list[ChannelModel] = getattr(self._model, "notify", None) or []
        return tuple(
            Channel(
                kind=item.KIND,
                target=getattr(item, item.KIND),
                secret=getattr(item, "secret", None) or "",
                only=_once(item.only or ()),
                where=self.place(node),
            )
            for item, node in zip(items, _items(self._root, "notify"), strict=True)
        )

    def target(self, item: TargetModel, node: Node, options_of_service: Mapping[str, Option]) -> Target:
        """One target with everything that it takes from the top of the file."""
        if not isinstance(node, MappingNode):
            raise TypeError("a validated target is a mapping")
        desired = self._shared_origins if item.origins is None else self._origin_list(item.origins, node)
        also = self._entries(item.also, node, "also")
        if also:
            desired = self._listed((*desired.entries, *also))
        options = {name: _option(item, name, option) for name, option in options_of_service.items()}
        selector = Selector(
            service=item.SERVICE,
            pattern=getattr(item, item.SERVICE),
            region=item.region or self._model.region,
            options=options,
            where=self.place(node),
        )
        own = self._where(node, also if item.origins is None else desired.entries)
        policy = Policy(
            plan=self._model.name,
            origins=desired.live,
            mode=Mode(item.mode or self._model.mode or Mode.MERGE),
            retired=Retired(origins=desired.expired),
            options=options,
            formerly=_once(self._model.formerly or ()),
            where=ChainMap({**own, "target": self.place(node)}, self._positions),
            **{**self._allow, **_members(item.allow)},
        )
        return Target(
            selector, policy, origins=desired.entries, own_origins=item.origins is not None, also=also
        )

    def _entries(
        self, origins: list[OriginModel] | None, holder: MappingNode, key: str
    ) -> tuple[OriginEntry, ...]:
        return tuple(
            OriginEntry(
                origin=item.origin, reason=item.reason or "", expires=item.expires, where=self.place(node)
            )
            for item, node in zip(origins or (), _items(holder, key), strict=True)
        )

    def _origin_list(self, origins: list[OriginModel] | None, holder: MappingNode) -> _OriginList:
        return self._listed(self._entries(origins, holder, "origins"))

    def _listed(self, entries: tuple[OriginEntry, ...]) -> _OriginList:
        live = _once(entry.origin for entry in entries if not entry.expired(self._now))
        expired = _once(entry.origin for entry in entries if entry.expired(self._now))
        unexpired = set(live)
        return _OriginList(entries, live, tuple(origin for origin in expired if origin not in unexpired))

    def _where(self, holder: MappingNode, origins: tuple[OriginEntry, ...]) -> dict[str, str]:
        """Keys at the key, list items at the item: `origins`, `origins/https://…`, `methods/PUT`."""
        where = {key: self.place(entry) for key, entry in holder.entries.items()}
        for origin in origins:
            where.setdefault(f"origins/{origin.origin}", origin.where)
        allow = holder.get("allow")
        for member, entry in allow.entries.items() if isinstance(allow, MappingNode) else ():
            where[member] = self.place(entry)
            for item in entry.value.items if isinstance(entry.value, SequenceNode) else []:
                if isinstance(item, Scalar):
                    text = item.text if member == "methods" else item.text.lower()
                    where.setdefault(f"{member}/{text}", self.place(item))
        return where


@dataclass(frozen=True, slots=True)
class _OriginList:
    """The origins of one list: as written, desired now, and no longer desired."""

    entries: tuple[OriginEntry, ...]
    live: tuple[str, ...]
    expired: tuple[str, ...]


def _members(allow: AllowModel | None) -> dict[str, Any]:
    """The members of an `allow` that the file gives; Policy has the defaults of the others."""
    values = {member: getattr(allow, member) for member in allow.model_fields_set} if allow else {}
    return {member: _once(value) if isinstance(value, list) else value for member, value in values.items()}


def _items(holder: MappingNode, key: str) -> list[Node]:
    node = holder.get(key)
    return node.items if isinstance(node, SequenceNode) else []


def _option(item: TargetModel, name: str, option: Option) -> Any:
    value = getattr(item, name)
    if value is None:
        return option.default
    return _once(value) if isinstance(value, list) else value


def _once(values: Iterable[str]) -> tuple[str, ...]:
    """Repetitions of a method or a header name say nothing new; the order stays the file's."""
    return tuple(dict.fromkeys(values))


def state_of(path: Path, state: str | None) -> str:
    """The plan's journal: an s3 URL, or a folder relative to the plan file."""
    if state is not None and is_s3_url(state):
        return state
    return str(path.parent / (state or ".remediate"))


def _contest_limit(given: ContestedModel | None) -> ContestLimit:
    if given is None:
        return ContestLimit()
    within = WITHIN if given.within is None else int(given.within.total_seconds())
    return ContestLimit(given.corrections, within)
