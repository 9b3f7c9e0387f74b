"""A readout that leaks, from the network to Verilog: its logits are the membranes after step T."""

import json

import numpy as np
import pytest
import torch
from torch import nn

from compiler.__main__ import cli as compiler
from hw_models.__main__ import cli as models
from hw_models.engines import fast, golden, onnx_runtime
from hw_models.folder import artefact
from hw_models.semantics import Leak
from qtrain import checkpoint
from qtrain.layers import BatchNorm, Flatten, InputQuant, QuantLinear, Readout, TernaryLIF
from qtrain.network.recording import record
from qtrain.network.trace import trace
from rtl_sim.__main__ import cli as rtl_sim
from tests.builders.networks import DIGITS, checkpoint_of, digits, save
from tests.cli import status_of

pytestmark = pytest.mark.xdist_group("leaky readout")  # the tests share a build


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A checkpoint and its build."""
    torch.manual_seed(0)
    net = nn.Sequential(
        InputQuant(DIGITS.input_scale), Flatten(), QuantLinear(64, 12), BatchNorm(12),
        TernaryLIF(4), QuantLinear(12, 10, scaling="tensor", bias=True), Readout(tau=0.75),
    )  # fmt: skip
    net(digits("train", 300))  # the statistics of the batch norm
    out = tmp_path_factory.mktemp("leaky")
    path = save(checkpoint_of(*trace(net, DIGITS.shape)), out / "ckpt.pt")
    assert status_of(compiler, "build", path, "--out", out / "build") == 0
    assert status_of(compiler, "export", out / "build", "--format", "onnx") == 0
    return out


def test_all_engines_agree_with_the_network(folder):
    trained = checkpoint.load(folder / "ckpt.pt")
    assert trained.graph.nodes[-1].attrs == {"tau": 0.75}
    build, recording = artefact.load(folder / "build"), record(trained.network(), digits())
    readout = build.dataflow.layers[-1]
    assert readout.update.neuron.leak == Leak(3, 2)
    assert build.dataflow.logit_scale == build.tensors[f"{readout.name}.lsb"][0]
    x = recording.inputs.numpy()
    got = golden.run(build, x)
    np.testing.assert_array_equal(fast.run(build, x).logits, got.logits)
    np.testing.assert_array_equal(onnx_runtime.run(build, x).logits, got.logits)
    exact = recording.logits.numpy()
    assert np.mean(got.predictions == exact.argmax(1)) >= 0.98
    # Of each sample, so that spikes that differ do not hide the scale of the others.
    error = abs(build.dataflow.logit_scale * got.logits - exact).max(1)
    assert np.median(error) <= 0.02 * abs(exact).max()


def test_onnx_and_verilog_by_their_commands(folder):
    assert status_of(models, "run", folder / "build", "--engine", "onnx") == 0
    found = folder / "found.json"
    assert status_of(rtl_sim, "run", folder / "build", "--samples", 3, "--json", found) == 0
    simulated = json.loads(found.read_text())
    assert simulated["samples_equal"] == 3 and simulated["events_compared"] > 0
