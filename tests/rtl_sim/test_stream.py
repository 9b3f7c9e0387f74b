"""Samples as the core's input words, and back."""

import numpy as np
import pytest

from rtl_sim.stream import input_words
from tests.random_builds import random_build, random_input


@pytest.mark.parametrize("encoding", ["static", "ternary", "binary"])
def test_words_say_what_the_samples_hold(encoding):
    build = random_build(3, encoding=encoding, widths=[11, 4])
    x = random_input(build, 7, 3)
    steps, samples = x.shape[:2]
    found, step = np.zeros((samples * steps, 11), np.int64), 0
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
    np.testing.assert_array_equal(found.reshape(samples, steps, 11), x.swapaxes(0, 1))


def test_samples_without_any_event_are_markers_alone():
    build = random_build(3, encoding="ternary", widths=[11, 4])
    x = np.zeros((build.dataflow.timesteps, 2, 11), np.int8)
    assert len(input_words(build.dataflow.input, x)) == 2 * build.dataflow.timesteps
