"""engine: random events of both signs and all digits, read by sweeps, against the definition."""

import json
import os
import random
from pathlib import Path

import cocotb
import msgspec
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, RisingEdge

from hw_models.core.address import addresses, sweep
from hw_models.dataflow import Conv2d
from hw_models.engines.synapse import fan_out, weighted_sums
from tests.rtl_sim.verilog.benches.axis import Source, reset

LATENCY = 7


def case():
    """The parameters, operation and weights that the runner chose."""
    spec = json.loads(Path(os.environ["CASE"]).read_text())
    return spec["parameters"], msgspec.convert(spec["op"], Conv2d), np.array(spec["weights"])


async def read_step(dut, spec, places, wait: float, rng) -> tuple[list[int], bool]:
    """All neurons' currents of the step at the head, and whether it is the sample's last."""
    while not int(dut.step_valid_o.value):
        await FallingEdge(dut.clk)
    last, sent, pending, values = bool(dut.step_last_o.value), 0, [], []
    while len(values) < len(places):
        go = sent < len(places) and rng.random() >= wait
        dut.step_next_i.value = int(go)
        pending.append(go)
        sent += go
        await RisingEdge(dut.clk)
        if len(pending) > LATENCY and pending[-LATENCY - 1]:
            values.append(int(dut.current_o.value))
        await FallingEdge(dut.clk)
    dut.step_next_i.value = 0
    bits = spec["ACC_BITS"] + spec["SHIFT"]
    currents = {}
    for word, neurons in zip(values, places.tolist(), strict=True):
        for place, neuron in enumerate(neurons):
            field = word >> (place * bits) & ((1 << bits) - 1)
            currents[neuron] = field - (1 << bits) if field >> (bits - 1) else field
    return [currents[n] for n in range(places.max() + 1)], last


def chosen_events(rng, size: int, density: float) -> list[int]:
    """Addresses in any order, some of them several times, often at once, as behind a pool."""
    chosen = [j for j in range(size) if rng.random() < density]
    rng.shuffle(chosen)
    return [j for j in chosen for _ in range(rng.choice([1, 1, 1, 2, 3]))]


def event_of(spec, rng, address: int) -> tuple[int, int]:
    """An event at an address, of any sign and digit: its beat's tdata and its value."""
    neg, digit = rng.getrandbits(1), rng.randrange(1 << spec["DIGIT_BITS"])
    data = (neg << spec["DIGIT_BITS"] | digit) << spec["ADDR_BITS"] | address
    return data, (1 - 2 * neg) << digit


@cocotb.test()
@cocotb.parametrize(rates=[(0.0, 0.0), (0.6, 0.0), (0.0, 0.6), (0.3, 0.3)])
async def currents(dut, rates) -> None:
    """Steps back to back; the events of a step in any order; then a reset in mid-step."""
    spec, op, weights = case()
    rng = random.Random(str(rates))
    idle, wait = rates
    places = sweep(op.out_shape, op.out_shape[0] // op.groups, spec["SLICE"])
    address, fan = addresses(op.in_shape), fan_out(op, np.ones_like(weights))
    cocotb.start_soon(Clock(dut.clk, 2, unit="ns").start())
    dut.step_next_i.value = 0
    source = Source(dut, "s_axis", idle, rng)
    await reset(dut)
    # A step that a reset breaks off leaves nothing behind.
    top = spec["ADDR_BITS"] + spec["DIGIT_BITS"]
    await source.send([(int(j), False) for j in address])
    await reset(dut)
    beats, expected, events, additions = [], [], 0, 0
    for step in range(8):
        chosen = chosen_events(rng, op.n_in, (0.0, 0.4, 1.0)[step % 3])
        total = np.zeros(op.n_in, np.int64)
        for j in chosen:
            data, value = event_of(spec, rng, int(address[j]))
            beats.append((data, False))
            total[j] += value
            additions += int(fan[j])
        events += len(chosen)
        current = weighted_sums(op, weights, total[None, None])[0, 0].reshape(-1) << spec["SHIFT"]
        last = spec["REPEAT"] > 1 or step % 4 == 3
        beats.append((1 << (top + 1), last))
        for repeat in range(spec["REPEAT"]):
            done = last and repeat == spec["REPEAT"] - 1
            expected.append((current.tolist(), done))
    sending = cocotb.start_soon(source.send(beats))
    for index, wanted in enumerate(expected):
        assert await read_step(dut, spec, places, wait, rng) == wanted, f"step {index}"
    await sending
    assert int(dut.events_o.value) == events
    assert int(dut.additions_o.value) == additions


@cocotb.test()
async def a_reset_in_mid_sweep(dut) -> None:
    """After any number of a step's sweeps and any part of the next: nothing of them is left."""
    spec, op, weights = case()
    rng = random.Random("reset")
    places = sweep(op.out_shape, op.out_shape[0] // op.groups, spec["SLICE"])
    address = addresses(op.in_shape)
    marker = 1 << (spec["ADDR_BITS"] + spec["DIGIT_BITS"] + 1)
    cocotb.start_soon(Clock(dut.clk, 2, unit="ns").start())
    dut.step_next_i.value = 0
    source = Source(dut, "s_axis", 0.0, rng)
    await reset(dut)
    for sweeps in range(spec["REPEAT"]):
        for words in {0, 1, len(places) // 2, len(places) - 1}:
            beats, total = [], np.zeros(op.n_in, np.int64)
            for j in chosen_events(rng, op.n_in, 0.6):
                data, value = event_of(spec, rng, int(address[j]))
                beats.append((data, False))
                total[j] += value
            current = (
                weighted_sums(op, weights, total[None, None])[0, 0].reshape(-1) << spec["SHIFT"]
            )
            wanted = current.tolist()
            await source.send([*beats, (marker, True)])
            for _ in range(sweeps):
                assert await read_step(dut, spec, places, 0.0, rng) == (wanted, False)
            while not int(dut.step_valid_o.value):
                await FallingEdge(dut.clk)
            for _ in range(words):
                dut.step_next_i.value = 1
                await FallingEdge(dut.clk)
            dut.step_next_i.value = 0
            await reset(dut)
            await source.send([*beats, (marker, True)])
            for repeat in range(spec["REPEAT"]):
                done = repeat == spec["REPEAT"] - 1
                assert await read_step(dut, spec, places, 0.0, rng) == (wanted, done)
            for _ in range(4):
                assert not int(dut.step_valid_o.value), "a step too many"
                await FallingEdge(dut.clk)
