"""The ONNX network equals the golden model in every spike and logit, bytes and all."""

import subprocess
import sys

import msgspec
import numpy as np
import onnx
import pytest
from onnx import TensorProto, numpy_helper

from compiler.onnx import export, synapses
from hw_models.dataflow import VERSION, Build, Conv2d, Dense, Pool, Synapse
from hw_models.engines import golden, onnx_runtime
from hw_models.errors import InputError
from hw_models.semantics import Interval, Leak, Neuron
from tests.builders.random_builds import Builder, random_build, random_conv_build, random_input
from tests.builders.random_graphs import random_graph_build

DENSE, CONV = range(40), range(60)
TERNARY = Neuron(mode="ternary", reset="hard", leak=Leak.from_tau(0.75))


def assert_equal(build: Build, x: np.ndarray) -> golden.Trace:
    """Golden and ONNX Runtime on x; golden's trace."""
    session = onnx_runtime.open_session(export.export(build).SerializeToString())
    expected, got = golden.run(build, x), onnx_runtime.execute(build, session, x)
    for name in expected.spikes:
        assert got.spikes[name].dtype == np.int8
        np.testing.assert_array_equal(got.spikes[name], expected.spikes[name])
    np.testing.assert_array_equal(got.logits, expected.logits)
    return expected


def altered(build: Build, layer: int = 0, **changes) -> Build:
    """The build with another weight, v_threshold or bias in one layer and 60-bit widths there.

    Wide widths put its membranes in int64; `bits` says otherwise.
    """
    layers, bits = list(build.dataflow.layers), changes.pop("bits", 60)
    changed, synapse = layers[layer], layers[layer].synapses[0]
    names = {"weight": synapse.name, "v_threshold": changed.name, "bias": changed.name}
    tensors = {f"{names[key]}.{key}": value for key, value in changes.items()}
    synapse = msgspec.structs.replace(synapse, acc_bits=60)
    wide = {"p_bits": bits, "v_bits": bits - 10 * changed.fires, "leak_bits": bits}
    update = msgspec.structs.replace(changed.update, **wide)
    layers[layer] = msgspec.structs.replace(changed, synapses=(synapse,), update=update)
    flow = msgspec.structs.replace(build.dataflow, layers=tuple(layers))
    return Build(flow, {**build.tensors, **tensors})


def extremes(build: Build, samples: int, seed: int) -> np.ndarray:
    """Static inputs of largest magnitude; the first two samples of one sign."""
    rng, spec = np.random.default_rng(seed), build.dataflow.input
    x = rng.choice([-spec.x_max, spec.x_max], (1, samples, *spec.shape))
    x[:, 0], x[:, 1] = spec.x_max, -spec.x_max
    return x.astype(np.int8)


@pytest.mark.parametrize("seed", DENSE)
def test_equals_the_reference(seed):
    build = random_build(seed)
    assert_equal(build, random_input(build, 7, seed))


@pytest.mark.parametrize("seed", CONV)
def test_equals_the_reference_on_convolutions(seed):
    build = random_conv_build(seed)
    assert_equal(build, random_input(build, 5, seed))


@pytest.mark.parametrize("seed", range(8))
def test_equals_the_reference_where_streams_fork_and_join(seed):
    build = random_graph_build(seed)
    assert_equal(build, random_input(build, 5, seed))


def test_the_random_builds_have_all_there_is():
    builds = [*map(random_build, DENSE), *map(random_conv_build, CONV)]
    layers = [layer for build in builds for layer in build.dataflow.layers]
    neurons = {
        (n.mode, n.reset, n.leak.tau != 1)
        for layer in layers
        if layer.fires
        for n in [layer.update.neuron]
    }
    assert len(neurons) == 8
    assert {build.dataflow.input.encoding for build in builds} == {"static", "ternary", "binary"}
    groups = [synapse for layer in layers for synapse in layer.synapses]
    assert {synapse.shift > 0 for synapse in groups} == {False, True}
    pools = [pool for synapse in groups for pool in synapse.pools]
    for axis in (0, 1):
        assert any(p.stride[axis] < p.kernel[axis] for p in pools)
        assert any(p.stride[axis] > p.kernel[axis] for p in pools)
        assert any(p.padding[axis] for p in pools)
    convs = [synapse.op for synapse in groups if isinstance(synapse.op, Conv2d)]
    assert any(op.groups > 1 for op in convs) and any(max(op.stride) > 1 for op in convs)
    assert any(op.padding[0] and op.kernel[0] != op.kernel[1] for op in convs)


# --- ranges -----------------------------------------------------------------------------------


def full_range(shape: tuple[int, ...], seed: int) -> np.ndarray:
    """int8 weights of largest magnitude; those of the first two outputs have one sign."""
    w = np.random.default_rng(seed).choice([-128, 127], shape)
    w[0], w[1] = 127, -128
    return w.astype(np.int8)


