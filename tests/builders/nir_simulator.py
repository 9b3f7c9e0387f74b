"""A simulator of NIR graphs in float64: forward Euler, as NIR's equations say, step by step."""

from graphlib import TopologicalSorter

import nir
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from hw_models.dataflow import Build
from hw_models.semantics import Neuron

SPIKING = nir.IF | nir.LIF


class Simulator:
    """Runs a graph.

    Args:
        graph: as nir.read gives it.
        dt: the length of a time step.
        neurons: what NIR does not say of a spiking node, by its name: whether spikes are signed,
            and whether a reset subtracts the threshold. NIR's own neurons are binary and hard.
        whole: whether leak and reset leave whole numbers, as those of a build.
    """

    def __init__(
        self, graph: nir.NIRGraph, dt: float, neurons: dict[str, Neuron], whole: bool
    ) -> None:
        self.graph, self.dt, self.neurons, self.whole = graph, dt, neurons, whole
        self.sources: dict[str, list[str]] = {name: [] for name in graph.nodes}
        for source, target in graph.edges:
            self.sources[target].append(source)
        self.order = list(TopologicalSorter(self.sources).static_order())

    def run(self, x: np.ndarray) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """Spikes by node, [T, B, ...], and the output after each step, for x [T, B, ...]."""
        state: dict[str, Tensor] = {}
        spikes: dict[str, list[np.ndarray]] = {}
        outputs = []
        for now in torch.from_numpy(x.astype(np.float64)):
            values: dict[str, Tensor] = {}
            for name in self.order:
                node = self.graph.nodes[name]
                i = now if isinstance(node, nir.Input) else sum(
                    (values[source] for source in self.sources[name]), start=torch.zeros(())
                )  # fmt: skip
                values[name] = self.step(name, node, i, state)
                if isinstance(node, SPIKING):
                    spikes.setdefault(name, []).append(values[name].numpy().astype(np.int8))
                elif isinstance(node, nir.Output):
                    outputs.append(values[name].numpy())
        return {name: np.stack(steps) for name, steps in spikes.items()}, np.stack(outputs)

    def step(self, name: str, node: nir.NIRNode, i: Tensor, state: dict[str, Tensor]) -> Tensor:
        if isinstance(node, nir.Input | nir.Output):
            return i
        if isinstance(node, nir.Flatten):
            # NIR's axes do not count the batch.
            return i.flatten(node.start_dim + 1, node.end_dim + (node.end_dim >= 0))
        if isinstance(node, nir.Affine):
            return i @ torch.tensor(node.weight).T + torch.tensor(node.bias)
        if isinstance(node, nir.Linear):
            return i @ torch.tensor(node.weight).T
        if isinstance(node, nir.Scale):
            return i * torch.tensor(node.scale)
        if isinstance(node, nir.SumPool2d):
            sizes = (tuple(map(int, s)) for s in (node.kernel_size, node.stride, node.padding))
            return F.avg_pool2d(i, *sizes, divisor_override=1)
        if isinstance(node, nir.Conv1d | nir.Conv2d):
            convolve = F.conv1d if isinstance(node, nir.Conv1d) else F.conv2d
            sizes = (np.ravel(s).tolist() for s in (node.stride, node.padding, node.dilation))
            return convolve(
                i, torch.tensor(node.weight), torch.tensor(node.bias), *sizes, int(node.groups)
            )
        v = self.euler(node, state.get(name, torch.zeros(())), i)
        if not isinstance(node, SPIKING):
            state[name] = v
            return v
        threshold, v_reset = torch.tensor(node.v_threshold), torch.tensor(node.v_reset)
        neuron = self.neurons.get(name)
        s = (v > threshold).double()
        signed = neuron is not None and neuron.mode == "ternary"
        if signed:
            s -= (v < -threshold).double()
        # NIR's threshold is a fraction below the integer. A sign or a leak behind it would show it.
        taken = threshold.ceil() if signed or self.whole else threshold
        soft = neuron is not None and neuron.reset == "soft"
        state[name] = v - s * taken if soft else torch.where(s != 0, v_reset, v)
        return s

    def euler(self, node: nir.NIRNode, v: Tensor, i: Tensor) -> Tensor:
        """v + dt * dv/dt."""
        r = torch.tensor(node.r)
        if isinstance(node, nir.I | nir.IF):
            return v + self.dt * r * i
        rate = self.dt / torch.tensor(node.tau)
        left = v + rate * (torch.tensor(node.v_leak) - v)
        if self.whole:
            left = (left + left.sign() * 1e-6).trunc()  # 32/3 and its like are no float64
        return left + rate * r * i


def simulated(
    graph: nir.NIRGraph,
    build: Build,
    x: np.ndarray,
    *,
    as_nir_says: bool = False,
    whole: bool = False,
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The graph of a build on x as golden.run takes it.

    Args:
        as_nir_says: whether all neurons are binary with a hard reset.
        whole: whether leak and reset leave whole numbers.

    Returns:
        the spikes by layer, and the output after the last step, in golden's shapes.
    """
    flow = build.dataflow
    neurons = {} if as_nir_says else {layer.name: layer.update.neuron for layer in flow.layers}
    shape = graph.nodes[flow.input.name].input_type["input"].tolist()
    steps = np.broadcast_to(x, (flow.timesteps, *x.shape[1:]))
    dt = float(graph.metadata["trispike"]["dt"])
    simulator = Simulator(graph, dt, neurons, whole)
    spikes, outputs = simulator.run(steps.reshape(*steps.shape[:2], *shape))
    shaped = {name: s.reshape(*s.shape[:2], *flow.shape_of(name)) for name, s in spikes.items()}
    return shaped, outputs[-1]
