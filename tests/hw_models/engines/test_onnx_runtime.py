"""ONNX Runtime on a saved build: equal to the golden model, and refusals that say what to do."""

import dataclasses
import os
import sys

import numpy as np
import pytest

from compiler.onnx import export
from hw_models.dataflow import Build
from hw_models.engines import fast, golden, onnx_runtime
from hw_models.errors import InputError
from tests.builders.reference_builds import saved_build

COMMAND = r"python -m compiler export .* --format onnx"


@pytest.fixture
def exported(tmp_path):
    """A saved build with its network, and its inputs."""
    build, vectors = saved_build(tmp_path / "b", 6, samples=20, widths=[9, 7, 8, 4])
    export.write(build, onnx_runtime.default_path(tmp_path / "b"))
    return build, vectors.x


def test_equals_the_reference(exported):
    build, x = exported
    got, expected = onnx_runtime.run(build, x), golden.run(build, x)
    assert got.spikes.keys() == expected.spikes.keys()
    for name in expected.spikes:
        np.testing.assert_array_equal(got.spikes[name], expected.spikes[name])
    np.testing.assert_array_equal(got.logits, expected.logits)
    np.testing.assert_array_equal(got.predictions, expected.predictions)
    assert got.membranes == {}
    assert onnx_runtime.compare(build, x, expected) == []
    assert onnx_runtime.compare(build, x, fast.run(build, x)) == []


def test_a_network_that_computes_otherwise_is_found(exported):
    """The same build by name, with one threshold out of reach and one logit moved."""
    build, x = exported
    theta, bias = (build.tensors[n].copy() for n in ("layer1.v_threshold", "layer2.bias"))
    theta[5], bias[3] = (1 << (build.dataflow.layers[1].update.p_bits - 1)) - 1, bias[3] + 1
    tensors = {**build.tensors, "layer1.v_threshold": theta, "layer2.bias": bias}
    other = dataclasses.replace(build, tensors=tensors)
    export.write(other, onnx_runtime.default_path(build.path))
    expected = golden.run(build, x)
    assert np.any(expected.spikes["layer1"][..., 5])
    spikes, logits = onnx_runtime.compare(build, x, expected)
    assert (spikes.layer, spikes.what, spikes.neuron, spikes.got) == ("layer1", "spike", 5, 0)
    assert spikes.count == np.count_nonzero(expected.spikes["layer1"][..., 5])
    assert (logits.layer, logits.what) == ("logits", "logit")


def trace(spikes: np.ndarray) -> golden.Trace:
    return golden.Trace({"a": spikes * 0, "b": spikes}, {}, np.array([[3, 4], [5, 6]]))


def test_the_first_difference_is_by_step_sample_and_neuron():
    expected = trace(np.zeros((3, 2, 2, 2, 2), np.int8))
    wrong = np.zeros((3, 2, 2, 2, 2), np.int8)
    wrong[2, 0, 0, 0, 0] = wrong[1, 1, 1, 0, 1] = -1
    got = trace(wrong)
    got.logits[1, 0] = 7
    spike, logit = onnx_runtime.differences(expected, got, first_sample=40)
    assert str(spike) == (
        "layer b, time step 1, neuron 5: expected spike 0, got -1 (sample 41; 2 differ)"
    )
    assert (logit.sample, logit.neuron, logit.expected, logit.got) == (41, 0, 5, 7)
    assert onnx_runtime.differences(expected, expected) == []


def test_traces_of_other_shapes_are_no_comparison():
    one, two = trace(np.zeros((1, 2, 3), np.int8)), trace(np.zeros((1, 1, 3), np.int8))
    with pytest.raises(ValueError, match="a: shape"):
        onnx_runtime.differences(one, two)


def assert_refused(build: Build, x: np.ndarray, *parts: str) -> None:
    with pytest.raises(InputError, match=COMMAND) as refusal:
        onnx_runtime.run(build, x)
    for part in parts:
        assert part in str(refusal.value)


def test_no_network(exported):
    build, x = exported
    onnx_runtime.default_path(build.path).unlink()
    assert_refused(build, x, "network.onnx: No such file", str(build.path))


def test_a_network_of_another_build(exported):
    build, x = exported
    onnx_runtime.run(build, x)
    foreign = dataclasses.replace(build, sha256="0" * 64)
    export.write(foreign, onnx_runtime.default_path(build.path))
    assert_refused(build, x, "exported from another build")


def test_a_file_that_is_no_network(exported):
    build, x = exported
    onnx_runtime.default_path(build.path).write_bytes(b"not a network")
    assert_refused(build, x, "network.onnx: no ONNX network")


def test_a_network_without_a_build(exported):
    build, x = exported
    unsaved = dataclasses.replace(build, sha256=None)
    export.write(unsaved, onnx_runtime.default_path(build.path))
    assert_refused(build, x, "exported from another build")


def test_a_file_written_anew_is_read_anew(exported):
    build, x = exported
    path = onnx_runtime.default_path(build.path)
    expected = onnx_runtime.run(build, x)
    bias = {"layer2.bias": build.tensors["layer2.bias"] + 1}
    other = dataclasses.replace(build, tensors={**build.tensors, **bias})
    before = path.stat().st_mtime_ns
    export.write(other, path)
    os.utime(path, ns=(before + 10**9, before + 10**9))
    moved = onnx_runtime.run(build, x).logits - expected.logits
    assert np.all(moved == build.dataflow.timesteps)


def test_without_onnxruntime(exported, monkeypatch):
    build, x = exported
    onnx_runtime.session_of.cache_clear()
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(InputError, match="pip install onnxruntime"):
        onnx_runtime.run(build, x)


def test_an_input_of_another_shape(exported):
    build, x = exported
    with pytest.raises(InputError, match="input: shape"):
        onnx_runtime.run(build, x[..., :-1])


def test_runs_in_batches(exported):
    build, x = exported
    whole = onnx_runtime.run(build, x)
    parts = [onnx_runtime.run(build, x[:, part]) for part in (slice(0, 13), slice(13, 20))]
    np.testing.assert_array_equal(np.concatenate([p.logits for p in parts]), whole.logits)
