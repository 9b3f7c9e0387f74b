"""NIR graphs for tests, as frameworks export them, with numbers that floating point holds exactly.

Weights are whole multiples of 1/64 whose largest in each channel is 127/64, so that int8 weights
are the graph's own. With decays of the form 1 - 1/2^k nothing has to be rounded.
"""

from itertools import pairwise
from pathlib import Path

import nir
import numpy as np

DT = 1.0 / 1024  # seconds; a power of two, so that dt / tau is exact
STEP = 1 / 64  # of a weight


def weights(rng: np.random.Generator, *shape: int, together: bool = False) -> np.ndarray:
    """Weights on the grid of an int8 quantizer: of each output, or of all outputs together."""
    w = rng.integers(-40, 41, shape)
    rows = w.reshape(1 if together else shape[0], -1)
    rows[np.arange(len(rows)), rng.integers(rows.shape[1], size=len(rows))] = 127
    rows *= rng.choice([-1, 1], (len(rows), 1))
    return (w * STEP).astype(np.float32)


def full(shape: int | tuple[int, ...], value: float) -> np.ndarray:
    return np.full(shape, value, np.float32)


def lif(shape, tau: float = 4 * DT, v_threshold=1.0, r: float = 4.0, v_leak: float = 0.0):
    """Neurons of the decay 1 - dt / tau = 3/4 which add r * dt / tau = 1 times a current."""
    threshold = np.broadcast_to(np.asarray(v_threshold, np.float32), np.shape(full(shape, 0)))
    return nir.LIF(
        tau=full(shape, tau), r=full(shape, r), v_leak=full(shape, v_leak),
        v_threshold=threshold.copy(), v_reset=full(shape, 0.0),
    )  # fmt: skip


def integrate(shape, v_threshold: float = 1.0, r: float = 1.0):
    return nir.IF(r=full(shape, r), v_threshold=full(shape, v_threshold))


def dense(seed: int = 0, sizes=(12, 9, 4), last: str = "spikes") -> nir.NIRGraph:
    """Dense layers of LIF neurons; the last of neurons that fire, of LI, or a plain current."""
    rng, nodes = np.random.default_rng(seed), {}
    nodes["input"] = nir.Input(np.array(sizes[:1]))
    for k, (n_in, n_out) in enumerate(pairwise(sizes), 1):
        at_end = k == len(sizes) - 1 and last != "spikes"
        bias = (rng.integers(-20, 21, n_out) * STEP).astype(np.float32)
        nodes[f"fc{k}"] = nir.Affine(weight=weights(rng, n_out, n_in, together=at_end), bias=bias)
        if not at_end:
            nodes[f"lif{k}"] = lif(n_out)
        elif last == "potential":
            nodes["li"] = nir.LI(
                tau=full(n_out, 2 * DT), r=full(n_out, 2.0), v_leak=full(n_out, 0.0)
            )
    return chained(nodes)


def convolutional(seed: int = 0, side: int = 10, classes: int = 4) -> nir.NIRGraph:
    """Convolutions of IF neurons, a sum pool, and dense IF neurons whose spikes count."""
    rng = np.random.default_rng(seed)
    half = side // 2
    nodes = {
        "input": nir.Input(np.array([2, side, side])),
        "0": nir.Conv2d(
            input_shape=(side, side), weight=weights(rng, 4, 2, 3, 3), stride=1, padding=1,
            dilation=1, groups=1, bias=full(4, 0.0),
        ),
        "1": integrate((4, side, side)),
        "2": nir.SumPool2d(
            kernel_size=np.array([2, 2]), stride=np.array([2, 2]), padding=np.array([0, 0])
        ),
        "3": nir.Conv2d(
            input_shape=(half, half), weight=weights(rng, 3, 4, 3, 3), stride=2, padding=1,
            dilation=1, groups=1, bias=full(3, 0.0),
        ),
        "4": integrate((3, (half + 1) // 2, (half + 1) // 2)),
        "5": nir.Flatten(np.array([3, (half + 1) // 2, (half + 1) // 2]), start_dim=0),
        "6": nir.Affine(
            weight=weights(rng, classes, 3 * ((half + 1) // 2) ** 2), bias=full(classes, 0.0)
        ),
        "7": integrate(classes),
    }  # fmt: skip
    return chained(nodes)


def chained(nodes: dict[str, nir.NIRNode]) -> nir.NIRGraph:
    """The nodes one behind the other, and an output."""
    *_, last = nodes.values()
    nodes = nodes | {"output": nir.Output(np.array(last.output_type["output"]))}
    return nir.NIRGraph(nodes, list(pairwise(nodes)), type_check=False)


def written(graph: nir.NIRGraph, path: Path) -> Path:
    """The graph as a file."""
    nir.write(path, graph)
    return path
