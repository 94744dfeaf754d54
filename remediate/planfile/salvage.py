"""The channels of plan files that may be broken, so that somebody is told that they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from remediate.core.channel import ChannelKind, is_reference
from remediate.core.notice import Channel
from remediate.errors import UsageError
from remediate.planfile.files import CannotRead, expand, read
from remediate.planfile.yaml.compose import Unreadable, compose
from remediate.planfile.yaml.tree import MappingNode, Scalar, SequenceNode


def channels_in(paths: Sequence[Path], kinds: Mapping[str, ChannelKind]) -> list[Channel]:
    """Return the channels under `notify` that are well written, as far as the files can be read; I/O."""
    return list(dict.fromkeys(channel for path in expand(paths)[0] for channel in _channels_of(path, kinds)))


def _channels_of(path: Path, kinds: Mapping[str, ChannelKind]) -> Iterator[Channel]:
    try:
        root, _ = compose(read(path).text)
    except (CannotRead, Unreadable):
        return  # the loader has reported it
    listed = root.get("notify") if isinstance(root, MappingNode) else None
    for item in listed.items if isinstance(listed, SequenceNode) else []:
        texts = {
            key: entry.value.text
            for key, entry in (item.entries.items() if isinstance(item, MappingNode) else ())
            if isinstance(entry.value, Scalar)
        }
        for kind in kinds.keys() & texts.keys():
            secret = texts.get("secret", "")
            if _is_valid(kinds[kind], texts[kind]) and (not secret or is_reference(secret)):
                yield Channel(kind, texts[kind], secret)


def _is_valid(kind: ChannelKind, target: str) -> bool:
    try:
        kind.check(target, in_file=True)
    except UsageError:
        return False
    return True
