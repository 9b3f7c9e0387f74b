"""An energy estimate from operation counts: 45 nm, 0.9 V, the constants of one published table.

Source: M. Horowitz, "Computing's energy problem (and what we can do about it)", ISSCC 2014,
figure 1.1.9: integer add 0.03 pJ (8 bit) and 0.1 pJ (32 bit), integer multiply 0.2 pJ (8 bit),
SRAM read of 64 bits 10 pJ (8 KB), 20 pJ (32 KB), 100 pJ (1 MB). An addition costs what the
narrowest adder of the table that is wide enough costs. A memory access costs, per bit,
10 pJ / 64 * sqrt(bytes / 8 KB): the law that meets the table at 8 and 32 KB and is 13 % above it
at 1 MB, continued down to small memories; a write costs a read. Control, clock and wires outside
the memories are not in it. docs/energy.md redoes a number by hand.

The ANN it is compared with is the same network with int8 activations and weights, one pass,
output stationary: per MAC a multiply, a 32-bit add, the read of a weight and of an activation.
"""

from functools import reduce
from math import sqrt
from operator import add

import msgspec

from hw_models.cost.operations import Operations, channel_bits, kept_bits
from hw_models.dataflow import Build, Layer

ADD_PJ = {8: 0.03, 32: 0.1}
MULTIPLY_INT8_PJ = 0.2
SRAM_8KB_PJ_PER_BIT = 10 / 64
ANN_ACCUMULATOR_BITS = 32


class Energy(msgspec.Struct, frozen=True, kw_only=True):
    """Picojoules."""

    additions_pj: float
    memory_pj: float
    ann_arithmetic_pj: float  # the same network's int8 multiply-accumulates
    ann_memory_pj: float  # and their reads of weights and activations

    @property
    def total_pj(self) -> float:
        return self.additions_pj + self.memory_pj

    @property
    def ann_total_pj(self) -> float:
        return self.ann_arithmetic_pj + self.ann_memory_pj

    @property
    def ratio(self) -> float:
        """Ours to the ANN's: below 1 the spikes cost less."""
        return self.total_pj / self.ann_total_pj

    def __add__(self, other: "Energy") -> "Energy":
        return Energy(**{f: getattr(self, f) + getattr(other, f) for f in self.__struct_fields__})


def add_pj(bits: int) -> float:
    """One addition; beyond the widest adder of the table, several of them in a row."""
    widest = max(ADD_PJ)
    return ADD_PJ[min((w for w in ADD_PJ if w >= bits), default=widest)] * -(-bits // widest)


def sram_pj_per_bit(memory_bits: int) -> float:
    """Reading or writing one bit of a memory of that size."""
    return SRAM_8KB_PJ_PER_BIT * sqrt(memory_bits / (8 * 8192))


def of_layer(build: Build, layer: Layer, ops: Operations) -> Energy:
    """Energy of a layer's counts, each memory priced by its size; thresholds and biases, which lie
    beside the membranes, at the price of the membranes' memory, of one time step of their own.
    Where several synapses meet, their weights are priced as one memory, their accumulators as
    another, their additions by the widest.
    """
    weight_bits = sum(build.weight(g).size * g.w_bits for g in layer.synapses)
    acc_width = max(g.acc_bits for g in layer.synapses)
    acc_bits = layer.size * sum(g.acc_bits for g in layer.synapses)
    state_bits = layer.size * kept_bits(build, layer) or channel_bits(build, layer)

    ann_weight_bits = 8 * sum(build.weight(g).size for g in layer.synapses)
    ann_input_bits = 8 * sum(g.op.n_in for g in layer.synapses)
    return Energy(
        additions_pj=ops.synaptic_additions * add_pj(acc_width)
        + (ops.update_additions + ops.compares) * add_pj(layer.update.p_bits),
        memory_pj=ops.weight_read_bits * sram_pj_per_bit(weight_bits)
        + (ops.acc_read_bits + ops.acc_write_bits) * sram_pj_per_bit(acc_bits)
        + (ops.state_read_bits + ops.state_write_bits) * sram_pj_per_bit(state_bits),
        ann_arithmetic_pj=ops.ann_macs * (MULTIPLY_INT8_PJ + add_pj(ANN_ACCUMULATOR_BITS)),
        ann_memory_pj=ops.ann_macs
        * 8
        * (sram_pj_per_bit(ann_weight_bits) + sram_pj_per_bit(ann_input_bits)),
    )


def by_layer(build: Build, operations: dict[str, Operations]) -> dict[str, Energy]:
    """Of each layer by its name, and of all as `total`."""
    layers = {
        layer.name: of_layer(build, layer, operations[layer.name])
        for layer in build.dataflow.layers
    }
    return {**layers, "total": reduce(add, layers.values())}
