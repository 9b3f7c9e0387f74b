"""The build folder: deterministic, hashed, whole or not at all."""

import json
import subprocess

import numpy as np
import pytest

from hw_models.dataflow import DATAFLOW, IDENTITY, Build
from hw_models.errors import InputError
from hw_models.folder import artefact
from tests.builders.random_builds import random_build


def folder_bytes(path):
    return {str(f.relative_to(path)): f.read_bytes() for f in path.rglob("*") if f.is_file()}


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "build"
    build = random_build(0, widths=[6, 5, 3])
    artefact.save(Build(build.dataflow, build.tensors, files={"mem/a.mem": b"00\n"}), path)
    return path


@pytest.mark.parametrize("seed", range(5))
def test_what_is_read_is_what_was_written(tmp_path, seed):
    build = random_build(seed)
    saved = artefact.save(build, tmp_path / "b")
    read = artefact.load(tmp_path / "b")
    assert read.dataflow == saved.dataflow
    assert read.sha256 == saved.sha256
    assert read.tensors.keys() == build.tensors.keys()
    for name, tensor in build.tensors.items():
        np.testing.assert_array_equal(read.tensors[name], tensor)


def test_the_same_build_gives_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        artefact.save(random_build(3), tmp_path / name)
    assert folder_bytes(tmp_path / "one") == folder_bytes(tmp_path / "two")


@pytest.mark.parametrize("name", ["tensors.npz", "mem/a.mem"])
def test_one_changed_byte_is_refused_by_name(folder, name):
    content = bytearray((folder / name).read_bytes())
    content[-1] ^= 1
    (folder / name).write_bytes(bytes(content))
    with pytest.raises(InputError, match=f"{name}: sha256 differs"):
        artefact.load(folder)


def test_a_missing_file_is_refused_by_name(folder):
    (folder / "mem/a.mem").unlink()
    with pytest.raises(InputError, match=r"mem/a\.mem: No such file"):
        artefact.load(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 99}, "version 99, need"),
        ({"version": 2}, "version 2, need trispike-dataflow version 4; build it again"),
        ({"timesteps": "four"}, r"Expected `int`, got `str` - at `\$\.timesteps`"),
        ({"files": {}}, r"dataflow\.json: sha256 differs"),
        ({"timesteps": 9}, r"dataflow\.json: sha256 differs"),
    ],
)
def test_a_bad_description_is_refused(folder, change, message):
    path = folder / DATAFLOW
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(InputError, match=message):
        artefact.load(folder)


def test_a_truncated_description_is_refused(folder):
    path = folder / DATAFLOW
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(InputError, match="truncated"):
        artefact.load(folder)


def test_the_identity_is_what_sha256sum_checks(folder):
    assert subprocess.run(["sha256sum", "-c", IDENTITY], cwd=folder).returncode == 0
    (folder / IDENTITY).unlink()
    with pytest.raises(InputError, match=r"dataflow\.sha256: missing"):
        artefact.load(folder)


def test_no_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match="no build folder"):
        artefact.load(tmp_path / "nothing")


def test_a_failed_write_leaves_the_old_build_and_no_litter(folder):
    before = folder_bytes(folder)
    with pytest.raises(RuntimeError), artefact.fresh_folder(folder) as fresh:  # noqa: PT012
        (fresh / "half").write_text("written")
        raise RuntimeError
    assert folder_bytes(folder) == before
    assert list(folder.parent.iterdir()) == [folder]


def test_a_build_replaces_a_build_whole(folder):
    artefact.save(random_build(1), folder)
    assert "mem/a.mem" not in folder_bytes(folder)
    assert list(folder.parent.iterdir()) == [folder]


def test_a_folder_that_is_no_build_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("ten years of work")
    with pytest.raises(InputError, match="no build folder"):
        artefact.save(random_build(1), tmp_path)
    assert (tmp_path / "thesis.tex").read_text() == "ten years of work"
