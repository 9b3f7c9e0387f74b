"""The fast engine: the golden model's integers by float matrix products that are proven exact."""

import numpy as np
from numpy.typing import NDArray

from hw_models.artefact import Build, Conv2d, Dense, Group, Layer, Spiking
from hw_models.golden import Trace, check_input
from hw_models.synapse import pooled


def run(build: Build, x: NDArray[np.int8]) -> Trace:
    """As golden.run, value for value, without its checks of widths; membranes in int32 or int64."""
    check_input(build, x)
    flow = build.dataflow
    streams: dict[str, NDArray] = {flow.input.name: x}
    membranes: dict[str, NDArray] = {}
    for layer in flow.layers:
        dtype = membrane_dtype(layer)
        currents = layer_currents(build, layer, streams, dtype)
        bias = build.bias(layer).astype(dtype)
        if isinstance(layer.update, Spiking):
            streams[layer.name], membranes[layer.name] = spiking(build, layer, currents, bias)
        else:
            steps = (flow.timesteps, *currents.shape[1:])
            membranes[layer.name] = np.cumsum(
                np.broadcast_to(currents + bias, steps), axis=0, dtype=dtype
            )
    streams.pop(flow.input.name)
    logits = membranes[flow.layers[-1].name][-1].reshape(x.shape[1], -1)
    return Trace(streams, membranes, logits.astype(np.int64))


def membrane_dtype(layer: Layer) -> type[np.int32] | type[np.int64]:
    """The type that holds every sum of an update: leak, current, bias and |v| * m."""
    update = layer.update
    bits = (
        max(update.p_bits, update.leak_bits) if isinstance(update, Spiking) else update.logit_bits
    )
    # leak + current + bias is p; a partial sum of the three needs at most two bits more.
    return np.int32 if bits + 2 <= 32 else np.int64


def layer_currents(build: Build, layer: Layer, streams: dict[str, NDArray], dtype) -> NDArray:
    """i[t, b, n], [T', B, *shape]."""
    parts = [accumulate(build, g, streams[g.source]).astype(dtype) << g.shift for g in layer.groups]
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total.reshape(*total.shape[:2], *layer.shape)


def accumulate(build: Build, group: Group, s: NDArray) -> NDArray:
    """acc[t, b, *shape], [T', B, ...], as floats that carry integers.

    Every partial sum of a dot product, in any order and blocking, lies within `group.acc`, which
    bounds any subset of the additions; a float of b mantissa bits holds integers up to 2**b.
    """
    dtype = carrier(max(-group.acc.lo, group.acc.hi))
    x, w = pooled(group.pools, s.astype(dtype)), build.weight(group).astype(dtype)
    if isinstance(group.op, Dense):
        return x.reshape(*s.shape[:2], -1) @ w.T
    return convolve(group.op, w, x)


def convolve(op: Conv2d, w: NDArray, x: NDArray) -> NDArray:
    """A matrix product over windows laid out as rows: [T', B, *in_shape] to [T', B, *out_shape]."""
    steps, samples = x.shape[:2]
    (py, px), (_, rows, columns) = op.padding, op.out_shape
    padded = np.pad(x.reshape(-1, *op.in_shape), [(0, 0), (0, 0), (py, py), (px, px)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, op.kernel, axis=(2, 3))
    windows = windows[:, :, :: op.stride[0], :: op.stride[1]]
    outputs, inputs = op.out_shape[0] // op.groups, op.in_shape[0] // op.groups
    parts = []
    for g in range(op.groups):
        seen = windows[:, g * inputs : (g + 1) * inputs].transpose(0, 2, 3, 1, 4, 5)
        kernel = w[g * outputs : (g + 1) * outputs].reshape(outputs, -1)
        product = seen.reshape(len(padded) * rows * columns, -1) @ kernel.T
        parts.append(product.reshape(steps, samples, rows, columns, outputs))
    return np.moveaxis(np.concatenate(parts, axis=-1), -1, 2)


def carrier(largest: int) -> type[np.float32] | type[np.float64]:
    """The narrowest float type in which all integers up to `largest` are exact."""
    if largest <= 1 << 24:
        return np.float32
    if largest <= 1 << 53:
        return np.float64
    raise OverflowError(f"sums up to {largest} are exact in no float type here")


def spiking(
    build: Build, layer: Layer, currents: NDArray, bias: NDArray
) -> tuple[NDArray[np.int8], NDArray]:
    """Spikes and membranes [T, B, *shape]; a static current is replayed T times."""
    assert isinstance(layer.update, Spiking)
    neuron, timesteps = layer.update.neuron, build.dataflow.timesteps
    v_threshold = build.v_threshold(layer).astype(currents.dtype)
    spikes = np.empty((timesteps, *currents.shape[1:]), np.int8)
    membranes = np.empty(spikes.shape, currents.dtype)
    v = np.zeros(currents.shape[1:], currents.dtype)
    for t in range(timesteps):
        _, spikes[t], v = neuron.step(v, currents[min(t, len(currents) - 1)], v_threshold, bias)
        membranes[t] = v
    return spikes, membranes
