"""An energy estimate from operation counts at 45 nm and 0.9 V, with the constants of one
publication.

Source: M. Horowitz, "Computing's energy problem (and what we can do about it)", ISSCC 2014, figure
1.1.9. An integer add costs 0.03 pJ (8 bit) or 0.1 pJ (32 bit), an integer multiply 0.2 pJ (8 bit),
and an SRAM read of 64 bits 10 pJ (8 KB), 20 pJ (32 KB) or 100 pJ (1 MB).

An addition costs as much as the narrowest adder of the table that is wide enough. A memory access
costs, per bit, 10 pJ / 64 * sqrt(bytes / 8 KB). This law meets the table at 8 and 32 KB and is 13 %
above it at 1 MB; here it also prices smaller memories. A write costs as much as a read. Control,
clock and wires outside the memories are not included. docs/energy.md computes one number by hand.

The estimate is compared with the same network as an ANN with int8 activations and weights: one
pass, output stationary, and for each MAC a multiply, a 32-bit add, the read of a weight and the
read of an activation.
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
    ann_arithmetic_pj: float  # int8 multiply-accumulates of the same network as an ANN
    ann_memory_pj: float  # reads of weights and activations for these

    @property
    def total_pj(self) -> float:
        return self.additions_pj + self.memory_pj

    @property
    def ann_total_pj(self) -> float:
        return self.ann_arithmetic_pj + self.ann_memory_pj

    @property
    def ratio(self) -> float:
        """Our energy divided by the ANN's: below 1, the spikes cost less."""
        return self.total_pj / self.ann_total_pj

    def __add__(self, other: "Energy") -> "Energy":
        return Energy(**{f: getattr(self, f) + getattr(other, f) for f in self.__struct_fields__})


def add_pj(bits: int) -> float:
    """The energy of one addition; beyond the table's widest adder, it takes several in a row."""
    widest = max(ADD_PJ)
    return ADD_PJ[min((w for w in ADD_PJ if w >= bits), default=widest)] * -(-bits // widest)


def sram_pj_per_bit(memory_bits: int) -> float:
    """The energy to read or write one bit of a memory with `memory_bits` bits."""
    return SRAM_8KB_PJ_PER_BIT * sqrt(memory_bits / (8 * 8192))


def of_layer(build: Build, layer: Layer, ops: Operations) -> Energy:
    """The energy of a layer's counts; each memory access is priced by the memory's size.

    Thresholds and biases lie beside the membranes and cost as much per bit as the membranes'
    memory; where no membranes are kept they have a memory of their own. If a layer has several
    synapses, their weights count as one memory, their accumulators as another, and their additions
    cost what the widest costs.
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
    """The energy of each layer by its name, and their sum as `total`."""
    layers = {
        layer.name: of_layer(build, layer, operations[layer.name])
        for layer in build.dataflow.layers
    }
    return {**layers, "total": reduce(add, layers.values())}
