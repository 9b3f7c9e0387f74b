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


async def send(dut, logits: list[int], credit: Credits | None = None) -> None:
    """One logit a cycle, as long as there is a place."""
    for logit in logits:
        while credit and credit.left == 0:
            dut.logit_valid_i.value = 0
            await FallingEdge(dut.clk)
        if credit:
            credit.left -= 1
        dut.logit_valid_i.value = 1
        dut.logit_i.value = logit
        await FallingEdge(dut.clk)
    dut.logit_valid_i.value = 0


def expected_words(logits: list[int], bits: int) -> list[tuple[int, bool]]:
    """The words {class, logit} of a sample, and tlast."""
    winner = int(np.argmax(logits))
    words = [winner << bits | (logit % (1 << bits)) for logit in logits]
    return [(word, n == len(logits) - 1) for n, word in enumerate(words)]


@cocotb.test(timeout_time=50, timeout_unit="us")
@cocotb.parametrize(stall=[0.0, 0.6])
async def classes(dut, stall) -> None:
    rng = random.Random(2)
    count, bits = int(dut.CLASSES.value), int(dut.LOGIT_BITS.value)
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
        expected += expected_words(logits, bits)
        await send(dut, logits, credit)
    while len(sink.beats) < len(expected):
        await FallingEdge(dut.clk)
    assert sink.beats == expected


@cocotb.test(timeout_time=50, timeout_unit="us")
async def a_reset_leaves_nothing_behind(dut) -> None:
    """Of a sample that has come or left in part, or whose class has just been found."""
    rng = random.Random(3)
    count, bits = int(dut.CLASSES.value), int(dut.LOGIT_BITS.value)
    half = 1 << (bits - 1)
    cocotb.start_soon(Clock(dut.clk, 2, unit="ns").start())
    dut.logit_valid_i.value = 0
    dut.m_axis_tready.value = 0
    await reset(dut)
    sink = Sink(dut, "m_axis", 0.0, rng)
    cocotb.start_soon(sink.run())
    for came in range(1, count + 1):
        for waits in range(5) if came == count else [0]:
            await send(dut, [rng.randint(-half, half - 1) for _ in range(came)])
            for _ in range(waits):
                await FallingEdge(dut.clk)
            await reset(dut)
            sink.beats.clear()
            logits = [rng.randint(-half, half - 1) for _ in range(count)]
            await send(dut, logits)
            for _ in range(count + 6):
                await FallingEdge(dut.clk)
            assert sink.beats == expected_words(logits, bits), (came, waits)
