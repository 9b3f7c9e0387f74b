"""The NIR graph of a build, read by nir and simulated in float64, gives golden's spikes."""

import msgspec
import nir
import numpy as np
import pytest

from compiler.nir import export
from compiler.nir.losses import losses
from hw_models.dataflow import Build, Conv2d, Dense, Pool
from hw_models.engines import golden
from hw_models.errors import InputError
from hw_models.semantics import Leak, Neuron
from tests.builders.nir_simulator import simulated
from tests.builders.random_builds import (
    Builder,
    leaky_readout,
    random_build,
    random_conv_build,
    random_input,
)
from tests.builders.random_graphs import random_graph_build
from tests.builders.residual_builds import identity, residual_build

# random_conv_build(8) has a kernel of 2 by 3 with stride 1
CONV = [seed for seed in range(25) if seed not in (8, 12, 17, 20)]


def residual(mode: str, reset: str, tau: float) -> Build:
    return residual_build(
        1, (2, 8, 8), (4, 8), 1, timesteps=5, neuron=Neuron(mode, reset, Leak.from_tau(tau))
    )


def written(build: Build, folder) -> nir.NIRGraph:
    export.write(build, folder / "network.nir")
    return nir.read(folder / "network.nir")  # which checks the types


def assert_equal(build: Build, folder, samples: int = 6, **options) -> nir.NIRGraph:
    """Every spike and logit of the simulated graph is golden's."""
    graph, x = written(build, folder), random_input(build, samples, 1)
    expected = golden.run(build, x)
    spikes, logits = simulated(graph, build, x, **options)
    assert spikes.keys() == expected.spikes.keys()
    for name, s in spikes.items():
        np.testing.assert_array_equal(s, expected.spikes[name])
    np.testing.assert_array_equal(logits, expected.logits)
    return graph


@pytest.mark.parametrize("seed", range(20))
def test_dense_builds(seed, tmp_path):
    assert_equal(random_build(seed), tmp_path, whole=True)


@pytest.mark.parametrize("seed", CONV)
def test_convolutions_and_pools(seed, tmp_path):
    assert_equal(random_conv_build(seed), tmp_path, whole=True)


@pytest.mark.parametrize("seed", [0, 3, 18])
def test_forks_and_joins(seed, tmp_path):
    assert_equal(random_graph_build(seed), tmp_path, whole=True)


@pytest.mark.parametrize("reset", ["hard", "soft"])
def test_binary_neurons_without_leak_need_no_more_than_nir_says(reset, tmp_path):
    """Not even for a soft reset, by a simulator that subtracts NIR's threshold."""
    assert_equal(residual("binary", reset, 1), tmp_path)


@pytest.mark.parametrize("tau", [1, 0.75])
@pytest.mark.parametrize("reset", ["hard", "soft"])
@pytest.mark.parametrize("mode", ["binary", "ternary"])
def test_residual_builds(mode, reset, tau, tmp_path):
    graph = assert_equal(residual(mode, reset, tau), tmp_path, whole=True)
    assert {nir.Scale, nir.SumPool2d, nir.Conv2d} < {type(n) for n in graph.nodes.values()}


@pytest.mark.parametrize("encoding", ["static", "ternary", "binary"])
def test_a_readout_that_leaks(encoding, tmp_path):
    graph = assert_equal(leaky_readout(encoding), tmp_path, whole=True)
    assert type(graph.nodes["layer1"]) is nir.LI


@pytest.mark.parametrize("tau", [1, 0.5, 29 / 32])
def test_binary_hard_neurons_as_nir_says_them(tau, tmp_path):
    """Without leak exactly; with it, NIR keeps fractions that integers drop."""
    build = residual("binary", "hard", tau)
    graph, x = written(build, tmp_path), random_input(build, 20, 2)
    expected = golden.run(build, x).spikes
    spikes, _ = simulated(graph, build, x, as_nir_says=True)
    differing = sum(int((spikes[name] != expected[name]).sum()) for name in expected)
    firing = sum(int(s.sum()) for s in expected.values())
    assert firing > 10_000
    assert differing == 0 if tau == 1 else 0 < differing < firing / 30, (differing, firing)


def test_neurons_in_units_of_the_lsb(tmp_path):
    build = residual("binary", "hard", 0.75)
    graph, layer = written(build, tmp_path), build.dataflow.layers[0]
    node = graph.nodes[layer.name]
    assert isinstance(node, nir.LIF)
    assert np.unique(node.tau).tolist() == np.unique(node.r).tolist() == [4.0]
    assert not node.v_leak.any() and not node.v_reset.any()
    fires_above = np.broadcast_to(build.v_threshold(layer) - 0.5, layer.shape)
    np.testing.assert_array_equal(node.v_threshold, fires_above)
    synapse = layer.synapses[0]
    weights = graph.nodes[synapse.name].weight
    np.testing.assert_array_equal(weights, build.weight(synapse) << synapse.shift)


def window(shape, out, kernel, stride=(1, 1), padding=(0, 0), groups=1) -> Conv2d:
    return Conv2d(
        in_shape=shape, out_shape=out, kernel=kernel, stride=stride, padding=padding, groups=groups
    )


