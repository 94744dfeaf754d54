"""From a validated plan file to values: defaults, inheritance, expired origins, positions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from remediate.core.policy import Mode, Option, Policy, Retired, Selector
from remediate.planfile.model import AllowModel, OriginModel, PlanModel, TargetModel
from remediate.planfile.problems import place
from remediate.planfile.rules import inherited
from remediate.planfile.values import Expectation, OriginEntry, PlanFile, Target, Verdict
from remediate.planfile.yaml_positions import Entry, Node, Scalar, Sequence
from remediate.planfile.yaml_positions import Mapping as YamlMapping

Targets = Mapping[str, Mapping[str, Option]]
_INHERITED = ("origins", "allow", "mode", "region", "name", "account")


def plan_file(
    path: Path, root: YamlMapping, model: PlanModel, *, digest: str, targets: Targets, now: datetime
) -> PlanFile:
    """The plan file that the model holds; the tree gives the positions."""
    builder = _Builder(str(path), root, model, now)
    return PlanFile(
        path=path,
        digest=digest,
        name=model.name,
        account=model.account,
        region=model.region,
        targets=tuple(
            builder.target(item, node, targets[item.SERVICE])
            for item, node in zip(model.targets, _items(root, "targets"), strict=True)
        ),
        expect=tuple(
            Expectation(
                origin=item.from_,
                url=item.to,
                verdict=Verdict(item.verdict),
                method=item.method,
                headers=_once(item.headers),
                credentials=item.credentials,
                where=builder.place(node),
            )
            for item, node in zip(model.expect or (), _items(root, "expect"), strict=True)
        ),
        origins=builder.entries(model.origins, root),
    )


class _Builder:
    """What the targets of one file have in common."""

    def __init__(self, file: str, root: YamlMapping, model: PlanModel, now: datetime) -> None:
        self._file = file
        self._root = root
        self._model = model
        self._now = now

    def place(self, node: Node | Entry) -> str:
        return place(self._file, node.line, node.column)

    def entries(self, origins: list[OriginModel] | None, holder: YamlMapping) -> tuple[OriginEntry, ...]:
        return tuple(
            OriginEntry(
                origin=item.origin, reason=item.reason or "", expires=item.expires, where=self.place(node)
            )
            for item, node in zip(origins or (), _items(holder, "origins"), strict=True)
        )

    def target(self, item: TargetModel, node: Node, known: Mapping[str, Option]) -> Target:
        """One target with everything that it takes from the top of the file."""
        if not isinstance(node, YamlMapping):
            raise TypeError("a validated target is a mapping")
        own = item.origins is not None
        origins = self.entries(item.origins, node) if own else self.entries(self._model.origins, self._root)
        options = {name: _option(item, name, option) for name, option in known.items()}
        selector = Selector(
            service=item.SERVICE,
            pattern=getattr(item, item.SERVICE),
            region=item.region or self._model.region,
            options=options,
            where=self.place(node),
        )
        return Target(selector, self._policy(item, node, origins, options), origins=origins, own_origins=own)

    def _policy(
        self, item: TargetModel, node: YamlMapping, origins: tuple[OriginEntry, ...], options: dict[str, Any]
    ) -> Policy:
        live = _once(entry.origin for entry in origins if not entry.expired(self._now))
        expired = _once(entry.origin for entry in origins if entry.expired(self._now))
        return Policy(
            plan=self._model.name,
            origins=live,
            mode=Mode(item.mode or self._model.mode or Mode.MERGE),
            retired=Retired(origins=tuple(origin for origin in expired if origin not in live)),
            options=options,
            where=self._where(node, origins),
            **self._allowed(item.allow),
        )

    def _allowed(self, own: AllowModel | None) -> dict[str, Any]:
        """What is allowed, member by member: the target's, else the file's, else Policy's default."""
        merged: dict[str, Any] = {}
        for allow in (self._model.allow, own):
            for member in allow.model_fields_set if allow else ():
                value = getattr(allow, member)
                merged[member] = _once(value) if isinstance(value, list) else value
        return merged

    def _where(self, node: YamlMapping, origins: tuple[OriginEntry, ...]) -> dict[str, str]:
        """Keys at the key, list items at the item: `origins`, `origins/https://…`, `methods/PUT`."""
        where = {key: self.place(entry) for key, entry in node.entries.items()}
        where["target"] = self.place(node)
        for key in _INHERITED:
            if entry := inherited(self._root, node, key):
                where[key] = self.place(entry)
        for origin in origins:
            where.setdefault(f"origins/{origin.origin}", origin.where)
        for member in AllowModel.model_fields:
            allowed = inherited(self._root, node, "allow", member)
            if not allowed:
                continue
            where[member] = self.place(allowed)
            for item in allowed.value.items if isinstance(allowed.value, Sequence) else []:
                if isinstance(item, Scalar):
                    text = item.text if member == "methods" else item.text.lower()
                    where.setdefault(f"{member}/{text}", self.place(item))
        return where


def _items(holder: YamlMapping, key: str) -> list[Node]:
    node = holder.get(key)
    return node.items if isinstance(node, Sequence) else []


def _option(item: TargetModel, name: str, option: Option) -> Any:
    value = getattr(item, name)
    if value is None:
        return option.default
    return _once(value) if isinstance(value, list) else value


def _once(values: Iterable[str]) -> tuple[str, ...]:
    """Repetitions of a method or a header name say nothing new; the order stays the file's."""
    return tuple(dict.fromkeys(values))
