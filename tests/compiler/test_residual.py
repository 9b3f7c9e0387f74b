"""Residual networks, compiled: layer by layer nearly every spike, all engines alike, same bytes."""

import functools
from typing import cast

import msgspec
import numpy as np
import pytest

from compiler.__main__ import cli as compiler
from compiler.frontend.importer import import_network
from compiler.onnx import export
from compiler.pipeline import Options, compile_graph
from hw_models.__main__ import cli as hw_models
from hw_models.cost import energy, operations
from hw_models.cost.operations import Operations
from hw_models.dataflow import TARGET_BITS, Build
from hw_models.engines import fast, golden, onnx_runtime
from hw_models.engines.golden import Trace
from hw_models.folder import artefact
from qtrain.layers import QuantConv2d, QuantLinear
from qtrain.models.resnet import ResNet
from qtrain.network.recording import Recording, record
from rtl_sim.__main__ import cli as rtl_sim
from rtl_sim.simulation import report as rtl_report
from rtl_sim.simulation.simulate import Stalls
from tests.builders.networks import digits, save
from tests.builders.residual_networks import POOLS, residual_checkpoint, resnet_checkpoint
from tests.cli import assert_one_line, status_of

CASES = [
    {"stem_pool": pool, "weight_bits": bits, "channels": channels, **neuron}
    for pool in POOLS
    for bits, channels, neuron in [
        (4, False, {}), (2, True, {}), (8, True, {"reset": "soft", "tau": 0.75}),
        (4, False, {"spike": "binary"}), (4, True, {"spike": "binary", "reset": "soft"}),
    ]
]  # fmt: skip


@functools.cache
def compiled(**options) -> tuple[Build, Recording]:
    trained = residual_checkpoint(**options)
    target = {bits: name for name, bits in TARGET_BITS.items()}[options.get("weight_bits", 4)]
    graph = import_network(trained.network(), target, "net")
    assert not graph.warnings
    build = compile_graph(graph, Options(target))
    return build, record(trained.network(), digits(samples=60))


def layer_by_layer(build: Build, recording: Recording) -> Trace:
    """What each layer makes of the float network's own spikes."""
    streams = {"input": recording.inputs.numpy()}
    streams |= {name: spikes.numpy() for name, spikes in recording.spikes.items()}
    spikes = {
        layer.name: golden.update(build, layer, golden.layer_currents(build, layer, streams))[0]
        for layer in build.dataflow.layers
        if layer.fires
    }
    return Trace(spikes, {}, np.zeros(0))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_each_layer_agrees_with_the_trained_one(case):
    build, recording = compiled(**case)
    trace = layer_by_layer(build, recording)
    for name, spikes in recording.spikes.items():
        assert 0.02 < np.mean(trace.spikes[name] != 0) < 0.98
        assert np.mean(trace.spikes[name] != spikes.numpy()) <= 1e-3, name


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_whole_network_agrees_and_all_engines_are_equal(case):
    build, recording = compiled(**case)
    x = recording.inputs.numpy()
    slow, quick = golden.run(build, x), fast.run(build, x)
    session = onnx_runtime.open_session(export.export(build).SerializeToString())
    foreign = onnx_runtime.execute(build, session, x)
    for name, spikes in slow.spikes.items():
        np.testing.assert_array_equal(quick.spikes[name], spikes)
        np.testing.assert_array_equal(foreign.spikes[name], spikes)
    for name, membranes in slow.membranes.items():
        np.testing.assert_array_equal(quick.membranes[name], membranes)
    np.testing.assert_array_equal(quick.logits, slow.logits)
    np.testing.assert_array_equal(foreign.logits, slow.logits)
    assert np.mean(slow.predictions == recording.logits.argmax(1).numpy()) >= 0.9


@pytest.mark.parametrize("channels", [False, True])
def test_main_synapses_are_brevitas_own_and_shortcuts_as_wide_as_they_need(channels):
    build, _ = compiled(channels=channels)
    net = residual_checkpoint(channels=channels).network()
    layers = {layer.name: layer for layer in build.dataflow.layers}
    joins = {name: layer for name, layer in layers.items() if len(layer.synapses) > 1}
    assert {name: len(layer.synapses) for name, layer in joins.items()} == {
        "a_lif": 2, "b_lif": 2, "c_lif": 3, "d_lif": 2, "e_lif": 2,
    }  # fmt: skip
    tiny = 2  # channels whose gain is near zero
    for name, layer in layers.items():
        main = max(layer.synapses, key=lambda synapse: build.weight(synapse)[0].size)
        node = next(n for n in net.graph.nodes if n.name == main.name)
        own_layer = cast(QuantLinear | QuantConv2d, net.layer(main.name))
        trained = own_layer.quant_weight_for(net.amplitude_of(node.inputs[0]))
        first = 0 if layer is build.dataflow.layers[-1] else tiny
        w, own = build.weight(main)[first:], trained.int().numpy()[first:]
        np.testing.assert_array_equal(abs(w), abs(own), name)
        assert main.w_bits == node.attrs["weight_bits"]
        for synapse in layer.synapses:
            stored = build.tensors[f"{synapse.name}.weight"]
            least = next(bits for bits in (8, 16, 32) if synapse.w_bits <= bits)
            assert stored.dtype.itemsize * 8 == least
            if synapse is not main:
                assert synapse.shift == 0 and main.shift > 0
                peak = int(abs(build.weight(synapse)).max())
                assert synapse.w_bits == 1 + peak.bit_length()


