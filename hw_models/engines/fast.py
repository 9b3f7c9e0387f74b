"""The fast engine: the golden model's integers from float products, a few samples at a time."""

import math
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from hw_models.dataflow import Build, Layer
from hw_models.engines.golden import Trace, check_input
from hw_models.engines.products import Product, empty, product

# Size of the largest stream or current of a tile, so that the network's data stay in the cache.
TILE_BYTES = 1 << 21


def run(build: Build, x: NDArray[np.int8], keep_membranes: bool = True) -> Trace:
    """Compute golden.run's values without its width checks; membranes are int32 or int64.

    Memory is that of the trace and a few MB, whatever the number of samples. Spikes take one byte
    each, membranes four or eight; without `keep_membranes`, `membranes` is empty.
    """
    check_input(build, x)
    flow = build.dataflow
    steps, samples = flow.timesteps, x.shape[1]
    layers = [PreparedLayer(build, layer) for layer in flow.layers]
    spikes, membranes = {}, {}
    for layer in flow.layers:
        if layer.fires:
            spikes[layer.name] = empty((steps, samples), layer.shape, np.int8)
        if keep_membranes:
            membranes[layer.name] = empty((steps, samples), layer.shape, membrane_dtype(layer))
    logits = np.empty((samples, flow.layers[-1].size), np.int64)
    tile = tile_samples(build)
    for start in range(0, samples, tile):
        part = slice(start, start + tile)
        streams = {name: s[:, part] for name, s in {flow.input.name: x, **spikes}.items()}
        kept = {name: v[:, part] for name, v in membranes.items()}
        for layer in layers:
            last = layer(streams, kept)
        logits[part] = last.reshape(-1, logits.shape[1])
    return Trace(spikes, membranes, logits)


def tile_samples(build: Build) -> int:
    """The number of samples that go through the whole network together."""
    flow = build.dataflow
    largest = max(math.prod(flow.input.shape), *(layer.size for layer in flow.layers))
    return max(1, TILE_BYTES // (flow.timesteps * largest * 4))


def membrane_dtype(layer: Layer) -> type[np.int32] | type[np.int64]:
    """The type that holds every sum of an update: leak, current, bias and |v| * m."""
    bits = max(layer.update.p_bits, layer.update.leak_bits)
    # leak + current + bias is p; a partial sum of the three needs at most two bits more.
    return np.int32 if bits + 2 <= 32 else np.int64


class PreparedLayer:
    """A layer ready to run: float weights, thresholds and biases in the layout of its map."""

    def __init__(self, build: Build, layer: Layer) -> None:
        self.layer, self.timesteps = layer, build.dataflow.timesteps
        self.dtype = membrane_dtype(layer)
        self.synapses: list[tuple[str, Product]] = [
            (synapse.source, product(build, synapse)) for synapse in layer.synapses
        ]
        self.bias = self._laid_out(build.bias(layer))
        v_threshold = build.v_threshold(layer)
        self.v_threshold = None if v_threshold is None else self._laid_out(v_threshold)

    def _laid_out(self, tensor: NDArray) -> NDArray:
        full = empty((), self.layer.shape, self.dtype)
        full[:] = tensor
        return full

    def __call__(self, streams: dict[str, NDArray], membranes: dict[str, NDArray]) -> NDArray:
        """Write the layer's spikes and, if `membranes` has a place for them, its membranes.

        Returns: the membranes after the last step.
        """
        currents, neuron, name = self._currents(streams), self.layer.update.neuron, self.layer.name
        v = np.zeros_like(currents[0])
        for t in range(self.timesteps):
            i = currents[min(t, len(currents) - 1)]  # a static current is replayed
            _, s, v = neuron.step(v, i, self.v_threshold, self.bias)
            if neuron.fires:
                streams[name][t] = s
            if name in membranes:
                membranes[name][t] = v
        return v

    def _currents(self, streams: dict[str, NDArray]) -> NDArray:
        """i[t, b, n] as [T', B, *shape]; T' = 1 if all sources are static."""
        parts = []
        for source, apply in self.synapses:
            s = streams[source]
            parts.append(apply(s).astype(self.dtype).reshape(*s.shape[:2], *self.layer.shape))
        return reduce(np.add, parts)
