"""Counts builds with NeuroBench, as torch models with hooks, and compares its metrics with ours.

    python -m tests.interchange.neurobench_counts BUILD... --samples 200

A build becomes a torch model of its own integers, with torch's layers as synapses, so NeuroBench
counts it as it counts any model. The exit status is 1 if a metric is not what docs/energy.md says.
"""
# pyright: reportMissingImports=false

import argparse
import math
import sys
from pathlib import Path

import msgspec
import numpy as np
import torch
from neurobench.benchmarks import Benchmark
from neurobench.metrics import static, workload
from neurobench.models import TorchModel
from numpy.typing import NDArray
from snntorch import SpikingNeuron
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from hw_models.dataflow import Build, Conv2d, Layer, Pool, Synapse
from hw_models.engines import fast
from hw_models.engines.golden import Trace
from hw_models.engines.synapse import fan_out, pooled
from hw_models.folder import artefact, reference_vectors
from hw_models.folder.reference_vectors import Reference
from hw_models.report.evaluate import evaluate

METRICS = (
    [static.Footprint, static.ParameterCount, static.ConnectionSparsity],
    [
        workload.ClassificationAccuracy,
        workload.ActivationSparsity,
        workload.SynapticOperations,
        workload.MembraneUpdates,
    ],
)

TOLERANCE = 1e-6  # NeuroBench adds up in float32


class Neurons(SpikingNeuron):
    """A layer's neurons for one time step, in the build's integers: currents [B, ...] to spikes.

    NeuroBench reads the membranes as `mem`.
    """

    def __init__(self, build: Build, layer: Layer):
        super().__init__(init_hidden=True)
        self.neuron, self.shape = layer.update.neuron, layer.shape
        thresholds = build.v_threshold(layer)
        self.bias = parameter(build.bias(layer))
        self.v_threshold = None if thresholds is None else parameter(thresholds)

    def reset(self, samples: int) -> None:
        self.mem = torch.zeros(samples, *self.shape)

    def forward(self, current: Tensor) -> Tensor:
        i = integers(current).reshape(len(current), *self.shape)
        thresholds = None if self.v_threshold is None else integers(self.v_threshold)
        _, s, v = self.neuron.step(integers(self.mem), i, thresholds, integers(self.bias))
        self.mem = torch.from_numpy(v).float()
        return torch.from_numpy(s).float()


class FiringNeurons(Neurons):
    """Neurons whose outputs are activations in NeuroBench's sense, other than the readout's."""


class Folded(nn.Module):
    """A build as a torch model: x [B, T', *shape] to logits [B, classes].

    A static input passes its synapses once, as in the core.
    """

    def __init__(self, build: Build):
        super().__init__()
        self.flow = build.dataflow
        layers = self.flow.layers
        self.synapses = nn.ModuleList(
            nn.ModuleList(connection(build, synapse) for synapse in layer.synapses)
            for layer in layers
        )
        self.neurons = nn.ModuleList(
            (FiringNeurons if layer.fires else Neurons)(build, layer) for layer in layers
        )

    def forward(self, x: Tensor) -> Tensor:
        for neurons in self.neurons:
            neurons.reset(len(x))
        source, static = self.flow.input.name, self.flow.input_steps == 1
        held: dict[str, Tensor] = {}  # the currents of a static input
        for t in range(self.flow.timesteps):
            streams = {source: x[:, 0 if static else t]}
            for layer, modules, neurons in zip(
                self.flow.layers, self.synapses, self.neurons, strict=True
            ):
                total = torch.zeros(())
                for synapse, module in zip(layer.synapses, modules, strict=True):
                    current = held.get(synapse.name)
                    if current is None:
                        current = module(streams[synapse.source]) * 2**synapse.shift
                    if static and synapse.source == source:
                        held[synapse.name] = current
                    total = total + current.flatten(1)
                streams[layer.name] = neurons(total)
        return self.neurons[-1].mem.flatten(1)


def integers(tensor: Tensor) -> NDArray[np.int64]:
    return tensor.detach().numpy().astype(np.int64)


def parameter(values: NDArray) -> nn.Parameter:
    return nn.Parameter(torch.from_numpy(values).float(), requires_grad=False)


