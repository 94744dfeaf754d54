"""The way to AWS: sessions, clients, retries, pacing and counting. The only file that imports boto3.

Which answers can be trusted is decided in `remediate.answers`.
"""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import get_session
from botocore.utils import parse_timestamp

from remediate import activity, credentials
from remediate.answers import ClientLibraryError, Factory, UnusableAnswer, check_answers, convert_errors
from remediate.aws_errors import DENIED, error_code, to_aws_failure
from remediate.deadline import TIMEOUT
from remediate.errors import AwsFailure, Interrupted
from remediate.http_session import set_deadlines
from remediate.mfa import Prompter

__all__ = [
    "DENIED",
    "Aws",
    "BotoCoreError",
    "ClientError",
    "Pacer",
    "Rate",
    "error_code",
    "read_stream",
    "to_aws_failure",
]

In = TypeVar("In")
Out = TypeVar("Out")


def read_stream(
    ask: Callable[[], Any], member: str = "body", *, whole: Callable[[bytes], bool] = bool
) -> tuple[bytes, Any]:
    """The whole body of an answer that comes as a stream, and the answer.

    botocore repeats a call, but not the reading of its stream: where that breaks off, or gives what is
    not `whole`, AWS is asked again. Raises botocore's errors; `UnusableAnswer` where it never is whole.
    """
    error: BotoCoreError = UnusableAnswer(said="nothing was read")
    for _ in range(3):
        answer = ask()
        try:
            data = bytes(answer[member].read())
        except BotoCoreError as broken:
            error = broken
        except Exception as broken:  # noqa: BLE001 - urllib3's own errors come through here
            error = ClientLibraryError(kind=type(broken).__name__, said=broken)
        else:
            if whole(data):
                return data, answer
            error = UnusableAnswer(said=f"{len(data)} bytes came that are not what was asked for")
    raise error


def _raised(error: Exception, service: str) -> AwsFailure:
    """What a client library raised while a client was made and that is none of its documented errors."""
    return to_aws_failure(ClientLibraryError(kind=type(error).__name__, said=error), f"{service} client")


def _answered(**_: object) -> None:
    activity.note()


def _instant(value: Any) -> datetime:
    """A timestamp as botocore reads it; ISO 8601 quickly, for the creation dates of all the buckets."""
    if isinstance(value, str) and value.endswith("Z"):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            pass
    return parse_timestamp(value)


@dataclass(frozen=True, slots=True)
class Rate:
    """A published API rate: `per_second` requests, of which `burst` may come at once."""

    per_second: float
    burst: int


MARGIN = 0.03
"""How much slower than a rate a run is paced: of deployments, one in 5.15 s instead of one in 5."""


