"""Reads back the build whose NIR graph `export` wrote, without loss."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nir
import numpy as np

from compiler.nir.export import graph_of
from compiler.nir.metadata import build_in
from hw_models.dataflow import Build
from hw_models.errors import InputError
from hw_models.validate.description import check_description
from hw_models.validate.integers import check_integers
from qtrain.interchange.nir_graph import decoded


def read_build(path: Path) -> Build:
    """The build in a NIR file: the description, integers and widths of the one that was exported.

    It has no folder and no files of hardware yet.

    Raises:
        InputError: the file is no NIR graph, holds no build, breaks a rule that every build
            satisfies, or was changed, so that its nodes are not those of its build.
    """
    graph, _ = decoded(path)
    build = build_in(graph.metadata, path)
    try:
        check_description(build.dataflow)
        check_integers(build)
        expected = graph_of(build)
    except InputError as error:
        raise InputError(f"{path}: {error}; export it again") from error
    for place in differences(content(graph), content(expected)):
        raise InputError(f"{path}: {place} is not as the build in its metadata; export it again")
    return build


def content(graph: nir.NIRGraph) -> dict[str, Any]:
    """The graph as plain data, the edges in an order of their own."""
    return {**graph.to_dict(), "edges": sorted(graph.edges)}


def differences(found: Any, expected: Any, at: str = "") -> Iterator[str]:
    """The places at which two graphs differ."""
    if isinstance(found, dict) and isinstance(expected, dict):
        for key in sorted(found.keys() ^ expected.keys()):
            yield f"{at}{key}"
        for key in sorted(found.keys() & expected.keys()):
            yield from differences(found[key], expected[key], f"{at}{key}: ")
    elif isinstance(found, dict) or not np.array_equal(found, expected):
        yield at.removesuffix(": ")
