"""Where a journal is kept, as an option or a variable names it. Pure."""

from __future__ import annotations

import re

from remediate.core.s3_url import is_s3_url
from remediate.errors import UsageError


def parse_journal_url(text: str, named: str) -> str:
    """The text: `s3://bucket/prefix`, or a folder; `named` is what it was given by, for the error.

    Raises `UsageError` where it begins like a URL and is none of S3: a run would be looked for, and
    written down, in a folder called `s3:`. Raises it too for an s3 URL without a bucket.
    """
    if text.startswith("s3://") and not text.removeprefix("s3://").partition("/")[0]:
        raise UsageError(f"{named} {text} names no bucket.", hint="Write s3://bucket/prefix.")
    if re.match(r"[A-Za-z0-9+.-]+:", text) and not is_s3_url(text):
        raise UsageError(
            f"{named} {text} is neither s3://bucket/prefix nor a folder.",
            hint=f"Write s3://bucket/prefix; for a folder of that name, ./{text}.",
        )
    return text
