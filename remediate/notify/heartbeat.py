"""Ping a URL after each finished pass, so that whoever watches it notices a job that no longer runs."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable
from typing import Any

from remediate.aws import Aws
from remediate.core.channel import URL
from remediate.errors import AwsFailure
from remediate.notify import Missing, resolved
from remediate.notify.http import NotPosted, post


def ping(
    aws: Aws,
    references: Iterable[str],
    document: dict[str, Any],
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> list[str]:
    """Post the document to each URL that is referred to (`env:NAME`, `ssm:/NAME`); I/O.

    Returns a note for each that could not be reached. The URL is a secret: no note has more than its host.
    """
    body = json.dumps(document).encode()
    notes = []
    for reference in dict.fromkeys(references):
        try:
            url = resolved(aws, reference).strip()
            if not re.fullmatch(URL, url):
                notes.append(f"The heartbeat was not sent: the value of {reference} is not an https URL.")
                continue
            post(url, body, {}, sleep=sleep)
        except (AwsFailure, NotPosted, Missing) as error:
            notes.append(f"The heartbeat of {reference} was not sent: {error.message}. {error.hint}")
    return notes
