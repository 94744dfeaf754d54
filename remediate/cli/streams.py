"""The process's two streams, guarded against a device that is full or closed.

An error of stdout is reported once on stderr, as an error of the device and not of the journal; a reader
that closes the pipe (`| head`) is not an error. An error of stderr silences it, so that no run ends in
the middle of a write to AWS because a message could not be printed.

Neither stream needs UTF-8: characters that its encoding lacks are written in an ASCII form, and escaped
in JSON.
"""

from __future__ import annotations

import contextlib
import io
import os
import select
import sys
from typing import TYPE_CHECKING, TextIO

from remediate.errors import RemediateError
from remediate.render.ascii import fitting, fitting_json, is_ascii

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class NotPrinted(RemediateError):
    """The device behind stdout does not take what is written there."""


class _Stdout(io.FileIO):
    """File descriptor 1. `written` is true once it took any output; after it refused once, it is silent."""

    written = False
    _refused = False

    def write(self, data: ReadableBuffer, /) -> int:
        size = memoryview(data).nbytes
        if self._refused:
            return size
        try:
            while (count := super().write(data)) is None:
                # The pipe is full for now, and its creator made it non-blocking.
                select.select([], [self], [])
        except BrokenPipeError:
            raise
        except OSError as error:
            self._refused = True
            raise NotPrinted(
                f"stdout: {error.strerror}: not everything was printed.",
                hint="Send stdout elsewhere. `remediate history` lists what was written to AWS until then.",
            ) from None
        self.written = self.written or count > 0
        return count


class _Stderr(io.FileIO):
    """File descriptor 2, and nothing where that takes no more."""

    def write(self, data: ReadableBuffer, /) -> int:
        size = memoryview(data).nbytes
        with contextlib.suppress(OSError):
            return super().write(data) or size
        return size


class _Text(io.TextIOWrapper):
    """Text in characters that the stream's encoding has, `charset`.

    What is ASCII alone is called UTF-8 outside: the command-line library writes UTF-8 past a stream
    that it takes for misconfigured.
    """

    charset = "utf-8"

    def write(self, text: str, /) -> int:
        super().write(fitting(text, self.charset))
        return len(text)


def echo_json(text: str, *, err: bool = False) -> None:
    """Print a JSON text to stdout, or to stderr, and stay JSON whatever its encoding lacks."""
    stream = sys.stderr if err else sys.stdout
    charset = getattr(stream, "charset", None) or getattr(stream, "encoding", None) or "utf-8"
    stream.write(fitting_json(text, charset) + "\n")
    stream.flush()


def guard() -> None:
    """Put both streams behind the classes above, unless they were replaced before."""
    if sys.stdout is sys.__stdout__:
        sys.stdout = _text(_Stdout, 1, sys.stdout)
    if sys.stderr is sys.__stderr__:
        sys.stderr = _text(_Stderr, 2, sys.stderr)


def printed() -> bool:
    """True once stdout took any output."""
    sys.stdout.flush()
    raw = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    return isinstance(raw, _Stdout) and raw.written


def is_untouched() -> bool:
    """Whether nothing has left for stdout yet, without a look at what its buffer holds."""
    raw = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    return isinstance(raw, _Stdout) and not raw.written


def _text(kind: type[_Stdout | _Stderr], number: int, original: TextIO | None) -> TextIO:
    """Text onto the file descriptor, in the encoding and with the line ends of the known stream."""
    if original is None:
        # It was closed (`>&-`). Nothing that is opened later may take its number, and be written to.
        closed = os.open(os.devnull, os.O_RDONLY)
        os.dup2(closed, number)
        if closed > 2:
            os.close(closed)
    charset = getattr(original, "encoding", None) or "utf-8"
    stream = _Text(
        io.BufferedWriter(kind(number, "w", closefd=False)),
        encoding="utf-8" if is_ascii(charset) else charset,
        errors="backslashreplace",
        line_buffering=getattr(original, "line_buffering", True),
    )
    stream.charset = charset
    return stream
