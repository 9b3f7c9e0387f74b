"""`python -m rtl_sim run`: exit statuses, report, evidence, waveform."""

import json
from functools import partial

import numpy as np
import pytest

from compiler.emit.rtl import generate
from hw_models.dataflow import Build
from hw_models.engines import golden
from hw_models.errors import InputError
from hw_models.folder import artefact, reference_vectors
from rtl_sim.__main__ import cli
from rtl_sim.simulation import report
from tests.builders.random_builds import random_build, random_input
from tests.builders.reference_builds import saved_hardware
from tests.builders.simulated_builds import chain, conv, pool
from tests.cli import assert_one_line, status_of
from tests.mutants import mutated_library


@pytest.fixture
def network() -> Build:
    return random_build(21, encoding="ternary", widths=[12, 10, 4])


def test_equal_builds_exit_0_and_leave_evidence(tmp_path, network, capsys):
    build = saved_hardware(tmp_path / "b", network)
    arguments = ("--samples", 5, "--stalls", 20, "--waves", "--json", tmp_path / "out/report.json")
    assert status_of(cli, "run", tmp_path / "b", *arguments) == 0
    report = json.loads((tmp_path / "out/report.json").read_text())
    evidence = json.loads((tmp_path / "b/evidence/simulation.json").read_text())
    assert report == evidence
    assert report["dataflow_sha256"] == build.sha256
    assert list(report["edges"].values()) == [None] * 4
    assert report["samples"] == report["samples_equal"] == 5 and report["equal"] is True
    x = reference_vectors.load(build).x[:, :5]
    trace = golden.run(build, x)
    assert report["events_compared"] == np.count_nonzero(trace.spikes["layer0"])
    assert report["membranes_compared"] == 5 * build.dataflow.timesteps * (10 + 4)
    events = np.count_nonzero(x), np.count_nonzero(trace.spikes["layer0"])
    assert report["additions"] == events[0] * 10 + events[1] * 4
    assert 0 < report["cycles"] <= report["cycles_max"] <= report["cycles_total"]
    assert (tmp_path / "b/evidence/simulation.fst").stat().st_size > 1000
    assert artefact.load(tmp_path / "b").sha256 == build.sha256
    out = capsys.readouterr().out
    assert "cycles per inference" in out and "layer0" in out
    assert all(kind in out for kind in report["edges"])
    assert status_of(cli, "run", tmp_path / "b", "--samples", 1, "--no-edges") == 0
    report = json.loads((tmp_path / "b/evidence/simulation.json").read_text())
    assert report["edges"] == {} and "another order" not in capsys.readouterr().out


def test_convolutions_and_pools_run_alike(tmp_path, capsys):
    stages = (partial(conv, channels=4, kernel=(3, 3)), lambda shape: pool(shape, (2, 2), (2, 2)))
    build = chain(3, "static", (1, 6, 6), *stages, 3)
    saved_hardware(tmp_path / "b", build)
    assert status_of(cli, "run", tmp_path / "b", "--samples", 2, "--stalls", 30) == 0
    report = json.loads((tmp_path / "b/evidence/simulation.json").read_text())
    assert report["equal"] and report["membranes_compared"] == 2 * build.dataflow.timesteps * 67
    tensors = {name: tensor.copy() for name, tensor in build.tensors.items()}
    tensors["layer0.bias"][1] += 1
    saved_hardware(tmp_path / "c", build, generate(Build(build.dataflow, tensors)))
    assert status_of(cli, "run", tmp_path / "c", "--samples", 1) == 1
    assert "layer layer0, time step 0, neuron (1, " in capsys.readouterr().err


def test_a_corrupted_weight_exits_1_and_is_named(tmp_path, network, capsys):
    tensors = {name: tensor.copy() for name, tensor in network.tensors.items()}
    tensors["layer0.syn.weight"][6] ^= 1
    saved_hardware(tmp_path / "b", network, generate(Build(network.dataflow, tensors)))
    assert status_of(cli, "run", tmp_path / "b", "--samples", 3) == 1
    err = capsys.readouterr().err
    assert "first difference: layer layer0, time step " in err and "neuron 6: expected" in err
    kept = tmp_path / "b/evidence/failure-icarus"
    assert f"python -m rtl_sim replay {kept}" in err
    assert status_of(cli, "replay", kept) == 1
    report = json.loads((tmp_path / "b/evidence/simulation.json").read_text())
    assert report["equal"] is False and report["first_difference"] in err