def signal_build() -> Build:
    """From a map to maps of one row, pooled, and to vectors that take a shortcut."""
    builder = Builder(3, "static", (2, 3, 18))
    builder.add(window((2, 3, 18), (4, 1, 18), (3, 3), padding=(0, 1)), builder.neuron())
    pool = Pool(
        in_shape=(4, 1, 18), out_shape=(4, 1, 9), kernel=(1, 3), stride=(1, 2), padding=(0, 1)
    )
    even = window((4, 1, 9), (6, 1, 8), (3, 4), padding=(1, 1), groups=2)
    builder.add(even, builder.neuron(), (pool,))
    builder.add(window((6, 1, 8), (5, 1, 1), (1, 8)), builder.neuron())
    source = builder.source
    builder.add(window((5, 1, 1), (5, 1, 1), (3, 3), padding=(1, 1)), builder.neuron())
    builder.join(
        [(builder.source, Dense(n_in=5, n_out=5), ()), (source, identity((5, 1, 1)), ())],
        builder.neuron(),
    )
    builder.add(Dense(n_in=5, n_out=3), None)
    return builder.build()


def test_maps_of_one_row_are_signals_and_maps_of_one_position_vectors(tmp_path):
    graph = assert_equal(signal_build(), tmp_path, samples=40, whole=True)
    shapes = [graph.nodes[f"layer{k}"].output_type["output"].tolist() for k in range(6)]
    assert shapes == [[4, 18], [6, 8], [5], [5], [5], [3]]
    assert type(graph.nodes["layer1.syn"]) is nir.Conv1d
    assert type(graph.nodes["layer3.syn"]) is nir.Affine


@pytest.mark.parametrize("kernel", [(1, 3), (5, 3), (2, 3), (3, 4)])
def test_kernels_that_are_not_square(kernel, tmp_path):
    """With a stride of 2 an odd difference of the sides leaves the number of positions alone."""
    stride = 1 if sum(kernel) % 2 == 0 else 2
    shape = (2, 9, 12)
    sizes = zip(shape[1:], kernel, strict=True)
    out = (3, *((n + 2 - k) // stride + 1 for n, k in sizes))
    builder = Builder(5, "binary", shape)
    builder.add(window(shape, out, kernel, (stride, stride), (1, 1)), builder.neuron())
    builder.add(Dense(n_in=int(np.prod(out)), n_out=3), None)
    assert_equal(builder.build(), tmp_path, whole=True)


def test_a_kernel_that_nirs_type_check_cannot_take_is_refused():
    with pytest.raises(InputError, match=r"^layer0\.syn: a kernel of 2 by 3 .* need a square one"):
        export.graph_of(random_conv_build(8))


def test_a_vector_that_becomes_a_map_is_refused():
    builder = Builder(0, "binary", (2, 1, 1))
    builder.add(window((2, 1, 1), (2, 3, 3), (1, 1), padding=(1, 1)), None)
    with pytest.raises(InputError, match=r"^layer0\.syn: .* \[2, 1, 1\] to \[2, 3, 3\]"):
        export.graph_of(builder.build())


def test_integers_beyond_float64_are_refused():
    build = random_build(1, widths=[3, 4, 2])
    build.tensors["layer0.v_threshold"][2] = (1 << 51) + 1
    with pytest.raises(InputError, match=r"^layer0: 2251799813685249, need at most"):
        export.graph_of(build)


@pytest.mark.parametrize("name", ["layer0.syn", "a/b"])
def test_names_that_nir_cannot_hold_are_refused(name):
    build = random_build(1, widths=[3, 4, 2])
    tensors = {key.replace("layer1.", f"{name}."): t for key, t in build.tensors.items()}
    readout = msgspec.structs.replace(build.dataflow.layers[1], name=name)
    synapse = msgspec.structs.replace(readout.synapses[0], name="last")
    tensors["last.weight"] = build.tensors["layer1.syn.weight"]
    layers = build.dataflow.layers[0], msgspec.structs.replace(readout, synapses=(synapse,))
    flow = msgspec.structs.replace(build.dataflow, layers=layers)
    with pytest.raises(InputError, match=f"^{name}: need names of their own"):
        export.graph_of(Build(flow, tensors))


def test_the_same_build_gives_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        export.write(random_conv_build(4), tmp_path / "new" / name)
    one, two = ((tmp_path / "new" / name).read_bytes() for name in ("a", "b"))
    assert one == two


def test_losses_name_the_layers():
    ternary = losses(residual("ternary", "soft", 0.75))
    assert [line.split(" (")[0] for line in ternary[:3]] == [
        "NIR has no signed spikes", "NIR resets to v_reset", "NIR's leak keeps fractions",
    ]  # fmt: skip
    assert "(layer0, layer1, layer2," in ternary[0]
    assert losses(residual("binary", "hard", 1)) == [
        "NIR has no number of time steps: show the same x for 5; the output after the last is the "
        "logits"
    ]
