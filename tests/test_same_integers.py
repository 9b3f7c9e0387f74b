"""Each way in which integers of two builds differ is found, and nothing else is a difference."""

import shutil
from dataclasses import replace

import msgspec
import numpy as np
import pytest

from compiler.emit import rtl
from hw_models.dataflow import Build
from hw_models.folder import artefact
from tests.builders.random_builds import random_build
from tests.cli import assert_one_line, status_of
from tests.same_integers import cli


@pytest.fixture(scope="module")
def build() -> Build:
    made = random_build(5)
    return replace(made, files=rtl.generate(made))


@pytest.fixture
def old(build, tmp_path):
    artefact.save(build, tmp_path / "old")
    return tmp_path / "old"


def compared(capsys, old, new) -> tuple[int, list[str]]:
    """Exit status and lines."""
    status = status_of(cli, old, new)
    return status, capsys.readouterr().out.splitlines()


def test_another_description_and_other_verilog_are_no_difference(build, old, tmp_path, capsys):
    flow = msgspec.structs.replace(build.dataflow, name="other", warnings=("new",))
    files = {**build.files, "rtl/top.v": b"// other\n"}
    artefact.save(replace(build, dataflow=flow, files=files), tmp_path / "new")
    assert compared(capsys, old, tmp_path / "new") == (0, ["1 builds compared: the same integers"])


def changes(build: Build) -> dict[str, tuple[dict, dict, str]]:
    """By name: changed tensors and files (None: left out), and the line that says so."""
    w = build.tensors["layer0.syn.weight"]
    other = w.copy()
    other[(0,) * w.ndim] = ~w[(0,) * w.ndim]
    place = [0] * w.ndim
    memory = next(name for name in sorted(build.files) if name.startswith("mem/"))
    words = build.files[memory].decode().split()
    return {
        "a value": (
            {"layer0.syn.weight": other}, {},
            f"layer0.syn.weight: 1 of {w.size:,} values differ, the first at {place}: "
            f"{w[tuple(place)]} became {other[tuple(place)]}",
        ),
        "a type": (
            {"layer0.syn.weight": w.astype(np.int16)}, {},
            "layer0.syn.weight: dtype int8 became int16",
        ),
        "a shape": (
            {"layer0.syn.weight": w[:1]}, {},
            f"layer0.syn.weight: shape {w.shape} became {w[:1].shape}",
        ),
        "one more": ({"extra": np.ones(1)}, {}, "extra: only in the new"),
        "one less": ({"layer0.bias": None}, {}, "layer0.bias: only in the old"),
        "a word": (
            {}, {memory: "\n".join([*words[:-1], "x"]).encode()},
            f"{memory}: 1 of {len(words):,} words differ, the first at {len(words) - 1}: "
            f"{words[-1]} became x",
        ),
        "fewer words": (
            {}, {memory: "\n".join(words[1:]).encode()},
            f"{memory}: {len(words):,} words became {len(words) - 1:,}",
        ),
        "no memory": ({}, {memory: None}, f"{memory}: only in the old"),
    }  # fmt: skip


@pytest.mark.parametrize("name", [
    "a value", "a type", "a shape", "one more", "one less", "a word", "fewer words", "no memory",
])  # fmt: skip
def test_a_difference_is_one_line(build, old, tmp_path, capsys, name):
    tensors, files, line = changes(build)[name]
    kept = [
        {key: value for key, value in {**a, **b}.items() if value is not None}
        for a, b in ((build.tensors, tensors), (build.files, files))
    ]
    artefact.save(Build(build.dataflow, kept[0], files=kept[1]), tmp_path / "new")
    assert compared(capsys, old, tmp_path / "new") == (1, [line])


def test_folders_of_builds_pair_by_name(build, old, tmp_path, capsys):
    for side, names in (("a", ("one", "two")), ("b", ("one", "three"))):
        for name in names:
            shutil.copytree(old, tmp_path / side / name)
    bias = build.tensors["layer0.bias"].copy()
    bias[0] += 1
    changed = replace(build, tensors={**build.tensors, "layer0.bias": bias})
    artefact.save(changed, tmp_path / "b/one")
    status, lines = compared(capsys, tmp_path / "a", tmp_path / "b")
    assert status == 1
    assert lines[0].startswith("one: layer0.bias: 1 of")
    assert lines[1:] == ["three: only in the new", "two: only in the old"]


def test_a_folder_without_builds_is_refused(old, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    assert status_of(cli, old, tmp_path / "empty") == 2
    assert_one_line(capsys.readouterr().err, "empty: no build, and no folder of builds")


def test_a_build_beside_a_folder_of_builds_is_refused(old, tmp_path, capsys):
    assert status_of(cli, old, tmp_path) == 2
    assert_one_line(capsys.readouterr().err, "builds old beside a single one")
