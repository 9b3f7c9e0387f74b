"""`python -m compiler`: builds, vectors, and one clear line for every bad input."""

import pickle

import msgspec
import numpy as np
import pytest
import torch

from compiler.__main__ import cli
from compiler.nir.import_build import read_build
from compiler.onnx import export
from compiler.pipeline import Options, passes
from hw_models.__main__ import cli as hw_models
from hw_models.dataflow import Build
from hw_models.engines import fast, onnx_runtime
from hw_models.folder import artefact, evidence, reference_vectors
from qtrain.network.recording import record
from tests.builders.networks import checkpoint, digits, save
from tests.builders.nmnist_files import write_set
from tests.builders.random_builds import random_input
from tests.cli import assert_one_line, status_of
from tests.disk import full_after


@pytest.fixture
def ckpt(tmp_path):
    return save(checkpoint(), tmp_path / "runs/net/ckpt.pt")


def test_build_leaves_a_whole_folder_with_vectors(ckpt, tmp_path, capsys):
    assert status_of(cli, "build", ckpt, "--out", tmp_path / "b") == 0
    build = artefact.load(tmp_path / "b")
    assert build.dataflow.name == "net"
    assert {"rtl/top.v", "rtl/files.f"} <= set(build.files)
    vectors = reference_vectors.load(build)
    recording = record(checkpoint().network(), digits())
    np.testing.assert_array_equal(vectors.x, recording.inputs.numpy())
    np.testing.assert_array_equal(vectors.predictions, recording.logits.argmax(1).numpy())
    for name, spikes in recording.spikes.items():
        np.testing.assert_array_equal(vectors.spikes[name], spikes[:, :200].numpy())
    accuracy = np.mean(fast.run(build, vectors.x).predictions == vectors.labels)
    assert f"{accuracy:.2%} in integers" in capsys.readouterr().out


def test_more_fraction_bits_than_fit_are_refused(ckpt, tmp_path, capsys):
    assert status_of(cli, "build", ckpt, "--out", tmp_path / "b", "--frac-bits", "24") == 2
    assert_one_line(capsys.readouterr().err, "lif1: frac_bits = 24, at most")


def test_lanes_layer_by_layer(ckpt, tmp_path):
    out = tmp_path / "b"
    assert status_of(cli, "build", ckpt, "--out", out, "--lanes", "8,lif2=3", "--no-reference") == 0
    flow = artefact.load(out).dataflow
    assert flow.provenance["lanes"] == 8 and flow.provenance["lanes.lif2"] == 3
    lanes = [layer.lanes.accumulate for layer in flow.layers]
    assert lanes == [8, 3, 5]  # 24 neurons in words of 8, 16 in words of 3, 10 in words of 5


def test_lanes_for_a_goal_and_who_limits(ckpt, tmp_path, capsys):
    out = tmp_path / "b"
    assert status_of(cli, "build", ckpt, "--out", out, "--cycles", "400", "--no-reference") == 0
    provenance = artefact.load(out).dataflow.provenance
    assert provenance["cycles"] == 400 and "lanes" not in provenance
    table = capsys.readouterr().out
    assert "of 400" in table and "mean of 100 of the training split" in table
    assert table.count("limits") == 1


