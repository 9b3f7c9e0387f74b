"""A NIR graph while it is written: its nodes by name, its edges, and the shapes of its streams.

NIR has no reshape but Flatten. So a map of one row is a signal [C, L] in NIR, and a map of one
position a vector [C]; a vector never becomes a map again.
"""

from dataclasses import dataclass, field

import nir
import numpy as np
from numpy.typing import NDArray

from hw_models.errors import InputError
from hw_models.semantics import Ints

Shape = tuple[int, ...]
LARGEST = 1 << 51  # |integer|, so that a float64 also holds it with the fraction of a threshold


@dataclass(slots=True)
class Nodes:
    """The nodes of a NIR graph and the edges between them."""

    nodes: dict[str, nir.NIRNode] = field(default_factory=dict)
    edges: list[tuple[str, str]] = field(default_factory=list)

    def add(self, name: str, node: nir.NIRNode, *sources: str) -> str:
        """Add a node that reads the sum of `sources`; return its name.

        Raises:
            InputError: the name is taken, or no name of NIR's files.
        """
        if name in self.nodes or "/" in name:
            raise InputError(
                f"{name}: need names of their own without '/' for NIR; rename the layer"
            )
        self.nodes[name] = node
        self.edges += [(source, name) for source in sources]
        return name

    def reshaped(self, name: str, source: str, shape: Shape, to: Shape) -> str:
        """The stream `source` of `shape` as one of the shape `to`, by a Flatten `name` if need be.

        Raises:
            InputError: it would take another reshape.
        """
        if shape == to:
            return source
        if len(to) == 1:
            last = -1
        elif shape == (to[0], 1, *to[1:]):
            last = 1
        else:
            raise InputError(f"{name}: NIR has no reshape of {list(shape)} to {list(to)}")
        return self.add(
            name, nir.Flatten({"input": np.array(shape)}, start_dim=0, end_dim=last), source
        )


def plain(shape: Shape) -> Shape:
    """The shape of a stream in NIR: [C] of one position, [C, L] of one row, otherwise itself."""
    if shape[1:] in ((), (1, 1)):
        return shape[:1]
    return (shape[0], shape[2]) if shape[1] == 1 else shape


def numbers(integers: Ints, where: str) -> NDArray[np.float64]:
    """Integers as the real numbers of a NIR node, exactly.

    Raises:
        InputError: one is too large for float64; the message begins with `where`.
    """
    if (largest := int(np.abs(integers).max())) > LARGEST:
        raise InputError(f"{where}: {largest}, need at most {LARGEST} for NIR's float64")
    return integers.astype(np.float64)
