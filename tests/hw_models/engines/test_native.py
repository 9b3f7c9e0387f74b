"""The fast engine's network in C: how it is compiled, and which builds it can hold."""

import subprocess

import msgspec
import numpy as np
import pytest

from hw_models.dataflow import Build, Dense
from hw_models.engines import fast, golden, native
from hw_models.engines.native import NativeNetwork
from hw_models.engines.numpy_network import NumpyNetwork
from hw_models.semantics import Interval
from tests.builders.random_builds import Builder, random_build, random_input
from tests.builders.residual_builds import conv


@pytest.fixture
def fresh_library(tmp_path, monkeypatch):
    """An empty cache folder, and nothing loaded yet."""
    monkeypatch.setenv("TRISPIKE_CACHE", str(tmp_path))
    native.library.cache_clear()
    yield tmp_path
    native.library.cache_clear()


def test_it_is_compiled_once_without_a_warning(fresh_library, monkeypatch):
    monkeypatch.setattr(native, "FLAGS", (*native.FLAGS, "-Wall", "-Wextra", "-Werror"))
    assert native.library() is not None
    (made,) = fresh_library.iterdir()
    assert made.suffix == ".so"
    native.library.cache_clear()
    monkeypatch.setattr(subprocess, "run", None)  # would be called to compile
    assert native.library() is not None


def test_another_processor_compiles_anew(fresh_library, monkeypatch):
    assert native.library() is not None
    native.library.cache_clear()
    monkeypatch.setattr(native, "processor", lambda: b"flags: another")
    assert native.library() is not None
    assert len(list(fresh_library.iterdir())) == 2


@pytest.mark.parametrize("wrong", ["no compiler", "a source it refuses", "no folder to write"])
def test_numpy_where_nothing_can_be_compiled(wrong, fresh_library, monkeypatch):
    if wrong == "no compiler":
        monkeypatch.setenv("PATH", "")
    elif wrong == "a source it refuses":
        source = fresh_library / "source.c"
        source.write_text("int run( {")
        monkeypatch.setattr(native, "SOURCE", source)
    else:
        (fresh_library / "file").write_text("")
        monkeypatch.setenv("TRISPIKE_CACHE", str(fresh_library / "file" / "folder"))
    build = random_build(1)
    x = random_input(build, 5, 0)
    np.testing.assert_array_equal(fast.run(build, x).logits, golden.run(build, x).logits)
    assert isinstance(fast.networks[build], NumpyNetwork)


@pytest.mark.parametrize("processor", ["-mno-avx512f", "-march=x86-64"])
def test_the_same_integers_on_a_processor_without_the_widest_vectors(
    processor, fresh_library, monkeypatch
):
    monkeypatch.setattr(native, "FLAGS", (*native.FLAGS, processor))
    if native.library() is None:
        pytest.skip("the compiler knows no such processor")
    for seed in range(5):
        build = random_build(seed)
        x = random_input(build, 5, seed)
        fast.networks[build] = NativeNetwork(build)
        np.testing.assert_array_equal(fast.run(build, x).logits, golden.run(build, x).logits)


def one_layer(acc: int, shift: int, weight: int = 1) -> Build:
    """A dense readout that declares an interval, a shift and its largest weight."""
    builder = Builder(0, "ternary", (4,))
    builder.add(Dense(n_in=4, n_out=2), None)
    build = builder.build()
    (layer,) = build.dataflow.layers
    synapse = msgspec.structs.replace(
        layer.synapses[0], acc=Interval(-acc, acc, True), shift=shift
    )  # fmt: skip
    update = msgspec.structs.replace(layer.update, p_bits=30, leak_bits=30)
    layer = msgspec.structs.replace(layer, synapses=(synapse,), update=update)
    flow = msgspec.structs.replace(build.dataflow, layers=(layer,))
    w = np.full((2, 4), weight, np.int64)
    return Build(flow, {**build.tensors, f"{synapse.name}.weight": w})


def test_sums_and_weights_of_32_bits_fit_and_no_wider_ones():
    top = (1 << 31) - 1
    assert native.fits(one_layer(top, 0))
    assert not native.fits(one_layer(top + 1, 0))
    assert native.fits(one_layer(top >> 3, 3))
    assert not native.fits(one_layer((top >> 3) + 1, 3))
    assert native.fits(one_layer(1, 0, top))
    assert not native.fits(one_layer(1, 0, top + 1))


@pytest.mark.parametrize(("bits", "fits"), [(30, True), (31, False)])
@pytest.mark.parametrize("width", ["p_bits", "leak_bits"])
def test_updates_of_30_bits_fit_and_no_wider_ones(width, bits, fits):
    build = one_layer(1, 0)
    (layer,) = build.dataflow.layers
    layer = msgspec.structs.replace(
        layer, update=msgspec.structs.replace(layer.update, **{width: bits})
    )
    flow = msgspec.structs.replace(build.dataflow, layers=(layer,))
    assert native.fits(Build(flow, build.tensors)) is fits


def test_a_build_s_tensors_are_written_no_more_once_it_has_run():
    build = random_build(3)
    fast.run(build, random_input(build, 1, 0))
    with pytest.raises(ValueError, match="read-only"):
        build.tensors["layer0.bias"][0] += 1


def test_a_build_is_prepared_once_and_forgotten_with_it():
    build = random_build(4)
    x = random_input(build, 1, 0)
    fast.run(build, x)
    network = fast.networks[build]
    fast.run(build, x)
    assert fast.networks[build] is network
    before = len(fast.networks)
    del build
    assert len(fast.networks) == before - 1


def test_more_outputs_than_the_registers_hold():
    """Blocks of 64 outputs, the last of each number of vectors, and rows that are not full."""
    for outputs in (15, 16, 17, 33, 64, 65, 100, 130):
        builder = Builder(outputs, "static", (3, 5, 4), x_max=127)
        builder.w_bits, builder.shifts = (8,), (0, 2)
        builder.add(conv((3, 5, 4), outputs, 3), builder.neuron())
        builder.add(
            conv((outputs, 5, 4), 2 * outputs, 3, stride=2, groups=outputs), builder.neuron()
        )
        builder.add(Dense(n_in=outputs * 2 * 3 * 2, n_out=outputs), None)
        build = builder.build()
        x = random_input(build, 3, outputs)
        assert native.fits(build)
        wanted, got = golden.run(build, x), fast.run(build, x)
        for name in wanted.spikes:
            np.testing.assert_array_equal(got.spikes[name], wanted.spikes[name])
        np.testing.assert_array_equal(got.logits, wanted.logits)
