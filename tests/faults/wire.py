"""The same faults without a network: between botocore and the embedded AWS in one process."""

from __future__ import annotations

import threading
from collections.abc import Callable
from io import BytesIO
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectionClosedError
from botocore.handlers import BUILTIN_HANDLERS
from urllib3.exceptions import ProtocolError

from tests.faults.proxy import TAMPERED, Call, Fault
from tests.faults.shapes import Answer, denied, expired, failed, service_of, tampered, throttled


class Torn(BytesIO):
    """An answer that breaks off in the middle when it is read."""

    def read(self, *_: Any) -> bytes:
        raise ProtocolError("Connection broken: IncompleteRead")

    def stream(self, **_: Any) -> Any:
        raise ProtocolError("Connection broken: IncompleteRead")


class Body(BytesIO):
    """A whole answer, as botocore reads it."""

    def stream(self, **_: Any) -> Any:
        yield self.read()


class Wire:
    """Stands where moto's own handler stood, for the whole process; lets everything through at first."""

    def __init__(self) -> None:
        from moto.core.models import botocore_stubber

        self._inner = botocore_stubber
        self._lock = threading.Lock()
        self._earlier: dict[str, tuple[int, Any, bytes]] = {}
        self.decide: Callable[[Call], Fault | None] = lambda _call: None
        self.calls: list[Call] = []
        place = BUILTIN_HANDLERS.index(("before-send", botocore_stubber))
        BUILTIN_HANDLERS[place] = ("before-send", self)

    def calm(self) -> None:
        """No faults any more; count from 1."""
        self.decide = lambda _call: None
        self.calls = []
        self._earlier = {}

    def __call__(self, event_name: str, request: Any, **_: Any) -> Any:
        operation = event_name.rsplit(".", 1)[1]
        authorization = request.headers.get("Authorization", b"")
        text = authorization.decode() if isinstance(authorization, bytes) else str(authorization)
        path = request.url.split("/", 3)[-1]
        service = service_of(text, "/" + path)
        with self._lock:
            call = Call(len(self.calls) + 1, service, request.method, operation, request.url, b"")
            self.calls.append(call)
            fault = self.decide(call)
        refusal = _refusal(service, fault)
        if refusal is not None:
            return AWSResponse(request.url, refusal.status, dict(refusal.headers), Body(refusal.body))
        if fault is Fault.RESET_BEFORE:
            raise ConnectionClosedError(endpoint_url=request.url)
        with self._lock:  # moto's state is not made for several threads at once
            answer = self._inner(event_name, request)
        if fault is Fault.RESET_AFTER:
            raise ConnectionClosedError(endpoint_url=request.url)
        if fault is Fault.CUT:
            if operation not in {"GetExport", "ExportApi", "GetObject"}:
                raise ConnectionClosedError(endpoint_url=request.url)
            return AWSResponse(request.url, answer.status_code, answer.headers, Torn())
        return _tampered(request.url, answer, fault) if fault in TAMPERED else answer


def _tampered(url: str, answer: Any, fault: Fault) -> Any:
    """The answer as it arrives; one without a body, and an error, arrive as they are."""
    body = answer.content
    headers = {name: value for name, value in answer.headers.items() if name.lower() != "content-length"}
    if not body or not 200 <= answer.status_code < 300:
        return AWSResponse(url, answer.status_code, headers, Body(body))
    if fault is Fault.SHORT:
        announced = {**headers, "Content-Length": str(len(body))}
        return AWSResponse(url, answer.status_code, announced, Body(body[: len(body) // 2]))
    spoilt = tampered(Answer(answer.status_code, tuple(headers.items()), body), fault.name)
    announced = {**dict(spoilt.headers), "Content-Length": str(len(spoilt.body))}
    return AWSResponse(url, spoilt.status, announced, Body(spoilt.body))


def _refusal(service: str, fault: Fault | None) -> Answer | None:
    if fault is Fault.THROTTLE:
        return throttled(service)
    if fault in {Fault.ERROR_500, Fault.ERROR_503}:
        return failed(service, 500 if fault is Fault.ERROR_500 else 503)
    if fault is Fault.DENY:
        return denied(service)
    return expired(service) if fault is Fault.EXPIRE else None
