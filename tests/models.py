"""AWS's API models, read once in a process instead of once for each session of boto3.

A session reads megabytes of JSON and makes a method of each operation before its first call; tests make
thousands of sessions. What is shared is what a model says and nothing that a session holds: its
credentials, its settings, its handlers and the bases of its client classes stay its own.
"""

from __future__ import annotations

import functools
import gc
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.model import ServiceModel


def share_models(put: Callable[[Any, str, Any], None] = setattr) -> None:
    """Let all sessions share one loader per data path; `put` sets what is shared, for good or for a while.

    One session uses one loader for all its clients, so botocore bears that clients share what was read.
    """
    from botocore import session  # noqa: PLC0415 - tests without AWS need none of it
    from botocore.client import ClientCreator  # noqa: PLC0415

    put(session, "create_loader", functools.cache(session.create_loader))
    create_methods = ClientCreator._create_methods
    methods: dict[tuple[str, str], dict[str, Any]] = {}

    def create_methods_once(self: ClientCreator, model: Any) -> dict[str, Any]:
        name = (model.service_name, model.api_version)
        if name not in methods:
            methods[name] = create_methods(self, model)
        return dict(methods[name])

    put(ClientCreator, "_create_methods", create_methods_once)


def read_model(service: str) -> ServiceModel:
    """A model as AWS wrote it: S3's clients take the bucket out of the paths of theirs."""
    from botocore.loaders import Loader  # noqa: PLC0415
    from botocore.model import ServiceModel  # noqa: PLC0415

    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


def collect_rarely() -> None:
    """Let the garbage collector pass over moto's and botocore's hundred thousands of objects less often."""
    gc.set_threshold(50_000, 20, 50)
