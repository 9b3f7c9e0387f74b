"""The chain from a checkpoint to Verilog, by its commands: a small network, all numbers equal."""

import json

from compiler.__main__ import cli as compiler
from hw_models.__main__ import cli as models
from rtl_sim.__main__ import cli as rtl_sim
from tests.builders.networks import checkpoint, save
from tests.cli import status_of


def test_from_the_checkpoint_to_verilog(tmp_path):
    trained = save(checkpoint(hidden=(10,)), tmp_path / "ckpt.pt")
    build = tmp_path / "build"
    assert status_of(compiler, "build", trained, "--out", build) == 0
    found = tmp_path / "found.json"
    assert status_of(models, "run", build, "--json", found) == 0
    assert json.loads(found.read_text())["predictions_equal"] > 0.95
    assert status_of(compiler, "export", build, "--format", "onnx") == 0
    assert status_of(models, "run", build, "--engine", "onnx") == 0
    assert status_of(rtl_sim, "run", build, "--samples", 3, "--json", found) == 0
    simulated = json.loads(found.read_text())
    assert simulated["samples_equal"] == 3 and simulated["events_compared"] > 0
