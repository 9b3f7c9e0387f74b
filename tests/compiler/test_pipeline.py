"""The whole compiler on networks as training leaves them: nearly every spike, every byte."""

import numpy as np
import pytest

from compiler.frontend.importer import import_network
from compiler.pipeline import Options, compile_graph
from hw_models.dataflow import TARGET_BITS
from hw_models.engines import golden
from hw_models.errors import InputError
from hw_models.folder import artefact
from hw_models.semantics import digit_peak
from qtrain.network.recording import record
from tests.builders.networks import checkpoint, digits, users_checkpoint

CASES = [
    (target, spike, reset, tau)
    for target in TARGET_BITS
    for spike, reset, tau in [
        ("ternary", "hard", 0.25), ("ternary", "soft", 0.75), ("binary", "hard", 0.5),
        ("binary", "soft", 1.0), ("ternary", "hard", 1.0),
    ]
]  # fmt: skip


@pytest.mark.parametrize(("target", "spike", "reset", "tau"), CASES)
def test_integers_agree_with_the_trained_network(target, spike, reset, tau):
    trained = checkpoint(weight_bits=TARGET_BITS[target], spike=spike, reset=reset, tau=tau)
    recording = record(trained.network(), digits())
    build = compile_graph(import_network(trained.network(), target, "net"), Options(target))
    trace = golden.run(build, recording.inputs.numpy())
    for name, spikes in recording.spikes.items():
        assert 0.02 < np.mean(trace.spikes[name] != 0) < 0.98
        assert np.mean(trace.spikes[name] != spikes.numpy()) < 1e-3
    assert np.mean(trace.predictions == recording.logits.argmax(1).numpy()) >= 0.99
    # The real value of a logit is scale * integer; a spike that differs moves it.
    scale = build.dataflow.logit_scale
    real, exact = scale * trace.logits, recording.logits.numpy()
    assert np.median(abs(real - exact)) <= 0.02 * np.abs(exact).max()


@pytest.mark.parametrize(("bits", "x_max"), [(2, 1), (3, 3), (4, 7)])
def test_an_input_of_few_bits_agrees_and_makes_narrow_accumulators(bits, x_max):
    trained = checkpoint(input_bits=bits, weight_bits=4)
    recording = record(trained.network(), digits())
    build = compile_graph(import_network(trained.network(), "int4", "net"), Options("int4"))
    trace = golden.run(build, recording.inputs.numpy())
    for name, spikes in recording.spikes.items():
        assert np.mean(trace.spikes[name] != spikes.numpy()) < 1e-3
    assert np.mean(trace.predictions == recording.logits.argmax(1).numpy()) >= 0.99
    assert build.dataflow.input.x_max == x_max == recording.inputs.max()
    first = build.dataflow.layers[0].synapses[0]
    most = np.abs(build.weight(first).astype(int)).sum(axis=1).max()
    assert first.acc.hi == digit_peak(x_max) * most


def test_more_fraction_bits_come_closer():
    trained = checkpoint(weight_bits=2)
    recording = record(trained.network(), digits())
    unequal = []
    for frac_bits in (0, 3, 6):
        build = compile_graph(
            import_network(trained.network(), "ternary", "net"), Options("ternary", frac_bits)
        )
        trace = golden.run(build, recording.inputs.numpy())
        unequal.append(
            sum(np.sum(trace.spikes[n] != s.numpy()) for n, s in recording.spikes.items())
        )
    assert unequal[0] > unequal[1] > unequal[2]


def test_the_same_checkpoint_and_options_give_the_same_bytes(tmp_path):
    def saved(name):
        graph = import_network(checkpoint().network(), "int8", "net")
        artefact.save(compile_graph(graph, Options()), tmp_path / name)
        files = (tmp_path / name).rglob("*")
        return {f.relative_to(tmp_path / name): f.read_bytes() for f in files if f.is_file()}

    assert saved("one") == saved("two")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"frac_bits": -1}, "frac_bits = -1, need auto or 0..24"),
        ({"v_bits_max": 7}, "v_bits_max = 7, need 8..32"),
        ({"lanes": 0}, "lanes = 0"),
    ],
)
def test_impossible_options_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        Options(**options)


@pytest.mark.parametrize("target", TARGET_BITS)
@pytest.mark.parametrize("spike", ["ternary", "binary"])
def test_a_users_own_convolutions_and_pools_agree(target, spike):
    trained = users_checkpoint(spike=spike, weight_bits=TARGET_BITS[target])
    recording = record(trained.network(), digits(samples=150))
    build = compile_graph(import_network(trained.network(), target, "net"), Options(target))
    trace = golden.run(build, recording.inputs.numpy())
    assert trace.spikes["stem_lif"].shape == (3, 150, 6, 8, 8)
    for name, spikes in recording.spikes.items():
        assert 0.02 < np.mean(trace.spikes[name] != 0) < 0.98
        assert np.mean(trace.spikes[name] != spikes.numpy()) < 1e-3
    assert np.mean(trace.predictions == recording.logits.argmax(1).numpy()) >= 0.98