@pytest.mark.parametrize("bits", [30, 60])
def test_dense_extremes(bits):
    builder = Builder(0, "static", (300,), x_max=127)
    builder.add(Dense(n_in=300, n_out=40), TERNARY)
    builder.add(Dense(n_in=40, n_out=3), None)
    build = altered(builder.build(), weight=full_range((40, 300), 1), bits=bits)
    trace = assert_equal(build, extremes(build, 9, 2))
    assert {-1, 0, 1} >= set(np.unique(trace.spikes["layer0"])) > {0}


@pytest.mark.parametrize("groups", [1, 4])
def test_convolution_extremes_up_to_the_border(groups):
    conv = Conv2d(
        in_shape=(8, 7, 9), out_shape=(8, 4, 12), kernel=(3, 4), stride=(2, 1), padding=(1, 3),
        groups=groups,
    )  # fmt: skip
    builder = Builder(0, "static", (8, 7, 9), x_max=127)
    builder.add(conv, None)
    build = altered(builder.build(), weight=full_range((8, 8 // groups, 3, 4), 3))
    assert_equal(build, extremes(build, 6, 4))


def pool(shape, kernel, stride, padding=(0, 0)) -> Pool:
    windows = shape[1:], kernel, stride, padding
    out = ((n + 2 * p - k) // s + 1 for n, k, s, p in zip(*windows, strict=True))
    return Pool(
        in_shape=shape, out_shape=(shape[0], *out), kernel=kernel, stride=stride, padding=padding
    )


@pytest.mark.parametrize(
    ("kernels", "size"), [([(1, 1)], 1), ([(3, 2), (2, 3)], 2), ([(4, 4), (5, 5), (2, 1)], 3)]
)
@pytest.mark.parametrize("w_bits", [8, 12, 31])
def test_counts_and_weights_of_several_bytes(kernels, size, w_bits):
    builder = Builder(0, "static", (3, 14, 13), x_max=127)
    pools, at = [], (3, 14, 13)
    for kernel in kernels:
        pools.append(pool(at, kernel, (1, 2), (kernel[0] // 2, kernel[1] // 2)))
        at = pools[-1].out_shape
    peak = 127 * int(np.prod(kernels))
    assert synapses.byte_count(-peak, peak) == size
    op = Conv2d(
        in_shape=at, out_shape=(4, at[1], at[2]), kernel=(1, 3), stride=(1, 1), padding=(0, 1),
        groups=1,
    )  # fmt: skip
    builder.add(op, None, tuple(pools))
    top = 1 << (w_bits - 1)
    w = np.random.default_rng(w_bits).integers(-top, top, (4, 3, 1, 3))
    w[0], w[1] = top - 1, -top
    build = altered(builder.build(), weight=w.astype(np.int32))
    assert_equal(build, extremes(build, 4, 5))


def test_bytes_worth_more_than_the_membrane_holds():
    """Counts and weights of three bytes: the highest product counts 2**32, the membrane has 30."""
    builder = Builder(0, "static", (1, 30, 30), x_max=127)
    builder.add(Dense(n_in=1, n_out=2), None, (pool((1, 30, 30), (30, 30), (1, 1)),))
    build = altered(builder.build(), weight=np.array([[40_000], [-40_000]], np.int32), bits=30)
    assert export.membrane_dtype(build.dataflow.layers[0]) is np.int32
    x = np.zeros((1, 3, 1, 30, 30), np.int8)
    x[0, :, 0, 3, 3] = -1, 0, 1
    assert_equal(build, x)


def test_spikes_counted_behind_pools():
    """More than 127 of one sign in a window, from a binary layer; into a dense readout."""
    builder = Builder(3, "binary", (2, 13, 13))
    builder.timesteps = 3
    big = pool((2, 13, 13), (12, 12), (1, 1))
    builder.add(Dense(n_in=8, n_out=5), TERNARY, (big,))
    builder.add(Dense(n_in=5, n_out=3), None)
    build = builder.build()
    x = np.ones((3, 4, 2, 13, 13), np.int8)
    x[:, 1:] = random_input(build, 3, 1)
    assert_equal(build, x)


def test_membranes_beyond_32_bits():
    build = random_build(3, encoding="ternary", widths=[6, 8, 3])
    neuron = Neuron(mode="ternary", reset="soft", leak=Leak.from_tau(29 / 32))
    layer = build.dataflow.layers[0]
    update = msgspec.structs.replace(layer.update, neuron=neuron)
    flow = msgspec.structs.replace(
        build.dataflow, timesteps=9,
        layers=(msgspec.structs.replace(layer, update=update), *build.dataflow.layers[1:]),
    )  # fmt: skip
    rng = np.random.default_rng(1)
    build = altered(
        Build(flow, build.tensors),
        v_threshold=(1 << 40) + rng.integers(0, 1000, 8),
        bias=rng.integers(-(1 << 39), 1 << 39, 8),
    )
    trace = assert_equal(build, random_input(build, 5, 1))
    assert set(np.unique(trace.spikes["layer0"])) == {-1, 0, 1}


@pytest.mark.parametrize("leak", Leak.taus()[::47], ids=lambda leak: f"{leak.m}/{1 << leak.k}")
def test_the_leak_of_either_sign(leak):
    build = random_build(5, encoding="ternary", widths=[9, 12, 3])
    layer, rest = build.dataflow.layers[0], build.dataflow.layers[1:]
    neuron = Neuron(mode="ternary", reset="hard", leak=leak)
    update = msgspec.structs.replace(
        layer.update, neuron=neuron, p_bits=30, v_bits=20, leak_bits=30
    )
    flow = msgspec.structs.replace(
        build.dataflow, timesteps=12, layers=(msgspec.structs.replace(layer, update=update), *rest)
    )
    build = Build(flow, {**build.tensors, "layer0.v_threshold": np.full(12, 300)})
    build = altered(build, 1)
    trace = assert_equal(build, random_input(build, 6, 2))
    assert trace.membranes["layer0"].min() < -100 and trace.membranes["layer0"].max() > 100


def test_groups_of_static_and_spiking_sources_meet():
    """Two synapses of different shifts into one layer: the input again, past the first layer."""
    build = random_build(8, encoding="static", widths=[7, 5, 6, 3])
    flow, rng = build.dataflow, np.random.default_rng(0)
    layer = flow.layers[1]
    skip = Synapse(
        name="skip", source="input", op=Dense(n_in=7, n_out=6), shift=4, w_bits=8, acc_bits=40,
        acc=Interval(-(1 << 30), 1 << 30, False),
    )  # fmt: skip
    weights = {"skip.weight": rng.integers(-30, 31, (6, 7)).astype(np.int8)}
    build = altered(Build(flow, {**build.tensors, **weights}), 1)
    layers = list(build.dataflow.layers)
    layers[1] = msgspec.structs.replace(layers[1], synapses=(*layers[1].synapses, skip))
    build = Build(msgspec.structs.replace(flow, layers=tuple(layers)), build.tensors)
    assert layer.name in assert_equal(build, random_input(build, 6, 3)).spikes


def test_many_time_steps():
    builder = Builder(4, "ternary", (2, 6, 6))
    builder.timesteps = 300
    op = Conv2d(
        in_shape=(2, 6, 6), out_shape=(3, 6, 6), kernel=(3, 3), stride=(1, 1), padding=(1, 1),
        groups=1,
    )  # fmt: skip
    builder.add(op, TERNARY)
    builder.add(Dense(n_in=108, n_out=4), None)
    build = builder.build()
    assert_equal(build, random_input(build, 3, 4))


def test_sums_beyond_int32_are_refused():
    def dense(n_in: int) -> Build:
        builder = Builder(0, "static", (n_in,), x_max=127)
        builder.add(Dense(n_in=n_in, n_out=2), None)
        return altered(builder.build(), weight=np.full((2, n_in), -128, np.int8))

    most = (2**31 - 1) // (127 * 128)
    build = dense(most)
    assert_equal(build, extremes(build, 2, 0))
    with pytest.raises(
        InputError, match=r"layer0\.syn: .* sums of bytes up to 2147498880, need at most"
    ):
        export.export(dense(most + 1))


def test_counts_beyond_three_bytes_are_refused():
    builder = Builder(0, "static", (1, 260, 260), x_max=127)
    builder.add(Dense(n_in=1, n_out=2), None, (pool((1, 260, 260), (260, 260), (1, 1)),))
    with pytest.raises(InputError, match=r"counts up to 8585200 .* at most 8355711"):
        export.export(builder.build())


# --- the file ---------------------------------------------------------------------------------


def graphs(graph: onnx.GraphProto) -> list[onnx.GraphProto]:
    bodies = [a.g for node in graph.node for a in node.attribute if a.name == "body"]
    return [graph, *(inner for body in bodies for inner in graphs(body))]


@pytest.mark.parametrize("seed", [3, 7, 12])
def test_standard_operators_on_integers_alone(seed):
    model = export.export(random_conv_build(seed))
    onnx.checker.check_model(model, full_check=True)
    assert [(o.domain, o.version) for o in model.opset_import] == [("", 17)]
    model = onnx.shape_inference.infer_shapes(model, strict_mode=True)
    integers = {TensorProto.INT8, TensorProto.UINT8, TensorProto.INT32, TensorProto.INT64}
    for graph in graphs(model.graph):
        assert {node.domain for node in graph.node} == {""}
        assert {constant.data_type for constant in graph.initializer} <= integers
        values = [*graph.input, *graph.output, *graph.value_info]
        types = {value.type.tensor_type.elem_type for value in values}
        assert types <= integers | {TensorProto.BOOL}


@pytest.mark.parametrize("seed", [3, 7, 12])
def test_products_are_of_unsigned_bytes_around_128(seed):
    """u8 by s8 saturates on processors without VNNI; a test on one with it would not see that."""
    model = export.export(random_conv_build(seed))
    constants = {c.name: numpy_helper.to_array(c) for c in model.graph.initializer}
    nodes = [node for graph in graphs(model.graph) for node in graph.node]
    casts = {
        node.output[0]: node.attribute[0].i for node in nodes if node.op_type == "Cast"
    }  # fmt: skip
    products = [node for node in nodes if node.op_type.endswith("Integer")]
    assert products
    for node in products:
        x, w, x_zero, w_zero = node.input
        assert casts[x] == TensorProto.UINT8
        assert constants[w].dtype == constants[x_zero].dtype == constants[w_zero].dtype == np.uint8
        assert constants[x_zero] == constants[w_zero] == 128


def test_a_static_current_is_computed_outside_of_the_loop():
    model = export.export(random_build(6, encoding="static", widths=[5, 4, 3]))
    outer, body = (
        [node.op_type for node in graph.node].count("MatMulInteger")
        for graph in graphs(model.graph)
    )
    assert (outer, body) == (1, 1)


def test_names_shapes_and_metadata():
    build = random_conv_build(2, encoding="ternary")
    build = Build(build.dataflow, build.tensors, sha256="5a")
    model, steps = export.export(build), build.dataflow.timesteps
    assert {p.key: p.value for p in model.metadata_props} == {
        "dataflow_sha256": "5a",
        "name": build.dataflow.name,
        "version": str(VERSION),
    }

    def described(value):
        dims = value.type.tensor_type.shape.dim
        return value.name, tuple(d.dim_param or d.dim_value for d in dims)

    *spiking, readout = build.dataflow.layers
    assert [described(v) for v in model.graph.input] == [
        ("input", (steps, "batch", *build.dataflow.input.shape))
    ]
    assert [described(v) for v in model.graph.output] == [
        ("logits", ("batch", *readout.shape)),
        *((f"{layer.name}.spikes", (steps, "batch", *layer.shape)) for layer in spiking),
    ]


@pytest.mark.parametrize("seed", [2, 5])
def test_one_network_takes_any_batch(seed):
    build = random_conv_build(seed)
    session = onnx_runtime.open_session(export.export(build).SerializeToString())
    for samples in (1, 2, 17):
        x = random_input(build, samples, samples)
        got = onnx_runtime.execute(build, session, x)
        np.testing.assert_array_equal(got.logits, golden.run(build, x).logits)


def test_the_same_build_gives_the_same_bytes(tmp_path):
    """In another process, with another seed of its hashes, and without torch."""
    script = (
        "import sys; from pathlib import Path; from compiler.onnx import export;"
        "from tests.builders.random_builds import random_conv_build;"
        "export.write(random_conv_build(4), Path(sys.argv[1]));"
        "assert 'torch' not in sys.modules"
    )
    for name in ("a", "b"):
        path = str(tmp_path / "new" / name)
        subprocess.run([sys.executable, "-c", script, path], check=True)
    export.write(random_conv_build(4), tmp_path / "new" / "b2")
    one, two, three = ((tmp_path / "new" / name).read_bytes() for name in ("a", "b", "b2"))
    assert one == two == three
    assert sorted(p.name for p in (tmp_path / "new").iterdir()) == ["a", "b", "b2"]


def test_no_half_written_file(tmp_path):
    (tmp_path / "taken" / "by a folder").mkdir(parents=True)
    with pytest.raises(InputError, match="taken: is a folder; name a file"):
        export.write(random_build(1), tmp_path / "taken")
    assert [p.name for p in tmp_path.iterdir()] == ["taken"]


def test_bytes_of_weights():
    w = np.array([[-128, 127, 0, 1]])
    assert [u.tolist() for u in synapses.weight_bytes(w)] == [[[0, 255, 128, 129]]]
    w = np.array([[-129, 128, -32768 - 128, 32639, (1 << 31) - 1, -(1 << 31)]])
    bytes_ = synapses.weight_bytes(w)
    total = sum((u.astype(np.int64) - 128) << (8 * i) for i, u in enumerate(bytes_))
    np.testing.assert_array_equal(total, w)
    assert [synapses.byte_count(-n, n) for n in (0, 127, 128, 32639, 32640)] == [1, 1, 2, 2, 3]
