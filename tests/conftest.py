"""Settings for all tests."""

import os

# Each worker has a core: with more threads than that, torch spends its time on waiting.
os.environ["OMP_NUM_THREADS"] = "1"

import pytest
from hypothesis import settings

from tests.long import is_long

# Time limits per example say more about the machine than about the code.
settings.register_profile("trispike", deadline=None, max_examples=100)
settings.load_profile("trispike")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the long tests, and put groups first.

    One worker runs a group: at the end the other one would wait for it.
    """
    for item in items:
        if is_long(item.nodeid):
            item.add_marker(pytest.mark.long)
    items.sort(key=lambda item: item.get_closest_marker("xdist_group") is None)
