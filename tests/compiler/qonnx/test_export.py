"""The QONNX graph of a trained network, executed by qonnx, gives what torch gives."""

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper

from compiler.__main__ import cli
from compiler.qonnx import export
from qtrain.checkpoint import Checkpoint
from qtrain.layers import QuantConv2d, QuantLinear
from qtrain.network.recording import record
from tests.builders.networks import checkpoint, digits, save, users_checkpoint
from tests.builders.residual_networks import residual_checkpoint
from tests.cli import assert_one_line, status_of

NETWORKS = {
    "ternary": checkpoint,
    "binary soft": lambda: checkpoint(spike="binary", reset="soft", tau=0.75),
    "ternary soft, 2 bits": lambda: checkpoint(weight_bits=2, input_bits=3, reset="soft"),
    "pools and groups": users_checkpoint,
    "residual": lambda: residual_checkpoint(channels=True, stem_pool="overlapping"),
    "residual binary": lambda: residual_checkpoint(spike="binary", weight_bits=2),
}


def executed(trained: Checkpoint, x: torch.Tensor) -> dict[str, np.ndarray]:
    """The outputs of the exported graph, by qonnx's own executor."""
    onnx_exec = pytest.importorskip("qonnx.core.onnx_exec")
    wrapper = pytest.importorskip("qonnx.core.modelwrapper")
    model = wrapper.ModelWrapper(export.export(trained.network(), x.shape[1]))
    return onnx_exec.execute_onnx(model, {"input": x.numpy()})


@pytest.mark.parametrize("make", NETWORKS.values(), ids=NETWORKS)
def test_spikes_and_logits_are_those_of_training(make):
    """float32 sums of other orders may differ in the last bits; the classes are the same."""
    trained, x = make(), digits(samples=8)
    expected, got = record(trained.network(), x), executed(trained, x)
    assert got.keys() == {"logits", *(f"{name}.spikes" for name in expected.spikes)}
    for name, spikes in expected.spikes.items():
        assert spikes.any()
        s = got[f"{name}.spikes"].reshape(spikes.shape)
        assert np.mean(s != spikes.numpy()) < 1e-3, name
    logits = expected.logits.numpy()
    np.testing.assert_allclose(got["logits"], logits, rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(got["logits"].argmax(1), logits.argmax(1))


def test_intquant_nodes_hold_brevitas_integers():
    trained = users_checkpoint(weight_bits=4)
    network, model = trained.network(), export.export(trained.network())
    constants = {c.name: numpy_helper.to_array(c) for c in model.graph.initializer}
    quantizers = {n.name: n for n in model.graph.node if n.op_type == "IntQuant"}
    weighted = [
        node.name
        for node in network.graph.nodes[1:]
        if isinstance(network.layer(node.name), QuantConv2d | QuantLinear)
    ]
    assert quantizers.keys() == {"encode.quantized", *(f"{w}.weight.quantized" for w in weighted)}
    for name in weighted:
        node = quantizers[f"{name}.weight.quantized"]
        w, scale, zero, bits = (constants[i] for i in node.input)
        integers = network.layer(name).quant_weight().int().numpy()
        np.testing.assert_array_equal(np.round(w / scale), integers)
        assert (zero, bits, node.domain) == (0, 4, "qonnx.custom_op.general")


def test_every_shape_is_known():
    model = export.export(residual_checkpoint(channels=True).network(), 3)
    known = {v.name: v for v in [*model.graph.value_info, *model.graph.output]}
    for node in model.graph.node:
        dims = known[node.output[0]].type.tensor_type.shape.dim
        assert dims and all(d.dim_value > 0 for d in dims), node.name


def test_the_command_takes_a_checkpoint(tmp_path, capsys):
    ckpt, out = save(checkpoint(), tmp_path / "ckpt.pt"), tmp_path / "net.onnx"
    assert status_of(cli, "export", ckpt, "--format", "qonnx", "--out", out) == 0
    assert onnx.load(out).producer_name == "trispike"
    assert status_of(cli, "export", tmp_path, "--format", "qonnx") == 2
    assert_one_line(capsys.readouterr().err, "no such file")
