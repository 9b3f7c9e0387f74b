"""The golden model: docs/semantics.md in int64, written as directly as its text."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hw_models.dataflow import Build, Layer, Synapse
from hw_models.engines.synapse import pooled, weighted_sums
from hw_models.errors import InputError
from hw_models.semantics import Ints, signed_digits

Spikes = NDArray[np.int8]


class WidthError(OverflowError):
    """A value does not fit the width that the build declares for it."""


@dataclass(frozen=True, slots=True)
class Trace:
    """All values that a run computes; arrays are time-major."""

    spikes: dict[str, Spikes]  # by spiking layer, [T, B, *shape]
    membranes: dict[str, Ints]  # after the reset, [T, B, *shape]; readout: the sum so far
    logits: Ints  # [B, classes]

    @property
    def predictions(self) -> Ints:
        """The class of the largest logit, [B]; the lowest index wins a tie."""
        return self.logits.argmax(axis=1)


def check_input(build: Build, x: NDArray) -> None:
    """Raise InputError unless x holds integers within the input's range.

    A static input has the shape [1, B, *shape], any other [T, B, *shape].
    """
    spec = build.dataflow.input
    if not isinstance(x, np.ndarray) or not np.issubdtype(x.dtype, np.integer):
        found = f"{x.dtype} values" if isinstance(x, np.ndarray) else f"a {type(x).__name__}"
        raise InputError(
            f"{spec.name}: {found}, need an array of integers, which "
            "qtrain.network.recording.integer_inputs makes of a network's real inputs"
        )
    steps = build.dataflow.input_steps
    if x.ndim < 2 or x.shape[0] != steps or x.shape[2:] != spec.shape:
        raise InputError(
            f"{spec.name}: shape {list(x.shape)}, need [{steps}, samples, "
            + ", ".join(map(str, spec.shape)) + "]"
        )  # fmt: skip
    low, high = spec.value_range
    if x.size and not low <= int(x.min()) <= int(x.max()) <= high:
        raise InputError(f"{spec.name}: values {x.min()}..{x.max()}, need {low}..{high}")


def run(build: Build, x: NDArray[np.int8]) -> Trace:
    """Execute the build on B samples.

    Args:
        build: the network.
        x: int8 [1, B, *shape] for a static input, otherwise spikes [T, B, *shape].

    Raises:
        InputError: x does not fit the build's input.
        WidthError: a value, or a partial sum in some order of the events, exceeds its width.
    """
    check_input(build, x)
    flow = build.dataflow
    streams: dict[str, NDArray] = {flow.input.name: x}
    membranes: dict[str, Ints] = {}
    for layer in flow.layers:
        currents = layer_currents(build, layer, streams)
        streams[layer.name], membranes[layer.name] = update(build, layer, currents)
    return Trace(
        {layer.name: streams[layer.name] for layer in flow.layers if layer.fires},
        membranes,
        membranes[flow.layers[-1].name][-1].reshape(x.shape[1], -1),
    )


def layer_currents(build: Build, layer: Layer, streams: dict[str, NDArray]) -> Ints:
    """i[t, b, n] = sum over synapses of acc << shift, [T, B, *shape]; [1, ...] if all static."""
    current = np.zeros((), np.int64)
    for synapse in layer.synapses:
        acc = accumulate(build, synapse, streams[synapse.source])
        current = current + (acc << synapse.shift).reshape(*acc.shape[:2], *layer.shape)
    return current


def accumulate(build: Build, synapse: Synapse, s: NDArray) -> Ints:
    """acc[t, b, n] for the events s; checks that every order of additions fits acc_bits."""
    w, events = build.weight(synapse), s.astype(np.int64)
    total = weighted_sums(synapse.op, w, pooled(synapse.pools, events))
    # The additions of each sign are summed separately: an event adds +-w, a digit d +-(w << d).
    magnitude = digit_magnitudes(build.dataflow.input.x_max)[np.abs(events)]
    both = weighted_sums(synapse.op, np.abs(w), pooled(synapse.pools, magnitude))
    check_width(f"{synapse.name}: acc", (total - both) // 2, (total + both) // 2, synapse.acc_bits)
    return total


def digit_magnitudes(x_max: int) -> Ints:
    """The sum of 2**exponent over the signed digits of each value in 0..x_max; 1 for a spike."""
    return np.array([sum(1 << e for _, e in signed_digits(x)) for x in range(x_max + 1)])


def update(build: Build, layer: Layer, currents: Ints) -> tuple[Spikes, Ints]:
    """Spikes and membranes of a layer, [T, B, *shape] each; a static current serves all steps."""
    widths, timesteps = layer.update, build.dataflow.timesteps
    v_threshold, bias = build.v_threshold(layer), build.bias(layer)
    v = np.zeros(currents.shape[1:], np.int64)
    spikes, membranes = [], []
    for i in np.broadcast_to(currents, (timesteps, *currents.shape[1:])):
        p, s, v = widths.neuron.step(v, i, v_threshold, bias)
        check_width(f"{layer.name}: p", p, p, widths.p_bits)
        check_width(f"{layer.name}: v", v, v, widths.v_bits)
        spikes.append(s)
        membranes.append(v)
    return np.stack(spikes), np.stack(membranes)


def check_width(what: str, lo: Ints, hi: Ints, bits: int) -> None:
    """Raise WidthError unless lo and hi fit two's complement numbers of `bits` bits."""
    bound = 1 << (bits - 1)
    if lo.size and (int(lo.min()) < -bound or int(hi.max()) >= bound):
        raise WidthError(f"{what} in {int(lo.min())}..{int(hi.max())} exceeds {bits} bits")
