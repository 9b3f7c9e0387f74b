"""serializer: random spike words, with and without stalls, against the events they stand for."""

import json
import os
import random
from pathlib import Path

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, RisingEdge

from hw_models.core.address import addresses, sweep
from tests.rtl_sim.verilog.benches.axis import Sink, reset


def random_words(rng, places, steps: int):
    """Words (fire, neg, step_end, last) of full sweeps; padding places never fire."""
    words = []
    for step in range(steps):
        density = rng.choice([0.0, 0.1, 0.5, 1.0])
        for index, neurons in enumerate(places):
            fire = sum(1 << n for n, k in enumerate(neurons) if k >= 0 and rng.random() < density)
            neg = fire & rng.getrandbits(len(neurons))
            end = index == len(places) - 1
            words.append((fire, neg, end, end and step == steps - 1))
    return words


def expected_beats(words, places, address, addr_bits: int):
    """Beats (tdata, tlast) in order."""
    beats = []
    for index, (fire, neg, end, last) in enumerate(words):
        for n, neuron in enumerate(places[index % len(places)]):
            if fire >> n & 1:
                beats.append(((neg >> n & 1) << addr_bits | int(address[neuron]), False))
        if end:
            beats.append((1 << (addr_bits + 1), last))
    return beats


async def feed(dut, words, idle: float, rng) -> None:
    for fire, neg, end, last in words:
        while rng.random() < idle:
            dut.word_valid_i.value = 0
            await FallingEdge(dut.clk)
        dut.word_valid_i.value = 1
        dut.fire_i.value, dut.neg_i.value = fire, neg
        dut.step_end_i.value, dut.last_i.value = int(end), int(last)
        taken = False
        while not taken:
            await RisingEdge(dut.clk)
            taken = bool(dut.word_ready_o.value)
            await FallingEdge(dut.clk)
    dut.word_valid_i.value = 0


@cocotb.test(timeout_time=100, timeout_unit="us")
@cocotb.parametrize(rates=[(0.0, 0.0), (0.5, 0.0), (0.0, 0.7), (0.3, 0.3)])
async def events_in_rising_order(dut, rates) -> None:
    rng = random.Random(str(rates))
    idle, stall = rates
    case = json.loads(Path(os.environ["CASE"]).read_text())
    places = sweep(case["shape"], case["N"], case["SLICE"]).tolist()
    address, addr_bits = addresses(case["shape"]), case["ADDR_BITS"]
    cocotb.start_soon(Clock(dut.clk, 2, unit="ns").start())
    dut.word_valid_i.value = 0
    dut.m_axis_tready.value = 0
    await reset(dut)
    sink = Sink(dut, "m_axis", stall, rng)
    cocotb.start_soon(sink.run())
    words = random_words(rng, places, 12)
    await feed(dut, words, idle, rng)
    for _ in range(400):
        await FallingEdge(dut.clk)
    assert sink.beats == expected_beats(words, places, address, addr_bits)
    assert int(dut.events_o.value) == sum(fire.bit_count() for fire, *_ in words)
