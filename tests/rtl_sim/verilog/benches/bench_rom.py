"""rom: a word comes a cycle after its address and stays; what was written is read."""

import random

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge


@cocotb.test()
async def reads_and_writes(dut) -> None:
    """At first word a holds a * 40503 modulo 2**16 (tests/benches.py)."""
    rng, depth = random.Random(1), int(dut.DEPTH.value)
    words, expected = [a * 40503 % 2**16 for a in range(depth)], None
    cocotb.start_soon(Clock(dut.clk, 2, unit="ns").start())
    await FallingEdge(dut.clk)
    for _ in range(10 * depth):
        read, write = rng.random() < 0.5, rng.random() < 0.3
        address, place, word = rng.randrange(depth), rng.randrange(depth), rng.getrandbits(16)
        dut.read_i.value, dut.addr_i.value = int(read), address
        dut.write_i.value, dut.write_addr_i.value, dut.write_data_i.value = int(write), place, word
        if read:
            expected = words[address]
        if write:
            words[place] = word
        await FallingEdge(dut.clk)
        assert expected is None or int(dut.data_o.value) == expected
