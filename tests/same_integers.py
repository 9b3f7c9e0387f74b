"""`python -m tests.same_integers OLD NEW`: whether two builds, or two folders of builds, are alike.

Build before a change, build after it, and compare: the arrays of tensors.npz by name, type, shape
and value, and the words of mem/ in order. The description and the Verilog may differ. Each
difference is one line, and the exit status is 1 if there is any.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from hw_models.cli import EXIT_DIFFERS, EXIT_OK, run
from hw_models.dataflow import DATAFLOW, TENSORS
from hw_models.errors import InputError
from hw_models.folder import archive

PATH = click.Path(path_type=Path, exists=True, file_okay=False)


@click.command()
@click.argument("old", type=PATH)
@click.argument("new", type=PATH)
def cli(old: Path, new: Path) -> int:
    """Compare the integers of the builds in OLD and NEW."""
    before, after = builds(old), builds(new)
    if "" in before or "" in after:  # a build of its own, whatever its folder is called
        found = list(of_build(the_only(before), the_only(after)))
    else:
        found = list(pairs(before, after, of_build))
    for line in found or [f"{len(before)} builds compared: the same integers"]:
        click.echo(line)
    return EXIT_DIFFERS if found else EXIT_OK


def builds(folder: Path) -> dict[str, Path]:
    """The builds in a folder by name; a folder that is itself a build has the name "".

    Raises:
        InputError: there are none.
    """
    if (folder / DATAFLOW).is_file():
        return {"": folder}
    found = {path.parent.name: path.parent for path in folder.glob(f"*/{DATAFLOW}")}
    if not found:
        raise InputError(f"{folder}: no build, and no folder of builds; name one of these")
    return found


def the_only(found: dict[str, Path]) -> Path:
    """The build, where another one is compared with it.

    Raises:
        InputError: there is a folder of builds instead.
    """
    if "" not in found:
        names = ", ".join(sorted(found))
        raise InputError(f"builds {names} beside a single one; name two builds or two folders")
    return found[""]


def pairs(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    differences: Callable[[Any, Any], Iterator[str]],
) -> Iterator[str]:
    """The differences of what has the same name, and what is on one side alone."""
    for name in sorted(before.keys() | after.keys()):
        if name not in after:
            yield f"{name}: only in the old"
        elif name not in before:
            yield f"{name}: only in the new"
        else:
            yield from (f"{name}: {line}" for line in differences(before[name], after[name]))


def of_build(old: Path, new: Path) -> Iterator[str]:
    """The differences of two builds' integers."""
    yield from pairs(tensors(old), tensors(new), of_arrays)
    yield from pairs(memories(old), memories(new), of_words)


def tensors(build: Path) -> dict[str, NDArray]:
    """The arrays of tensors.npz."""
    try:
        return archive.read((build / TENSORS).read_bytes())
    except InputError as error:
        raise InputError(f"{build / TENSORS}: {error}; build it again") from error


def memories(build: Path) -> dict[str, list[str]]:
    """The words of each memory file, by its path in the build."""
    return {f"mem/{path.name}": path.read_text().split() for path in (build / "mem").glob("*")}


def of_arrays(old: NDArray, new: NDArray) -> Iterator[str]:
    """How two arrays differ, in one line."""
    for what in ("dtype", "shape"):
        if getattr(old, what) != getattr(new, what):
            yield f"{what} {getattr(old, what)} became {getattr(new, what)}"
            return
    differs = old != new
    if differs.any():
        place = tuple(map(int, np.argwhere(differs)[0]))
        yield (
            f"{differs.sum():,} of {old.size:,} values differ, the first at {list(place)}: "
            f"{old[place]} became {new[place]}"
        )


def of_words(old: list[str], new: list[str]) -> Iterator[str]:
    """How two memories differ, in one line."""
    if len(old) != len(new):
        yield f"{len(old):,} words became {len(new):,}"
        return
    differs = [place for place, pair in enumerate(zip(old, new, strict=True)) if len(set(pair)) > 1]
    if differs:
        first = differs[0]
        yield (
            f"{len(differs):,} of {len(old):,} words differ, the first at {first}: "
            f"{old[first]} became {new[first]}"
        )


if __name__ == "__main__":
    run(cli, "python -m tests.same_integers")
