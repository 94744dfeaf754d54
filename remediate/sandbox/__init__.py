"""An embedded AWS: moto, made faithful where it is not, holding the broken application.

Imported only when asked for; needs the extra `sandbox`. Nothing here leaves the machine.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from remediate import activity
from remediate.aws import Aws
from remediate.errors import UsageError

REGION = "eu-west-1"
KEYS = {
    "AWS_ACCESS_KEY_ID": "sandbox",
    "AWS_SECRET_ACCESS_KEY": "sandbox",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
}
"""Dummy credentials: moto takes any."""

_UNSET = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_SECURITY_TOKEN")


@contextmanager
def embedded() -> Iterator[None]:
    """A fresh embedded AWS in this process: inside the block, every call goes to it."""
    _need_moto()
    from moto import mock_aws  # noqa: PLC0415

    from remediate.sandbox.patches import install  # noqa: PLC0415
    from remediate.sandbox.seed import seed  # noqa: PLC0415

    install()
    with _environment(), mock_aws():
        aws = Aws(region=REGION, concurrency=4)
        seed(aws)
        aws.close()
        yield


def serve(port: int, ready: Callable[[dict[str, str]], None]) -> None:
    """Serve a fresh embedded AWS on 127.0.0.1 until KeyboardInterrupt; `ready` gets what to export."""
    # moto answers every cross-origin request with its own headers unless told not to at import.
    os.environ["MOTO_DISABLE_GLOBAL_CORS"] = "true"
    _need_moto()
    from moto.moto_server.werkzeug_app import (  # noqa: PLC0415
        DomainDispatcherApplication,
        MotoRequestHandler,
        create_backend_app,
    )
    from werkzeug.serving import make_server  # noqa: PLC0415

    from remediate.sandbox.patches import install  # noqa: PLC0415
    from remediate.sandbox.seed import seed  # noqa: PLC0415

    install()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    try:
        server = make_server(
            "127.0.0.1",
            port,
            DomainDispatcherApplication(create_backend_app),
            threaded=True,
            request_handler=MotoRequestHandler,
        )
    except (OSError, SystemExit) as error:
        raise UsageError(f"Port {port} on 127.0.0.1 is taken.", hint="Name another, or 0 for any.") from error
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_port}"
        with _environment():
            aws = Aws(region=REGION, endpoint_url=url, concurrency=4)
            seed(aws)
            aws.close()
        ready({"AWS_ENDPOINT_URL": url, **KEYS})
        thread.join()
    except KeyboardInterrupt:
        return
    finally:
        with activity.pausing():
            server.shutdown()
            server.server_close()


@contextmanager
def _environment() -> Iterator[None]:
    """The sandbox's keys instead of the user's: no call can reach the real account."""
    before = dict(os.environ)
    for name in _UNSET:
        os.environ.pop(name, None)
    os.environ.update(KEYS)
    # A profile named in the user's files must not be asked for keys, regions or endpoints.
    os.environ.update({"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _need_moto() -> None:
    try:
        import moto  # noqa: F401, PLC0415
    except ImportError as error:
        raise UsageError(
            "The sandbox is not installed.", hint="pip install 'cors-remediate[sandbox]'"
        ) from error