def connection(build: Build, synapse: Synapse) -> nn.Module:
    """The synapse as torch's layers, its pools as sums."""
    op, pools = synapse.op, [summing(pool) for pool in synapse.pools]
    if isinstance(op, Conv2d):
        layer = nn.Conv2d(
            op.in_shape[0], op.out_shape[0], op.kernel, op.stride, op.padding,
            groups=op.groups, bias=False,
        )  # fmt: skip
        first = nn.Unflatten(1, op.in_shape)
    else:
        layer, first = nn.Linear(op.n_in, op.n_out, bias=False), nn.Identity()
    layer.weight = parameter(build.weight(synapse))
    return nn.Sequential(*pools, nn.Flatten(), first, layer)


def summing(pool: Pool) -> nn.Module:
    return nn.AvgPool2d(pool.kernel, pool.stride, pool.padding, divisor_override=1)


def expected(build: Build, reference: Reference, samples: int) -> dict[str, float]:
    """What NeuroBench finds in a build, from the integers of the first samples of its reference."""
    x, flow = reference.x[:, :samples], build.dataflow
    trace = fast.run(build, x)
    ours = evaluate(build, reference, samples).neurobench
    streams = {flow.input.name: x, **trace.spikes}
    macs = acs = dense = 0
    for synapse in (synapse for layer in flow.layers for synapse in layer.synapses):
        ones = np.ones_like(build.weight(synapse))
        effective, whole = (fan_out(synapse.op, w) for w in (build.weight(synapse) != 0, ones))
        for values in streams[synapse.source]:  # of one step
            values = pooled(synapse.pools, values.astype(np.int64)).reshape(samples, -1)
            count = int(np.count_nonzero(values, axis=0) @ effective)
            if np.abs(values).max() > 1:
                macs += count
            else:
                acs += count
            dense += int(whole.sum()) * samples
    return {
        "ParameterCount": ours.ParameterCount,
        "ConnectionSparsity": round(ours.ConnectionSparsity, 4),
        "ClassificationAccuracy": ours.ClassificationAccuracy,
        "ActivationSparsity": ours.ActivationSparsity,
        "Effective_MACs": macs / samples,
        "Effective_ACs": acs / samples,
        "Dense": dense / samples,
        "MembraneUpdates": changes(build, trace) / samples,
    }


def changes(build: Build, trace: Trace) -> int:
    """How often a membrane of a neuron that fires changes; in the first step always."""
    firing = [trace.membranes[layer.name] for layer in build.dataflow.layers if layer.fires]
    return sum(v[0].size + np.count_nonzero(np.diff(v, axis=0)) for v in firing)


def counted(build: Build, reference: Reference, samples: int) -> dict[str, float]:
    """NeuroBench's metrics of the torch model of a build."""
    x = torch.from_numpy(reference.x[:, :samples].swapaxes(0, 1).copy()).float()
    data = TensorDataset(x, torch.from_numpy(reference.labels[:samples]))
    model = TorchModel(Folded(build))
    model.add_activation_module(FiringNeurons)
    benchmark = Benchmark(
        model, DataLoader(data, batch_size=samples), [], [lambda z: z.argmax(1)], METRICS
    )
    found = benchmark.run(quiet=True)
    return flat(found)


def flat(metrics: dict) -> dict[str, float]:
    """The metrics with the counts of synaptic operations among them."""
    operations = metrics.pop("SynapticOperations")
    return {**metrics, **operations}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("builds", type=Path, nargs="+", help="build folders with reference vectors")
    parser.add_argument("--samples", type=int, default=200, help="of each (200)")
    args = parser.parse_args()
    differ = False
    for folder in args.builds:
        build = artefact.load(folder)
        reference = reference_vectors.load(build)
        samples = min(args.samples, reference.samples)
        ours = flat(msgspec.to_builtins(evaluate(build, reference, samples).neurobench))
        found = counted(build, reference, samples)
        print(f"\n{folder.name}, {samples} samples\n")
        print("| metric | ours | NeuroBench |\n|---|---|---|")
        for name, value in found.items():
            print(f"| `{name}` | {ours[name]:,.10g} | {value:,.10g} |")
        for name, value in expected(build, reference, samples).items():
            if not math.isclose(found[name], value, rel_tol=TOLERANCE):
                print(f"{folder}: {name} is {found[name]}, need {value}", file=sys.stderr)
                differ = True
    sys.exit(differ)


if __name__ == "__main__":
    main()
