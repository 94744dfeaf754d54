"""Finding plan files and reading their text; whatever stands at a path, it is never waited for."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from remediate.errors import Problem
from remediate.planfile.validate.diagnostics import Diagnostic, problem
from remediate.planfile.yaml.lines import Lines
from remediate.text import printable_line

MAX_BYTES = 1_000_000
SUFFIXES = (".yaml", ".yml")

_MARK = "\ufeff"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
)


class CannotRead(Exception):
    """A path that gives no text; carries the problem to report."""

    def __init__(self, cause: Problem) -> None:
        super().__init__(cause.rule)
        self.problem = cause


def digest_of(data: bytes) -> str:
    """The digest of a plan file's content: `sha256:…` of its bytes."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


@dataclass(frozen=True, slots=True)
class Text:
    """A file's text, the digest of its very bytes, and the byte order mark before it, if there is one."""

    text: str
    digest: str
    mark: str = ""

    @property
    def bytes(self) -> bytes:
        """The content of the file."""
        return (self.mark + self.text).encode()

    def edited(self, text: str) -> Text:
        """The same file with another text."""
        new = replace(self, text=text)
        return replace(new, digest=digest_of(new.bytes))


def expand(paths: Sequence[Path]) -> tuple[list[Path], list[Problem]]:
    """The files that the paths mean, each once, and the paths that mean none."""
    files: dict[str, Path] = {}
    problems: list[Problem] = []
    for path in paths:
        try:
            members = _members(path) if _is_folder(path) else [path]
        except (OSError, ValueError) as error:
            problems.append(_failed(path, error))
            continue
        if not members:
            problems.append(
                problem(
                    printable_line(str(path)),
                    "no plan file in this folder",
                    "add one (`*.yaml` or `*.yml`); `remediate init` writes plan files from what is live",
                )
            )
        for member in members:
            files.setdefault(os.path.realpath(member), member)
    return list(files.values()), problems


def read(path: Path) -> Text:
    """The text of a regular file of bounded size, in UTF-8. Raises `CannotRead`."""
    try:
        data = _bytes(path)
    except (OSError, ValueError) as error:
        raise CannotRead(_failed(path, error)) from None
    digest = digest_of(data)
    try:
        # A byte order mark is what some editors on Windows write; it is no part of the text.
        text = data.decode("utf-8")
        bare = text.removeprefix(_MARK)
        return Text(bare, digest, text[: len(text) - len(bare)])
    except UnicodeDecodeError as error:
        line, column, rule = 1, 1, "the file is UTF-16, not UTF-8"
        if not data.startswith(_UTF16):
            before = data[: error.start].decode("utf-8").removeprefix(_MARK)
            line, column = Lines(before).position(len(before))
            rule = f"the file is not UTF-8: byte 0x{data[error.start]:02x}"
        raise CannotRead(Diagnostic(line, column, rule, "save the file as UTF-8").at(str(path))) from None


def _is_folder(path: Path) -> bool:
    return stat.S_ISDIR(path.stat().st_mode)


def _members(folder: Path) -> list[Path]:
    # Names with a leading dot are editors' locks and backups.
    return sorted(
        member for member in folder.iterdir() if member.suffix in SUFFIXES and not member.name.startswith(".")
    )


def _bytes(path: Path) -> bytes:
    _refuse_special(path, path.stat().st_mode)
    # Not blocking, and looked at again once open: what was a file may be a pipe by now.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    with os.fdopen(descriptor, "rb") as stream:
        status = os.fstat(descriptor)
        _refuse_special(path, status.st_mode)
        # The size is only a promise: files of /proc say 0 and go on.
        data = b"" if status.st_size > MAX_BYTES else stream.read(MAX_BYTES + 1)
    if status.st_size > MAX_BYTES or len(data) > MAX_BYTES:
        raise CannotRead(
            problem(
                printable_line(str(path)),
                f"larger than {MAX_BYTES // 1_000_000} MB, which is too large for a plan file",
                "give the path of a plan file, or split the plan",
            )
        )
    return data


def _refuse_special(path: Path, mode: int) -> None:
    for is_kind, name in _KINDS:
        if is_kind(mode):
            raise CannotRead(
                problem(
                    printable_line(str(path)), f"{name}, not a file", "give the path of a plan file (*.yaml)"
                )
            )


def _failed(path: Path, error: OSError | ValueError) -> Problem:
    where = printable_line(str(path))
    code = error.errno if isinstance(error, OSError) else None
    if code == errno.ENOENT:
        hint = "give a plan file, or a folder of them; `remediate init` writes plan files from what is live"
        return problem(where, "no such file or folder", hint)
    if code in (errno.EACCES, errno.EPERM):
        return problem(where, "permission denied", "make it readable for the user who runs this")
    if code == errno.ELOOP:
        return problem(where, "a symbolic link that leads back to itself", "remove the link")
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return problem(where, f"cannot be read: {said}", "give the path of a plan file (*.yaml)")
