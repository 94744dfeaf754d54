"""AWS's API models, read once in a process instead of once for each session of boto3.

A session reads megabytes of JSON and makes a method of each operation before its first call; tests make
thousands of sessions. What is shared is what a model says and nothing that a session holds: its
credentials, its settings, its handlers and the bases of its client classes stay its own.
"""

from __future__ import annotations

import functools
import gc
from typing import Any


def share_models(patch: Any) -> None:
    """Let all sessions share one loader per data path; `patch` has the `setattr` of `pytest.MonkeyPatch`.

    One session uses one loader for all its clients, so botocore bears that clients share what was read.
    """
    from botocore import session  # noqa: PLC0415 - tests without AWS need none of it
    from botocore.client import ClientCreator  # noqa: PLC0415

    patch.setattr(session, "create_loader", functools.cache(session.create_loader))
    create_methods = ClientCreator._create_methods
    methods: dict[tuple[str, str], dict[str, Any]] = {}

    def create_methods_once(self: ClientCreator, model: Any) -> dict[str, Any]:
        name = (model.service_name, model.api_version)
        if name not in methods:
            methods[name] = create_methods(self, model)
        return dict(methods[name])

    patch.setattr(ClientCreator, "_create_methods", create_methods_once)


def collect_rarely() -> None:
    """Let the garbage collector pass over moto's and botocore's hundred thousands of objects less often."""
    gc.set_threshold(50_000, 20, 50)
