"""Runs a NIR graph in real numbers, node by node as its equations say: what ours is compared with.

It shares the step equations with the import and nothing else, so that what the import makes of the
graph is compared with the graph itself.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from qtrain.interchange.nir_graph import INTEGRATING, OUTPUT, SPIKING, NirGraph, NirNode
from qtrain.interchange.nir_shapes import conv_geometry, pool_window
from qtrain.interchange.step_equations import Steps, integrate, step_neurons


class FloatRun(NamedTuple):
    """What a graph did with samples."""

    logits: Tensor  # float64 [B, classes]: spike counts, last potentials or mean currents
    spikes: dict[str, Tensor]  # int8 [T, B, *shape], by node of neurons that fire
    potentials: dict[str, Tensor]  # float64 [T, B, *shape], before the reset, by node of neurons


class FloatGraph:
    """A NIR graph that can be run in float64."""

    def __init__(self, graph: NirGraph, steps: Steps) -> None:
        self.graph, self.steps = graph, steps
        self.neurons = step_neurons(graph, steps)

    @torch.no_grad()
    def run(
        self,
        x: Tensor,
        keep_potentials: bool = False,
        watch: Callable[[NirNode, Tensor], None] = lambda node, entering: None,
    ) -> FloatRun:
        """Run x [T', B, *shape], T' = T, or 1 for values that are the same at each step.

        The logits are what the node before the output gives: the number of spikes of each neuron,
        the potential of an integrating one after the last step, or the mean of a current.

        Args:
            x: real values, or spikes.
            keep_potentials: also return these.
            watch: is given each node, and what enters it, [T', B, *shape].
        """
        values = {self.graph.input.name: x.to(torch.float64)}
        spikes, potentials = {}, {}
        for node in self.graph.nodes[1:-1]:
            first, *others = (values[source] for source in node.sources)
            entering = sum(others, start=first)
            watch(node, entering)
            if node.name not in self.neurons:
                values[node.name] = linear(node, entering)
                continue
            neuron, steps = self.neurons[node.name], self.steps
            u, s = integrate(neuron, entering, steps.timesteps, steps.reset)
            values[node.name] = u if node.kind in INTEGRATING else s
            if node.kind in SPIKING:
                spikes[node.name] = s.to(torch.int8)
            if keep_potentials:
                potentials[node.name] = u
        last = self.graph[self.graph.nodes[-1].sources[0]]
        assert self.graph.nodes[-1].kind == OUTPUT
        given = values[last.name]
        if last.kind in SPIKING:
            logits = given.sum(0)
        else:
            logits = given[-1] if last.kind in INTEGRATING else given.mean(0)
        return FloatRun(logits.flatten(1), spikes, potentials)


def linear(node: NirNode, x: Tensor) -> Tensor:
    """What a node without memory gives for x [T', B, *shape]."""

    def tensor(value: NDArray) -> Tensor:
        return torch.from_numpy(value.astype(np.float64))

    parameters = node.parameters
    bias = tensor(parameters["bias"]) if "bias" in parameters else None
    match node.kind:
        case "Affine" | "Linear":
            return F.linear(x, tensor(parameters["weight"]), bias)
        case "Conv1d" | "Conv2d":
            conv = conv_geometry(parameters)
            y = F.conv2d(
                x.flatten(0, 1), tensor(conv.weight), bias, conv.stride, conv.padding,
                groups=conv.groups,
            )  # fmt: skip
        case "SumPool2d" | "AvgPool2d":
            window = pool_window(parameters)
            divisor = 1 if node.kind == "SumPool2d" else None
            y = F.avg_pool2d(
                x.flatten(0, 1), window.kernel, window.stride, window.padding,
                divisor_override=divisor,
            )  # fmt: skip
        case "Flatten":
            return x.flatten(2)
        case _:  # Scale
            scale = tensor(parameters["scale"])
            return x * (scale if scale.numel() == 1 else scale.reshape(node.shape))
    return y.unflatten(0, x.shape[:2])