def test_the_default_folder_is_named_after_run_and_target(ckpt, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert status_of(cli, "build", ckpt, "--target", "int4", "--no-reference") == 0
    build = artefact.load(tmp_path / "build/net-int4")
    assert "re-quantized" in build.dataflow.warnings[0]


def test_each_pass_is_printed(ckpt, tmp_path, capsys):
    """Plain text: the graph after the import, and after each pass."""
    options = "--no-reference", "--out", tmp_path / "b"
    assert status_of(cli, "build", ckpt, *options) == 0
    plain = capsys.readouterr().out
    assert status_of(cli, "build", ckpt, *options, "--print-passes") == 0
    printed = capsys.readouterr().out
    assert printed.endswith(plain)
    graphs = printed.removesuffix(plain).split("\n\n")
    steps = ["import", *(type(x).__name__ for x in passes(Options()))]
    assert [graph.split("\n")[:2] for graph in graphs] == [
        *([f"after {step}:", "net: T = 4"] for step in steps), [""]
    ]  # fmt: skip
    assert "batch norm" in graphs[0] and "batch norm" not in graphs[1]
    assert "\x1b" not in printed.removesuffix(plain)


def test_vectors_of_another_split(ckpt, tmp_path):
    assert status_of(cli, "build", ckpt, "--out", tmp_path / "b", "--no-reference") == 0
    assert status_of(cli, "reference", tmp_path / "b", ckpt, "--split", "train") == 0
    vectors = reference_vectors.load(artefact.load(tmp_path / "b"))
    assert vectors.about.split == "train"
    assert vectors.samples > len(digits()[0])


def test_vectors_of_another_shape_are_refused(ckpt, tmp_path, capsys):
    status_of(cli, "build", ckpt, "--out", tmp_path / "b", "--no-reference")
    write_set(tmp_path / "data", 1)
    options = ["--dataset", "nmnist", "--data-dir", tmp_path / "data"]
    assert status_of(cli, "reference", tmp_path / "b", ckpt, *options) == 2
    assert_one_line(capsys.readouterr().err, "nmnist", "[1, 34, 34]", "[1, 8, 8]")


def test_inspect_shows_layers_and_provenance(ckpt, tmp_path, capsys):
    status_of(cli, "build", ckpt, "--out", tmp_path / "b", "--no-reference")
    capsys.readouterr()
    assert status_of(cli, "inspect", tmp_path / "b") == 0
    out = capsys.readouterr().out
    assert "lif2" in out and "checkpoint_sha256" in out


class Code:
    def __reduce__(self):
        return (print, ("code in a checkpoint was run",))


def truncated(path):
    path.write_bytes(path.read_bytes()[:-1000])


def with_code(path):
    path.write_bytes(pickle.dumps(Code()))


def zip_with_code(path):
    torch.save({"format": Code()}, path)


def with_nan(path):
    content = torch.load(path, weights_only=True)
    content["tensors"]["fc2.weight"][0, 0] = float("nan")
    torch.save(content, path)


def with_unknown_layer(path):
    content = torch.load(path, weights_only=True)
    for node in content["graph"]["nodes"]:
        if node["name"] == "lif2":
            node["op"] = "max_pool"
    torch.save(content, path)


def with_tau(path):
    content = torch.load(path, weights_only=True)
    for node in content["graph"]["nodes"]:
        if node["name"] == "lif2":
            node["attrs"]["tau"] = 0.3
    torch.save(content, path)


@pytest.mark.parametrize(
    ("damage", "parts"),
    [
        (truncated, ["ckpt.pt", "truncated"]),
        (with_code, ["ckpt.pt", "code"]),
        (zip_with_code, ["ckpt.pt", "code"]),
        (with_nan, ["ckpt.pt", "fc2.weight", "NaN"]),
        (with_unknown_layer, ["lif2", "max_pool"]),
        (with_tau, ["lif2", "tau = 0.3", "0.298828"]),
        (lambda path: path.unlink(), ["ckpt.pt", "no such file"]),
    ],
)
def test_a_bad_checkpoint_is_one_line_and_leaves_nothing(ckpt, tmp_path, capsys, damage, parts):
    damage(ckpt)
    assert status_of(cli, "build", ckpt, "--out", tmp_path / "b") == 2
    captured = capsys.readouterr()
    assert_one_line(captured.err, *parts)
    assert "was run" not in captured.out
    assert not (tmp_path / "b").exists()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["runs"]


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        (["--target", "int7"], ["'int7' is not one of", "int8", "int4", "ternary"]),
        (["--frac-bits", "few"], ["'few': need auto or a number"]),
        (["--frac-bits", "99"], ["frac_bits = 99, need auto or 0..24"]),
        (["--lanes", "0"], ["lanes = 0"]),
        (["--lanes", "8,lif2=0"], ["lanes = 8, 0"]),
        (["--lanes", "8,16"], ["'8,16': need N, or LAYER=N,..."]),
        (["--lanes", "lif9=4"], ["lif9", "layers are lif1, lif2, readout"]),
        (["--cycles", "0"], ["cycles = 0, need >= 1"]),
        (["--cycles", "9"], ["as many as it has use for", "--cycles 9 cannot be met: ask for"]),
        (["--total-lanes", "2"], ["2 lanes in all", "--total-lanes 3"]),
        (["--lanes", "8", "--cycles", "500"], ["--lanes gives lanes", "use one way"]),
    ],
)
def test_a_bad_option_is_one_line_and_leaves_nothing(ckpt, tmp_path, capsys, options, parts):
    assert status_of(cli, "build", ckpt, "--out", tmp_path / "b", *options) == 2
    assert_one_line(capsys.readouterr().err, *parts)
    assert not (tmp_path / "b").exists()


