import os
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ.setdefault("MOTO_DISABLE_GLOBAL_CORS", "true")

from tests.faults import world as worlds


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("faults")


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[worlds.World]:
    yield from worlds.world(tmp_path_factory.mktemp("faults"))
