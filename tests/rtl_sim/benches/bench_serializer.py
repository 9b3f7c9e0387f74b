"""serializer.v: random spike words, with and without stalls, against the events they stand for."""

import random

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, RisingEdge

from tests.rtl_sim.benches.axis import Sink, reset


def random_words(rng, slice_: int, groups: int, slices: int, steps: int, padding: int):
    """Words (fire, neg, step_end, last) of full sweeps; padding places never fire."""
    words = []
    for step in range(steps):
        density = rng.choice([0.0, 0.1, 0.5, 1.0])
        for word in range(groups * slices):
            places = slice_ - (padding if word % slices == slices - 1 else 0)
            fire = sum(1 << n for n in range(places) if rng.random() < density)
            neg = fire & rng.getrandbits(slice_)
            end = word == groups * slices - 1
            words.append((fire, neg, end, end and step == steps - 1))
    return words


def expected_beats(words, slice_: int, lanes: int, slices: int, addr_bits: int):
    """Beats (tdata, tlast) in order; address of place n of the k-th slice of group g."""
    beats, position = [], 0
    for fire, neg, end, last in words:
        base = position // slices * lanes + position % slices * slice_
        for n in range(slice_):
            if fire >> n & 1:
                beats.append(((neg >> n & 1) << addr_bits | (base + n), False))
        position += 1
        if end:
            beats.append((1 << (addr_bits + 1), last))
            position = 0
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


@cocotb.test()
@cocotb.parametrize(rates=[(0.0, 0.0), (0.5, 0.0), (0.0, 0.7), (0.3, 0.3)])
async def events_in_rising_order(dut, rates) -> None:
    rng = random.Random(str(rates))
    idle, stall = rates
    lanes, slice_ = int(dut.LANES.value), int(dut.SLICE.value)
    addr_bits = int(dut.ADDR_BITS.value)
    slices = -(-lanes // slice_)
    cocotb.start_soon(Clock(dut.clk, 2, unit="ns").start())
    dut.word_valid_i.value = 0
    dut.m_axis_tready.value = 0
    await reset(dut)
    sink = Sink(dut, "m_axis", stall, rng)
    cocotb.start_soon(sink.run())
    words = random_words(rng, slice_, 3, slices, 12, slices * slice_ - lanes)
    await feed(dut, words, idle, rng)
    for _ in range(400):
        await FallingEdge(dut.clk)
    expected = expected_beats(words, slice_, lanes, slices, addr_bits)
    assert sink.beats == expected
    spikes = sum(fire.bit_count() for fire, *_ in words)
    assert int(dut.events_o.value) == spikes
