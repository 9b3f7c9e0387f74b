"""banked_rom: each word comes 3 cycles after its address, and stays where nothing is read."""

import os
import random

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge

LATENCY = 3


@cocotb.test()
async def every_word_once_and_random_ones(dut):
    """Word a holds a * 40503 modulo 2**16 (test_modules.py)."""
    depth, rng = int(os.environ["DEPTH"]), random.Random(int(os.environ["DEPTH"]))
    dut.read_i.value = 0
    Clock(dut.clk, 10, "ns").start()
    ends = [0, depth - 1, *(2**k + d for k in range(9, 13) for d in (-1, 0) if 2**k + d < depth)]
    addresses = ends + [rng.choice([None, rng.randrange(depth)]) for _ in range(400)]
    expected = [None] * LATENCY
    await FallingEdge(dut.clk)
    for address in addresses:
        dut.read_i.value = int(address is not None)
        dut.addr_i.value = rng.randrange(depth) if address is None else address
        expected.append(expected[-1] if address is None else address * 40503 % 2**16)
        await FallingEdge(dut.clk)
        if expected[-LATENCY] is not None:
            assert int(dut.data_o.value) == expected[-LATENCY]
