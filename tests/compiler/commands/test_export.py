"""`python -m compiler export`: a file executes as the build does, or what is lost is said."""

import msgspec

from compiler.__main__ import cli
from compiler.nir.import_build import read_build
from compiler.onnx import export
from hw_models.__main__ import cli as hw_models
from hw_models.dataflow import Build
from hw_models.engines import fast, onnx_runtime
from hw_models.folder import artefact, evidence
from tests.builders.random_builds import random_input
from tests.cli import assert_one_line, status_of


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
