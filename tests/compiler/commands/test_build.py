"""`python -m compiler build`: a whole folder, or one clear line and nothing."""

import pickle

import msgspec
import numpy as np
import pytest
import torch

from compiler.__main__ import cli
from compiler.lowering import passes
from compiler.pipeline import Options
from hw_models.engines import fast
from hw_models.folder import artefact, reference_vectors
from qtrain.network.recording import record
from tests.builders.networks import checkpoint, digits, save
from tests.cli import assert_one_line, status_of


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
        (with_code, ["ckpt.pt", "no checkpoint"]),
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
