"""Reference vectors: read back as written, refused when damaged or another build's."""

import numpy as np
import pytest

from hw_models import artefact, reference
from hw_models.errors import InputError
from tests.random_builds import random_build
from tests.reference_builds import saved_build


def test_what_is_read_is_what_was_written(tmp_path):
    build, vectors = saved_build(tmp_path / "b", 2)
    read = reference.load(build)
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
    reference.save(vectors, tmp_path / "other")
    with pytest.raises(InputError, match="vectors of another build"):
        reference.load(artefact.load(tmp_path / "other"))


@pytest.mark.parametrize("name", [reference.VECTORS, reference.ABOUT])
def test_damage_is_refused_by_name(tmp_path, name):
    build, _ = saved_build(tmp_path / "b", 2)
    path = tmp_path / "b" / reference.FOLDER / name
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(InputError, match=name):
        reference.load(build)


def test_missing_vectors_say_how_to_get_them(tmp_path):
    build = artefact.save(random_build(1), tmp_path / "b")
    with pytest.raises(InputError, match="python -m compiler reference"):
        reference.load(build)
