"""Neurons with a leak of 0, from the network to Verilog: each step is alone, and nothing rounds."""

import numpy as np
import pytest
import torch
from torch import nn

import compiler
from compiler.onnx.export import export
from hw_models.dataflow import Build
from hw_models.engines import fast, golden, onnx_runtime
from hw_models.hardware import hardware_of
from qtrain.checkpoint import Checkpoint
from qtrain.layers import (
    BatchNorm,
    BinaryLIF,
    Flatten,
    InputQuant,
    QuantConv2d,
    QuantLinear,
    Readout,
    TernaryLIF,
)
from qtrain.network.recording import record
from qtrain.network.trace import trace
from rtl_sim.simulation.report import run
from tests.builders.networks import DIGITS, checkpoint_of, digits


def trained(tau: float, readout: Readout, reset: str = "hard") -> Checkpoint:
    """A convolution, a dense layer and logits, random, with the statistics of the data."""
    torch.manual_seed(0)
    net = nn.Sequential(
        InputQuant(DIGITS.input_scale), QuantConv2d(1, 6, 3, 2), BatchNorm(6),
        TernaryLIF(3, tau=tau, reset=reset), Flatten(), QuantLinear(54, 14), BatchNorm(14),
        BinaryLIF(3, tau=tau, reset=reset), QuantLinear(14, 10, scaling="tensor", bias=True),
        readout,
    )  # fmt: skip
    net(digits("train", 300))
    return checkpoint_of(*trace(net, DIGITS.shape))


def no_memory(build: Build) -> list[int]:
    return [layer.update.no_memory for layer in hardware_of(build).layers]


@pytest.mark.parametrize("loadable", [False, True])
@pytest.mark.parametrize(("readout", "reset"), [(Readout(), "hard"), (Readout(tau=0.0), "soft")])
def test_all_engines_spike_as_trained(readout, reset, loadable):
    checkpoint = trained(0.0, readout, reset)
    options = compiler.Options(lanes=4, update_lanes=3, loadable=loadable)
    build = compiler.build(checkpoint, options)
    assert no_memory(build) == [1, 1, int(readout.tau == 0)]
    recording = record(checkpoint.network(), digits(samples=60))
    x = recording.inputs.numpy()
    got = golden.run(build, x)
    for name, spikes in recording.spikes.items():
        assert spikes.any() and not spikes.all()
        np.testing.assert_array_equal(got.spikes[name], spikes)
    # The input is static, so the steps without memory are all the same.
    assert all((s == s[0]).all() for s in got.spikes.values())
    # The bias of the logits alone is rounded, to 1/64 of a weight step.
    error = abs(got.logits * build.dataflow.logit_scale - recording.logits.numpy()).max()
    assert error <= build.dataflow.logit_scale * 3
    np.testing.assert_array_equal(fast.run(build, x).logits, got.logits)
    session = onnx_runtime.open_session(export(build).SerializeToString())
    np.testing.assert_array_equal(onnx_runtime.execute(build, session, x).logits, got.logits)
    report = run(build, x[:, :2])
    assert report.equal, report.first_difference


def test_thresholds_are_exact_and_narrow():
    """With a leak there are fraction bits, of which the widths of membranes have most."""
    alone, leaky = (compiler.build(trained(tau, Readout())) for tau in (0.0, 0.25))
    assert no_memory(leaky) == [0, 0, 0]
    for mine, its in zip(alone.dataflow.layers[:-1], leaky.dataflow.layers[:-1], strict=True):
        assert mine.synapses[0].shift == 1 < its.synapses[0].shift
        assert mine.update.p_bits < its.update.p_bits
