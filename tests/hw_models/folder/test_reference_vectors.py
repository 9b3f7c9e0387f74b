"""Reference vectors: read back as written, refused when damaged or another build's."""

import hashlib
import json

import numpy as np
import pytest

from hw_models.errors import InputError
from hw_models.folder import artefact, reference_vectors
from tests.builders.random_builds import random_build
from tests.builders.reference_builds import saved_build


def test_what_is_read_is_what_was_written(tmp_path):
    build, vectors = saved_build(tmp_path / "b", 2)
    read = reference_vectors.load(build)
    for field in ("x", "labels", "predictions"):
        np.testing.assert_array_equal(getattr(read, field), getattr(vectors, field))
    assert read.spikes.keys() == vectors.spikes.keys() == build_spiking(build)
    for name in read.spikes:
        np.testing.assert_array_equal(read.spikes[name], vectors.spikes[name])


def build_spiking(build):
    return {layer.name for layer in build.dataflow.layers[:-1]}


def test_vectors_of_another_build_are_refused(tmp_path):
    build, vectors = saved_build(tmp_path / "b", 2)
    artefact.save(random_build(3), tmp_path / "other")
    reference_vectors.save(vectors, tmp_path / "other")
    with pytest.raises(InputError, match="vectors of another build"):
        reference_vectors.load(artefact.load(tmp_path / "other"))


@pytest.mark.parametrize("name", [reference_vectors.VECTORS, reference_vectors.ABOUT])
def test_damage_is_refused_by_name(tmp_path, name):
    build, _ = saved_build(tmp_path / "b", 2)
    path = tmp_path / "b" / reference_vectors.FOLDER / name
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(InputError, match=name):
        reference_vectors.load(build)


def test_missing_vectors_say_how_to_get_them(tmp_path):
    build = artefact.save(random_build(1), tmp_path / "b")
    with pytest.raises(InputError, match="python -m compiler reference"):
        reference_vectors.load(build)


def rewritten(folder, change):
    """The vectors with a change, their hash made right again."""
    target = folder / reference_vectors.FOLDER
    with np.load(target / reference_vectors.VECTORS) as archive:
        arrays = dict(archive)
    change(arrays)
    np.savez(target / reference_vectors.VECTORS, **arrays)
    about = json.loads((target / reference_vectors.ABOUT).read_text())
    content = (target / reference_vectors.VECTORS).read_bytes()
    about["vectors_sha256"] = hashlib.sha256(content).hexdigest()
    (target / reference_vectors.ABOUT).write_text(json.dumps(about))


def array(name, change):
    def apply(arrays):
        arrays[name] = change(arrays[name])

    return apply


def first(value):
    def change(values):
        values.flat[0] = value
        return values

    return change


SPIKES = "spikes.layer0"
FAULTS = {
    "a label of 77": (array("labels", first(77)), r"labels: range = \[0, 77\], need 0\.\.3"),
    "a label below 0": (array("labels", first(-1)), r"labels: range = \[-1, "),
    "labels of reals": (array("labels", np.float64), "labels: type = float64, need int64"),
    "labels cut": (array("labels", lambda a: a[:-1]), r"labels: shape = \[19\], need \[20\]"),
    "labels one-hot": (array("labels", lambda a: np.eye(4, dtype=int)[a]), r"shape = \[20, 4\]"),
    "predictions cut": (array("predictions", lambda a: a[:3]), r"predictions: shape = \[3\]"),
    "a prediction of 9": (array("predictions", first(9)), "predictions: range"),
    "no predictions": (lambda a: a.pop("predictions"), "missing = .'predictions'"),
    "no inputs": (lambda a: a.pop("x"), "missing = .'x'"),
    "no samples": (lambda a: a.update({n: v[:0] if v.ndim == 1 else v[:, :0]
                                       for n, v in a.items()}), "samples = 0"),
    "inputs of reals": (array("x", np.float32), "x: type = float32, need int8"),
    "inputs turned": (array("x", lambda a: a.swapaxes(0, 1)), "shape"),
    "spikes of 2": (array(SPIKES, first(2)), rf"{SPIKES}: range"),
    "spikes of reals": (array(SPIKES, np.float32), f"{SPIKES}: type = float32"),
    "spikes of a step less": (array(SPIKES, lambda a: a[:-1]), f"{SPIKES}: shape"),
    "spikes of too many": (array(SPIKES, lambda a: np.tile(a, (1, 3, 1))), "spikes: samples"),
    "spikes of fewer in a layer": (array(SPIKES, lambda a: a[:, :2]), "spikes: samples"),
    "spikes of no layer": (lambda a: a.update({"spikes.lif": a[SPIKES]}), "unknown = .'spikes.lif"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_vectors_that_cannot_be_are_refused_by_name(tmp_path, name):
    build, _ = saved_build(tmp_path / "b", 2, widths=[6, 5, 5, 4])
    change, message = FAULTS[name]
    rewritten(tmp_path / "b", change)
    with pytest.raises(InputError, match=message) as caught:
        reference_vectors.load(build)
    assert str(tmp_path / "b" / reference_vectors.FOLDER / reference_vectors.VECTORS) in str(
        caught.value
    )
    assert "\n" not in str(caught.value)
