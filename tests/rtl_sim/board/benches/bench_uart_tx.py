"""uart_tx: each bit takes DIVIDER cycles, to the cycle, and the next byte waits for it."""

import random

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, RisingEdge


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def bytes_go_out_bit_by_bit(dut) -> None:
    rng, divider = random.Random(1), int(dut.DIVIDER.value)
    cocotb.start_soon(Clock(dut.clk, 2, unit="ns", impl="gpi").start())
    dut.valid_i.value, dut.rst_n.value = 0, 0
    await FallingEdge(dut.clk)
    await FallingEdge(dut.clk)
    line: list[int] = []  # what is to come
    sent, idle = 0, 0.0
    for cycle in range(60 * 10 * divider):
        reset = rng.random() < 0.001
        valid = sent < 40 and not reset and rng.random() >= idle
        byte = rng.choice([0x00, 0xFF, 0x7E, rng.getrandbits(8)])
        dut.rst_n.value, dut.valid_i.value, dut.byte_i.value = int(not reset), int(valid), byte
        await RisingEdge(dut.clk)
        assert int(dut.tx_o.value) == (line[0] if line else 1), cycle
        assert int(dut.ready_o.value) == (not line), cycle
        if reset:
            line = []
        elif line:
            line.pop(0)
        elif valid:
            bits = (0, *(byte >> n & 1 for n in range(8)), 1)
            line = [bit for bit in bits for _ in range(divider)]
            sent += 1
            idle = rng.choice([0.0, 0.0, 0.9])
        await FallingEdge(dut.clk)
    assert sent == 40
