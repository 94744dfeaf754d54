"""A plan: the changes, what they mean, and the one JSON document that says so (both ways)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from remediate.core.common_rules import NO_MATCH
from remediate.core.document import Document, digest
from remediate.core.finding import Finding, Level, Topic
from remediate.core.plan_names import join_names, split_names
from remediate.core.policy import Selector

FORMAT = "remediate.plan/1"


class Action(StrEnum):
    """The value tells what happens to the resource's CORS settings."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Edit:
    """One line of a diff, for people; display never steers a write."""

    op: str
    path: str
    before: Any
    after: Any

    def as_json(self) -> dict[str, Any]:
        """The shape of the plan document."""
        return {"op": self.op, "path": self.path, "before": self.before, "after": self.after}


@dataclass(frozen=True, slots=True)
class Change:
    """One resource that is to become `after`; `revision` is of what `before` was read from.

    `calls` are the writes that will be sent, as IAM-like names (`s3:PutBucketCors`), in order.
    `group` is the state's: changes that share it are written together. `context` is what the
    service's `write` must know that neither document tells (JSON, usually empty). `selectors`
    read the resource again, and nothing else.
    """

    address: str
    service: str
    region: str
    before: Document | None
    after: Document | None
    revision: str
    group: str
    diff: tuple[Edit, ...] = ()
    calls: tuple[str, ...] = ()
    context: Mapping[str, Any] = field(default_factory=dict)
    selectors: tuple[Selector, ...] = ()
    label: str = ""
    summary: tuple[str, ...] = ()
    """What the change does, as phrases of plain words (`allow method PUT`); display never steers a write."""

    @property
    def title(self) -> str:
        """What people call the resource, with the stage of its address: `rest_api backend/prod`."""
        kind, _, identifier = self.address.partition("/")
        _, slash, stage = identifier.partition("/")
        return f"{kind} {f'{self.label}{slash}{stage}' if self.label else identifier}"

    @property
    def action(self) -> Action:
        """Create where nothing was configured, delete where nothing will be, else update."""
        if self.before is None:
            return Action.CREATE
        return Action.DELETE if self.after is None else Action.UPDATE

    def as_json(self) -> dict[str, Any]:
        """The shape of the plan document."""
        return {
            "address": self.address,
            "service": self.service,
            "region": self.region,
            "label": self.label,
            "action": str(self.action),
            "summary": list(self.summary),
            "before": self.before,
            "after": self.after,
            "diff": [edit.as_json() for edit in self.diff],
            "calls": list(self.calls),
            "revision": self.revision,
            "group": self.group,
            "context": dict(self.context),
            "selectors": [selector.as_json() for selector in self.selectors],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Change:
        """Back from the plan document; KeyError or TypeError where it is not one."""
        return cls(
            address=value["address"],
            service=value["service"],
            region=value["region"],
            label=value.get("label", ""),
            summary=tuple(value.get("summary", ())),
            before=value["before"],
            after=value["after"],
            diff=tuple(Edit(**edit) for edit in value["diff"]),
            calls=tuple(value["calls"]),
            revision=value["revision"],
            group=value["group"],
            context=dict(value["context"]),
            selectors=tuple(Selector(**selector) for selector in value["selectors"]),
        )


@dataclass(frozen=True, slots=True)
class Access:
    """What a browser's caller may do, before and after: `allowed`, `blocked` or `unknown`."""

    origin: str
    to: str
    method: str
    before: str
    after: str
    because: str
    headers: tuple[str, ...] = ()
    """Headers that the request sends, where the verdict is of a request with just these."""
    credentials: bool = False
    """Whether the verdict is of a request that sends cookies, and turns only there."""

    def as_json(self) -> dict[str, Any]:
        """The shape of the plan document; `headers` and `credentials` are in it where they decide."""
        return {
            "origin": self.origin,
            "to": self.to,
            "method": self.method,
            **({"headers": list(self.headers)} if self.headers else {}),
            **({"credentials": True} if self.credentials else {}),
            "before": self.before,
            "after": self.after,
            "because": self.because,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Access:
        """Back from the plan document; KeyError or TypeError where it is not one."""
        return cls(**{**value, "headers": tuple(value.get("headers", ()))})


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan tells what would be done, and everything a reviewer wants to know about it."""

    plan_names: tuple[str, ...]
    account: str
    changes: tuple[Change, ...] = ()
    access: tuple[Access, ...] = ()
    findings: tuple[Finding, ...] = ()
    unchanged: int = 0
    unreadable: int = 0
    api_calls: Mapping[str, int] = field(default_factory=dict)
    state: str = ""
    """Where the run that applies it is journaled."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """Digest of each plan file that it came from."""
    never: tuple[str, ...] = ()
    """Codes of refusals that `--allow` must not lift."""
    requested: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    """What the plan files ask of each changed address, by kind (`origins`, …): so ours is known later."""
    requested_by_plan: Mapping[str, Mapping[str, Mapping[str, Sequence[str]]]] = field(default_factory=dict)
    """The same by plan, of every address that was looked at: so each plan's own is known later."""
    only: tuple[str, ...] = ()
    """The addresses, names or globs that the plan was limited to (`--target`); empty for everything."""

    @property
    def name(self) -> str:
        """The names of the plans as one text, as documents and outputs show them."""
        return join_names(self.plan_names)

    @property
    def has_changes(self) -> bool:
        """Return whether anything differs."""
        return bool(self.changes)

    @property
    def incomplete(self) -> bool:
        """Return whether something could not be looked at, or a target named nothing: an error, exit 1."""
        return self.unreadable > 0 or any(finding.code == NO_MATCH.code for finding in self.findings)

    @property
    def refusals(self) -> tuple[Finding, ...]:
        """The findings that hold an apply back."""
        return tuple(finding for finding in self.findings if finding.level is Level.REFUSE)

    @property
    def checksum(self) -> str:
        """Of what would be done: the same for the same live state and plan, whoever asks."""
        shown = {"diff": None, "label": None, "summary": None}  # display steers no write
        changes = sorted(self.changes, key=lambda change: change.address)
        what = [change.as_json() | shown for change in changes]
        return digest([self.name, self.account, dict(self.sources), what])

    @property
    def summary(self) -> dict[str, int]:
        """Counts per action, of resources left alone, of those that could not be read, and of refusals."""
        counts = {str(action): 0 for action in Action}
        for change in self.changes:
            counts[str(change.action)] += 1
        return counts | {
            "unchanged": self.unchanged,
            "unreadable": self.unreadable,
            "refused": len(self.refusals),
        }

    def as_json(self) -> dict[str, Any]:
        """The plan document: what `--json` prints and `--out` saves."""
        return {
            "format": FORMAT,
            "plan": self.name,
            "account": self.account,
            "has_changes": self.has_changes,
            "checksum": self.checksum,
            "changes": [change.as_json() for change in self.changes],
            "access": [access.as_json() for access in self.access],
            "findings": [finding.as_json() for finding in self.findings],
            "todo": [
                {
                    "code": finding.code,
                    "address": finding.address,
                    "message": finding.message,
                    "rule": f"remediate rule {finding.code}",
                }
                for finding in self.findings
                if finding.topic is Topic.TODO
            ],
            "never": list(self.never),
            "asked": {address: dict(values) for address, values in self.requested.items()},
            "asked_by": {address: dict(plans) for address, plans in self.requested_by_plan.items()},
            "summary": self.summary,
            "api_calls": dict(sorted(self.api_calls.items())),
            "state": self.state,
            "sources": dict(self.sources),
            "only": list(self.only),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Plan:
        """Back from the plan document; ValueError, KeyError or TypeError where it is not one."""
        if value.get("format") != FORMAT:
            raise ValueError(f"not a {FORMAT} document: format is {value.get('format')!r}")
        return cls(
            plan_names=split_names(value["plan"]),
            account=value["account"],
            changes=tuple(Change.from_json(change) for change in value["changes"]),
            access=tuple(Access.from_json(access) for access in value["access"]),
            findings=tuple(Finding.from_json(finding) for finding in value["findings"]),
            unchanged=value["summary"]["unchanged"],
            unreadable=value["summary"]["unreadable"],
            api_calls=value["api_calls"],
            never=tuple(value.get("never", ())),
            requested=dict(value.get("asked", {})),
            requested_by_plan=dict(value.get("asked_by", {})),
            state=value["state"],
            sources=dict(value["sources"]),
            only=_texts(value.get("only", [])),
        )


def _texts(values: Any) -> tuple[str, ...]:
    if not isinstance(values, list) or not all(isinstance(text, str) for text in values):
        raise TypeError("not a list of texts")
    return tuple(values)
