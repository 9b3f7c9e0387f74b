"""Draws flips at random, and writes them for the bench."""

from typing import NamedTuple

import numpy as np

from hw_models.errors import InputError
from rtl_sim.upsets.memories import Kind, Memory


class Flip(NamedTuple):
    """A bit that flips once; the fields are those of the bench's file."""

    begun: int  # samples that have begun when it flips; 0: before the first one
    cycles: int  # cycles since the last of these began
    memory: int  # its number in the list of memories
    word: int
    bit: int


WIDTHS = Flip(32, 32, 16, 32, 16)  # bits of each field in the file


def draw(
    memories: list[Memory], kind: Kind, count: int, seed: tuple[int, ...], samples: int, cycles: int
) -> list[Flip]:
    """Random flips of different bits; all bits of a kind of memory are equally likely.

    Args:
        count: of weights, the number of flips before the first sample, which stay; else the number
            of flips for each sample.
        samples: the number of samples.
        cycles: the cycles from one sample's beginning to the next one's; a flip falls into any.

    Raises:
        InputError: there are fewer bits.
    """
    chosen = [number for number, memory in enumerate(memories) if memory.kind == kind]
    ends = np.cumsum([memories[number].bits for number in chosen])
    bits = int(ends[-1]) if chosen else 0
    if count > bits:
        raise InputError(f"--flips: {count} flips, but the {kind} have {bits:,} bits; ask for less")
    rng = np.random.default_rng(seed)
    found = []
    for begun in [0] if kind == "weights" else range(1, samples + 1):
        places = rng.choice(bits, count, replace=False, shuffle=False)
        times = rng.integers(0, cycles, count) if begun else np.zeros(count, np.int64)
        for place, time in zip(places.tolist(), times.tolist(), strict=True):
            number = int(np.searchsorted(ends, place, side="right"))
            memory = memories[chosen[number]]
            word, bit = memory.located(place - int(ends[number]) + memory.bits)
            found.append(Flip(begun, time, chosen[number], word, bit))
    return sorted(found)


def as_bytes(flips: list[Flip]) -> bytes:
    """The bench's file upsets.bin, each field with its highest byte first."""
    return b"".join(
        value.to_bytes(bits // 8, "big")
        for flip in flips
        for value, bits in zip(flip, WIDTHS, strict=True)
    )
