"""activity: samples that overlap in any way, against a count of those inside; resets between."""

import random

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, Timer

from tests.rtl_sim.verilog.benches.axis import reset


@cocotb.test(timeout_time=50, timeout_unit="us")
async def busy_as_long_as_a_sample_is_inside(dut) -> None:
    rng = random.Random(1)
    cocotb.start_soon(Clock(dut.clk, 2, unit="ns").start())
    for name in ("begin_i", "last_i", "end_i"):
        getattr(dut, name).value = 0
    for _ in range(12):
        await reset(dut)
        partial, inside, cycles = False, 0, 0
        beats, ends = rng.choice([0.2, 0.7]), rng.choice([0.2, 0.7])
        for _ in range(rng.randrange(20, 200)):
            begin = rng.random() < beats
            last = begin and rng.random() < 0.5
            end = inside > 0 and (inside == 5 or rng.random() < ends)
            dut.begin_i.value, dut.last_i.value, dut.end_i.value = int(begin), int(last), int(end)
            busy = partial or inside > 0
            await Timer(1, "step")
            assert int(dut.busy_o.value) == busy
            assert int(dut.count_o.value) == cycles
            cycles += busy or begin
            partial = not last if begin else partial
            inside += last - end
            await FallingEdge(dut.clk)
