"""The rules that span several values, checked on the tree, so that they are reported with all others.

A value that is wrong in itself is reported by the models; the rules here skip it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from remediate.core.guard_table import GUARDS
from remediate.planfile.origins import Origins
from remediate.planfile.schema.model import Models
from remediate.planfile.validate.diagnostics import Diagnostic, listed, shown
from remediate.planfile.yaml.tree import Entry, MappingNode, Node, Scalar, SequenceNode, plain
from remediate.text import closest
from remediate.web.origin import Origin, OriginError, is_any

MOST_FOREIGN = 300
"""Origins with letters outside ASCII in one file: turning each into punycode takes up to 3 ms."""


def excess(root: MappingNode) -> Diagnostic | None:
    """A diagnostic of content that would take so long to check that it is refused unchecked."""
    foreign = [node for node in _origin_texts(root) if isinstance(node, Scalar) and not node.text.isascii()][
        MOST_FOREIGN:
    ]
    if not foreign:
        return None
    return Diagnostic(
        foreign[0].line,
        foreign[0].column,
        f"more than {MOST_FOREIGN} origins with letters outside ASCII",
        "write them as browsers send them (xn--...), or split the plan into several files",
    )


def diagnostics(root: MappingNode, models: Models, origins: Origins) -> Iterator[Diagnostic]:
    """Every breach of a rule between values."""
    targets = _mappings(root.get("targets"))
    yield from _repeated_origins(root, origins)
    permanent = _permanent(root, origins)
    for target in targets:
        yield from _repeated_origins(target, origins)
        yield from _also(target, permanent, origins)
        yield from _services(target, models)
    yield from _repeated_targets(root, targets, models.targets)
    shared = _any_origin(root, origins)
    for target in targets or [MappingNode(root.line, root.column, root.span)]:
        yield from _any_with_credentials(root, target, shared, origins)
    yield from _no_origins(root, targets)
    yield from _own_name(root)
    yield from _levels(root)
    yield from _channels(root, list(models.channels))


def inherited(root: MappingNode, target: MappingNode, *path: str) -> Entry | None:
    """The entry that counts for a target: its own, else the one at the top of the file."""
    for holder in (target, root):
        node: Node | None = holder
        entry: Entry | None = None
        for key in path:
            entry = node.entries.get(key) if isinstance(node, MappingNode) else None
            node = entry.value if entry else None
        if entry:
            return entry
    return None


def _origin_texts(root: MappingNode) -> Iterator[Node | None]:
    for holder in (root, *_mappings(root.get("targets"))):
        for origins in (holder.get("origins"), holder.get("also")):
            for item in origins.items if isinstance(origins, SequenceNode) else []:
                yield item.get("origin") if isinstance(item, MappingNode) else item
    for expectation in _mappings(root.get("expect")):
        yield expectation.get("from")


def origin_nodes(node: Node | None, origins: Origins) -> Iterator[tuple[Scalar, Origin]]:
    """The origins of a list that are well written, each with the place where it stands."""
    for item in node.items if isinstance(node, SequenceNode) else []:
        text = item.get("origin") if isinstance(item, MappingNode) else item
        if not isinstance(text, Scalar) or not isinstance(text.value, str):
            continue
        try:
            yield text, origins.read(text.value)
        except OriginError:
            continue


def _mappings(node: Node | None) -> list[MappingNode]:
    return (
        [item for item in node.items if isinstance(item, MappingNode)]
        if isinstance(node, SequenceNode)
        else []
    )


def _repeated_origins(holder: MappingNode, origins: Origins) -> Iterator[Diagnostic]:
    for key in ("origins", "also"):
        yield from _repeated_in(holder.get(key), origins)


def _repeated_in(listed_origins: Node | None, origins: Origins) -> Iterator[Diagnostic]:
    seen: dict[str, Scalar] = {}
    for node, origin in origin_nodes(listed_origins, origins):
        canonical = origin.text
        first = seen.setdefault(canonical, node)
        if first.position != node.position:
            spelled = "" if node.text == canonical else f" (as {shown(node.text)})"
            rule = f"{shown(canonical)} is listed twice{spelled}; the first is in line {first.line}"
            yield Diagnostic(node.line, node.column, rule, "delete one of them")


def _permanent(root: MappingNode, origins: Origins) -> dict[str, Scalar]:
    """The origins at the top of the file that never expire, each where it stands."""
    expiring = {
        id(item.get("origin")) for item in _mappings(root.get("origins")) if "expires" in item.entries
    }
    return {
        origin.text: node
        for node, origin in origin_nodes(root.get("origins"), origins)
        if id(node) not in expiring
    }


def _also(target: MappingNode, permanent: Mapping[str, Scalar], origins: Origins) -> Iterator[Diagnostic]:
    """`also` adds to what the target inherits, so it stands neither beside `origins` nor repeats any.

    One that the file lists for a time may stand there for another time.
    """
    entry = target.entries.get("also")
    if entry is None:
        return
    if "origins" in target.entries:
        rule = "also adds to the origins that a target inherits; this target has origins of its own"
        yield Diagnostic(entry.line, entry.column, rule, "move its entries into origins, and delete also")
        return
    for node, origin in origin_nodes(entry.value, origins):
        if origin.text in permanent:
            line = permanent[origin.text].line
            rule = f"the target inherits {shown(origin.text)} already, from line {line}"
            yield Diagnostic(node.line, node.column, rule, "delete it here")


def _services(target: MappingNode, models: Models) -> Iterator[Diagnostic]:
    kinds = list(models.targets)
    named = [key for key in target.entries if key in models.targets]
    if len(named) == 1:
        return
    keys = {key for model in models.targets.values() for key in model.model_fields}
    strange = [(key, entry) for key, entry in target.entries.items() if key not in keys]
    if named:
        second = target.entries[named[1]]
        rule = f"a target names one service; this one names {listed(named, 'and')}"
        yield Diagnostic(second.line, second.column, rule, "write a target of its own (- ...) for each")
    elif not strange:
        rule = "the target doesn't say which resource it is for"
        yield Diagnostic(
            target.line, target.column, rule, f"add one of {listed(kinds)}, like {kinds[0]}: NAME"
        )
    for key, entry in strange:
        guess = closest(key, keys)
        rule = f"unknown key {shown(key)}" if named or guess else f"unknown service {shown(key)}"
        hint = f"did you mean {guess}?" if guess else f"a target is of {listed(kinds)}"
        yield Diagnostic(entry.line, entry.column, rule, hint)


def _repeated_targets(
    root: MappingNode, targets: list[MappingNode], kinds: Mapping[str, Any]
) -> Iterator[Diagnostic]:
    seen: dict[str, MappingNode] = {}
    for target in targets:
        named = [kind for kind in kinds if kind in target.entries]
        if len(named) != 1:
            continue
        # Elsewhere the resource has one set of settings, in which the two would let in what neither asks for.
        apart = {"origins", "also", "allow"} if kinds[named[0]].SEVERAL else set()
        policy = {"origins", "also", "allow", "mode", "region"} - apart
        region = inherited(root, target, "region")
        settings = {key: plain(entry.value) for key, entry in target.entries.items() if key not in policy}
        same = json.dumps([settings, plain(region.value) if region else None], sort_keys=True)
        first = seen.setdefault(same, target)
        if first.position != target.position:
            rule = f"the same target as in line {first.line}"
            hint = "delete one, or make one target of both"
            yield Diagnostic(target.line, target.column, rule, hint)


def _any_with_credentials(
    root: MappingNode, target: MappingNode, shared: Scalar | None, origins: Origins
) -> Iterator[Diagnostic]:
    """`shared` is the file's own '*', looked for once and not once per target."""
    credentials = inherited(root, target, "allow", "credentials")
    if not credentials or not isinstance(credentials.value, Scalar) or credentials.value.value is not True:
        return
    any_origin = _any_origin(target, origins)
    own = "origins" in target.entries or any_origin is not None
    node = any_origin if own else shared
    if node:
        # At the value that stands on the target, if one does: it made the combination.
        at = node if own and not _has_own_credentials(target) else credentials.value
        rule = (
            f"origin '*' (line {node.line}) together with credentials: true (line {credentials.line}), "
            "which browsers refuse"
        )
        hint = "list the origins by name, or set credentials: false"
        yield Diagnostic(at.line, at.column, rule, hint)


