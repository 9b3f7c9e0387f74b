"""The fast engine's network in NumPy, for machines and builds that cannot take the one in C."""

import math
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from hw_models.dataflow import Build, Layer
from hw_models.engines.arrays import empty, membrane_dtype
from hw_models.engines.products import Product, product

# Size of the largest stream or current of a tile, so that the network's data stay in the cache.
TILE_BYTES = 1 << 21


class NumpyNetwork:
    """A build whose layers are prepared once; it runs a tile of samples after the other."""

    def __init__(self, build: Build) -> None:
        flow = build.dataflow
        self._input = flow.input.name
        self._layers = [PreparedLayer(build, layer) for layer in flow.layers]
        self._tile = tile_samples(build)

    def __call__(
        self, x: NDArray[np.int8], spikes: list[NDArray | None], membranes: list[NDArray | None],
        last: NDArray,
    ) -> None:  # fmt: skip
        """Write what all layers make of x [T', B, *shape].

        Args:
            spikes, membranes: by layer, [T, B, *shape].
            last: the last layer's membranes after the last step, [B, *shape].
        """
        for start in range(0, x.shape[1], self._tile):
            part = slice(start, start + self._tile)
            streams = {self._input: x[:, part]}
            for layer, s, v in zip(self._layers, spikes, membranes, strict=True):
                name = layer.layer.name
                if s is not None:
                    streams[name] = s[:, part]
                kept = None if v is None else v[:, part]
                last_v = layer(streams, streams.get(name), kept)
            last[part] = last_v


def tile_samples(build: Build) -> int:
    """The number of samples that go through the whole network together."""
    flow = build.dataflow
    largest = max(math.prod(flow.input.shape), *(layer.size for layer in flow.layers))
    return max(1, TILE_BYTES // (flow.timesteps * largest * 4))


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

    def __call__(
        self, streams: dict[str, NDArray], spikes: NDArray | None, membranes: NDArray | None
    ) -> NDArray:
        """Write the layer's spikes and membranes into the arrays that there are.

        Returns: the membranes after the last step.
        """
        currents, neuron = self._currents(streams), self.layer.update.neuron
        v = np.zeros_like(currents[0])
        for t in range(self.timesteps):
            i = currents[min(t, len(currents) - 1)]  # a static current is replayed
            _, s, v = neuron.step(v, i, self.v_threshold, self.bias)
            if spikes is not None:
                spikes[t] = s
            if membranes is not None:
                membranes[t] = v
        return v

    def _currents(self, streams: dict[str, NDArray]) -> NDArray:
        """i[t, b, n] as [T', B, *shape]; T' = 1 if all sources are static."""
        parts = []
        for source, apply in self.synapses:
            s = streams[source]
            parts.append(apply(s).astype(self.dtype).reshape(*s.shape[:2], *self.layer.shape))
        return reduce(np.add, parts)
