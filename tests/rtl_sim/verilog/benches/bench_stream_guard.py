"""stream_guard: any beats at all, against the same rules in Python (malformed.py)."""

import json
import os
import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import RisingEdge

from rtl_sim.simulation.stream import DIGIT, KIND, NEG
from tests.rtl_sim.verilog.benches.axis import Sink, Source, reset
from tests.rtl_sim.verilog.malformed import EARLY, LATE, MARKER, RANGE, REPEAT, Beat, Guard

GAP = 27  # position of the bits that mean nothing


def case() -> tuple[Guard, int]:
    """The rules, and bits of an address, by the parameters that the runner chose."""
    spec = json.loads(Path(os.environ["CASE"]).read_text())
    shape = spec["C"], spec["H"], spec["W"]
    bits = sum((n - 1).bit_length() for n in shape)
    return Guard(spec["STEPS"], shape, spec["DIGIT_MAX"], bool(spec["SIGNED"])), bits


def any_beats(rng: random.Random, count: int, bits: int, digit_max: int) -> list[Beat]:
    """Events and markers, well-formed and not; few addresses at a time, so that some repeat."""
    beats, near = [], 0
    for _ in range(count):
        if rng.random() < 0.2:
            beats.append((1 << KIND | rng.getrandbits(31), rng.random() < 0.4))
            near = rng.getrandbits(bits) if bits else 0
            continue
        address = near ^ rng.getrandbits(2) if rng.random() < 0.8 else near
        if rng.random() < 0.03:
            address |= 1 << rng.randrange(DIGIT)
        digit = min(7, rng.randint(0, digit_max) + (rng.random() < 0.02))
        gap = rng.getrandbits(3) << GAP
        data = rng.getrandbits(1) << NEG | gap | digit << DIGIT | address
        beats.append((data, rng.random() < 0.02))
    return beats


async def count_errors(dut, found: Counter) -> None:
    """How often each flag is set."""
    while True:
        await RisingEdge(dut.clk)
        flags = int(dut.errors_o.value) if int(dut.rst_n.value) else 0
        found.update(bit for bit in range(4) if flags >> bit & 1)


def plain(beats: list[Beat]) -> list[Beat]:
    """Beats without the bits that mean nothing."""
    return [(MARKER if data & MARKER else data & ~(7 << GAP), last) for data, last in beats]


async def watch_busy(dut, guard: Guard) -> None:
    """Busy as long as anything of what came in has not left; a reset starts anew."""
    rules, left = replace(guard, beats=[], errors=[], seen=set()), 0
    while True:
        await RisingEdge(dut.clk)
        if not int(dut.rst_n.value):
            rules, left = replace(guard, beats=[], errors=[], seen=set()), 0
            continue
        assert left == len(rules.beats) or int(dut.busy_o.value), "not busy, and not all has left"
        if int(dut.s_axis_tvalid.value) and int(dut.s_axis_tready.value):
            beat = int(dut.s_axis_tdata.value), bool(dut.s_axis_tlast.value)
            rules.take(plain([beat]))
        left += int(dut.m_axis_tvalid.value) and int(dut.m_axis_tready.value)


async def watch_rate(dut) -> None:
    """With a reader that never waits, the beat after an event is taken in the next cycle."""
    event = False
    while True:
        await RisingEdge(dut.clk)
        valid, ready = int(dut.s_axis_tvalid.value), int(dut.s_axis_tready.value)
        resets = not int(dut.rst_n.value)
        assert resets or not (event and valid) or ready, "a beat after an event waits"
        beat = int(dut.s_axis_tdata.value) if valid and ready and not resets else MARKER
        event = not beat & MARKER and not int(dut.s_axis_tlast.value)


@cocotb.test(timeout_time=60, timeout_unit="us")
@cocotb.parametrize(rates=[(0.0, 0.0), (0.6, 0.0), (0.0, 0.6), (0.3, 0.3)])
async def any_stream(dut, rates) -> None:
    """What leaves is what the rules say, after a reset in mid-sample as well."""
    guard, bits = case()
    idle, stall = rates
    rng = random.Random(str(rates))
    cocotb.start_soon(Clock(dut.clk, 2, unit="ns").start())
    source = Source(dut, "s_axis", idle, rng)
    sink = Sink(dut, "m_axis", stall, rng)
    found: Counter = Counter()
    await reset(dut)
    cocotb.start_soon(sink.run())
    cocotb.start_soon(count_errors(dut, found))
    watching = [cocotb.start_soon(watch_busy(dut, guard))]
    if not stall:
        watching.append(cocotb.start_soon(watch_rate(dut)))
    # A step that a reset breaks off leaves nothing behind: the same addresses come again. Nor do
    # the missing markers of a sample that ended early.
    beats = any_beats(rng, 60, bits, guard.digit_max)
    await source.send(beats)
    await reset(dut)
    await source.send([*beats, (1 << KIND, True), (0, True)])
    await reset(dut)
    sink.beats.clear()
    found.clear()
    beats = beats + any_beats(rng, 500, bits, guard.digit_max) + [(1 << KIND, True)]
    guard.take(plain(beats))
    await source.send(beats)
    for _ in range(60 * guard.steps):
        await RisingEdge(dut.clk)
    assert not any(watch.done() for watch in watching) and not int(dut.busy_o.value)
    assert plain(sink.beats) == guard.beats
    assert found == Counter(flag for flag, _ in guard.errors)
    assert set(found) == {RANGE, REPEAT, EARLY, LATE}
