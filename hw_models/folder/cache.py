"""The user's folder for what takes long to make and can be made again."""

import os
from pathlib import Path


def cache_folder() -> Path:
    """$TRISPIKE_CACHE, or trispike in the user's folder for such files (~/.cache)."""
    named = os.environ.get("TRISPIKE_CACHE")
    if named:
        return Path(named)
    users = os.environ.get("XDG_CACHE_HOME")
    return (Path(users) if users else Path.home() / ".cache") / "trispike"
