"""The integers of a core whose weights have flipped: the golden model's, in sums that wrap.

The widths of a build are proven for its own weights. A flipped one can lead beyond them, and then
the core's sums wrap, each in its own width.
"""

from collections.abc import Mapping

import msgspec
import numpy as np
from numpy.typing import NDArray

from hw_models.core.layout import SynapseLayout, layout_of
from hw_models.dataflow import Build, Layer, Synapse
from hw_models.engines.golden import Trace
from hw_models.engines.numpy_network import tile_samples
from hw_models.engines.products import product
from hw_models.semantics import Interval, Ints
from rtl_sim.upsets.flips import Flip
from rtl_sim.upsets.memories import Memory

Weights = Mapping[tuple[str, int], Ints]  # by synapse and engine, those that have flipped
ANY = Interval(-(1 << 53), 1 << 53, False)  # what float64 holds


def flipped_weights(build: Build, memories: list[Memory], flips: list[Flip]) -> Weights:
    """The weights of the engines in whose memories bits have flipped, as tensors of the synapse."""
    synapses = {s.name: s for layer in build.dataflow.layers for s in layer.synapses}
    found: dict[tuple[str, int], Ints] = {}
    for flip in flips:
        memory = memories[flip.memory]
        assert memory.places is not None
        if flip.bit >= memory.word_bits - memory.parity:  # no weight
            continue
        synapse = synapses[memory.owner]
        w = found.setdefault((memory.owner, memory.engine), build.weight(synapse).copy())
        lane, bit = divmod(flip.bit, memory.weight_bits)
        flat, place = w.reshape(-1), memory.places[flip.word, lane]
        flat[place] = wrapped(flat[place] ^ (1 << bit), memory.weight_bits)
    return found


def wrapped(values: Ints, bits: int) -> Ints:
    """The two's complement numbers in the lowest `bits` bits of some integers."""
    half = 1 << (bits - 1)
    return ((values + half) & ((1 << bits) - 1)) - half


def run(build: Build, x: NDArray[np.int8], weights: Weights) -> Trace:
    """Execute the build on B samples x [T', B, *shape], as golden.run does, with other weights."""
    flow = build.dataflow
    streams: dict[str, NDArray] = {flow.input.name: x}
    membranes: dict[str, Ints] = {}
    for layer in flow.layers:
        current = np.zeros((), np.int64)
        for synapse, laid in zip(layer.synapses, layout_of(flow, layer).synapses, strict=True):
            acc = sums(build, synapse, laid, streams[synapse.source], weights)
            current = current + acc.reshape(*acc.shape[:2], *layer.shape)
        streams[layer.name], membranes[layer.name] = update(build, layer, current)
    return Trace(
        {layer.name: streams[layer.name] for layer in flow.layers if layer.fires},
        membranes,
        membranes[flow.layers[-1].name][-1].reshape(x.shape[1], -1),
    )


def predictions(build: Build, x: NDArray[np.int8], weights: Weights) -> Ints:
    """The classes of any number of samples, [B]."""
    step = tile_samples(build)
    parts = [run(build, x[:, n : n + step], weights) for n in range(0, x.shape[1], step)]
    return np.concatenate([part.predictions for part in parts])


def sums(build: Build, synapse: Synapse, laid: SynapseLayout, s: NDArray, weights: Weights) -> Ints:
    """A synapse's currents [T', B, C, H, W]; each engine gives its own columns."""
    unbounded, flow = msgspec.structs.replace(synapse, acc=ANY), build.dataflow

    def of(w: Ints) -> Ints:
        apply = product(Build(flow, {f"{synapse.name}.weight": w}), unbounded)
        return apply(s).astype(np.int64).reshape(*s.shape[:2], *laid.op.out_shape)

    found, count = of(build.weight(synapse)), len(laid.engines)
    for engine in range(count):
        if (flipped := weights.get((synapse.name, engine))) is not None:
            found[..., engine::count] = of(flipped)[..., engine::count]
    return wrapped(found, synapse.acc_bits + synapse.shift)


def update(build: Build, layer: Layer, currents: Ints) -> tuple[NDArray[np.int8], Ints]:
    """Spikes and membranes of a layer, [T, B, *shape] each, as golden.update."""
    v = np.zeros(currents.shape[1:], np.int64)
    spikes, membranes = [], []
    for i in np.broadcast_to(currents, (build.dataflow.timesteps, *currents.shape[1:])):
        s, v = stepped(build, layer, v, i)
        spikes.append(s)
        membranes.append(v)
    return np.stack(spikes), np.stack(membranes)


def stepped(build: Build, layer: Layer, v: Ints, i: Ints) -> tuple[NDArray[np.int8], Ints]:
    """Spikes and membranes after one step from any membranes v and currents i."""
    widths, neuron, v_threshold = layer.update, layer.update.neuron, build.v_threshold(layer)
    p = wrapped(neuron.leak(v) + i + build.bias(layer), widths.p_bits)
    s = neuron.fire(p, v_threshold)
    return s, wrapped(neuron.reset_membrane(p, s, v_threshold), widths.v_bits)
