"""Settings for all tests."""

from hypothesis import settings

# Time limits per example say more about the machine than about the code.
settings.register_profile("trispike", deadline=None, max_examples=100)
settings.load_profile("trispike")
