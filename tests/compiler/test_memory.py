"""The words of mem/*.mem, against the layout that docs/core.md states."""

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.memory import hex_words, lanes_of, neuron_rows, signed_bits, weight_rows
from hw_models.artefact import Lanes
from tests.random_builds import random_build


@given(st.integers(1, 30), st.integers(1, 9), st.integers(1, 12))
def test_weights_lie_group_major(n_out, n_in, lanes):
    w = np.random.default_rng(n_out).integers(-8, 8, (n_out, n_in))
    rows = weight_rows(w, lanes)
    groups = -(-n_out // lanes)
    assert rows.shape == (groups * n_in, lanes)
    for neuron in range(groups * lanes):
        for j in range(n_in):
            expected = w[neuron, j] if neuron < n_out else 0
            assert rows[neuron // lanes * n_in + j, neuron % lanes] == expected


@given(st.integers(1, 40), st.integers(1, 12), st.integers(1, 12))
def test_neuron_words_rise_and_pad_each_group(n, lanes, slice_):
    slice_ = min(lanes, slice_)
    rows = neuron_rows(np.arange(n), lanes, slice_, padding=-1)
    assert rows[rows >= 0].tolist() == list(range(n))
    # A word lies within one group, its places next to each other.
    for word in rows:
        neurons = word[word >= 0]
        assert len({k // lanes for k in neurons}) == 1
        assert (np.diff(neurons) == 1).all()
    full = -(-lanes // slice_)
    assert len(rows) == (n // lanes) * full + -(-(n % lanes) // slice_)


@given(
    st.integers(1, 40),
    st.lists(st.lists(st.integers(-(2**39), 2**39 - 1), min_size=3, max_size=3), min_size=1),
)
def test_words_are_twos_complement_fields_lowest_first(bits, rows):
    bound = 1 << (bits - 1)
    values = (np.array(rows) + bound) % (2 * bound) - bound
    lines = hex_words(values, bits).decode().splitlines()
    assert [len(line) for line in lines] == [-(-3 * bits // 4)] * len(rows)
    for line, row in zip(lines, values.tolist(), strict=True):
        assert int(line, 16) == sum((v % (2 * bound)) << (bits * f) for f, v in enumerate(row))


def test_a_number_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="does not fit 4 bits"):
        hex_words(np.array([[8]]), 4)
    hex_words(np.array([[7, -8]]), 4)


def test_widths_are_the_narrowest_of_at_least_two_bits():
    for values, bits in [
        ([0, 1], 2),
        ([0, 0], 2),
        ([-1, 0], 2),
        ([-8, 7], 4),
        ([8], 5),
        ([-9, 0], 5),
    ]:
        assert signed_bits(np.array(values)) == bits


def test_lanes_never_exceed_the_neurons():
    build = random_build(1, widths=[4, 6, 3])
    hidden, readout = (
        msgspec.structs.replace(layer, lanes=Lanes(accumulate=32, update=8))
        for layer in build.dataflow.layers
    )
    assert lanes_of(hidden) == (6, 6)
    assert lanes_of(readout) == (3, 1)