def test_an_identity_is_one_weight_per_channel_worth_its_amplitude():
    build, _ = compiled(channels=True)
    lifs = residual_checkpoint(channels=True).network().lifs()
    layers = {layer.name: layer for layer in build.dataflow.layers}
    for name, group_name, amplitude in [
        ("a_lif", "add.stem_lif", lifs["stem_lif"].amplitude),
        ("c_lif", "three.b_lif", lifs["b_lif"].amplitude),
        ("d_lif", "add_2.c_lif", lifs["c_lif"].amplitude.repeat_interleave(16)),
        ("e_lif", "add_3.d_lif", lifs["d_lif"].amplitude),
    ]:
        (synapse,) = (g for g in layers[name].synapses if g.name == group_name)
        assert synapse.op.groups == synapse.op.in_shape[0] == len(amplitude)
        lsb, w = build.tensors[f"{name}.lsb"], build.weight(synapse).reshape(-1)
        assert (abs(w * lsb - amplitude.detach().numpy()) <= 0.501 * lsb).all()


def test_a_pooled_identity_has_the_divisor_in_its_weights():
    build, _ = compiled(stem_pool="overlapping")
    layer = next(layer for layer in build.dataflow.layers if layer.name == "a_lif")
    (synapse,) = (synapse for synapse in layer.synapses if synapse.source == "stem_lif")
    stem = residual_checkpoint(stem_pool="overlapping").network().lifs()["stem_lif"]
    amplitude = stem.amplitude.item()
    assert [pool.kernel for pool in synapse.pools] == [(3, 3)]
    assert not synapse.acc.exact  # windows overlap
    lsb, w = build.tensors["a_lif.lsb"], build.weight(synapse).reshape(-1)
    assert (abs(w * lsb - amplitude / 9) <= 0.501 * lsb).all()


def test_each_group_counts_its_own_additions():
    build, recording = compiled()
    x = recording.inputs.numpy()
    trace = fast.run(build, x)
    counts = operations.count(build, x, trace)["a_lif"]
    main_in = int(np.count_nonzero(trace.spikes["a1_lif"]))
    skipped = int(np.count_nonzero(trace.spikes["stem_lif"]))
    assert counts.events == main_in + skipped
    layer = next(layer for layer in build.dataflow.layers if layer.name == "a_lif")
    alone = msgspec.structs.replace(layer, synapses=layer.synapses[:1])
    flow = msgspec.structs.replace(
        build.dataflow,
        layers=tuple(alone if other is layer else other for other in build.dataflow.layers),
    )
    first = operations.count(Build(flow, build.tensors), x, trace)["a_lif"]
    # An identity adds once for each spike; an update adds one more current.
    assert counts.synaptic_additions - first.synaptic_additions == skipped
    updates = layer.size * build.dataflow.timesteps * x.shape[1]
    assert counts.update_additions - first.update_additions == updates
    bits = layer.synapses[1].w_bits * 8 + layer.synapses[1].acc_bits * layer.size
    whole, part = (operations.footprint_bytes(b) for b in (build, Build(flow, build.tensors)))
    assert abs(8 * (whole - part) - bits) < 8
    one_bit = energy.of_layer(build, layer, Operations(acc_read_bits=1)).memory_pj
    accumulators = layer.size * sum(synapse.acc_bits for synapse in layer.synapses)
    assert one_bit == pytest.approx(energy.sram_pj_per_bit(accumulators))


def test_the_same_checkpoint_and_options_give_the_same_bytes(tmp_path):
    def saved(name):
        artefact.save(compiled.__wrapped__()[0], tmp_path / name)
        files = (tmp_path / name).rglob("*")
        return {f.relative_to(tmp_path / name): f.read_bytes() for f in files if f.is_file()}

    one = saved("one")
    assert one == saved("two")
    assert {str(path) for path in one} == {"dataflow.json", "dataflow.sha256", "tensors.npz"}


# --- the command lines ------------------------------------------------------------------------


@pytest.fixture
def ckpt(tmp_path):
    return save(residual_checkpoint(), tmp_path / "runs/net/ckpt.pt")


def test_from_check_to_onnx(ckpt, tmp_path, capsys):
    assert status_of(compiler, "check", ckpt) == 0
    assert "every layer can be built" in capsys.readouterr().out
    folder = tmp_path / "b"
    assert status_of(compiler, "build", ckpt, "--target", "int4", "--out", folder) == 0
    assert "re-quantized" not in capsys.readouterr().out
    assert status_of(compiler, "export", folder, "--format", "onnx") == 0
    assert status_of(hw_models, "run", folder, "--engine", "onnx") == 0
    assert status_of(hw_models, "run", folder) == 0


@pytest.mark.parametrize(
    "network", [ResNet("conv", (4, 6), (1, 1)), ResNet("three", (4, 6), (1, 1), "pool")], ids=str
)
def test_the_verilog_of_a_residual_network_equals_the_golden_model(network):
    trained = resnet_checkpoint(network)
    build = compile_graph(import_network(trained.network(), "int8", "net"), Options("int8"))
    x = record(trained.network(), digits(samples=2)).inputs.numpy()
    report = rtl_report.run(build, x, stalls=Stalls(idle=40, stall=40))
    assert report.equal, report.first_difference
    assert all(layer.events_in for layer in report.layers.values())


def test_a_simulation_says_why_there_is_no_verilog(ckpt, tmp_path, capsys):
    assert status_of(compiler, "build", ckpt, "--out", tmp_path / "b", "--no-reference") == 0
    capsys.readouterr()
    assert status_of(rtl_sim, "run", tmp_path / "b") == 2
    assert_one_line(
        capsys.readouterr().err, "no rtl/parameters.json; add_2.c_lif reads a map as a vector"
    )
