"""crc32: the check of bytes as they come, eight cycles each, is zlib's."""

import random
import zlib

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge

BYTE_CYCLES = 8


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def it_is_the_one_of_zlib(dut) -> None:
    rng = random.Random(1)
    cocotb.start_soon(Clock(dut.clk, 2, unit="ns", impl="gpi").start())
    dut.begin_i.value = dut.valid_i.value = 0
    for size in (0, 1, 2, 9, 30):
        data = rng.randbytes(size)
        await FallingEdge(dut.clk)
        dut.begin_i.value = 1
        await FallingEdge(dut.clk)
        dut.begin_i.value = 0
        for n, byte in enumerate(data):
            assert not int(dut.busy_o.value)
            for _ in range(rng.choice([0, 0, 3])):
                await FallingEdge(dut.clk)
            assert int(dut.crc_o.value) ^ 0xFFFFFFFF == zlib.crc32(data[:n])
            dut.byte_i.value, dut.valid_i.value = byte, 1
            await FallingEdge(dut.clk)
            dut.byte_i.value, dut.valid_i.value = rng.getrandbits(8), 0
            for _ in range(BYTE_CYCLES):
                assert int(dut.busy_o.value)
                await FallingEdge(dut.clk)
        assert not int(dut.busy_o.value)
        assert int(dut.crc_o.value) ^ 0xFFFFFFFF == zlib.crc32(data)


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def a_new_beginning_stops_a_byte(dut) -> None:
    cocotb.start_soon(Clock(dut.clk, 2, unit="ns", impl="gpi").start())
    dut.begin_i.value, dut.valid_i.value, dut.byte_i.value = 0, 1, 0x31
    await FallingEdge(dut.clk)
    dut.valid_i.value = 0
    for _ in range(3):
        await FallingEdge(dut.clk)
    dut.begin_i.value = 1
    await FallingEdge(dut.clk)
    dut.begin_i.value = 0
    for _ in range(12):
        assert not int(dut.busy_o.value) and int(dut.crc_o.value) == 0xFFFFFFFF
        await FallingEdge(dut.clk)
