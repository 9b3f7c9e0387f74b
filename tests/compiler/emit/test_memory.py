"""The words of mem/*.mem, against the layout that docs/core.md states."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.emit.memory import (
    bank_depths,
    bank_files,
    channel_rows,
    hex_words,
)
from hw_models.core.layout import Lanes, Width, as_conv, lay_out
from hw_models.core.weight_rows import weight_rows
from hw_models.dataflow import Build, Conv2d, Dense
from hw_models.engines.synapse import weighted_sums
from hw_models.semantics import signed_bits
from tests.builders.random_builds import random_build
from tests.builders.simulated_builds import chain, conv


@pytest.mark.parametrize(
    ("depth", "banks"),
    [
        (1, [1]), (512, [512]), (513, [512, 1]), (1024, [1024]), (1100, [1024, 76]),
        (3136, [2048, 1024, 64]), (4095, [2048, 1024, 512, 511]), (4096, [4096]),
    ],
)  # fmt: skip
def test_banks_are_powers_of_two_and_a_rest(depth, banks):
    assert bank_depths(depth) == banks
    text = b"".join(b"%04x\n" % word for word in range(depth))
    files = bank_files("mem/a.mem", text)
    names = ["mem/a.mem"] if len(banks) == 1 else [f"mem/a.mem.{b}" for b in range(len(banks))]
    assert list(files) == names
    assert [part.count(b"\n") for part in files.values()] == banks
    assert b"".join(files.values()) == text


@given(st.integers(1, 30), st.integers(1, 9), st.integers(1, 12))
def test_dense_weights_lie_word_major(n_out, n_in, lanes):
    w = np.random.default_rng(n_out).integers(-8, 8, (n_out, n_in))
    rows = weight_rows(w.reshape(n_out, n_in, 1, 1), 1, lanes)
    words = -(-n_out // lanes)
    assert rows.shape == (words * n_in, lanes)
    for neuron in range(words * lanes):
        for j in range(n_in):
            expected = w[neuron, j] if neuron < n_out else 0
            assert rows[neuron // lanes * n_in + j, neuron % lanes] == expected


@given(*[st.integers(1, 3)] * 5, st.integers(1, 4))
def test_conv_weights_lie_by_word_tap_and_input_channel(groups, out, per_group, ky, kx, lanes):
    """Row ((j * KY + ky) * KX + kx) * C_in + c: to the j-th lanes of the channels of c's group."""
    shape = (groups * out, per_group, ky, kx)
    w = np.random.default_rng(7).integers(-8, 8, shape)
    rows = weight_rows(w, groups, lanes)
    c_in = groups * per_group
    assert rows.shape == (-(-out // lanes) * ky * kx * c_in, lanes)
    for row, values in enumerate(rows):
        rest, c = divmod(row, c_in)
        rest, x = divmod(rest, kx)
        j, y = divmod(rest, ky)
        synapse, within = divmod(c, per_group)
        for lane, value in enumerate(values):
            channel = j * lanes + lane
            expected = w[synapse * out + channel, within, y, x] if channel < out else 0
            assert value == expected


@pytest.mark.parametrize("shape", [(5,), (2, 3, 4), (1, 1, 6)])
def test_a_dense_layer_is_the_convolution_whose_kernel_is_the_map(shape):
    rng = np.random.default_rng(1)
    op = Dense(n_in=int(np.prod(shape)), n_out=7)
    w, x = rng.integers(-8, 8, (op.n_out, op.n_in)), rng.integers(-3, 4, (2, 3, *shape))
    conv = as_conv(op, shape)
    as_kernel = w.reshape(op.n_out, conv.in_shape[0], *conv.kernel)
    np.testing.assert_array_equal(
        weighted_sums(conv, as_kernel, x)[..., 0, 0], weighted_sums(op, w, x)
    )  # fmt: skip


@given(st.integers(1, 4), st.integers(1, 12), st.integers(1, 12))
def test_channel_words_rise_and_pad_each_section(sections, channels, slice_):
    slice_ = min(channels, slice_)
    n = sections * channels
    rows = channel_rows(np.arange(n), channels, slice_, padding=-1)
    assert rows[rows >= 0].tolist() == list(range(n))
    assert len(rows) == sections * -(-channels // slice_)
    # A word lies within one section, its places next to each other.
    for word in rows:
        present = word[word >= 0]
        assert len({k // channels for k in present}) == 1
        assert (np.diff(present) == 1).all()


@given(
    st.integers(1, 40),
    st.lists(st.lists(st.integers(-(2**39), 2**39 - 1), min_size=3, max_size=3), min_size=1),
    st.integers(0, 1),
)
def test_words_are_twos_complement_fields_lowest_first(bits, rows, parity):
    """With a parity bit above them, if there is one."""
    bound = 1 << (bits - 1)
    values = (np.array(rows) + bound) % (2 * bound) - bound
    lines = hex_words(values, bits, parity).decode().splitlines()
    assert [len(line) for line in lines] == [-(-(3 * bits + parity) // 4)] * len(rows)
    for line, row in zip(lines, values.tolist(), strict=True):
        word = sum((v % (2 * bound)) << (bits * f) for f, v in enumerate(row))
        assert int(line, 16) == word | (word.bit_count() & parity) << 3 * bits


def test_a_number_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="does not fit 4 bits"):
        hex_words(np.array([[8]]), 4)
    hex_words(np.array([[7, -8]]), 4)


@pytest.mark.parametrize("bits", [7, 8, 9, 28])
def test_words_of_rows_that_lie_otherwise_in_memory(bits):
    rows = np.arange(-3, 3).reshape(2, 3) * 10
    assert hex_words(np.asfortranarray(rows), bits) == hex_words(rows, bits)


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


def lanes(build: Build, index: int, accumulate: int, update: int) -> tuple[int, int]:
    layer = build.dataflow.layers[index]
    op = as_conv(layer.synapses[0].op, (layer.synapses[0].op.n_in,))
    layout = lay_out([op], Lanes((Width(accumulate),), update), layer.fires)
    return layout.engines[0].lanes, layout.slice_


def test_lanes_never_exceed_the_channels_of_a_group():
    dense = random_build(1, widths=[4, 6, 3])
    assert lanes(dense, 0, 32, 8) == (6, 6)
    assert lanes(dense, 1, 32, 8) == (3, 1)
    grouped = chain(1, "ternary", (4, 5, 5), partial(conv, channels=8, kernel=(3, 3), groups=4), 3)
    assert lanes(grouped, 0, 32, 8) == (2, 2)


def test_channels_of_a_depthwise_convolution_are_packed_into_slices():
    depthwise = chain(
        1, "ternary", (6, 5, 5), partial(conv, channels=6, kernel=(3, 3), groups=6), 3
    )
    assert lanes(depthwise, 0, 32, 4) == (4, 4)
    assert lanes(depthwise, 0, 2, 4) == (2, 2)
    assert lanes(depthwise, 0, 32, 8) == (6, 6)


def test_slices_divide_lanes_where_there_are_several_words():
    build = random_build(1, widths=[4, 20, 3])
    assert lanes(build, 0, 7, 3) == (6, 3)
    assert lanes(build, 0, 20, 3) == (20, 3)
    assert lanes(build, 0, 2, 8) == (2, 2)


def cut(ops: list[Conv2d]) -> tuple[int, int]:
    """(section, slice) of a layer of these operations."""
    layout = lay_out(ops, Lanes((Width(32),) * len(ops), 4), True)
    return layout.section, layout.slice_


def test_groups_that_meet_share_a_slice():
    """It divides the sections where they differ; alike, they may end in a padded word."""
    shape = (12, 5, 5)
    plain, halves, thirds, own = (
        conv(shape, 12, (3, 3), padding=(1, 1), groups=g) for g in (1, 2, 3, 12)
    )
    assert cut([plain, own]) == (12, 4)
    assert cut([halves, halves]) == (6, 4)
    assert cut([plain, halves]) == (6, 3)
    assert cut([halves, own, thirds]) == (2, 2)
