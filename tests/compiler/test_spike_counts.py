"""A readout of spikes: what the neurons of a class fired decides, from the network to Verilog."""

import numpy as np
import pytest
import torch
from torch import nn

import compiler
from compiler.emit.loadable import register_writes
from compiler.frontend.preflight import check
from compiler.onnx.export import export
from hw_models.engines import fast, golden, onnx_runtime
from hw_models.errors import InputError
from qtrain.layers import (
    LIF,
    AvgPool2d,
    BatchNorm,
    BinaryLIF,
    Flatten,
    GlobalAvgPool,
    InputQuant,
    QuantConv2d,
    QuantLinear,
    Readout,
    TernaryLIF,
)
from qtrain.network.network import build_network
from qtrain.network.recording import record
from qtrain.network.trace import trace
from rtl_sim.simulation.report import run
from tests.builders.networks import DIGITS, checkpoint_of, digits

DENSE = (Flatten(), QuantLinear(64, 10), BatchNorm(10))
MAP = (QuantConv2d(1, 10, 8, padding=0), BatchNorm(10))  # of one position
CONV = (QuantConv2d(1, 5, 3, 2, 1), BatchNorm(5))  # maps of 4 x 4
NETWORKS = {
    "vector": (*DENSE, TernaryLIF(3), Readout()),
    "leak": (*DENSE, TernaryLIF(3), Readout(tau=0.75)),
    "last step": (*DENSE, TernaryLIF(3), Readout(tau=0.0)),
    "binary": (*DENSE, BinaryLIF(3), Readout()),
    "one position": (*MAP, TernaryLIF(3), Readout()),
    "flattened": (*MAP, TernaryLIF(3), Flatten(), Readout(tau=0.5)),
    "pooled": (*CONV, TernaryLIF(3), AvgPool2d(3, 1, 1), GlobalAvgPool(), Flatten(), Readout()),
}


def trained(*layers: nn.Module, amplitude: float = 1.0):
    """A checkpoint of random weights, its batch norm moved to the data."""
    torch.manual_seed(0)
    net = nn.Sequential(InputQuant(DIGITS.input_scale), *layers)
    for layer in net:
        if isinstance(layer, LIF):
            nn.init.constant_(layer.amplitude, amplitude)
    net(digits("train", 300))
    return checkpoint_of(*trace(net, DIGITS.shape))


@pytest.mark.parametrize("amplitude", [1.0, -0.75])
@pytest.mark.parametrize("kind", NETWORKS)
def test_logits_are_the_spikes_counted_in_all_engines(kind, amplitude):
    """Counted here from the spikes of the golden model, with the sign of what they are worth."""
    checkpoint = trained(*NETWORKS[kind], amplitude=amplitude)
    build = compiler.build(checkpoint, compiler.Options(lanes=3, update_lanes=2))
    recording = record(checkpoint.network(), digits(samples=40))
    x = recording.inputs.numpy()
    got = golden.run(build, x)
    (spikes,) = got.spikes.values()
    if kind == "pooled":
        spikes = spikes.astype(np.int64)
        padded = np.pad(spikes, [(0, 0)] * 3 + [(1, 1)] * 2)
        windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), (3, 4))
        spikes = windows.sum((3, 4, 5, 6))
    counted = np.zeros_like(got.logits)
    readout = build.dataflow.layers[-1]
    (synapse,) = readout.synapses
    leak = readout.update.neuron.leak
    for s in spikes.reshape(3, *counted.shape).astype(np.int64):
        leaked = np.sign(counted) * ((np.abs(counted) * leak.m) >> leak.k)
        counted = leaked + (int(np.sign(amplitude)) * s << synapse.shift)
    # A leak of 0 or 1 rounds nothing.
    assert counted.any() and (synapse.shift == 0) == (leak.k == 0)
    np.testing.assert_array_equal(got.logits, counted)
    np.testing.assert_array_equal(fast.run(build, x).logits, counted)
    session = onnx_runtime.open_session(export(build).SerializeToString())
    np.testing.assert_array_equal(onnx_runtime.execute(build, session, x).logits, counted)
    report = run(build, x[:, :2])
    assert report.equal, report.first_difference
    # As trained, but for spikes that float32 decides otherwise and what the leak rounds.
    exact, error = recording.logits.numpy(), build.dataflow.logit_scale * counted
    assert np.median(abs(error - exact).max(1)) <= 0.02 * abs(exact).max()


def test_other_weights_are_loaded_into_its_core():
    build = compiler.build(trained(*NETWORKS["vector"]), compiler.Options(loadable=True))
    other = trained(*NETWORKS["vector"], amplitude=-1.0)
    assert register_writes(build, compiler.build(other, compiler.Options(like=build)))
    report = run(build, record(other.network(), digits(samples=2)).inputs.numpy())
    assert report.equal, report.first_difference


def test_an_event_takes_one_cycle_and_one_weight():
    """The identity is depthwise, with one weight a class; a dense one has 10 by 10."""
    build = compiler.build(trained(*NETWORKS["vector"]))
    (synapse,) = build.dataflow.layers[-1].synapses
    assert build.weight(synapse).shape == (10, 1, 1, 1) and synapse.w_bits == 2


def test_amplitudes_of_channels_count_in_training_and_are_refused_in_hardware():
    net = nn.Sequential(
        InputQuant(DIGITS.input_scale), *DENSE, TernaryLIF(3, channels=10), Readout()
    )
    network = build_network(*trace(net, DIGITS.shape))
    lif = next(iter(network.lifs().values()))
    nn.init.uniform_(lif.amplitude, 0.5, 1.5)
    recording = record(network, digits(samples=9))
    (spikes,) = recording.spikes.values()
    torch.testing.assert_close(recording.logits, spikes.float().mean(0) * lif.amplitude.detach())
    (fault,) = check(net, DIGITS.shape)
    assert (fault.layer, fault.why) == ("4", "gives the logits with an amplitude for each class")
    assert "channels=None" in fault.instead


def test_maps_are_no_classes():
    with pytest.raises(InputError, match="need one place; put a GlobalAvgPool"):
        compiler.build(trained(*CONV, TernaryLIF(3), Flatten(), Readout()))
