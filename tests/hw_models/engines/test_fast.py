"""The fast engine equals the golden model in every spike, membrane and logit."""

import tracemalloc

import msgspec
import numpy as np
import pytest

from hw_models.dataflow import Build, Conv2d, Dense, Pool
from hw_models.engines import fast, golden, numpy_network
from hw_models.engines.arrays import membrane_dtype
from hw_models.engines.golden import Trace
from hw_models.engines.native import NativeNetwork
from hw_models.engines.numpy_network import TILE_BYTES, NumpyNetwork
from hw_models.engines.products import BLOCK_BYTES
from hw_models.semantics import Interval, Leak, Neuron
from tests.builders.random_builds import (
    Builder,
    random_build,
    random_conv,
    random_conv_build,
    random_input,
    random_pool,
)
from tests.builders.residual_builds import conv, identity, residual_build


def assert_equals_the_reference(
    build: Build, samples: int, seed: int = 0, *, rearranged: bool = False
) -> None:
    """Of the network in C, if its sums have 32 bits and no map is rearranged, and of NumPy's."""
    x = random_input(build, samples, seed)
    slow = golden.run(build, x)
    assert_same(build, x, slow)
    narrow = all(membrane_dtype(layer) is np.int32 for layer in build.dataflow.layers)
    in_c = narrow and not rearranged
    assert isinstance(fast.networks[build], NativeNetwork if in_c else NumpyNetwork)
    if in_c:
        fast.networks[build] = NumpyNetwork(build)
        assert_same(build, x, slow)


def assert_same(build: Build, x: np.ndarray, slow: Trace) -> None:
    quick = fast.run(build, x)
    assert quick.spikes.keys() == slow.spikes.keys()
    assert quick.membranes.keys() == slow.membranes.keys()
    for name in slow.spikes:
        np.testing.assert_array_equal(quick.spikes[name], slow.spikes[name])
    for layer in build.dataflow.layers:
        v = quick.membranes[layer.name]
        assert v.dtype == membrane_dtype(layer)
        np.testing.assert_array_equal(v, slow.membranes[layer.name])
    np.testing.assert_array_equal(quick.logits, slow.logits)
    lean = fast.run(build, x, keep_membranes=False)
    assert lean.membranes == {}
    np.testing.assert_array_equal(lean.logits, slow.logits)


@pytest.fixture
def small_tiles(monkeypatch):
    """Tiles and blocks of a few samples, the last one not full, on builds of any size."""
    monkeypatch.setattr(numpy_network, "tile_samples", lambda build: 3)
    monkeypatch.setattr("hw_models.engines.products.BLOCK_BYTES", 1 << 13)


@pytest.mark.parametrize("seed", range(60))
def test_dense(seed):
    assert_equals_the_reference(random_build(seed), 7, seed)


@pytest.mark.parametrize("seed", range(40))
def test_convolutions_and_pools(seed):
    assert_equals_the_reference(random_conv_build(seed), 5, seed)


@pytest.mark.parametrize("seed", range(20))
def test_tiles_and_blocks_that_are_not_full(seed, small_tiles):
    assert_equals_the_reference(random_conv_build(seed), 8, seed)


@pytest.mark.parametrize("encoding", ["static", "ternary", "binary"])
@pytest.mark.parametrize("mode", ["ternary", "binary"])
@pytest.mark.parametrize("reset", ["hard", "soft"])
def test_residual(encoding, mode, reset, small_tiles):
    neuron = Neuron(mode=mode, reset=reset, leak=Leak.from_tau(0.75))
    build = residual_build(
        3, (2, 9, 6), (4, 6), 2, encoding=encoding, timesteps=3, neuron=neuron
    )  # fmt: skip
    assert_equals_the_reference(build, 5)


@pytest.mark.parametrize("encoding", ["static", "ternary"])
@pytest.mark.parametrize("seed", range(15))
def test_groups_of_every_kind_meet(seed, encoding, small_tiles):
    """Convolution, depthwise, pooled and dense synapses of one layer, from the input too."""
    rng = np.random.default_rng(seed)
    builder = Builder(seed, encoding, (4, 7, 6))
    builder.add(random_conv(rng, builder.shape), builder.neuron())
    at = builder.shape
    any_conv = random_conv(rng, at)
    shape = any_conv.out_shape
    depthwise = msgspec.structs.replace(
        any_conv, groups=at[0], out_shape=(at[0], *shape[1:])
    )  # fmt: skip
    from_input = Dense(n_in=4 * 7 * 6, n_out=int(np.prod(depthwise.out_shape)))
    pool = random_pool(rng, at)
    pooled = Dense(n_in=int(np.prod(pool.out_shape)), n_out=from_input.n_out)
    builder.join(
        [
            (builder.source, depthwise, ()),
            ("input", from_input, ()),
            (builder.source, pooled, (pool,)),
        ],
        builder.neuron(),
    )
    builder.add(identity(builder.shape), builder.neuron())
    builder.add(Dense(n_in=int(np.prod(builder.shape)), n_out=3), None)
    assert_equals_the_reference(builder.build(), 5, seed)


