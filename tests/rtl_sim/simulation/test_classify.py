"""`python -m rtl_sim classify`: samples in a simulator, each equal to the golden model or not."""

import json

import msgspec
import numpy as np
import pytest

from compiler.emit.rtl import generate
from hw_models.core import timing
from hw_models.dataflow import Build
from hw_models.engines import golden
from hw_models.folder import reference_vectors
from hw_models.sample.classification import classify
from rtl_sim.__main__ import cli
from tests.builders.random_builds import random_build
from tests.builders.reference_builds import saved_hardware
from tests.cli import assert_one_line, status_of


@pytest.fixture
def network() -> Build:
    return random_build(21, encoding="static", widths=[12, 10, 4])


def saved_samples(folder, build, count=2):
    """The first reference samples in a file each, and all of them [T', B, *shape]."""
    x = reference_vectors.load(build).x[:, :count]
    paths = tuple(folder / f"{k}.npy" for k in range(count))
    for path, sample in zip(paths, x.swapaxes(0, 1), strict=True):
        np.save(path, sample)
    return paths, x


def test_samples_are_classified_as_by_the_golden_model(tmp_path, network, capsys):
    build = saved_hardware(tmp_path / "b", network)
    paths, x = saved_samples(tmp_path, build)
    args = ("classify", tmp_path / "b", *paths, "--integers", "--json", tmp_path / "r.json")
    assert status_of(cli, *args) == 0
    report = json.loads((tmp_path / "r.json").read_text())
    assert (report["simulator"], report["failure"]) == ("icarus", None)
    expected = msgspec.to_builtins(classify(build, paths, x))["samples"]
    out = capsys.readouterr().out
    for at, (sample, same) in enumerate(zip(report["samples"], expected, strict=True)):
        one = x[:, at : at + 1]
        (cycles,) = timing.run(build.dataflow, one, golden.run(build, one)).latencies
        assert sample == {**same, "cycles": cycles, "first_difference": None}
        assert f"icarus: {cycles:,} cycles; every value equals the golden model's" in out
    assert not (tmp_path / "b/evidence").exists()


def test_a_difference_is_named_and_kept_for_a_replay(tmp_path, network, capsys):
    tensors = {name: tensor.copy() for name, tensor in network.tensors.items()}
    tensors["layer0.bias"][6] += 1
    build = saved_hardware(tmp_path / "b", network, generate(Build(network.dataflow, tensors)))
    paths, _ = saved_samples(tmp_path, build)
    args = ("classify", tmp_path / "b", *paths, "--integers", "--json", tmp_path / "r.json")
    assert status_of(cli, *args, "--failure", tmp_path / "kept") == 1
    out, err = capsys.readouterr()
    report = json.loads((tmp_path / "r.json").read_text())
    first = report["samples"][0]["first_difference"]
    assert first.startswith("layer layer0, time step 0, neuron 6: expected")
    assert f"first difference: {first}" in err and report["failure"] == str(tmp_path / "kept")
    assert "DIFFERS from the golden model's" in out
    assert status_of(cli, "replay", tmp_path / "kept") == 1


def test_what_cannot_be_simulated_is_one_line(tmp_path, network, capsys, monkeypatch):
    build = saved_hardware(tmp_path / "b", network, {})
    (path, _), _ = saved_samples(tmp_path, build)
    assert status_of(cli, "classify", tmp_path / "b", path) == 2
    assert_one_line(capsys.readouterr().err, "no rtl/parameters.json")
    saved_hardware(tmp_path / "b", network)
    np.save(path, np.zeros(5))
    assert status_of(cli, "classify", tmp_path / "b", path) == 2
    assert_one_line(capsys.readouterr().err, "0.npy: an array of [5]; accepted: [12]")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert status_of(cli, "classify", tmp_path / "b", path) == 2
    assert_one_line(capsys.readouterr().err, "apt install iverilog")
