"""Heaps in which HDF5 would never come to an end are refused before it opens the file."""

import io

import h5py
import numpy as np
import pytest

from hw_models.errors import InputError
from qtrain.interchange.hdf5_heaps import HEAP, check_heaps
from qtrain.interchange.nir_graph import read


def content_of(texts):
    file = io.BytesIO()
    with h5py.File(file, "w") as made:
        for text in texts:
            made[text] = text
    return bytearray(file.getvalue())


def put(content, at, size):
    content[at : at + 8] = size.to_bytes(8, "little")
    return content


@pytest.mark.parametrize("count", [1, 2, 300])
def test_sound_heaps(count):
    content = content_of([f"text {k}" * (k + 1) for k in range(count)])
    assert content.count(HEAP) >= 1
    check_heaps(content)
    check_heaps(content[: len(content) // 2])
    check_heaps(np.random.default_rng(0).bytes(1000) + HEAP)


def test_a_free_piece_of_no_size(tmp_path):
    content = content_of(["text"])
    free = content.index(HEAP) + 16 + 16 + 8  # behind the one text, of which 8 bytes are taken
    put(content, free + 8, 0)
    with pytest.raises(InputError, match=rf"a piece of no size in a heap, at byte {free};"):
        check_heaps(content)
    path = tmp_path / "x.nir"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"x\.nir: a piece of no size in a heap"):
        read(path)  # and does not hang


def test_a_piece_that_goes_round_all_addresses():
    content = content_of(["text"])
    first = content.index(HEAP) + 16
    with pytest.raises(InputError, match=f"at byte {first};"):
        check_heaps(put(content, first + 8, (1 << 64) - 16))
