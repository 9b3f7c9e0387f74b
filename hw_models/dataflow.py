"""The structs of dataflow.json, which describe a build folder, and a build in memory.

docs/artefact.md describes every field. The description has accumulations, leaks, comparisons and
resets; it cannot express a multiplication.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from hw_models.errors import InputError
from hw_models.semantics import Interval, Ints, LayerBounds, Neuron, Spikes

FORMAT = "trispike-dataflow"
VERSION = 4
DATAFLOW, TENSORS, IDENTITY = "dataflow.json", "tensors.npz", "dataflow.sha256"

Target = Literal["int8", "int4", "ternary"]
TARGET_BITS: dict[str, int] = {"int8": 8, "int4": 4, "ternary": 2}  # bits of a weight

Encoding = Literal["static", Spikes]
STATIC: Literal["static"] = "static"  # an input that is the same at all time steps


class Input(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The stream that enters the core: x = round((raw - zero) * unit / scale), within +-x_max."""

    name: str
    shape: tuple[int, ...]  # shape of one sample in one time step
    # static: int8 values that hold for all T steps and enter once as signed digits;
    # ternary, binary: spikes in each time step
    encoding: Encoding
    x_max: int  # static: |x| <= x_max; otherwise 1
    scale: float  # the real value of x = 1
    zero: float = 0.0  # the raw value, as the data set has it, that means 0
    unit: float = 1.0  # the real value of a raw step of 1

    @property
    def value_range(self) -> tuple[int, int]:
        """The least and the largest x."""
        return 0 if self.encoding == "binary" else -self.x_max, self.x_max


class Dense(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="dense"):
    """acc[n] = sum_j w[n, j] * s[j] over events, with the weight tensor [n_out, n_in]."""

    n_in: int
    n_out: int

    @property
    def weight_shape(self) -> tuple[int, ...]:
        return self.n_out, self.n_in


Pair = tuple[int, int]  # height, width
Shape3 = tuple[int, int, int]  # channels, height, width


class Conv2d(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="conv2d"):
    """acc[o, y, x] = sum over c, ky, kx of w[o, c, ky, kx] * s[c', y*sy - py + ky, x*sx - px + kx].

    c' = c + (o // (C_out / groups)) * C_in / groups. Outside of the map, s is 0. The weight tensor
    is [C_out, C_in / groups, *kernel].
    """

    in_shape: Shape3
    out_shape: Shape3
    kernel: Pair
    stride: Pair
    padding: Pair
    groups: int

    @property
    def n_in(self) -> int:
        return math.prod(self.in_shape)

    @property
    def n_out(self) -> int:
        return math.prod(self.out_shape)

    @property
    def group_inputs(self) -> int:
        """The number of input channels in a convolution group."""
        return self.in_shape[0] // self.groups

    @property
    def group_outputs(self) -> int:
        """The number of output channels in a convolution group."""
        return self.out_shape[0] // self.groups

    @property
    def weight_shape(self) -> tuple[int, ...]:
        return self.out_shape[0], self.group_inputs, *self.kernel


