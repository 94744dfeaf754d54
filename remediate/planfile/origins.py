"""The origins of one plan file, each parsed once however many rules look at it."""

from __future__ import annotations

from remediate.web.origin import NULL, Origin, OriginError, is_null, parse_origin

_LONGEST_ORIGIN = 300
_OPAQUE = Origin(text=NULL, scheme="", host="", port="", wildcard=False)


def read_origin(text: str) -> Origin:
    """An origin, a pattern or `null`, as a plan file may list it. Raises `OriginError`."""
    if len(text) > _LONGEST_ORIGIN:
        raise OriginError(
            f"an origin of {len(text)} characters; a host name has at most 253", "write one origin per entry"
        )
    # A page of the origin null is rarely meant, but it is an origin; a guard speaks about it.
    return _OPAQUE if is_null(text) else parse_origin(text)


class Origins:
    """What the origins of one file were parsed to, by their text in the file."""

    def __init__(self) -> None:
        self._parsed: dict[str, Origin | OriginError] = {}

    def read(self, text: str) -> Origin:
        """The same as `read_origin`, parsed at the first call for a text."""
        if text not in self._parsed:
            try:
                self._parsed[text] = read_origin(text)
            except OriginError as error:
                self._parsed[text] = error
        parsed = self._parsed[text]
        if isinstance(parsed, OriginError):
            raise OriginError(parsed.message, parsed.hint)
        return parsed
