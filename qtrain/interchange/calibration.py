"""What calibration samples say of a NIR graph: what its weights meet, and how its leaks do."""

from dataclasses import dataclass, field

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from hw_models.semantics import Leak
from qtrain.interchange.float_run import FloatGraph
from qtrain.interchange.leak_rounding import RoundedDecay, fitted
from qtrain.interchange.nir_graph import WEIGHTS, NirNode
from qtrain.interchange.nir_shapes import conv_geometry

MAPS = 400  # maps of a convolution that are looked at, spread over steps and samples


@dataclass(frozen=True)
class Calibration:
    """What was found; empty without samples."""

    # by node of weights: the mean of x x^T [groups, n, n] of the n values that an output meets
    products: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    # by node of neurons whose decay hardware does not have
    leaks: dict[str, RoundedDecay] = field(default_factory=dict)


def calibrated(graph: FloatGraph, x: Tensor) -> Calibration:
    """Run the graph on samples x [T', B, *shape] and keep what rounding needs."""
    found = Calibration()
    taus = {leak.tau for leak in Leak.taus()}

    def watch(node: NirNode, entering: Tensor) -> None:
        if node.kind in WEIGHTS:
            found.products[node.name] = products(node, entering)
        elif node.name in graph.neurons:
            neuron = graph.neurons[node.name]
            decays = set(neuron.decay.flat)
            if len(decays) == 1 and not decays <= taus:
                steps = graph.steps
                leak = fitted(neuron, entering, steps.timesteps, steps.reset)
                found.leaks[node.name] = leak

    graph.run(x, watch=watch)
    return found


def products(node: NirNode, entering: Tensor) -> NDArray[np.float64]:
    """The mean of x x^T, [groups, n, n], of what weights meet in x [T', B, *shape]."""
    maps = entering.flatten(0, 1)
    if node.kind in ("Affine", "Linear"):
        met = maps[None]
    else:
        conv = conv_geometry(node.parameters)
        chosen = torch.from_numpy(np.linspace(0, len(maps) - 1, min(MAPS, len(maps))).astype(int))
        columns = F.unfold(maps[chosen], conv.kernel, padding=conv.padding, stride=conv.stride)
        parts = columns.unflatten(1, (conv.groups, -1))  # [maps, groups, n, places]
        met = parts.permute(1, 0, 3, 2).flatten(1, 2)
    return (met.transpose(1, 2) @ met / met.shape[1]).numpy()
