"""Settings for all tests."""

import os

# Each worker has a core: with more threads than that, torch spends its time on waiting.
os.environ["OMP_NUM_THREADS"] = "1"

import pytest
from hypothesis import settings

# Time limits per example say more about the machine than about the code.
settings.register_profile("trispike", deadline=None, max_examples=100)
settings.load_profile("trispike")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The groups first, each of which one worker runs: at the end the other would wait for it."""
    items.sort(key=lambda item: item.get_closest_marker("xdist_group") is None)
