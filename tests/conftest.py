"""Settings for all tests."""

import os

# Each worker has a core: with more threads than that, torch spends its time on waiting.
os.environ["OMP_NUM_THREADS"] = "1"

from hypothesis import settings

# Time limits per example say more about the machine than about the code.
settings.register_profile("trispike", deadline=None, max_examples=100)
settings.load_profile("trispike")