class Pool(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A pool: an event at [c, y, x] becomes one at each window [c, y', x'] that contains it.

    A window contains it if y'*sy - py <= y < y'*sy - py + ky, and likewise for x. The events at a
    window thus represent the sum over it.
    """

    in_shape: Shape3
    out_shape: Shape3
    kernel: Pair
    stride: Pair
    padding: Pair


class Synapse(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One synapse of a layer: i[n] += acc[n] << shift. Its tensor is `<name>.weight`."""

    name: str
    source: str  # name of the input or of a layer
    pools: tuple[Pool, ...] = ()  # between the source and the operation, in order
    op: Dense | Conv2d
    shift: int
    w_bits: int
    acc_bits: int  # before the shift
    acc: Interval  # interval of every partial sum, in any order of a step's events
    # How wide the core works on it, which changes cycles and area, never values:
    lanes: int = 1  # accumulate lanes of each of its engines, at most
    engines: int = 1  # engines side by side, each for every so many-th column of the layer's map


class Update(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The work of a layer's neurons in each time step: p = leak(v) + i + bias, fire, reset.

    Its tensors are `<layer>.bias`, and `<layer>.v_threshold` if the neurons fire. The readout's
    neurons are integrators: v after the last time step is the logits.
    """

    neuron: Neuron
    p_bits: int  # also holds +-v_threshold
    v_bits: int
    leak_bits: int  # width of the leak's shift-and-add: v_bits + k
    p: Interval
    v: Interval

    @classmethod
    def of(cls, neuron: Neuron, bounds: LayerBounds) -> "Update":
        """Neurons with these intervals, each in the width that its interval needs."""
        p, v = bounds.p, bounds.v
        return cls(
            neuron=neuron,
            p_bits=p.bits,
            v_bits=v.bits,
            leak_bits=v.bits + neuron.leak.k,
            p=p,
            v=v,
        )


class Layer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Synapses and the neurons they feed. The tensor `<name>.lsb` is the real value of v = 1."""

    name: str
    shape: tuple[int, ...]  # channels first
    synapses: tuple[Synapse, ...]
    update: Update
    update_lanes: int = 1  # neurons that are updated at once, at most

    @property
    def size(self) -> int:
        """The number of neurons."""
        return math.prod(self.shape)

    @property
    def fires(self) -> bool:
        """Whether its neurons emit spikes; those of the readout do not."""
        return self.update.neuron.fires


class Dataflow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The content of dataflow.json. Layers are in execution order, the readout last."""

    format: str = FORMAT
    version: int = VERSION
    name: str
    target: Target  # the weight type that was asked for
    timesteps: int
    input: Input
    layers: tuple[Layer, ...]
    logit_scale: float  # the real value of logit = 1, for all classes
    labels: tuple[str, ...] = ()  # the name of each class; empty where they are not known
    provenance: dict[str, str | int | float | bool]
    warnings: tuple[str, ...] = ()
    files: dict[str, str] = {}  # sha256 of each file beside dataflow.json

    @property
    def input_steps(self) -> int:
        """T', the steps in which a sample enters: 1 where it is static, else T."""
        return 1 if self.input.encoding == STATIC else self.timesteps

    def mode_of(self, source: str) -> Encoding:
        """The kind of events in a stream, by the name of the input or of a layer."""
        if source == self.input.name:
            return self.input.encoding
        neuron = next(layer.update.neuron for layer in self.layers if layer.name == source)
        if neuron.mode == "integrator":
            raise InputError(f"{source}: a readout feeds no layer")
        return neuron.mode

    def shape_of(self, source: str) -> tuple[int, ...]:
        """The shape of a stream, by the name of the input or of a layer."""
        if source == self.input.name:
            return self.input.shape
        return next(layer.shape for layer in self.layers if layer.name == source)


def alike(shape: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Whether two shapes are the same; a map of one position counts as a vector."""
    same_size = math.prod(shape) == math.prod(other)
    return shape == other or (same_size and (1, 1) in (shape[1:], other[1:]))


def per_neuron(tensor: Ints, shape: tuple[int, ...]) -> Ints:
    """A per-channel tensor [C], reshaped to broadcast over a layer's shape [C, ...]."""
    return tensor.reshape(-1, *[1] * (len(shape) - 1))


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Build:
    """A network ready to execute: its description, its integers and, once saved, its folder.

    An engine may keep what it has prepared for a build, so each build is equal to itself alone.
    """

    dataflow: Dataflow
    tensors: Mapping[str, NDArray]
    path: Path | None = None
    sha256: str | None = None  # sha256 of dataflow.json, which names the sha256 of all other files
    files: Mapping[str, bytes] = field(default_factory=dict)  # more files to save: mem/, rtl/

    def weight(self, synapse: Synapse) -> Ints:
        return self.tensors[f"{synapse.name}.weight"].astype(np.int64)

    def bias(self, layer: Layer) -> Ints:
        return per_neuron(self.tensors[f"{layer.name}.bias"].astype(np.int64), layer.shape)

    def v_threshold(self, layer: Layer) -> Ints | None:
        """The thresholds, or None if the layer's neurons do not fire."""
        if not layer.fires:
            return None
        return per_neuron(self.tensors[f"{layer.name}.v_threshold"].astype(np.int64), layer.shape)
