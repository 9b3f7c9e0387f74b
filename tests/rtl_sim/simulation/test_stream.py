"""Samples as the core's input words, and back."""

import itertools

import numpy as np
import pytest

from hw_models.core.address import addresses, sweep
from rtl_sim.simulation.stream import input_words
from tests.builders.random_builds import random_build, random_input
from tests.builders.simulated_builds import chain


@pytest.mark.parametrize("shape", [(11,), (3, 5, 6), (1, 4, 1), (4, 1, 2)])
@pytest.mark.parametrize("encoding", ["static", "ternary", "binary"])
def test_words_say_what_the_samples_hold(encoding, shape):
    build = chain(3, encoding, shape, 4)
    x = random_input(build, 7, 3)
    steps, samples = x.shape[:2]
    found, step = np.zeros((samples * steps, 1 << 10), np.int64), 0
    before = -1
    for word in input_words(build.dataflow.input, x).tolist():
        last, kind, neg = word >> 32 & 1, word >> 31 & 1, word >> 30 & 1
        digit, addr = word >> 24 & 7, word & 0xFFFFFF
        if kind:
            assert word & 0x7FFFFFFF == 0
            assert last == (step % steps == steps - 1)
            step, before = step + 1, -1
        else:
            assert not last
            assert addr * 8 + digit > before
            before = addr * 8 + digit
            found[step, addr] += (1 - 2 * neg) << digit
    assert step == steps * samples
    found = found.reshape(samples, steps, -1).swapaxes(0, 1)
    expected = np.zeros_like(found)
    if len(shape) == 1:
        expected[:, :, : shape[0]] = x
    else:  # {y, x, c}, each field as wide as its size asks for
        c_bits, x_bits = (shape[0] - 1).bit_length(), (shape[2] - 1).bit_length()
        for c, y, column in itertools.product(*map(range, shape)):
            address = (y << x_bits | column) << c_bits | c
            expected[:, :, address] = x[:, :, c, y, column]
    np.testing.assert_array_equal(found, expected)


def test_samples_without_any_event_are_markers_alone():
    build = random_build(3, encoding="ternary", widths=[11, 4])
    x = np.zeros((build.dataflow.timesteps, 2, 11), np.int8)
    assert len(input_words(build.dataflow.input, x)) == 2 * build.dataflow.timesteps


@pytest.mark.parametrize(("shape", "section", "slice_"), [((6, 2, 3), 3, 2), ((7,), 7, 3)])
def test_a_sweep_visits_each_neuron_once_addresses_rising(shape, section, slice_):
    places = sweep(shape, section, slice_)
    neurons = places[places >= 0]
    assert sorted(neurons.tolist()) == list(range(int(np.prod(shape))))
    assert (np.diff(addresses(shape)[neurons]) > 0).all()
    # The channels of a word are of one section, at one position.
    for word in places:
        at = [np.unravel_index(n, shape) for n in word if n >= 0]
        assert len({(c // section, *rest) for c, *rest in at}) == 1
