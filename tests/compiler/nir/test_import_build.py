"""A build comes back from its NIR file without loss, and a file changed by hand is refused."""

import h5py
import msgspec
import nir
import numpy as np
import pytest

from compiler.nir import export
from compiler.nir.import_build import read_build
from hw_models.dataflow import VERSION, Build
from hw_models.errors import InputError
from tests.builders.random_builds import (
    leaky_readout,
    random_build,
    random_conv_build,
)
from tests.builders.residual_builds import residual_build

BUILDS = {
    **{f"dense{seed}": random_build(seed) for seed in range(6)},
    **{f"conv{seed}": random_conv_build(seed) for seed in range(7)},
    "residual": residual_build(0, (3, 8, 8), (4, 8), 2),
    **{f"leaky {kind}": leaky_readout(kind) for kind in ("static", "ternary", "binary")},
}


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "network.nir"
    export.write(residual_build(0, (2, 4, 4), (2, 4), 1), path)
    return path


def as_saved(build: Build) -> Build:
    """With the hash of a file, which a saved build's description has."""
    return Build(msgspec.structs.replace(build.dataflow, files={"a": "b"}), build.tensors)


@pytest.mark.parametrize("build", BUILDS.values(), ids=BUILDS)
def test_comes_back_as_it_was(build, tmp_path):
    path = tmp_path / "network.nir"
    export.write(as_saved(build), path)
    back = read_build(path)
    assert back.dataflow == build.dataflow
    assert back.tensors.keys() == build.tensors.keys()
    for name, tensor in build.tensors.items():
        assert back.tensors[name].dtype == tensor.dtype
        np.testing.assert_array_equal(back.tensors[name], tensor)
    assert (back.path, back.sha256, back.files) == (None, None, {})


def refused(path) -> str:
    with pytest.raises(InputError) as error:
        read_build(path)
    message = str(error.value)
    assert message.startswith(f"{path}: ") and "\n" not in message
    return message.removeprefix(f"{path}: ")


@pytest.mark.parametrize(
    ("place", "named"),
    [
        ("nodes/layer0.syn/weight", "nodes: layer0.syn: weight is not as"),
        ("nodes/layer2.syn1/scale", "nodes: layer2.syn1: scale is not as"),
        ("nodes/layer1/v_threshold", "nodes: layer1: v_threshold is not as"),
        ("nodes/layer1/tau", "nodes: layer1: tau is not as"),
        ("nodes/layer5.syn/bias", "nodes: layer5.syn: bias is not as"),
        ("metadata/trispike/tensors/layer0.bias", "its metadata was changed"),
        ("metadata/trispike/tensors/layer0.lsb", "its metadata was changed"),
        ("metadata/trispike/dt", "metadata: trispike: dt is not as"),
    ],
)
def test_a_number_changed_by_hand_is_refused(file, place, named):
    with h5py.File(file, "r+") as content:
        numbers = content[f"node/{place}"]
        numbers[...] = numbers[()] + 1
    assert named in refused(file)


def test_an_edge_and_a_node_more_are_refused(file):
    graph = nir.read(file)
    graph.nodes["more"] = nir.Scale(scale=np.ones(10))
    graph.edges += [("layer5", "more"), ("more", "output")]
    nir.write(file, graph)
    assert "edges is not as" in refused(file)


def test_a_build_that_breaks_a_rule_is_refused(file):
    """With a matching sha256: the rules are checked as when a build folder is opened."""
    build = read_build(file)
    narrow = msgspec.structs.replace(build.dataflow.layers[0].update, v_bits=3)
    layer = msgspec.structs.replace(build.dataflow.layers[0], update=narrow)
    flow = msgspec.structs.replace(build.dataflow, layers=(layer, *build.dataflow.layers[1:]))
    export.write(Build(flow, build.tensors), file)
    assert "layer0: v_bits = 3, need" in refused(file)


def test_another_version_is_refused(file):
    build = read_build(file)
    flow = msgspec.structs.replace(build.dataflow, version=VERSION - 1)
    export.write(Build(flow, build.tensors), file)
    assert f"version {VERSION - 1}, need" in refused(file)


def test_a_file_of_nir_without_a_build_is_refused(tmp_path):
    path = tmp_path / "plain.nir"
    nir.write(path, nir.NIRGraph.from_list(nir.Linear(weight=np.ones((2, 3)))))
    assert "compiler export --format nir" in refused(path)


@pytest.mark.parametrize("content", [None, b"", b"no HDF5"])
def test_what_is_no_nir_file_is_refused(content, tmp_path):
    path = tmp_path / "network.nir"
    if content is not None:
        path.write_bytes(content)
    assert "NIR" in refused(path)


def test_a_truncated_file_is_refused(file):
    file.write_bytes(file.read_bytes()[:3000])
    assert "NIR" in refused(file)


def test_rewritten_by_nir_it_is_still_the_build(file):
    before = read_build(file)
    nir.write(file, nir.read(file))
    assert read_build(file).dataflow == before.dataflow