def test_verilog_that_does_not_compile_exits_2(tmp_path, network, capsys):
    files = generate(network)
    path = "rtl/trispike_neuron.v"
    files[path] = files[path].replace(b"endmodule", b"")
    saved_hardware(tmp_path / "b", network, files)
    assert status_of(cli, "run", tmp_path / "b", "--samples", 1) == 2
    log = tmp_path / "b/evidence/simulation-icarus.log"
    assert_one_line(capsys.readouterr().err, "does not compile the Verilog: ", f"log: {log}")
    assert "syntax error" in log.read_text()


@pytest.mark.parametrize(
    ("damage", "parts"),
    [
        (lambda b: (b / "mem/layer0.bias.mem").write_text("0\n"), ["layer0.bias.mem", "sha256"]),
        (lambda b: (b / "rtl/top.v").unlink(), ["top.v", "build it again"]),
        (lambda b: (b / "reference/vectors.npz").unlink(), ["reference"]),
        (lambda b: (b / "dataflow.json").unlink(), ["no build folder"]),
    ],
)
def test_bad_folders_exit_2_in_one_line(tmp_path, network, capsys, damage, parts):
    saved_hardware(tmp_path / "b", network)
    damage(tmp_path / "b")
    assert status_of(cli, "run", tmp_path / "b") == 2
    assert_one_line(capsys.readouterr().err, *parts)
    assert not (tmp_path / "b/evidence").exists()


def test_a_build_without_hardware_exits_2(tmp_path, network, capsys):
    saved_hardware(tmp_path / "b", network, {})
    assert status_of(cli, "run", tmp_path / "b") == 2
    assert_one_line(capsys.readouterr().err, "no rtl/parameters.json")


def test_no_simulator_exits_2_and_says_what_to_install(tmp_path, network, capsys, monkeypatch):
    saved_hardware(tmp_path / "b", network)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert status_of(cli, "run", tmp_path / "b") == 2
    assert_one_line(capsys.readouterr().err, "iverilog", "install", "apt install iverilog")


def test_another_library_and_jobs(tmp_path, network):
    saved_hardware(tmp_path / "b", network)
    library = mutated_library(tmp_path, "engine", "neg_q       <= s_axis", "neg_q       <= !s_axis")
    options = ("--samples", 6, "--jobs", 2, "--library", library, "--failure", tmp_path / "mine")
    assert status_of(cli, "run", tmp_path / "b", *options) == 1
    report = json.loads((tmp_path / "b/evidence/simulation.json").read_text())
    assert report["jobs"] == 2 and report["failure"] == str(tmp_path / "mine")
    assert report["images_per_second"] > 0 and (tmp_path / "mine/failure.json").exists()
    assert status_of(cli, "run", tmp_path / "b", "--samples", 6) == 0


def test_a_cluster_makes_no_waveforms(tmp_path, network, capsys):
    saved_hardware(tmp_path / "b", network)
    options = ("--waves", "--scheduler", "tcp://127.0.0.1:9")
    assert status_of(cli, "run", tmp_path / "b", *options) == 2
    assert_one_line(capsys.readouterr().err, "--waves", "--scheduler")


@pytest.mark.parametrize(
    ("change", "part"),
    [
        (lambda x: x / 2, "float64 values, need an array of integers"),
        (lambda x: x[:, :, :-1], "need [1, samples, 5]"),
        (lambda x: x + 127, "need -127..127"),
    ],
)
def test_samples_that_are_none_of_the_build_s_are_not_simulated(change, part):
    build = random_build(21, encoding="static", widths=[5, 4, 3], x_max=127)
    x = random_input(build, 2, 1).astype(np.int16)
    x[0, 0, 0] = 1
    with pytest.raises(InputError) as error:
        report.run(build, change(x))  # without Verilog, so nothing could be compiled
    assert part in str(error.value)