def _any_origin(holder: MappingNode, origins: Origins) -> Scalar | None:
    listed_origins = (pair for key in ("origins", "also") for pair in origin_nodes(holder.get(key), origins))
    return next((node for node, origin in listed_origins if is_any(origin.text)), None)


def _has_own_credentials(target: MappingNode) -> bool:
    allow = target.get("allow")
    return isinstance(allow, MappingNode) and "credentials" in allow.entries


def former_names(root: MappingNode) -> Iterator[Scalar]:
    """The names under `formerly:` that are texts, each where it stands."""
    listed_names = root.get("formerly")
    for item in listed_names.items if isinstance(listed_names, SequenceNode) else []:
        if isinstance(item, Scalar) and isinstance(item.value, str):
            yield item


def _own_name(root: MappingNode) -> Iterator[Diagnostic]:
    """`formerly:` names what the plan was called before, each name once."""
    name = root.get("name")
    names = {name.value} if isinstance(name, Scalar) else set()
    for item in former_names(root):
        if item.value in names:
            is_own = isinstance(name, Scalar) and item.value == name.value
            yield Diagnostic(
                item.line,
                item.column,
                f"{shown(item.text)} is the plan's own name"
                if is_own
                else f"{shown(item.text)} stands here twice",
                "list only names that the plan had before" if is_own else "delete one of them",
            )
        names.add(item.value)


