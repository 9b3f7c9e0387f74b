"""Random builds from integers alone, widths by the semantics: for golden, fast and RTL tests."""

import itertools

import numpy as np

from hw_models.artefact import (
    Build,
    Dataflow,
    Dense,
    Group,
    Input,
    Lanes,
    Layer,
    Readout,
    Spiking,
)
from hw_models.semantics import (
    Bounds,
    Interval,
    Leak,
    Neuron,
    digit_peak,
    layer_bounds,
    readout_bounds,
    row_bounds,
)


def dense_layer(
    rng, tensors, name, source, n_in, n_out, timesteps, *, mode, w_bits, shift, neuron, lanes, x_max
) -> Layer:
    """One dense layer, a readout where neuron is None, with weights, bias and thresholds drawn."""
    peak = (1 << (w_bits - 1)) - 1
    w = rng.integers(-peak, peak + 1, (n_out, n_in))
    tensors[f"{name}.syn.weight"] = w.astype(np.int8)
    negative, positive = np.minimum(w, 0).sum(1), np.maximum(w, 0).sum(1)
    if mode == "static":
        rows = row_bounds(negative, positive, "ternary")
        partial, complete = rows.scaled(digit_peak(x_max)), rows.scaled(x_max)
    else:
        partial = complete = row_bounds(negative, positive, mode)
    acc = Interval.hull(partial.lo, partial.hi, True)
    current = Bounds(complete.lo << shift, complete.hi << shift)
    typical = max(2, int(np.sqrt(n_in) * peak * (x_max / 2 if mode == "static" else 1)) << shift)
    bias = rng.integers(-typical // 4, typical // 4 + 1, n_out)
    tensors[f"{name}.bias"] = bias
    tensors[f"{name}.lsb"] = np.ones(n_out)
    if neuron is None:
        logit = readout_bounds(current, bias, timesteps)
        update = Readout(logit_bits=logit.bits, logit=logit, scale=1.0)
    else:
        v_threshold = rng.integers(1, typical, n_out)
        tensors[f"{name}.v_threshold"] = v_threshold
        b = layer_bounds(neuron, current, v_threshold, bias, timesteps)
        update = Spiking(
            neuron=neuron,
            p_bits=b.p.bits,
            v_bits=b.v.bits,
            leak_bits=b.v.bits + neuron.leak.k,
            p=b.p,
            v=b.v,
        )
    group = Group(
        name=f"{name}.syn",
        source=source,
        op=Dense(n_in=n_in, n_out=n_out),
        shift=shift,
        w_bits=w_bits,
        acc_bits=acc.bits,
        acc=acc,
    )
    return Layer(name=name, shape=(n_out,), groups=(group,), update=update, lanes=lanes)


def random_build(
    seed: int, *, encoding: str | None = None, widths: list[int] | None = None
) -> Build:
    """A dense build: shapes, widths, T, tau, reset, mode, shift and lanes drawn from `seed`."""
    rng = np.random.default_rng(seed)
    encoding = encoding or str(rng.choice(["static", "ternary", "binary"]))
    timesteps = int(rng.integers(1, 6))
    widths = widths or [int(n) for n in rng.integers(1, 24, rng.integers(2, 5))]
    x_max = int(rng.choice([1, 7, 127])) if encoding == "static" else 1
    shape = (widths[0],)
    source, mode, tensors, layers = "input", encoding, {}, []
    for index, (n_in, n_out) in enumerate(itertools.pairwise(widths)):
        last = index == len(widths) - 2
        neuron = None if last else Neuron(
            mode=str(rng.choice(["ternary", "binary"])),  # pyright: ignore[reportArgumentType]
            reset=str(rng.choice(["hard", "soft"])),  # pyright: ignore[reportArgumentType]
            leak=Leak.from_tau(float(rng.choice([0.25, 0.5, 0.75, 0.875, 29 / 32, 1.0]))),
        )  # fmt: skip
        lanes = Lanes(accumulate=int(rng.integers(1, n_out + 1)), update=int(rng.integers(1, 5)))
        layers.append(
            dense_layer(
                rng, tensors, f"layer{index}", source, n_in, n_out, timesteps, mode=mode,
                w_bits=int(rng.choice([2, 4, 8])), shift=int(rng.choice([0, 0, 3, 7])),
                neuron=neuron, lanes=lanes, x_max=x_max,
            )
        )  # fmt: skip
        source, mode = layers[-1].name, neuron.mode if neuron else mode
    flow = Dataflow(
        name=f"random{seed}", target="int8", timesteps=timesteps,
        input=Input(name="input", shape=shape, encoding=encoding, x_max=x_max, scale=1.0),  # pyright: ignore[reportArgumentType]
        layers=tuple(layers), provenance={"seed": seed},
    )  # fmt: skip
    return Build(flow, tensors)


def random_input(build: Build, samples: int, seed: int) -> np.ndarray:
    """int8 [T', samples, *shape], extreme values among them."""
    spec = build.dataflow.input
    rng = np.random.default_rng(seed)
    steps = 1 if spec.encoding == "static" else build.dataflow.timesteps
    low = 0 if spec.encoding == "binary" else -spec.x_max
    x = rng.integers(low, spec.x_max + 1, (steps, samples, *spec.shape))
    return (x * (rng.random(x.shape) < 0.6)).astype(np.int8)
