"""What holds in every test: no code is made that the registry of rules does not have.

And what makes all of them fast: AWS's API models are read once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.models import collect_rarely, share_models
from tests.processes import close_warm
from tests.sizes import register_profiles

register_profiles()


@pytest.fixture(scope="session", autouse=True)
def _models() -> Iterator[None]:
    """One reading of AWS's API models for all sessions of boto3."""
    with pytest.MonkeyPatch.context() as patch:
        share_models(patch.setattr)
        collect_rarely()
        yield
    close_warm()


@pytest.fixture(scope="session", autouse=True)
def _own_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Give each worker locks of its own: runs on one account wait for nobody's, and the user's stay free."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(scope="session", autouse=True)
def _registered() -> Iterator[None]:
    """Imported here and not above: `tests/faults` sets the clock before anything reads it."""
    from remediate.core.drift import DriftedResource  # noqa: PLC0415
    from remediate.core.finding import Finding  # noqa: PLC0415
    from remediate.core.state import Unreadable  # noqa: PLC0415
    from remediate.services import rules  # noqa: PLC0415

    def checked(init: Callable[..., None]) -> Callable[..., None]:
        def initialise(self: Any, *values: Any, **named: Any) -> None:
            init(self, *values, **named)
            codes = self.codes if isinstance(self, DriftedResource) else [self.code]
            # AWS's own codes begin with a capital letter, or are a status.
            unknown = [code for code in codes if re.match("[a-z]", code) and code not in rules()]
            assert not unknown, f"{', '.join(unknown)}: no rule has this code"

        return initialise

    with pytest.MonkeyPatch.context() as patch:
        for made in (Finding, Unreadable, DriftedResource):
            patch.setattr(made, "__init__", checked(made.__init__))
        yield
