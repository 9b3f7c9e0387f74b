"""Random builds from integers alone, widths by hw_models.intervals.

That the intervals are right is what other tests show: test_infer_widths.py by all that inputs can
reach, the engines and the Verilog by overflows, which end them.
"""

import dataclasses
import itertools
import math

import msgspec
import numpy as np

from hw_models.dataflow import (
    Build,
    Conv2d,
    Dataflow,
    Dense,
    Input,
    Layer,
    Pool,
    Shape3,
    Synapse,
    Update,
)
from hw_models.engines.synapse import output_size
from hw_models.intervals import IntegerSynapse, intervals_of, layer_intervals
from hw_models.semantics import INTEGRATOR, Leak, Neuron

TAUS = [0.0, 0.25, 0.5, 0.75, 0.875, 29 / 32, 1.0]


Source = tuple[str, Dense | Conv2d, tuple[Pool, ...]]  # of a synapse: the stream, through pools


class Builder:
    """Adds layers with weights, biases and thresholds drawn, and widths inferred."""

    w_bits, shifts = (2, 4, 8), (0, 0, 3, 7)  # one of each is drawn for a synapse
    thresholds = (0.0, 1.0)  # drawn between, in units of what currents spread over if all fire

    def __init__(
        self, seed: int, encoding: str | None, shape: tuple[int, ...], x_max: int | None = None
    ) -> None:
        self.rng = np.random.default_rng(seed)
        self.widths = np.random.default_rng([seed, 5])
        self.seed = seed
        encoding = encoding or str(self.rng.choice(["static", "ternary", "binary"]))
        drawn = int(self.rng.choice([1, 3, 7, 127])) if encoding == "static" else 1
        self.x_max = x_max or drawn
        self.timesteps = int(self.rng.integers(1, 6))
        self.input = Input(
            name="input", shape=shape, encoding=encoding, x_max=self.x_max, scale=1.0,
        )  # fmt: skip
        self.source, self.shape = "input", shape
        self.streams = {"input": (shape, encoding)}  # name: shape and mode
        self.tensors: dict[str, np.ndarray] = {}
        self.layers: list[Layer] = []

    def neuron(self) -> Neuron:
        return Neuron(
            mode=str(self.rng.choice(["ternary", "binary"])),
            reset=str(self.rng.choice(["hard", "soft"])),
            leak=Leak.from_tau(float(self.rng.choice(TAUS))),
        )

    def add(
        self,
        op: Dense | Conv2d,
        neuron: Neuron | None,
        pools: tuple[Pool, ...] = (),
    ) -> None:
        """A layer that reads the last one through `pools`; None: of integrators without a leak."""
        self.join([(self.source, op, pools)], neuron)

    def join(self, sources: list[Source], neuron: Neuron | None) -> None:
        """A layer of several synapses, each with its source, whose maps have one shape.

        Args:
            neuron: None for integrators without a leak, as most readouts have.
        """
        rng, name = self.rng, f"layer{len(self.layers)}"
        _, op, _ = sources[0]
        shape = (op.n_out,) if isinstance(op, Dense) else op.out_shape
        integers, w_bits, sums, fan_in = [], [], np.zeros(math.prod(shape)), 0
        for k, (source, op, pools) in enumerate(sources):
            w_bits.append(int(rng.choice(self.w_bits)))
            shift, peak = int(rng.choice(self.shifts)), (1 << (w_bits[-1] - 1)) - 1
            w = rng.integers(-peak, peak + 1, op.weight_shape)
            at, mode = self.streams[source]
            integers.append(IntegerSynapse(
                op=op, pools=pools, shift=shift, w=w, source=at, encoding=mode, x_max=self.x_max
            ))  # fmt: skip
            sums += integers[-1].bounds()[1].scaled(1 << shift).hi.reshape(-1)
            fan_in += w[0].size
            self.tensors[f"{name}.syn{k or ''}.weight"] = w.astype(np.int8)
        spread = int(np.sqrt(np.square(sums).mean() / max(1, fan_in))) + 2
        bias = rng.integers(-spread // 4, spread // 4 + 1, shape[0])
        self.tensors |= {f"{name}.bias": bias, f"{name}.lsb": np.ones(shape[0])}
        v_threshold = None
        neuron = neuron or INTEGRATOR
        if neuron.fires:
            low, high = (int(share * spread) for share in self.thresholds)
            v_threshold = rng.integers(low + 1, max(high, low + 2), shape[0])
            self.tensors[f"{name}.v_threshold"] = v_threshold
        accs, bounds = layer_intervals(integers, shape, neuron, bias, v_threshold, self.timesteps)
        lanes, update_lanes = int(rng.integers(1, shape[0] + 1)), int(rng.integers(1, 5))
        more = self.widths.integers(1, shape[0] + 1, len(sources) - 1)  # lanes of other synapses
        engines = self.widths.choice([1, 1, 2, 3], len(sources))
        synapses = tuple(
            Synapse(
                name=f"{name}.syn{k or ''}", source=source, pools=pools, op=op,
                shift=integers[k].shift, w_bits=w_bits[k], acc_bits=accs[k].bits, acc=accs[k],
                lanes=[lanes, *more.tolist()][k], engines=int(engines[k]),
            )
            for k, (source, op, pools) in enumerate(sources)
        )  # fmt: skip
        self.layers.append(
            Layer(
                name=name,
                shape=shape,
                synapses=synapses,
                update=Update.of(neuron, bounds),
                update_lanes=update_lanes,
            )
        )
        self.source, self.shape = name, shape
        self.streams[name] = shape, neuron.mode

    def build(self) -> Build:
        flow = Dataflow(
            name=f"random{self.seed}", target="int8", timesteps=self.timesteps, input=self.input,
            layers=tuple(self.layers), logit_scale=1 / self.timesteps,
            provenance={"seed": self.seed},
        )  # fmt: skip
        return Build(flow, self.tensors)


def leaky_readout(encoding: str) -> Build:
    """A dense network whose readout is of integrators that keep 29/32 of their membrane."""
    builder = Builder(12, encoding, (9,))
    builder.timesteps = 4
    builder.add(Dense(n_in=9, n_out=11), builder.neuron())
    builder.add(Dense(n_in=11, n_out=5), Neuron("integrator", "none", Leak(29, 5)))
    return builder.build()


def with_own_widths(build: Build) -> Build:
    """The build with the intervals and widths that its tensors have."""
    layers = []
    for layer in build.dataflow.layers:
        accs, bounds = intervals_of(build, layer)
        synapses = tuple(
            msgspec.structs.replace(synapse, acc=acc, acc_bits=acc.bits)
            for synapse, acc in zip(layer.synapses, accs, strict=True)
        )
        layers.append(
            msgspec.structs.replace(
                layer, synapses=synapses, update=Update.of(layer.update.neuron, bounds)
            )
        )
    flow = msgspec.structs.replace(build.dataflow, layers=tuple(layers))
    return dataclasses.replace(build, dataflow=flow)


def random_build(
    seed: int,
    *,
    encoding: str | None = None,
    widths: list[int] | None = None,
    x_max: int | None = None,
) -> Build:
    """A dense build: shapes, widths, T, tau, reset, mode, shift and lanes drawn from `seed`."""
    draw = np.random.default_rng([seed, 1])
    widths = widths or [int(n) for n in draw.integers(1, 24, draw.integers(2, 5))]
    builder = Builder(seed, encoding, (widths[0],), x_max)
    for n_in, n_out in itertools.pairwise(widths):
        last = len(builder.layers) == len(widths) - 2
        builder.add(Dense(n_in=n_in, n_out=n_out), None if last else builder.neuron())
    return builder.build()


def random_conv(rng: np.random.Generator, shape: Shape3) -> Conv2d:
    """Any odd or even kernel, stride, padding and group count that fits the map."""
    kernel = tuple(int(rng.integers(1, min(5, n) + 1)) for n in shape[1:])
    stride = tuple(int(s) for s in rng.integers(1, 4, 2))
    padding = tuple(int(rng.integers(0, k // 2 + 1)) for k in kernel)
    groups = int(rng.choice([g for g in range(1, shape[0] + 1) if shape[0] % g == 0]))
    channels = groups * int(rng.integers(1, max(2, 7 // groups)))
    return Conv2d(
        in_shape=shape, out_shape=(channels, *window_outputs(shape, kernel, stride, padding)),
        kernel=kernel, stride=stride, padding=padding, groups=groups,
    )  # fmt: skip


def random_pool(rng: np.random.Generator, shape: Shape3) -> Pool:
    """Overlapping, gapped and non-dividing windows, with padding at times."""
    kernel = tuple(int(rng.integers(1, min(4, n) + 1)) for n in shape[1:])
    stride = tuple(int(s) for s in rng.integers(1, 4, 2))
    padding = tuple(int(rng.integers(0, k // 2 + 1)) for k in kernel)
    return Pool(
        in_shape=shape, out_shape=(shape[0], *window_outputs(shape, kernel, stride, padding)),
        kernel=kernel, stride=stride, padding=padding,
    )  # fmt: skip


def window_outputs(shape, kernel, stride, padding) -> tuple[int, ...]:
    sizes = zip(shape[1:], kernel, stride, padding, strict=True)
    return tuple(output_size(*size) for size in sizes)


def random_conv_build(seed: int, *, encoding: str | None = None, x_max: int | None = None) -> Build:
    """input - [pool?] conv - [pool?] conv - ... - [pool?] dense readout, all drawn from `seed`."""
    draw = np.random.default_rng([seed, 2])
    shape = tuple(int(n) for n in (draw.integers(1, 4), *draw.integers(3, 10, 2)))
    builder = Builder(seed, encoding, shape, x_max)
    for index in range(int(draw.integers(1, 3)) + 1):
        pools, at = (), builder.shape
        if draw.random() < 0.5:
            pools = (random_pool(draw, at),)
            at = pools[-1].out_shape
        if index == 0 or draw.random() < 0.6:
            builder.add(random_conv(draw, at), builder.neuron(), pools)
        else:
            n_in = int(np.prod(at))
            builder.add(Dense(n_in=n_in, n_out=int(draw.integers(1, 12))), builder.neuron(), pools)
            break
    n_in = int(np.prod(builder.shape))
    builder.add(Dense(n_in=n_in, n_out=int(draw.integers(2, 6))), None)
    return builder.build()


def random_input(build: Build, samples: int, seed: int) -> np.ndarray:
    """int8 [T', samples, *shape], extreme values among them."""
    spec = build.dataflow.input
    rng = np.random.default_rng(seed)
    steps = 1 if spec.encoding == "static" else build.dataflow.timesteps
    low = 0 if spec.encoding == "binary" else -spec.x_max
    x = rng.integers(low, spec.x_max + 1, (steps, samples, *spec.shape))
    return (x * (rng.random(x.shape) < 0.6)).astype(np.int8)
