"""The cycles of the core: by layer, from sample to sample, and on fewer and more lanes."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from hw_models.core import timing, workload
from hw_models.core.layout import Lanes, Width, conv_of, layout_of
from hw_models.core.workload import Load
from hw_models.dataflow import Build, Dataflow, Layer
from hw_models.engines import fast

SAMPLES = 20  # whose events are counted, at most
TIMED_EVENTS = 300_000  # of all samples and layers, at most: the timing model takes each by itself
FACTORS = (1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8)


@dataclass(frozen=True)
class LayerCycles:
    """A layer at work."""

    name: str
    cycles: float  # a sample, mean
    lanes: int  # accumulate lanes of all its engines
    update_lanes: int  # neurons that a sweep updates in a cycle
    engines: int


@dataclass(frozen=True)
class Scaled:
    """All layers with so many times their lanes, as far as they have channels and columns."""

    factor: float
    lanes: int
    cycles: float  # of the layer that limits, a sample
    limit: str  # the layer that limits


@dataclass(frozen=True)
class Cycles:
    """What the core's time goes to, for the first samples."""

    samples: int
    layers: tuple[LayerCycles, ...]
    scaled: tuple[Scaled, ...]
    doubled: Scaled  # only the layer that limits has twice its lanes
    # From a sample's last word to the next's, by the timing model; None: it would take too long.
    pace: float | None

    @property
    def limit(self) -> LayerCycles:
        """The layer that takes the most cycles."""
        return max(self.layers, key=lambda layer: layer.cycles)

    @property
    def lanes(self) -> int:
        return sum(layer.lanes for layer in self.layers)


def cycles(build: Build, x: NDArray[np.int8], simulated: int | None) -> Cycles:
    """The cycles for the first samples of x [T', N, *shape].

    Args:
        simulated: samples that a simulation took: of as many, if there are few, cycles are counted,
            so that the two can be compared.
    """
    flow = build.dataflow
    x = x[:, : min(SAMPLES, simulated or SAMPLES)]
    trace = fast.run(build, x, keep_membranes=False)
    loads = workload.loads(flow, x, trace)
    limit = scaled(flow, loads, dict.fromkeys(loads, 1.0)).limit
    events = sum(int(np.count_nonzero(s)) for s in (x, *trace.spikes.values()))
    return Cycles(
        samples=x.shape[1],
        layers=tuple(of_layer(flow, layer, loads[layer.name]) for layer in flow.layers),
        scaled=tuple(scaled(flow, loads, dict.fromkeys(loads, factor)) for factor in FACTORS),
        doubled=scaled(flow, loads, {**dict.fromkeys(loads, 1.0), limit: 2.0}),
        pace=timing.run(flow, x, trace).pace if events <= TIMED_EVENTS else None,
    )


def of_layer(flow: Dataflow, layer: Layer, load: list[Load]) -> LayerCycles:
    layout = layout_of(flow, layer)
    found = workload.work(flow, layer, load)
    return LayerCycles(
        layer.name, float(found.cycles.mean()), layout.adders, layout.slice_, len(layout.engines)
    )


def scaled(flow: Dataflow, loads: Mapping[str, list[Load]], factors: Mapping[str, float]) -> Scaled:
    """The core where each layer has its factor times its lanes."""
    layers = tuple(with_lanes(flow, layer, factors[layer.name]) for layer in flow.layers)
    flow = msgspec.structs.replace(flow, layers=layers)
    found = [of_layer(flow, layer, loads[layer.name]) for layer in layers]
    limit = max(found, key=lambda layer: layer.cycles)
    factor = next((each for each in factors.values() if each != 1), 1.0)
    return Scaled(factor, sum(layer.lanes for layer in found), limit.cycles, limit.name)


def with_lanes(flow: Dataflow, layer: Layer, factor: float) -> Layer:
    """A layer with `factor` times its lanes; more than its channels become engines side by side."""
    if factor == 1:
        return layer
    widths = []
    for synapse in layer.synapses:
        op = conv_of(flow, synapse)
        channels, columns = op.group_outputs, op.out_shape[2]
        now = min(synapse.lanes, channels) * min(synapse.engines, columns)
        wanted = max(1, round(now * factor))
        lanes = min(channels, wanted)
        widths.append(Width(lanes, min(columns, -(-wanted // lanes))))
    update = max(1, round(layer.update_lanes * factor))
    return Lanes(tuple(widths), update).given_to(layer)
