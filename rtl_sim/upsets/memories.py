"""The memories of a core in which bits can flip: weights, membranes and accumulators.

A memory stands here for each array that the Verilog has, by its name in the core: a weight memory
has one for each bank, and the accumulators of an engine one for each lane. Of a weight memory the
bits that hold weights can flip; lanes without a channel hold zeros beside them. Parity bits flip as
those that they guard: of accumulators they are a memory of their own.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from hw_models.core.banks import bank_depths
from hw_models.core.layout import EngineLayout, layout_of
from hw_models.core.weight_rows import weight_rows
from hw_models.dataflow import Build
from hw_models.hardware import Engine, hardware_of
from hw_models.semantics import Ints

Kind = Literal["weights", "membranes", "accumulators"]
KINDS: tuple[Kind, ...] = ("weights", "membranes", "accumulators")


@dataclass(frozen=True, slots=True)
class Memory:
    """An array of words in the core."""

    kind: Kind
    name: str  # in the core, as a hierarchical name
    words: int
    word_bits: int
    owner: str  # the synapse, or of membranes the layer
    engine: int = 0  # number of the synapse's engine
    # Of weights, the place in the synapse's flat tensor, [words, lanes]; -1: a lane without one.
    places: Ints | None = None
    parity: int = 0  # 1: the highest bit of each word is its parity

    @property
    def bits(self) -> int:
        """The bits that can flip: all of them, or those of weights."""
        if self.places is None:
            return self.words * self.word_bits
        return self.held_bits + self.words * self.parity

    @property
    def held_bits(self) -> int:
        """The bits of weights in a memory of weights."""
        assert self.places is not None
        return int((self.places >= 0).sum()) * self.weight_bits

    @property
    def weight_bits(self) -> int:
        """The width of a weight in a memory of weights."""
        assert self.places is not None
        return (self.word_bits - self.parity) // self.places.shape[1]

    def located(self, index: int) -> tuple[int, int]:
        """Word and bit of the bit number `index` among those that can flip."""
        if self.places is None:
            return divmod(index, self.word_bits)
        if index >= self.held_bits:
            return index - self.held_bits, self.word_bits - 1
        number, bit = divmod(index, self.weight_bits)
        word, lane = divmod(int(np.flatnonzero(self.places >= 0)[number]), self.places.shape[1])
        return word, lane * self.weight_bits + bit


def memories_of(build: Build) -> list[Memory]:
    """All memories of a build's core, layer by layer."""
    found = []
    for number, (layer, own) in enumerate(
        zip(build.dataflow.layers, hardware_of(build).layers, strict=True)
    ):
        layout = layout_of(build.dataflow, layer)
        for place, (synapse, laid) in enumerate(zip(own.synapses, layout.synapses, strict=True)):
            for engine, (branch, words) in enumerate(
                zip(synapse.branches, laid.engines, strict=True)
            ):
                suffix = f"_engine{engine}" if synapse.interleave else ""
                path = f"layer{number}_synapse{place}{suffix}.accumulators"
                found += banks(path, branch.engine, words, synapse.name, engine)
                found += lanes(path, branch.engine, words, synapse.name, engine)
        update = own.update
        if not update.no_memory:
            path = f"layer{number}.membranes.v_mem"
            bits, parity = update.v_word_bits, update.parity
            found.append(Memory("membranes", path, update.words, bits, layer.name, parity=parity))
    return found


def banks(path: str, engine: Engine, layout: EngineLayout, owner: str, number: int) -> list[Memory]:
    """The banks of an engine's weights."""
    shape, groups = layout.op.weight_shape, layout.op.groups
    rows = weight_rows(1 + np.arange(math.prod(shape)).reshape(shape), groups, layout.weights) - 1
    found, first = [], 0
    for bank, depth in enumerate(bank_depths(len(rows))):
        name = f"{path}.weights.bank[{bank}].words.mem"
        places = rows[first : first + depth]
        bits, parity = engine.weight_word_bits, engine.parity
        found.append(Memory("weights", name, depth, bits, owner, number, places, parity))
        first += depth
    return found


def lanes(path: str, engine: Engine, layout: EngineLayout, owner: str, number: int) -> list[Memory]:
    """The lanes of an engine's accumulators, and their parity bits.

    Two pages begin a power of two apart.
    """
    page = 1 << max(1, (layout.words - 1).bit_length())
    words = (layout.pages - 1) * page + layout.words
    sizes = {f"lane[{lane}].mem": engine.acc_bits for lane in range(engine.lanes)}
    if engine.parity:
        sizes["parity.words.mem"] = 1
    return [
        Memory("accumulators", f"{path}.{name}", words, bits, owner, number)
        for name, bits in sizes.items()
    ]
