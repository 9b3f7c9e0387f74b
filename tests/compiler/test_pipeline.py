"""The whole compiler on networks as training leaves them: nearly every spike, every byte."""

import subprocess
import sys

import numpy as np
import pytest

import compiler
from compiler.__main__ import cli
from compiler.frontend.importer import import_network
from compiler.ir import BatchNorm, Graph
from compiler.lowering import passes
from compiler.pipeline import Options, compile_graph
from hw_models.core import timing
from hw_models.dataflow import TARGET_BITS
from hw_models.engines import golden
from hw_models.folder import artefact
from hw_models.folder.files import sha256_of
from hw_models.semantics import digit_peak
from qtrain.network.network import Network
from qtrain.network.recording import record
from tests.builders.networks import checkpoint, digits, save, users_checkpoint
from tests.cli import status_of

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


def test_one_call_from_a_file_to_what_the_engines_run(tmp_path):
    """What the docstring of `build` shows; with and without a goal."""
    path = save(checkpoint(), tmp_path / "runs/net/ckpt.pt")
    x = record(checkpoint().network(), digits(samples=5)).inputs.numpy()
    made = artefact.save(compiler.build(path), tmp_path / "b")
    assert made.dataflow.name == "net" and "rtl/top.v" in made.files
    assert made.dataflow.provenance["checkpoint_sha256"] == sha256_of(path)
    graph = import_network(checkpoint().network(), "int8", "net")
    assert compile_graph(graph, Options(), sha256_of(path)).files == made.files
    trace = golden.run(artefact.load(tmp_path / "b"), x)
    goal = compiler.build(checkpoint(), compiler.Options(cycles=400, name="fast"))
    assert goal.dataflow.name == "fast" and goal.dataflow.provenance["cycles"] == 400
    np.testing.assert_array_equal(golden.run(goal, x).logits, trace.logits)
    mine = compiler.build(checkpoint(), compiler.Options(cycles=400), calibration=x)
    assert timing.run(mine.dataflow, x, golden.run(mine, x)).pace <= 400


def test_each_pass_can_be_watched():
    seen: dict[str, Graph] = {}
    made = compiler.build(users_checkpoint(), watch=seen.__setitem__)
    assert list(seen) == ["import", *(type(x).__name__ for x in passes(Options()))]
    assert seen["import"].of(BatchNorm) and not seen["FoldBatchNorm"].of(BatchNorm)
    widths = [x.bounds.p.bits for x in seen["InferWidths"].layers]
    assert widths == [x.update.p_bits for x in made.dataflow.layers]


@pytest.mark.parametrize(("bits", "networks"), [(8, 1), (4, 2)])
def test_the_trained_network_is_built_once(bits, networks, tmp_path, built):
    """Import, calibration and reference vectors share it; other widths take one of their own."""
    path = save(checkpoint(weight_bits=bits), tmp_path / "net.pt")
    built.clear()
    assert status_of(cli, "build", path, "--cycles", "900", "--out", tmp_path / "b") == 0
    assert len(built) == networks


@pytest.fixture
def built(monkeypatch) -> list[Network]:
    """The networks that are built from now on."""
    found: list[Network] = []
    initialize = Network.__init__

    def counted(self, graph):
        found.append(self)
        initialize(self, graph)

    monkeypatch.setattr(Network, "__init__", counted)
    return found


def test_importing_the_compiler_is_cheap():
    """Torch is imported when the first build is made, not before."""
    code = "import compiler, sys; assert 'torch' not in sys.modules; compiler.Options()"
    subprocess.run([sys.executable, "-c", code], check=True)