def _levels(root: MappingNode) -> Iterator[Diagnostic]:
    """A guard that must not be lifted, or cannot be, is not made milder by its level either."""
    guards = root.get("guards")
    levels = guards.get("levels") if isinstance(guards, MappingNode) else None
    never = guards.get("never") if isinstance(guards, MappingNode) else None
    listed_there = never.items if isinstance(never, SequenceNode) else []
    texts = {item.text for item in listed_there if isinstance(item, Scalar)}
    for code, entry in levels.entries.items() if isinstance(levels, MappingNode) else ():
        if code not in GUARDS or plain(entry.value) not in ("info", "warn"):
            continue
        if code in texts:
            rule = f"{code} is under never, so its level stays refuse"
            yield Diagnostic(entry.line, entry.column, rule, "delete it there or here")
        elif not GUARDS[code].liftable:
            rule = f"{code} always refuses"
            hint = GUARDS[code].fix
            yield Diagnostic(entry.line, entry.column, rule, f"delete it; {hint[0].lower()}{hint[1:]}")


def _channels(root: MappingNode, kinds: list[str]) -> Iterator[Diagnostic]:
    """Every notification goes to one channel, and to each channel goes one."""
    seen: dict[tuple[str, str], MappingNode] = {}
    for channel in _mappings(root.get("notify")) if kinds else ():
        named = [key for key in channel.entries if key in kinds]
        if len(named) > 1:
            second = channel.entries[named[1]]
            rule = f"an entry of notify names one channel; this one names {listed(named, 'and')}"
            yield Diagnostic(second.line, second.column, rule, "write an entry of its own (- ...) for each")
        elif not named:
            key = next((key for key in channel.entries if key != "secret"), None)
            if key is None:
                hint = f"add one of {listed(kinds)}"
                yield Diagnostic(channel.line, channel.column, "the entry doesn't say where to send", hint)
                continue
            entry, guess = channel.entries[key], closest(key, kinds)
            hint = f"did you mean {guess}?" if guess else f"known are {listed(kinds, 'and')}"
            yield Diagnostic(entry.line, entry.column, f"unknown channel {shown(key)}", hint)
        else:
            first = seen.setdefault((named[0], str(plain(channel.entries[named[0]].value))), channel)
            if first.position != channel.position:
                rule = f"the same channel as in line {first.line}; it would be notified twice"
                yield Diagnostic(channel.line, channel.column, rule, "delete one of them")


def _no_origins(root: MappingNode, targets: Collection[MappingNode]) -> Iterator[Diagnostic]:
    if "origins" in root.entries:
        return
    without = [target for target in targets if "origins" not in target.entries]
    hint = "add origins: [https://app.example.com]; to say 'nobody', write origins: []"
    if len(without) == len(targets):
        yield Diagnostic(root.line, root.column, "no origins: neither the file nor a target lists any", hint)
        return
    for target in without:
        yield Diagnostic(
            target.line, target.column, "no origins: neither this target nor the file lists any", hint
        )