def test_a_missing_data_set_names_its_files_and_the_way_out(tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("TRISPIKE_DATA", raising=False)
    path = save(
        msgspec.structs.replace(checkpoint(), config={"dataset": "mnist"}), tmp_path / "m.pt"
    )
    (tmp_path / "none").mkdir()
    status = status_of(cli, "build", path, "--out", tmp_path / "b", "--data-dir", tmp_path / "none")
    assert status == 2
    assert_one_line(capsys.readouterr().err, "t10k-images-idx3-ubyte", "none", "--no-reference")
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize("command", ["build", "reference"])
def test_a_data_folder_that_is_not_read_is_refused(ckpt, tmp_path, capsys, command):
    """The digits come with a package."""
    folder = tmp_path / "b"
    arguments = [ckpt, "--out", folder]
    if command == "reference":
        assert status_of(cli, "build", ckpt, "--out", folder, "--no-reference") == 0
        capsys.readouterr()
        arguments = [folder, ckpt]
    assert status_of(cli, command, *arguments, "--data-dir", tmp_path) == 2
    assert_one_line(capsys.readouterr().err, f"--data-dir {tmp_path}: digits comes with a package")
    assert not (folder / "reference").exists()


def test_a_data_folder_for_no_vectors_is_refused(ckpt, tmp_path, capsys):
    arguments = ("--no-reference", "--data-dir", tmp_path, "--out", tmp_path / "b")
    assert status_of(cli, "build", ckpt, *arguments) == 2
    assert_one_line(capsys.readouterr().err, "nothing is read from it with --no-reference")
    assert not (tmp_path / "b").exists()


def test_a_build_fills_the_current_folder(ckpt, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    for target in ("int8", "int4"):
        assert status_of(cli, "build", ckpt, "--target", target, "--out", ".") == 0
        assert artefact.load(tmp_path / "here").dataflow.target == target
    assert [path.name for path in tmp_path.iterdir() if path.name != "runs"] == ["here"]


def folder_bytes(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("command", ["build", "reference", "export", "load"])
def test_a_full_disk_is_one_line_and_leaves_what_was_there(tmp_path, capsys, command):
    ckpt = save(checkpoint(), tmp_path / "runs/net/ckpt.pt")
    folder = tmp_path / "b"
    assert status_of(cli, "build", ckpt, "--loadable", "--out", folder) == 0
    assert status_of(cli, "export", folder, "--format", "onnx") == 0
    assert status_of(cli, "load", folder, folder) == 0
    capsys.readouterr()
    before = folder_bytes(folder)
    arguments = {
        "build": [ckpt, "--out", folder],
        "reference": [folder, ckpt, "--split", "train"],
        "export": [folder, "--format", "onnx"],
        "load": [folder, folder],
    }
    with full_after(2000):
        assert status_of(cli, command, *arguments[command]) == 2
    assert_one_line(capsys.readouterr().err, str(folder), "File too large")
    assert folder_bytes(folder) == before
    assert [path.name for path in tmp_path.iterdir() if path.name != "runs"] == ["b"]


def test_a_failed_build_leaves_the_old_one(ckpt, tmp_path):
    assert status_of(cli, "build", ckpt, "--out", tmp_path / "b") == 0
    before = artefact.load(tmp_path / "b").sha256
    truncated(ckpt)
    assert status_of(cli, "build", ckpt, "--out", tmp_path / "b") == 2
    assert artefact.load(tmp_path / "b").sha256 == before


def test_a_folder_that_is_no_build_is_left_alone(ckpt, tmp_path, capsys):
    assert status_of(cli, "build", ckpt, "--out", ckpt.parent) == 2
    assert_one_line(capsys.readouterr().err, "is no build folder")
    assert ckpt.exists()


def test_vectors_from_another_checkpoint_are_refused(ckpt, tmp_path, capsys):
    status_of(cli, "build", ckpt, "--out", tmp_path / "b", "--no-reference")
    other = save(checkpoint(seed=1), tmp_path / "other.pt")
    assert status_of(cli, "reference", tmp_path / "b", other) == 2
    assert_one_line(capsys.readouterr().err, "built from another checkpoint")


def test_a_changed_byte_in_a_build_is_refused(ckpt, tmp_path, capsys):
    status_of(cli, "build", ckpt, "--out", tmp_path / "b", "--no-reference")
    memory = next((tmp_path / "b/mem").iterdir())
    content = bytearray(memory.read_bytes())
    content[0] ^= 1
    memory.write_bytes(bytes(content))
    assert status_of(cli, "inspect", tmp_path / "b") == 2
    assert_one_line(capsys.readouterr().err, memory.name, "sha256 differs")


def test_export_writes_what_onnx_runtime_then_executes(ckpt, tmp_path, capsys):
    folder = tmp_path / "b"
    status_of(cli, "build", ckpt, "--out", folder)
    assert status_of(hw_models, "run", folder, "--engine", "onnx") == 2
    assert_one_line(capsys.readouterr().err, "python -m compiler export")
    assert status_of(cli, "export", folder, "--format", "onnx") == 0
    assert status_of(hw_models, "run", folder, "--engine", "onnx") == 0
    assert evidence.read(artefact.load(folder))["onnx"]["differences"] == []


def test_export_to_nir_says_what_is_lost_and_comes_back(ckpt, tmp_path, capsys):
    folder = tmp_path / "b"
    status_of(cli, "build", ckpt, "--out", folder, "--no-reference")
    capsys.readouterr()
    assert status_of(cli, "export", folder, "--format", "nir") == 0
    *lost, written = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lost] == ["lost"] * 4
    assert lost[0].startswith("lost: NIR has no signed spikes (lif1, lif2)")
    assert written == f"nir: {folder}/export/network.nir"
    build, back = artefact.load(folder), read_build(folder / "export/network.nir")
    assert back.dataflow == msgspec.structs.replace(build.dataflow, files={})
    assert fast.run(back, x := random_input(build, 9, 0)).logits.tolist() == (
        fast.run(build, x).logits.tolist()
    )


def test_onnx_of_other_thresholds_is_told_apart(ckpt, tmp_path, capsys):
    folder = tmp_path / "b"
    status_of(cli, "build", ckpt, "--out", folder)
    build = artefact.load(folder)
    changed = {**build.tensors, "lif2.v_threshold": build.tensors["lif2.v_threshold"] * 2}
    other = Build(build.dataflow, changed, build.path, build.sha256)
    export.write(other, onnx_runtime.default_path(folder))
    assert status_of(hw_models, "run", folder, "--engine", "onnx") == 1
    assert "layer lif2, time step" in capsys.readouterr().err


def test_a_checkpoint_is_loaded_into_the_core_of_another(tmp_path, capsys):
    """Same shape, other weights: with the core's shifts it becomes register writes."""
    one, two = (save(checkpoint(seed), tmp_path / f"runs/net{seed}/ckpt.pt") for seed in (0, 5))
    core, new = tmp_path / "core", tmp_path / "new"
    options = ("--no-reference", "--out")
    assert status_of(cli, "build", one, "--loadable", *options, core) == 0
    assert status_of(cli, "build", two, "--like", core, *options, new) == 0
    assert status_of(cli, "load", core, new) == 0
    described = msgspec.json.decode((core / "rtl/registers.json").read_bytes())
    pieces = sum(m["words"] * m["pieces"] + 1 for m in described["memories"])
    assert len((new / "export/registers.txt").read_text().splitlines()) == pieces
    assert f"{pieces:,} writes" in capsys.readouterr().out
    hardware, loaded = artefact.load(core), artefact.load(new)
    assert hardware.dataflow.provenance["loadable"] is True
    assert loaded.dataflow.provenance["like"] == hardware.sha256
    for a, b in zip(hardware.dataflow.layers, loaded.dataflow.layers, strict=True):
        assert [g.shift for g in a.synapses] == [g.shift for g in b.synapses]


def test_what_cannot_be_loaded_is_one_line(tmp_path, capsys):
    ckpt = save(checkpoint(0), tmp_path / "runs/net/ckpt.pt")
    small = save(checkpoint(0, hidden=(24,)), tmp_path / "runs/small/ckpt.pt")
    core, fixed, options = tmp_path / "core", tmp_path / "fixed", ("--no-reference", "--out")
    assert status_of(cli, "build", ckpt, "--axi-lite", *options, fixed) == 0
    assert status_of(cli, "load", fixed, fixed) == 2
    assert_one_line(capsys.readouterr().err, "its memories are fixed; build it with --loadable")
    assert status_of(cli, "build", ckpt, "--loadable", *options, core) == 0
    capsys.readouterr()
    assert status_of(cli, "build", small, "--like", core, *options, tmp_path / "new") == 2
    assert_one_line(capsys.readouterr().err, "layers lif1, readout; the hardware of", "lif2")


def test_without_options_the_bytes_know_nothing_of_a_bus(ckpt, tmp_path):
    assert status_of(cli, "build", ckpt, "--no-reference", "--out", tmp_path / "b") == 0
    build = artefact.load(tmp_path / "b")
    assert not {"axi_lite", "loadable", "like"} & set(build.dataflow.provenance)
    assert "rtl/registers.json" not in build.files
