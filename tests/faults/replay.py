"""Clients that answer from a recording, with every answer made hostile: the decoders without a network."""

from __future__ import annotations

import io
import json
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from remediate.aws import Aws, BotoCoreError, ClientError, to_aws_failure
from tests.faults.hostile import any_json, as_bytes, mutated

Key = tuple[str, str, str]


class Recorded:
    """What an `Aws` was asked for, and its answers: the raw ones, before anything is made of them."""

    def __init__(self) -> None:
        self.answers: dict[Key, Any] = {}
        self.shapes: dict[Key, Any] = {}

    def listen(self, aws: Aws, *services: str) -> None:
        """Keep what the clients of these services answer from now on."""
        for service, region in (one.split("@") for one in services):
            client = aws.client(service, region)
            client.meta.events.register("after-call", self._keep(service))

    def _keep(self, service: str) -> Callable[..., None]:
        def keep(*, model: Any, parsed: Any, **_: Any) -> None:
            if "Error" in parsed:
                return
            key = (service, model.name, "")
            stored = {name: one for name, one in parsed.items() if name != "ResponseMetadata"}
            if "body" in stored:
                data = stored["body"].read()
                parsed["body"] = io.BytesIO(data)
                stored["body"] = data
            self.answers.setdefault(key, []).append(stored)
            self.shapes[key] = model.output_shape

        return keep


class Hostile:
    """Stands for `remediate.aws.Aws`: the same answers as recorded, one of them mutated."""

    region = "eu-west-1"
    endpoint_host = None

    def __init__(self, recorded: Recorded, draw: random.Random) -> None:
        self._recorded, self._draw = recorded, draw
        self.calls: Counter[str] = Counter()

    def client(self, service: str, region: str | None = None) -> Any:
        return _Client(service, region or self.region, self._recorded, self._draw)

    def account(self) -> str:
        return "123456789012"

    def map_concurrently(self, work: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[Any]:
        return map(work, items)

    @contextmanager
    def translated_errors(self, doing: str) -> Iterator[None]:
        try:
            yield
        except (ClientError, BotoCoreError) as error:
            raise to_aws_failure(error, doing) from error


class _Client:
    def __init__(self, service: str, region: str, recorded: Recorded, draw: random.Random) -> None:
        self._service, self._recorded, self._draw = service, recorded, draw
        self.meta = self
        self.events = self
        self.region_name = region

    def register(self, *_: Any, **__: Any) -> None:
        """Nothing listens."""

    def get_paginator(self, operation: str) -> Any:
        return _Pages(getattr(self, operation))

    def __getattr__(self, name: str) -> Callable[..., Any]:
        operation = "".join(part.capitalize() for part in name.split("_"))

        def call(**_: Any) -> Any:
            key = next((one for one in self._recorded.answers if one[:2] == (self._service, operation)), None)
            if key is None:
                raise ClientError({"Error": {"Code": "AccessDenied", "Message": operation}}, operation)
            answer = self._draw.choice(self._recorded.answers[key])
            if "body" in answer:
                document = json.loads(answer["body"])
                for _ in range(self._draw.randint(0, 2)):
                    document = any_json(document, self._draw)
                return {"body": io.BytesIO(as_bytes(document))}
            if self._draw.random() < 0.7:
                answer = mutated(answer, self._recorded.shapes[key], self._draw)
            for mark in ("position", "NextToken", "ContinuationToken"):
                answer.pop(mark, None)
            if isinstance(answer.get("DistributionList"), dict):
                answer["DistributionList"].pop("NextMarker", None)
            for member in list(answer):
                if isinstance(answer[member], dict):
                    answer[member].pop("NextMarker", None)
            return {**answer, "ResponseMetadata": {}}

        return call


class _Pages:
    def __init__(self, call: Callable[..., Any]) -> None:
        self._call = call

    def paginate(self, **parameters: Any) -> list[Any]:
        return [self._call(**parameters)]
