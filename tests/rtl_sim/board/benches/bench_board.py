"""board: a core behind the bridge, its reset by a button, and lights that show what it says."""

import random

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, FallingEdge, Timer

from tests.rtl_sim.board.benches.core_model import READ_REFUSED, WRITE_REFUSED, Core, register
from tests.rtl_sim.board.benches.line import (
    BYTE_NS,
    CYCLE_NS,
    LATE,
    READ,
    REFUSED,
    STREAM,
    WRITE,
    Host,
)

BUSES = {"axil": "s_axil", "in": "s_axis", "out": "m_axis"}
LAST = 1 << 27
CLASS = 48  # where a result has its class


async def started(dut) -> tuple[Host, Core, random.Random]:
    """It holds the core in reset from the first cycle on, and while it is not ready."""
    rng = random.Random(1)
    dut.ready_i.value = 0
    host = Host(dut.rx_i, dut.tx_o)
    core = Core(dut.clk, dut.core.rst_n, dut.core, BUSES, rng)
    cocotb.start_soon(Clock(dut.clk, CYCLE_NS, unit="ns", impl="gpi").start())
    for _ in range(9):
        await FallingEdge(dut.clk)
    assert not int(dut.core.rst_n.value) and not int(dut.led_o.value)
    assert int(dut.tx_o.value)
    cocotb.start_soon(core.run())
    await Timer(CYCLE_NS // 3, "ns")
    dut.ready_i.value = 1
    await ClockCycles(dut.clk, 8)
    assert int(dut.core.rst_n.value)
    return host, core, rng


@cocotb.test(timeout_time=10, timeout_unit="ms")
async def it_begins_in_reset(dut) -> None:
    """Though it is ready at once; the first test, for this happens once in a simulation."""
    dut.ready_i.value = dut.rx_i.value = 1
    cocotb.start_soon(Clock(dut.clk, CYCLE_NS, unit="ns", impl="gpi").start())
    for _ in range(3):
        await FallingEdge(dut.clk)
        assert not int(dut.core.rst_n.value)
    for _ in range(5):
        await FallingEdge(dut.clk)
    assert int(dut.core.rst_n.value)


@cocotb.test(timeout_time=10, timeout_unit="ms")
async def a_core_is_reached(dut) -> None:
    """Its registers, each whole, and its streams."""
    host, core, rng = await started(dut)
    await host.works()
    await host.ask(WRITE, 0x7E4 ^ 0xFFC, [0x12345678], [])
    await host.ask(WRITE, WRITE_REFUSED, [5], [], REFUSED)
    assert core.written == [(0x7E4 ^ 0xFFC, 0x12345678), (WRITE_REFUSED, 5)]
    given = [register(READ_REFUSED + 4 * n, n) for n in range(2)]
    await host.ask(READ, READ_REFUSED, [2], given, REFUSED)
    assert int(dut.core.s_axil_wstrb.value) == 0xF
    assert not int(dut.core.s_axil_awprot.value) and not int(dut.core.s_axil_arprot.value)
    core.results = [rng.getrandbits(64) for _ in range(2)]
    given = [half for word in core.results for half in (word & 0xFFFFFFFF, word >> 32)]
    await host.ask(STREAM, 0, [0xF0000001, LAST | 2], given)
    assert core.came == [(0xF0000001, 0), (2, 1)] and not core.resets


@cocotb.test(timeout_time=10, timeout_unit="ms")
async def lights_show_the_class(dut) -> None:
    """Of the last sample; the highest one changes with each sample."""
    host, core, rng = await started(dut)
    for n, shown in enumerate((5, 5, 2, 7, 0)):
        last = shown << CLASS | rng.getrandbits(CLASS) | 1 << CLASS + 3
        core.results = [rng.getrandbits(64), last]
        before = int(dut.led_o.value)
        await host.send_words([host.head(STREAM), LAST])
        await Timer(BYTE_NS, "ns")
        assert int(dut.led_o.value) in (before, shown | (not n & 1) << 3)
        await host.answer()
        assert int(dut.led_o.value) == shown | (not n & 1) << 3


@cocotb.test(timeout_time=10, timeout_unit="ms")
async def a_button_resets_all(dut) -> None:
    """At any moment; a flip-flop after the first one decides."""
    host, core, _ = await started(dut)
    core.results = [7 << CLASS]
    await host.ask(STREAM, 0, [LAST], [0, 7 << CLASS - 32])
    assert int(dut.led_o.value)
    await FallingEdge(dut.clk)
    dut.ready_i.value = 0
    for cycles in range(7):
        await FallingEdge(dut.clk)
        # One flip-flop more than the one that the button reaches, and the core's own.
        assert int(dut.core.rst_n.value) == (cycles < 2)
    assert not int(dut.led_o.value)
    dut.ready_i.value = 1
    for _ in range(7):
        await FallingEdge(dut.clk)
    assert int(dut.core.rst_n.value)
    await host.works()
    assert len(core.resets) == 1


@cocotb.test(timeout_time=10, timeout_unit="ms")
async def a_core_that_keeps_waiting_is_reset(dut) -> None:
    host, core, _ = await started(dut)
    core.dead = {"out"}
    core.results = [1]
    await host.ask(STREAM, 0, [LAST], [], LATE, 60)
    assert core.resets == [1] and not int(dut.led_o.value)
