"""The golden model against a neuron-by-neuron, event-by-event walk in plain Python."""

import msgspec
import numpy as np
import pytest

from hw_models.dataflow import Build
from hw_models.engines import fast, golden
from hw_models.engines.golden import WidthError
from hw_models.engines.onnx_runtime import execute
from hw_models.errors import InputError
from hw_models.semantics import signed_digits
from tests.builders.random_builds import random_build, random_input


def walk(build: Build, x: np.ndarray, rng: np.random.Generator):
    """Spikes and membranes of one sample [T', *shape], its events added one by one in any order."""
    flow = build.dataflow
    stream = [step.reshape(-1).tolist() for step in x]
    spikes, membranes = {}, {}
    for layer in flow.layers:
        (synapse,) = layer.synapses
        w, bias = build.weight(synapse), build.bias(layer)
        v, spikes[layer.name], membranes[layer.name] = [0] * layer.size, [], []
        for t in range(flow.timesteps):
            values = stream[min(t, len(stream) - 1)]
            events = [
                (j, sign << e if sign > 0 else -(1 << e))
                for j, value in enumerate(values)
                for sign, e in signed_digits(value)
            ]
            rng.shuffle(events)
            acc = [0] * layer.size
            for j, worth in events:
                for n in range(layer.size):
                    acc[n] += int(w[n, j]) * worth
                    assert -(1 << (synapse.acc_bits - 1)) <= acc[n] < 1 << (synapse.acc_bits - 1)
            out = []
            for n in range(layer.size):
                i = acc[n] << synapse.shift
                if not layer.fires:
                    v[n] += i + int(bias[n])
                    continue
                neuron, theta = layer.update.neuron, int(build.v_threshold(layer)[n])
                leak = (abs(v[n]) * neuron.leak.m) >> neuron.leak.k
                p = (leak if v[n] >= 0 else -leak) + i + int(bias[n])
                s = int(p >= theta) - int(neuron.mode == "ternary" and p <= -theta)
                v[n] = p - s * theta if neuron.reset == "soft" else (0 if s else p)
                out.append(s)
            spikes[layer.name].append(out)
            membranes[layer.name].append(list(v))
        stream = spikes[layer.name]
    return spikes, membranes


@pytest.mark.parametrize("seed", range(24))
def test_equals_a_walk_over_single_events(seed):
    build = random_build(seed)
    x = random_input(build, 3, seed)
    trace = golden.run(build, x)
    for sample in range(3):
        spikes, membranes = walk(build, x[:, sample], np.random.default_rng(seed))
        for name, got in trace.spikes.items():
            np.testing.assert_array_equal(got[:, sample], spikes[name])
        for name, got in trace.membranes.items():
            np.testing.assert_array_equal(got[:, sample], membranes[name])
        last = build.dataflow.layers[-1].name
        np.testing.assert_array_equal(trace.logits[sample], membranes[last][-1])


def test_the_lowest_class_wins_a_tie():
    build = random_build(0, encoding="ternary", widths=[4, 3])
    (layer,) = build.dataflow.layers
    zeros = {name: np.zeros_like(t) for name, t in build.tensors.items()}
    trace = golden.run(Build(build.dataflow, zeros), random_input(build, 5, 0))
    assert not layer.fires
    np.testing.assert_array_equal(trace.predictions, np.zeros(5))


def narrowed(build: Build, **bits: int) -> Build:
    """The build with its first layer's widths replaced."""
    first, *rest = build.dataflow.layers
    synapse = msgspec.structs.replace(first.synapses[0], acc_bits=bits.get("acc", 40))
    update = msgspec.structs.replace(
        first.update, p_bits=bits.get("p", 40), v_bits=bits.get("v", 40)
    )
    first = msgspec.structs.replace(first, synapses=(synapse,), update=update)
    flow = msgspec.structs.replace(build.dataflow, layers=(first, *rest))
    return Build(flow, build.tensors)


@pytest.mark.parametrize("what", ["acc", "p", "v"])
def test_a_width_one_bit_too_narrow_raises(what):
    """The bound of acc is attained; p and v are narrowed below a value they do take."""
    build = random_build(4, encoding="ternary", widths=[12, 6, 3])
    first = build.dataflow.layers[0]
    synapse = first.synapses[0]
    w = build.weight(synapse)
    row = int(np.abs(w).sum(axis=1).argmax())
    x = np.sign(w[row]).astype(np.int8) * np.ones((build.dataflow.timesteps, 1, 1), np.int8)
    trace = golden.run(build, x)
    largest = int(np.abs(trace.membranes[first.name]).max())
    needs = {"acc": synapse.acc_bits, "p": largest.bit_length() + 1, "v": largest.bit_length() + 1}
    golden.run(narrowed(build), x)
    with pytest.raises(WidthError, match=f"{what} in .* exceeds {needs[what] - 1} bits"):
        golden.run(narrowed(build, **{what: needs[what] - 1}), x)


def test_any_order_of_a_static_inputs_digits_is_checked():
    """All inputs at 106 = 128 - 32 + 8 + 2 pass through 138, which no complete sum shows."""
    build = random_build(5, encoding="static", widths=[6, 4, 2])
    build = Build(
        msgspec.structs.replace(
            build.dataflow, input=msgspec.structs.replace(build.dataflow.input, x_max=127)
        ),
        {**build.tensors, "layer0.syn.weight": np.ones((4, 6), np.int8)},
    )
    x = np.full((1, 1, 6), 106, np.int8)
    partial, complete = 138 * 6, 106 * 6
    fits = partial.bit_length() + 1
    assert complete.bit_length() == partial.bit_length()
    golden.accumulate(build, with_acc_bits(build, fits), x)
    with pytest.raises(WidthError, match=f"-192..{partial}"):
        golden.accumulate(build, with_acc_bits(build, fits - 1), x)


def with_acc_bits(build: Build, bits: int):
    return msgspec.structs.replace(build.dataflow.layers[0].synapses[0], acc_bits=bits)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x: x[:, :, :-1], "shape"),
        (lambda x: np.concatenate([x, x]), "shape"),
        (lambda x: x + 3, "values"),
    ],
)
def test_an_input_that_does_not_fit_is_refused(change, message):
    build = random_build(1, encoding="ternary", widths=[4, 3])
    with pytest.raises(InputError, match=message):
        golden.run(build, change(random_input(build, 2, 0)))


@pytest.mark.parametrize("engine", [golden.run, fast.run, lambda b, x: execute(b, None, x)])
@pytest.mark.parametrize(
    ("spoil", "part"),
    [
        (lambda x: x / 127, "float64 values, need an array of integers"),
        (lambda x: x.astype(np.float32), "float32 values"),
        (lambda x: x != 0, "bool values"),
        (lambda x: x.astype(complex), "complex128 values"),
        (lambda x: x.tolist(), "a list"),
        (lambda x: x.astype(np.int64) + 200, "values"),
        (lambda x: x.astype(np.uint8) + 128, "values"),
        (lambda x: x[..., None], "shape"),
    ],
)
def test_every_engine_takes_integers_in_range_alone(engine, spoil, part):
    build = random_build(0)
    with pytest.raises(InputError, match=part):
        engine(build, spoil(np.abs(random_input(build, 3, 0))))
