"""Flips that are drawn, and their file."""

from collections import Counter

import numpy as np
import pytest

from hw_models.errors import InputError
from rtl_sim.upsets.flips import Flip, as_bytes, draw
from rtl_sim.upsets.memories import Memory

MEMORIES = [
    # two lanes of two bits; the second word has a lane without a channel
    Memory("weights", "a", 3, 4, "s", places=np.array([[0, 3], [1, -1], [2, 4]])),
    Memory("accumulators", "b", 2, 5, "s"),
    Memory("weights", "c", 2, 1, "s", places=np.array([[0], [1]])),
]


def test_flipped_weights_are_before_all_samples():
    """All bits of weights can be drawn, each once."""
    flips = draw(MEMORIES, "weights", 12, (3,), samples=9, cycles=50)
    places = {(flip.memory, flip.word, flip.bit) for flip in flips}
    full = {(0, w, b) for w in (0, 2) for b in range(4)}
    assert places == full | {(0, 1, 0), (0, 1, 1), (2, 0, 0), (2, 1, 0)}
    assert all(flip[:2] == (0, 0) for flip in flips)


def test_other_flips_come_in_each_sample():
    flips = draw(MEMORIES, "accumulators", 3, (3,), samples=400, cycles=7)
    assert flips == sorted(flips)
    assert Counter(flip.begun for flip in flips) == dict.fromkeys(range(1, 401), 3)
    assert {flip.cycles for flip in flips} == set(range(7))
    by_bit = Counter((flip.memory, flip.word, flip.bit) for flip in flips)
    assert set(by_bit) == {(1, w, b) for w in range(2) for b in range(5)}
    # 1200 flips of 10 bits, 120 each: 5 standard deviations
    assert all(abs(count - 120) < 5 * 120**0.5 for count in by_bit.values())


def test_a_seed_repeats_and_another_does_not():
    drawn = [draw(MEMORIES, "accumulators", 2, seed, 5, 100) for seed in ((1, 2), (1, 2), (1, 3))]
    assert drawn[0] == drawn[1] != drawn[2]


@pytest.mark.parametrize(("kind", "bits"), [("weights", 12), ("membranes", 0)])
def test_no_more_bits_than_there_are(kind, bits):
    with pytest.raises(InputError, match=f"{bits + 1} flips, but the {kind} have {bits} bits"):
        draw(MEMORIES, kind, bits + 1, (0,), 1, 1)


def test_the_file():
    assert as_bytes([Flip(1, 2, 3, 4, 5)]).hex() == "0000000100000002" + "0003000000040005"
