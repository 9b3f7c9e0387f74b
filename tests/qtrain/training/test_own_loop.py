"""A module trained in a loop of one's own becomes a checkpoint that the compiler takes."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

import compiler
import qtrain
from hw_models.engines import golden
from hw_models.errors import InputError
from qtrain import checkpoint
from qtrain.data.source import recorded
from qtrain.layers import BatchNorm, Flatten, InputQuant, QuantLinear, Readout, TernaryLIF
from qtrain.network.recording import integer_inputs
from tests.builders.own_files import write_npz


def trained(data):
    """A small module after some steps on the data."""
    torch.manual_seed(0)
    module = nn.Sequential(
        InputQuant(data.spec.input_scale), Flatten(), QuantLinear(6 * 128, 8), BatchNorm(8),
        TernaryLIF(2), QuantLinear(8, 4, scaling="tensor"), Readout(),
    )  # fmt: skip
    samples, optimizer = data.load("train"), torch.optim.Adam(module.parameters(), 1e-2)
    for which in torch.arange(len(samples)).split(16):
        optimizer.zero_grad()
        cross_entropy(module(samples.inputs(which)), samples.y[which]).backward()
        optimizer.step()
    return module.eval()


def test_a_saved_module_is_built_from_its_file_alone(tmp_path):
    data = qtrain.open_source(str(write_npz(tmp_path / "s.npz")))
    module = trained(data)
    path = qtrain.save(module, tmp_path / "run", data)
    assert path == tmp_path / "run/ckpt.pt"
    saved = checkpoint.load(path)
    samples = data.load("test")
    x = samples.inputs(slice(None))
    right = (module(x).argmax(1) == samples.y).float().mean()
    assert recorded(saved.config).load("test").sha256() == samples.sha256()
    assert saved.metrics["test_accuracy"] == pytest.approx(float(right))
    build = compiler.build(path)
    found = golden.run(build, integer_inputs(saved.network(), x).numpy()).predictions
    assert np.mean(found == module(x).argmax(1).numpy()) > 0.9


def test_a_module_that_does_not_take_the_data_is_not_saved(tmp_path):
    data = qtrain.open_source(str(write_npz(tmp_path / "s.npz")))
    module = trained(data)
    with pytest.raises(InputError, match="does not take digits's samples"):
        qtrain.save(module, tmp_path / "run", qtrain.open_source("digits"))
    module[0] = nn.ReLU()
    with pytest.raises(InputError, match="ReLU"):
        qtrain.save(module, tmp_path / "run", data)
    assert not (tmp_path / "run").exists()


def test_arrays_are_trained_on_and_another_configuration_is_refused(tmp_path):
    arrays = dict(np.load(write_npz(tmp_path / "s.npz")))
    data = qtrain.open_source(arrays)
    config = qtrain.default_config(data, model="mlp", hidden=(4,), epochs=1)
    net = qtrain.train(config, tmp_path / "run", data=data)
    assert net.graph.nodes[0].attrs["shape"] == [6, 1, 128]
    arrays["x"] = arrays["x"] + 1
    with pytest.raises(InputError, match="make it with default_config"):
        qtrain.train(config, tmp_path / "run", data=qtrain.open_source(arrays))
    with pytest.raises(InputError, match="came from arrays in Python"):
        qtrain.train(config, tmp_path / "other")


def test_the_interface_has_what_it_names():
    assert all(hasattr(qtrain, name) for name in qtrain.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = qtrain.nothing
