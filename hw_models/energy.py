"""An energy estimate from operation counts: 45 nm, 0.9 V, the constants of one published table.

Source: M. Horowitz, "Computing's energy problem (and what we can do about it)", ISSCC 2014,
figure 1.1.9: integer add 0.03 pJ (8 bit) and 0.1 pJ (32 bit), integer multiply 0.2 pJ (8 bit),
SRAM read of 64 bits 10 pJ (8 KB), 20 pJ (32 KB), 100 pJ (1 MB). An operation costs what the
narrowest unit of the table that is wide enough costs; a memory access, per bit, what the
smallest memory that is large enough costs (beyond 1 MB: banks of 1 MB); a write costs a read.
Control, clock and wires outside the memories are not in it.
"""

import msgspec
import numpy as np

from hw_models.artefact import Build, Layer, Spiking
from hw_models.operations import Operations

ADD_PJ = {8: 0.03, 32: 0.1}
MULTIPLY_INT8_PJ = 0.2
SRAM_PJ_PER_BIT = {8 << 10: 10 / 64, 32 << 10: 20 / 64, 1 << 20: 100 / 64}  # by bytes
ANN_ACCUMULATOR_BITS = 32


class Energy(msgspec.Struct, frozen=True, kw_only=True):
    """Picojoules."""

    additions_pj: float
    memory_pj: float
    ann_arithmetic_pj: float  # the same network's int8 multiply-accumulates
    ann_memory_pj: float  # and their weight reads, each weight once per use

    @property
    def total_pj(self) -> float:
        return self.additions_pj + self.memory_pj

    @property
    def ann_total_pj(self) -> float:
        return self.ann_arithmetic_pj + self.ann_memory_pj


def of_unit(table: dict[int, float], need: int) -> float:
    """The entry of the least size that is at least `need`; of the largest size beyond it."""
    return table[min((size for size in table if size >= need), default=max(table))]


def add_pj(bits: int) -> float:
    """One addition; beyond the widest adder of the table, several of them in a row."""
    return of_unit(ADD_PJ, bits) * -(-bits // max(ADD_PJ))


def of_layer(build: Build, layer: Layer, ops: Operations) -> Energy:
    """Energy of a layer's counts, each memory priced by its own size."""
    weight_bits = sum(build.weight(g).size * g.w_bits for g in layer.groups)
    acc_width = max(g.acc_bits for g in layer.groups)
    update = layer.update
    width = update.p_bits if isinstance(update, Spiking) else update.logit_bits
    state_bits = layer.size * (update.v_bits if isinstance(update, Spiking) else width)

    def per_bit(memory_bits: int) -> float:
        return of_unit(SRAM_PJ_PER_BIT, -(-memory_bits // 8))

    ann_weight_bits = 8 * sum(build.weight(g).size for g in layer.groups)
    return Energy(
        additions_pj=ops.synaptic_additions * add_pj(acc_width)
        + (ops.update_additions + ops.compares) * add_pj(width),
        memory_pj=ops.weight_read_bits * per_bit(weight_bits)
        + (ops.acc_read_bits + ops.acc_write_bits) * per_bit(layer.size * acc_width)
        + (ops.state_read_bits + ops.state_write_bits) * per_bit(state_bits),
        ann_arithmetic_pj=ops.ann_macs * (MULTIPLY_INT8_PJ + add_pj(ANN_ACCUMULATOR_BITS)),
        ann_memory_pj=ops.ann_macs * 8 * per_bit(ann_weight_bits),
    )


def total(build: Build, operations: dict[str, Operations]) -> Energy:
    """Sum over the layers."""
    parts = [of_layer(build, layer, operations[layer.name]) for layer in build.dataflow.layers]
    fields = Energy.__struct_fields__
    return Energy(**{f: float(np.sum([getattr(e, f) for e in parts])) for f in fields})
