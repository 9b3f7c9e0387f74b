"""What all readers say of files that are not where they look for them."""

from collections.abc import Sequence
from pathlib import Path

from hw_models.errors import InputError


def not_found(name: str, missing: str, dirs: Sequence[Path], source: str) -> InputError:
    """The error for a data set whose files were not found.

    Args:
        name: the data set.
        missing: the files that were not found, as a sentence: "a and b not found".
        dirs: the folders that were searched.
        source: where the files can be had.
    """
    where = ", ".join(map(str, dirs)) or "no folder, as none was named"
    return InputError(
        f"data set {name}: {missing}; looked in: {where}; name their folder with --data-dir or "
        f"$TRISPIKE_DATA; get them from {source}"
    )
