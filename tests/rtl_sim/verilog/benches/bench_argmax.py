"""argmax: random samples with ties, against numpy's argmax, whose ties the lowest index wins."""

import random

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, RisingEdge

from tests.rtl_sim.verilog.benches.axis import Sink, reset


class Credits:
    """What a producer may send: one logit per place in the buffer."""

    def __init__(self, dut, places: int) -> None:
        self.dut, self.left = dut, places

    async def run(self) -> None:
        while True:
            await RisingEdge(self.dut.clk)
            self.left += int(self.dut.credit_o.value)


@cocotb.test()
@cocotb.parametrize(stall=[0.0, 0.6])
async def classes(dut, stall) -> None:
    rng = random.Random(2)
    count, bits = int(dut.CLASSES.value), int(dut.LOGIT_BITS.value)
    class_bits = int(dut.CLASS_BITS.value)
    half = 1 << (bits - 1)
    cocotb.start_soon(Clock(dut.clk, 2, unit="ns").start())
    dut.logit_valid_i.value = 0
    dut.m_axis_tready.value = 0
    await reset(dut)
    sink = Sink(dut, "m_axis", stall, rng)
    credit = Credits(dut, count)
    cocotb.start_soon(sink.run())
    cocotb.start_soon(credit.run())
    expected = []
    for sample in range(30):
        low, high = [(-half, half - 1), (-2, 1), (-half, -half)][sample % 3]
        logits = [rng.randint(low, high) for _ in range(count)]
        winner = int(np.argmax(logits))
        for n, logit in enumerate(logits):
            word = winner << bits | (logit % (1 << bits))
            assert word < 1 << (bits + class_bits)
            expected.append((word, n == count - 1))
            while credit.left == 0:
                dut.logit_valid_i.value = 0
                await FallingEdge(dut.clk)
            credit.left -= 1
            dut.logit_valid_i.value = 1
            dut.logit_i.value = logit
            await FallingEdge(dut.clk)
    dut.logit_valid_i.value = 0
    while len(sink.beats) < len(expected):
        await FallingEdge(dut.clk)
    assert sink.beats == expected
