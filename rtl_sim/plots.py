"""Plots of reports, which need matplotlib."""

from pathlib import Path
from typing import Any

from hw_models.errors import InputError
from hw_models.folder import files

FORMATS = (".png", ".svg", ".pdf")


def check(path: Path) -> None:
    """Raise InputError if matplotlib is missing, or cannot write such a file."""
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError as error:
        raise InputError("--plot: needs matplotlib; pip install 'trispike[bench]'") from error
    if path.suffix not in FORMATS:
        raise InputError(f"--plot: {path}: no name of a picture; use one of {', '.join(FORMATS)}")


def new(width: float, height: float) -> tuple[Any, Any]:
    """A figure of so many inches, and its axes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height))
    return figure, figure.subplots()


def save(figure: Any, path: Path) -> None:
    """Write a figure to a file of one of FORMATS."""
    from matplotlib import rc_context

    figure.tight_layout()
    # The same numbers give the same bytes.
    with rc_context({"svg.hashsalt": "trispike"}), files.replaced(path) as (part,):
        figure.savefig(part, dpi=120, format=path.suffix[1:], metadata=undated(path))


def undated(path: Path) -> dict[str, None] | None:
    """The metadata that leave out when a picture was made."""
    return {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(path.suffix)
