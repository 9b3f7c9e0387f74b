"""pool: random events and markers under random stalls, against the windows that contain them."""

import json
import os
import random
from pathlib import Path

import cocotb
import msgspec
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge

from hw_models.core.address import addresses
from hw_models.dataflow import Pool
from tests.rtl_sim.verilog.benches.axis import Sink, Source, reset


def windows(spec: Pool, y: int, x: int) -> list[tuple[int, int]]:
    """The windows that contain (y, x), row by row."""
    _, height, width = spec.out_shape
    (ky, kx), (sy, sx), (py, px) = spec.kernel, spec.stride, spec.padding
    return [
        (row, column)
        for row in range(height)
        for column in range(width)
        if 0 <= y + py - row * sy < ky and 0 <= x + px - column * sx < kx
    ]


@cocotb.test()
@cocotb.parametrize(rates=[(0.0, 0.0), (0.6, 0.0), (0.0, 0.6), (0.3, 0.3)])
async def events(dut, rates) -> None:
    """Every event once for each window, tags kept; markers where they were; any stall pattern."""
    case = json.loads(Path(os.environ["CASE"]).read_text())
    spec, digit_bits = msgspec.convert(case["pool"], Pool), case["DIGIT_BITS"]
    into = addresses(spec.in_shape).reshape(spec.in_shape)
    out = addresses(spec.out_shape).reshape(spec.out_shape)
    in_bits, out_bits = case["IN_ADDR_BITS"], case["OUT_ADDR_BITS"]
    rng = random.Random(str(rates))
    idle, stall = rates
    cocotb.start_soon(Clock(dut.clk, 2, unit="ns").start())
    dut.m_axis_tready.value = 0
    source, sink = Source(dut, "s_axis", idle, rng), Sink(dut, "m_axis", stall, rng)
    await reset(dut)
    cocotb.start_soon(sink.run())
    beats, expected = [], []
    for step in range(20):
        for c, y, x in random_places(rng, spec.in_shape):
            tag = rng.getrandbits(1 + digit_bits)
            beats.append((tag << in_bits | int(into[c, y, x]), False))
            expected += [
                (tag << out_bits | int(out[c, row, column]), False)
                for row, column in windows(spec, y, x)
            ]
        marker = 1 << (1 + digit_bits)
        beats.append((marker << in_bits, step % 3 == 2))
        expected.append((marker << out_bits, step % 3 == 2))
    await source.send(beats)
    for _ in range(100):
        await FallingEdge(dut.clk)
    assert sink.beats == expected


def random_places(rng: random.Random, shape) -> list[tuple[int, int, int]]:
    """Neurons in any order, a random share of them; at times none."""
    c, height, width = shape
    places = [(i, y, x) for i in range(c) for y in range(height) for x in range(width)]
    return rng.sample(places, round(rng.choice([0, 0.3, 1]) * min(12, len(places))))
