"""The records of a run, as lines with a checksum, and the run that they add up to."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from remediate.core.change_result import ApplyStatus
from remediate.core.plan import Change
from remediate.core.plan_names import join_names, split_names

FORMAT = "remediate.run/1"
Record = Mapping[str, Any]


def encode(record: Record) -> bytes:
    """One line: a checksum, a space, the JSON text. Newlines inside are escaped by JSON."""
    text = json.dumps(record, separators=(",", ":"), ensure_ascii=True).encode()
    return b"%08x " % zlib.crc32(text) + text + b"\n"


def decode(data: bytes) -> tuple[list[dict[str, Any]], bool]:
    """The whole records, and whether something torn or foreign followed or lay between them."""
    records: list[dict[str, Any]] = []
    torn = False
    for line in data.split(b"\n"):
        if not line:
            continue
        checksum, _, text = line.partition(b" ")
        record = _record(text) if checksum == b"%08x" % zlib.crc32(text) else None
        if record is None:
            torn = True
        else:
            records.append(record)
    return records, torn or (bool(data) and not data.endswith(b"\n"))


def _record(text: bytes) -> dict[str, Any] | None:
    """Return the record; None for text that is no JSON object, whatever its checksum says."""
    try:
        record = json.loads(text)
    except ValueError:
        return None
    return record if isinstance(record, dict) else None


@dataclass(frozen=True, slots=True)
class Run:
    """One run, read from its records.

    `statuses` holds how each change ended; a change without one was under way when the run broke
    off, or never begun: it may be written or not. `requested` is what the plan files together asked of each
    address: `{"origins": […], "methods": […], "headers": […], "expose": […]}`. `requested_by_plan` tells the
    same apart by plan; runs of older versions have none. The record's keys are `asked` and `asked_by`.
    `earlier` is what plans had brought or asked for at each address before the run, by plan; None in runs
    of older versions. `objects` is how many objects a bucket keeps it in.
    """

    id: str
    when: str
    who: str
    command: str
    plan_names: tuple[str, ...]
    account: str
    checksum: str
    changes: tuple[Change, ...]
    statuses: Mapping[str, ApplyStatus] = field(default_factory=dict)
    requested: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    undoes: str = ""
    closed: bool = False
    torn: bool = False
    requested_by_plan: Mapping[str, Mapping[str, Mapping[str, Sequence[str]]]] = field(default_factory=dict)
    earlier: Mapping[str, Mapping[str, Mapping[str, Sequence[str]]]] | None = None
    objects: int = 1

    def requested_at(self, address: str) -> Mapping[str, Mapping[str, Sequence[str]]]:
        """The settings that each plan asked of the address, by the plan's name.

        Empty where an older version recorded several plans and did not tell them apart.
        """
        if address in self.requested_by_plan:
            return self.requested_by_plan[address]
        if len(self.plan_names) > 1:
            return {}
        return {name: self.requested.get(address, {}) for name in self.plan_names}

    @property
    def plan(self) -> str:
        """The names of the plans as one text, as the record and outputs show them."""
        return join_names(self.plan_names)

    @property
    def interrupted(self) -> bool:
        """True where the run broke off: some changes may be written without a record of it."""
        return not self.closed

    def begun(self) -> dict[str, Any]:
        """The first record: all that is known before the first write."""
        return {
            "record": "begun",
            "format": FORMAT,
            "id": self.id,
            "when": self.when,
            "who": self.who,
            "command": self.command,
            "plan": self.plan,
            "account": self.account,
            "checksum": self.checksum,
            "undoes": self.undoes,
            "asked": {address: dict(values) for address, values in self.requested.items()},
            "asked_by": {address: dict(plans) for address, plans in self.requested_by_plan.items()},
            "changes": [change.as_json() for change in self.changes],
        } | (
            {}
            if self.earlier is None
            else {"earlier": {address: dict(plans) for address, plans in self.earlier.items()}}
        )


def ended(address: str, status: ApplyStatus, message: str) -> dict[str, Any]:
    """The record of how one change ended."""
    return {"record": "ended", "address": address, "status": str(status), "message": message}


def closed(exit_code: int) -> dict[str, Any]:
    """The record of a run's end: every change has its own record before it."""
    return {"record": "closed", "exit_code": exit_code}


def gathered(records: int) -> dict[str, Any]:
    """The records before this one were that many objects, and stand in one now."""
    return {"record": "gathered", "records": records}


def gathered_records(records: Iterable[Record]) -> int:
    """Return how many objects were gathered in these records; 0 where none were."""
    numbers = [record["records"] for record in records if record.get("record") == "gathered"]
    return max((number for number in numbers if isinstance(number, int)), default=0)


def run_of(records: Iterable[Record], *, torn: bool) -> Run | None:
    """The run that the records add up to; None where none of them is the first, of this format.

    Raises KeyError, TypeError, ValueError or AttributeError for records that are whole and of another form.
    """
    run: Run | None = None
    statuses: dict[str, ApplyStatus] = {}
    over = False
    for record in records:
        if record.get("record") == "begun" and record.get("format") == FORMAT:
            run = Run(
                id=record["id"],
                when=record["when"],
                who=record["who"],
                command=record["command"],
                plan_names=split_names(record["plan"]),
                account=record["account"],
                checksum=record["checksum"],
                changes=tuple(Change.from_json(change) for change in record["changes"]),
                requested=record["asked"],
                undoes=record["undoes"],
                requested_by_plan=record.get("asked_by", {}),
                earlier=record.get("earlier"),
            )
        elif record.get("record") == "ended":
            statuses[record["address"]] = ApplyStatus(record["status"])
        elif record.get("record") == "closed":
            over = True
    return None if run is None else replace(run, statuses=statuses, closed=over, torn=torn)
