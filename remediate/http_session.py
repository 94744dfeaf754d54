"""The deadline of every request to AWS, where botocore sends them.

botocore's timeouts count from byte to byte, and it reads answers that come as a stream only later. Here
one deadline covers a request from the first byte to the last, of a stream too; what is late is an
error like a lost connection, so that botocore's retries see it.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

from botocore.awsrequest import (
    AWSHTTPConnection,
    AWSHTTPConnectionPool,
    AWSHTTPSConnection,
    AWSHTTPSConnectionPool,
)
from botocore.exceptions import BotoCoreError, ReadTimeoutError

from remediate.deadline import Deadline, watch

__all__ = ["AnswerTimeoutError", "set_deadlines"]


class AnswerTimeoutError(ReadTimeoutError):
    """No whole answer came before the deadline."""

    fmt = "no whole answer came from {endpoint_url} within {seconds:g} s"


def set_deadlines(session: Any, seconds: float) -> None:
    """Give every request a total deadline, of each client that the botocore session makes.

    Those that get credentials from STS and IAM Identity Center are among them.
    """

    class Timed:
        def __init__(self, *values: Any, **named: Any) -> None:
            super().__init__(*values, **named)
            endpoint: Any = self._endpoint  # type: ignore[attr-defined]  # the client's own
            endpoint.http_session = _TimedSession(endpoint.http_session, seconds)

    def add(*, base_classes: list[type], **_: Any) -> None:
        base_classes.insert(0, Timed)

    session.register("creating-client-class", add)


class _TimedSession:
    """Stands where botocore's HTTP session stood."""

    def __init__(self, session: Any, seconds: float) -> None:
        self._session = session
        self._seconds = seconds
        # Proxies' connections are made of the same two classes.
        session._pool_classes_by_scheme.update(http=_Pool, https=_SecurePool)  # noqa: SLF001

    def send(self, request: Any) -> Any:
        """Send the request and read its answer whole. Raises what botocore's session raises."""
        is_stream, request.stream_output = request.stream_output, False
        with Deadline(self._seconds) as deadline:
            try:
                answer = self._session.send(request)
            except BotoCoreError as error:
                if deadline.passed or isinstance(error, ReadTimeoutError):
                    raise self._late(request, error) from error
                raise
            finally:
                request.stream_output = is_stream
        if deadline.passed:
            raise self._late(request, None)
        if is_stream:
            answer.raw = _Body(answer.content)
        return answer

    def _late(self, request: Any, error: Exception | None) -> AnswerTimeoutError:
        return AnswerTimeoutError(endpoint_url=request.url.split("?")[0], seconds=self._seconds, error=error)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()


class _Body(BytesIO):
    """An answer that was read whole, as botocore reads streams."""

    def stream(self, **_: Any) -> Any:
        """Yield all that is left."""
        yield self.read()


class _Watched:
    """A connection that the deadline of its thread's request knows."""

    sock: Any

    def _new_conn(self) -> Any:
        connection = super()._new_conn()  # type: ignore[misc]
        watch(connection)
        return connection

    def request(self, *values: Any, **named: Any) -> Any:
        if self.sock is not None:  # kept from an earlier request
            watch(self.sock)
        return super().request(*values, **named)  # type: ignore[misc]


class _Connection(_Watched, AWSHTTPConnection):  # type: ignore[misc]
    pass


class _SecureConnection(_Watched, AWSHTTPSConnection):  # type: ignore[misc]
    pass


class _Pool(AWSHTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(AWSHTTPSConnectionPool):
    ConnectionCls = _SecureConnection