class Pacer:
    """Token buckets per operation, so that a run stays within an account's published rates.

    A name is `service:Operation`; a bucket named `service:*` is for all operations of that service,
    those with a bucket of their own too.
    """

    def __init__(
        self,
        rates: Mapping[str, Rate],
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._rates = dict(rates)
        self._clock = clock
        self._sleep = sleep
        self._turns = {bucket: threading.Lock() for bucket in self._rates}
        self._full_at = dict.fromkeys(self._rates, clock())

    def wait(self, name: str) -> None:
        """Return when a request of that name may be sent; at once where no rate is known."""
        buckets = [name for name in (name, f"{name.partition(':')[0]}:*") if name in self._rates]
        with ExitStack() as turns:
            # What is taken is sent at once: the turn at the first bucket lasts until all have one left.
            for bucket in buckets:
                turns.enter_context(self._turns[bucket])
                # A bucket as one instant: when it will have been full again (virtual scheduling).
                room = (self._rates[bucket].burst - 1) * self._interval(bucket)
                delay = self._full_at[bucket] - room - self._clock()
                if delay > 0:
                    self._sleep(delay)
            now = self._clock()
            for bucket in buckets:
                self._full_at[bucket] = max(self._full_at[bucket], now) + self._interval(bucket)

    def _interval(self, bucket: str) -> float:
        # Calls do not arrive as evenly as they are sent, and one that arrives early is refused.
        return (1 + MARGIN) / self._rates[bucket].per_second


class Aws:
    """One account, seen through cached, thread-safe clients that count and pace every request.

    `calls` holds what was really sent, retries included: `{"s3:GetBucketCors": 3}`. `timeout` is the total
    deadline of one request in seconds; a retry has its own.
    """

    def __init__(
        self,
        *,
        profile: str | None = None,
        region: str | None = None,
        endpoint_url: str | None = None,
        concurrency: int = 32,
        rates: Mapping[str, Rate] | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        try:
            core = get_session()
            parsers = Factory()
            parsers.set_parser_defaults(timestamp_parser=_instant)
            core.register_component("response_parser_factory", parsers)
            core.register("creating-client-class", convert_errors)
            set_deadlines(core, timeout)
            self._session = boto3.Session(profile_name=profile, region_name=region, botocore_session=core)
            # botocore offers no other way to say who asks for the code of an MFA device.
            core.get_component("credential_provider").get_provider("assume-role")._prompter = Prompter()  # noqa: SLF001
        except BotoCoreError as error:
            raise to_aws_failure(error, "credentials") from error
        self._core = core
        self._user_agent = f"cors-remediate {core.user_agent()}"
        self._endpoint_url = endpoint_url
        self._concurrency = max(1, concurrency)
        self.timeout = timeout
        self._pacer = Pacer(rates or {})
        self._clients: dict[tuple[str, str | None], Any] = {}
        self._lock = threading.Lock()
        self._connecting = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None
        self._identity: dict[str, Any] | None = None
        self._stopped = threading.Event()
        self.calls: Counter[str] = Counter()

    @property
    def region(self) -> str | None:
        """The region of the default chain (option, environment, profile)."""
        return self._session.region_name

    @property
    def endpoint_host(self) -> str | None:
        """Host and port that all calls go to instead of AWS; None where they go to AWS."""
        url = self._endpoint_url or os.environ.get("AWS_ENDPOINT_URL")
        return urlsplit(url).netloc if url else None

    def client(self, service: str, region: str | None = None) -> Any:
        """A cached boto3 client; annotate the variable with its stub type.

        `region` None means the default chain's. Raises `AwsFailure` where there is none.
        """
        key = (service, region or self.region)
        if not self._clients:
            self.resolve_credentials()
        # boto3's sessions are not thread-safe; calls under way must not wait for another client.
        with self._connecting:
            if key not in self._clients:
                self._clients[key] = self._connect(*key)
            return self._clients[key]

    def _connect(self, service: str, region: str | None) -> Any:
        config = Config(
            retries={"mode": "adaptive", "total_max_attempts": 8},
            max_pool_connections=self._concurrency,
            connect_timeout=min(10.0, self.timeout),
            read_timeout=self.timeout,
            # Given whole, because botocore puts its own together anew for every call.
            user_agent=self._user_agent,
        )
        try:
            client = self._session.client(
                service,  # type: ignore[call-overload]  # the stubs know literals only
                region_name=region,
                endpoint_url=self._endpoint_url,
                config=config,
            )
        except BotoCoreError as error:
            raise to_aws_failure(error, f"{service} client") from error
        except ValueError as error:
            if "endpoint" not in str(error):
                raise _raised(error, service) from error
            raise AwsFailure(
                f"{service} client: {error}",
                code="ValueError",
                operation=service,
                hint="Check --endpoint-url or AWS_ENDPOINT_URL: an endpoint looks like http://127.0.0.1:5000.",
            ) from error
        except Exception as error:
            raise _raised(error, service) from error
        check_answers(client)
        client.meta.events.register("before-send", partial(self._before_send, service))
        client.meta.events.register("before-parse", _answered)
        return client

    def _before_send(self, service: str, *, event_name: str, **_: object) -> None:
        # The event spells API Gateway `api-gateway`; rates, plans and IAM say `apigateway`.
        name = f"{service}:{event_name.rsplit('.', 1)[1]}"
        with activity.pausing():
            self._pacer.wait(name)
        if self._stopped.is_set():
            raise Interrupted(f"{name} was not sent: the run was stopped.")
        with self._lock:
            self.calls[name] += 1

    def resolve_credentials(self) -> None:
        """Find the credentials now, and ask for the code of an MFA device where the profile wants one.

        Before anything is drawn that the question would be lost in. Raises `AwsFailure`, which names the
        profile and the next step.
        """
        with credentials.explained(self._core):
            session_credentials = self._session.get_credentials()
            if session_credentials is None:
                raise credentials.missing(self._core)
            session_credentials.get_frozen_credentials()

    def identity(self) -> str:
        """The ARN of whoever the credentials are for; asked once."""
        if self._identity is None:
            with self.translated_errors("sts:GetCallerIdentity"):
                self._identity = self.client("sts", self.region or "us-east-1").get_caller_identity()
        return str(self._identity["Arn"])

    def account(self) -> str:
        """The twelve digits of the account behind the credentials."""
        self.identity()
        return str((self._identity or {})["Account"])

    @contextmanager
    def translated_errors(self, doing: str) -> Iterator[None]:
        """Turn botocore's errors inside the block into `AwsFailure`. `doing` starts with the call's name."""
        try:
            yield
        except (ClientError, BotoCoreError) as error:
            raise to_aws_failure(error, doing) from error

    def map_concurrently(self, work: Callable[[In], Out], items: Iterable[In]) -> Iterator[Out]:
        """`work(item)` for every item, many at a time; results in the order of the items.

        Only so many are under way that results do not pile up. `work` must not call `map_concurrently`.
        Raises `Interrupted` once `stop` was called.
        """
        with self._lock:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self._concurrency, thread_name_prefix="aws")
            pool = self._pool
        queue: list[Future[Out]] = []
        source = iter(items)
        try:
            for item in source:
                if self._stopped.is_set():
                    raise Interrupted("stopped")
                queue.append(pool.submit(work, item))
                if len(queue) >= 4 * self._concurrency:
                    yield queue.pop(0).result()
            while queue:
                yield queue.pop(0).result()
        finally:
            for future in queue:
                future.cancel()

    def stop(self) -> None:
        """Send nothing that is not under way yet; calls under way end by themselves."""
        self._stopped.set()
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        """End the threads; the clients' connections go with them."""
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None
        for client in self._clients.values():
            client.close()
