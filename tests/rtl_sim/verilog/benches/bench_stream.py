"""A stream that passes through a module as it is: stream_buffer and register_slice."""

import os
import random

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge

from tests.rtl_sim.verilog.benches.axis import Sink, Source, reset


def random_beats(dut, rng: random.Random, count: int) -> list[tuple[int, bool]]:
    """So many beats (tdata, tlast)."""
    bits = int(dut.BITS.value)
    return [(rng.getrandbits(bits), rng.random() < 0.3) for _ in range(count)]


async def cycles(dut, count: int) -> None:
    for _ in range(count):
        await FallingEdge(dut.clk)


@cocotb.test(timeout_time=100, timeout_unit="us")
@cocotb.parametrize(rates=[(0.0, 0.0), (0.5, 0.0), (0.0, 0.7), (0.3, 0.3), (0.0, 0.95)])
async def beats_pass_in_order_and_none_a_reset(dut, rates) -> None:
    """Some go in, a reset comes at any moment, and what follows is all that leaves."""
    rng = random.Random(str(rates))
    idle, stall = rates
    cocotb.start_soon(Clock(dut.clk, 2, unit="ns").start())
    dut.m_axis_tready.value = 0
    source, sink = Source(dut, "s_axis", idle, rng), Sink(dut, "m_axis", stall, rng)
    await reset(dut)
    cocotb.start_soon(sink.run())
    for _ in range(25):
        sending = cocotb.start_soon(source.send(random_beats(dut, rng, 30)))
        await cycles(dut, rng.randrange(30))
        sending.cancel()
        source.valid.value = 0
        await reset(dut)
        sink.beats.clear()
        beats = random_beats(dut, rng, 9)
        await source.send(beats)
        for _ in range(400):
            if len(sink.beats) >= len(beats):
                break
            await cycles(dut, 1)
        await cycles(dut, 5)
        assert sink.beats == beats


@cocotb.test(timeout_time=100, timeout_unit="us")
async def it_takes_as_many_as_it_has_places(dut) -> None:
    """And no more, while its reader waits; then one leaves in every PACE cycles."""
    rng, places, pace = random.Random(1), int(os.environ["PLACES"]), int(os.environ["PACE"])
    cocotb.start_soon(Clock(dut.clk, 2, unit="ns").start())
    dut.m_axis_tready.value = 0
    source = Source(dut, "s_axis", 0.0, rng)
    await reset(dut)
    beats = random_beats(dut, rng, places + 20)
    taken = 0
    for _ in range(places + 8):
        source.valid.value, source.data.value, source.last.value = 1, *map(int, beats[taken])
        taken += int(source.ready.value)
        await cycles(dut, 1)
    assert taken == places
    sending = cocotb.start_soon(source.send(beats[taken:]))
    sink = Sink(dut, "m_axis", 0.0, rng)
    cocotb.start_soon(sink.run())
    await cycles(dut, pace * len(beats) + 3)
    assert sink.beats == beats and sending.done()
