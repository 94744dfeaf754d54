"""Holds what is live: one resource's CORS settings as a value, or the reason it could not be read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from remediate.core.common_rules import DEFECT
from remediate.core.document import Document
from remediate.core.finding import Finding, Level, Topic
from remediate.core.policy import Selector
from remediate.errors import AwsFailure, Interrupted, unexpected
from remediate.text import printable_line

Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class State:
    """One resource as it is, in the AWS API's own shape and names.

    `config` is what the plan compares, shows, writes and undoes: only what matters to CORS, raw,
    as AWS returned it (order and case kept); `None` means that nothing is configured. `desired`
    returns the very same `config` when AWS would treat it and the desired settings alike, so that
    inequality of `config` is a difference.

    `facts` is what the service must know besides (tags, binary media types, what is edited but
    not served): never compared, never written. `revision` identifies what was read: an ETag
    where AWS has one, else a digest; a write is refused when it moved.

    `names` are all the names a selector may use, the id first. `group` names the thing that one
    write changes: states that share it (the stages of one REST API) are written together.
    `hosts` are the host names under which it is reached, `upstreams` those it forwards to,
    so that a chain can be walked by code that knows no service. `disabled_hosts` are names that AWS
    gave it and that refuse every request, because the endpoint is disabled: custom domain names may
    still lead to it.
    """

    address: str
    service: str
    region: str
    config: Document | None
    revision: str
    names: tuple[str, ...]
    group: str
    facts: Mapping[str, object] = field(default_factory=dict)
    hosts: tuple[str, ...] = ()
    upstreams: tuple[str, ...] = ()
    selected_by: tuple[Selector, ...] = ()
    label: str = ""
    """What a person calls it, where that is not in the address: an API's name, an alias."""
    group_wanted: bool = False
    """Whether no target means it, but one means another resource of its group: what these share stays."""
    disabled_hosts: tuple[str, ...] = ()

    @property
    def entry_host(self) -> str:
        """The name that callers most likely use: a domain name of their own, else AWS's; may be empty."""
        named = (host for host in self.hosts[1:] if "amazonaws" not in host and "*" not in host)
        return next(named, self.hosts[0] if self.hosts else "")

    @property
    def own_host(self) -> str:
        """The first of its own names, for what maps another name to it; the address where it has none."""
        return (*self.hosts, *self.disabled_hosts, self.address)[0]

    def is_named(self, host: str) -> bool:
        """Return whether the host is one of its own names, disabled or not."""
        return host in self.hosts or host in self.disabled_hosts or host == self.address


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A resource, or a whole listing, that could not be read: never to be taken for "nothing there".

    `code` is a short word of ours (`access-denied`, `missing-bucket`) or AWS's own code.
    """

    address: str
    service: str
    code: str
    message: str
    hint: str = ""
    selected_by: tuple[Selector, ...] = ()
    gone: bool = False
    """Whether it could be looked for, and does not exist: where nothing is wanted, that is no error."""

    def finding(self, where: str = "") -> Finding:
        """The failure as a finding, which is all that a plan knows of the resource."""
        hint = printable_line(self.hint)
        return Finding(Level.WARN, self.code, self.address, self.message, hint, where, Topic.FAILURE)


Reading = State | Unreadable


def unreadable_by_defect(
    address: str, service: str, error: Exception, selected_by: tuple[Selector, ...] = ()
) -> Unreadable:
    """An error that nobody foresaw, as the failure of the one resource that it came up for."""
    wrong = unexpected(f"looking at {address}", error)
    hint = "This is a defect of remediate; please report this line. The other resources were looked at."
    return Unreadable(address, service, DEFECT.code, wrong.message, hint, selected_by)


def read_isolated(
    read: Callable[[], Read], address: str, service: str, selected_by: tuple[Selector, ...]
) -> Read | Unreadable:
    """Return what `read` gives for one resource; an error is that resource's failure and stops no other."""
    try:
        return read()
    except Interrupted:
        raise
    except AwsFailure as error:
        return Unreadable(address, service, error.code, error.message, error.hint, selected_by)
    except Exception as error:  # noqa: BLE001 - whatever it is, the other resources must be read
        return unreadable_by_defect(address, service, error, selected_by)


@dataclass(frozen=True, slots=True)
class LocatedResource:
    """A resource that a host name leads to, before it is read.

    `base` is the part of the path that only the host name's mapping knows, `own` what stands for it
    at the resource's own host: a custom domain name's `/v1/items` may be the stage's `/prod/items`.
    """

    selector: Selector
    base: str = ""
    own: str = ""
    strays: bool = False
    """Whether the host is the resource's and the path names none of its parts: no stage of an API."""
    otherwise: Selector | None = None
    """What to read where there is nothing of that selector: the API of a stage that it does not have."""