@pytest.mark.parametrize(("groups", "channels"), [(2, 6), (3, 6), (6, 6), (6, 12)])
def test_channel_groups_behind_overlapping_padded_pools(groups, channels, small_tiles):
    builder = Builder(groups, "ternary", (6, 8, 5))
    same = Pool(
        in_shape=(6, 8, 5), out_shape=(6, 8, 5), kernel=(3, 3), stride=(1, 1), padding=(1, 1)
    )
    less = Pool(
        in_shape=(6, 8, 5), out_shape=(6, 3, 4), kernel=(3, 2), stride=(2, 1), padding=(0, 0)
    )
    op = conv(less.out_shape, channels, 3, stride=2, groups=groups)
    builder.add(op, builder.neuron(), (same, less))
    builder.add(Dense(n_in=int(np.prod(op.out_shape)), n_out=4), None)
    assert_equals_the_reference(builder.build(), 7)


@pytest.mark.parametrize("groups", [1, 4])
def test_windows_that_lie_wholly_outside_of_the_map(groups):
    """At both ends of a map, beyond its first and its last value too."""
    builder = Builder(groups, "ternary", (4, 3, 2))
    op = Conv2d(
        in_shape=(4, 3, 2), out_shape=(4, 8, 6), kernel=(2, 3), stride=(1, 1), padding=(3, 3),
        groups=groups,
    )  # fmt: skip
    builder.add(op, builder.neuron())
    builder.add(Dense(n_in=192, n_out=3), None)
    assert_equals_the_reference(builder.build(), 4)


def test_a_stream_read_as_another_map():
    """A layer of plain neurons, read as a map by a convolution: channels first, as flattened."""
    builder = Builder(4, "ternary", (10,))
    builder.add(Dense(n_in=10, n_out=24), builder.neuron())
    builder.add(conv((2, 3, 4), 3, 3), builder.neuron())
    builder.add(Dense(n_in=36, n_out=3), None)
    assert_equals_the_reference(builder.build(), 9, rearranged=True)


def test_membranes_wider_than_32_bits():
    build = random_build(2, encoding="ternary", widths=[5, 4, 3])
    first, last = build.dataflow.layers
    synapse = msgspec.structs.replace(first.synapses[0], shift=30, acc_bits=20)
    update = msgspec.structs.replace(first.update, p_bits=48, v_bits=48, leak_bits=56)
    first = msgspec.structs.replace(first, synapses=(synapse,), update=update)
    flow = msgspec.structs.replace(build.dataflow, layers=(first, last))
    threshold = build.tensors["layer0.v_threshold"] << 30
    build = Build(flow, {**build.tensors, "layer0.v_threshold": threshold})
    assert membrane_dtype(first) is np.int64
    assert_equals_the_reference(build, 6)


@pytest.mark.parametrize("op", [Dense, Conv2d])
def test_sums_beyond_single_precision_stay_exact(op):
    """l1 * 127 beyond 2**24 with an odd total: float32 would round it."""
    made = Dense(n_in=1200, n_out=3) if op is Dense else conv((1200, 1, 1), 3, 1)
    builder = Builder(9, "static", (1200,) if op is Dense else (1200, 1, 1), x_max=127)
    builder.w_bits = (8,)
    builder.add(made, None)
    build = builder.build()
    w = np.full_like(build.tensors["layer0.syn.weight"], 127)
    w[:, 0] = 126
    (layer,) = build.dataflow.layers
    synapse = layer.synapses[0]
    acc = 138 * 127 * 1200
    synapse = msgspec.structs.replace(synapse, acc=Interval(-acc, acc, True), acc_bits=40, shift=0)
    update = msgspec.structs.replace(layer.update, p_bits=40, v_bits=40, leak_bits=40)
    layer = msgspec.structs.replace(layer, synapses=(synapse,), update=update)
    flow = msgspec.structs.replace(build.dataflow, layers=(layer,))
    build = Build(flow, {**build.tensors, "layer0.syn.weight": w})
    x = np.full((1, 1, *builder.input.shape), 127, np.int8)
    x[0, 0, 0] = 125
    np.testing.assert_array_equal(fast.run(build, x).logits, golden.run(build, x).logits)


def test_memory_is_that_of_the_trace_and_little_more():
    build = residual_build(0, (3, 16, 16), (8, 16), 2)
    fast.run(build, random_input(build, 2, 0))  # what is allocated once is not counted
    x = random_input(build, 1400, 0)
    tracemalloc.start()
    trace = fast.run(build, x, keep_membranes=False)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    kept = sum(s.nbytes for s in trace.spikes.values())
    scratch = 8 * TILE_BYTES + 2 * BLOCK_BYTES
    assert scratch < kept / 2, "else this shows nothing"
    assert peak < kept + scratch


@pytest.mark.parametrize("multiplier", [1, 3])
def test_depthwise_convolutions(multiplier):
    """One input channel a group, one or several outputs."""
    builder = Builder(multiplier, "ternary", (5, 7, 6))
    op = Conv2d(
        in_shape=(5, 7, 6), out_shape=(5 * multiplier, 3, 7), kernel=(3, 2), stride=(2, 1),
        padding=(0, 1), groups=5,
    )  # fmt: skip
    builder.add(op, builder.neuron())
    builder.add(Dense(n_in=105 * multiplier, n_out=3), None)
    assert_equals_the_reference(builder.build(), 6, 1)
