"""dense_engine.v: random events of both signs and all digits, read by sweeps, against w @ s."""

import json
import os
import random
from pathlib import Path

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, RisingEdge

from tests.rtl_sim.benches.axis import Source, reset

LATENCY = 4


def case():
    """The parameters and weights that the runner chose."""
    spec = json.loads(Path(os.environ["CASE"]).read_text())
    return spec, np.array(spec["weights"])


async def sweep(dut, spec, wait: float, rng) -> tuple[list[int], bool]:
    """All neurons' currents of the step at the head, and whether it is the sample's last."""
    lanes, slice_ = spec["LANES"], spec["SLICE"]
    sizes = [min(lanes, spec["N_OUT"] - start) for start in range(0, spec["N_OUT"], lanes)]
    words = sum(-(-size // slice_) for size in sizes)
    while not int(dut.step_valid_o.value):
        await FallingEdge(dut.clk)
    last, sent, pending, values = bool(dut.step_last_o.value), 0, [], []
    while len(values) < words:
        go = sent < words and rng.random() >= wait
        dut.step_next_i.value = int(go)
        pending.append(go)
        sent += go
        await RisingEdge(dut.clk)
        if len(pending) > LATENCY and pending[-LATENCY - 1]:
            values.append(int(dut.current_o.value))
        await FallingEdge(dut.clk)
    dut.step_next_i.value = 0
    bits = spec["ACC_BITS"] + spec["SHIFT"]
    currents = []
    for word in values:
        for n in range(slice_):
            field = word >> (n * bits) & ((1 << bits) - 1)
            currents.append(field - (1 << bits) if field >> (bits - 1) else field)
    neurons, position = [], 0
    for size in sizes:
        neurons += currents[position : position + size]
        position += -(-size // slice_) * slice_
    return neurons, last


@cocotb.test()
@cocotb.parametrize(rates=[(0.0, 0.0), (0.6, 0.0), (0.0, 0.6), (0.3, 0.3)])
async def currents(dut, rates) -> None:
    """Steps back to back; the events of a step in any order; then a reset in mid-step."""
    spec, weights = case()
    rng = random.Random(str(rates))
    idle, wait = rates
    cocotb.start_soon(Clock(dut.clk, 2, unit="ns").start())
    dut.step_next_i.value = 0
    source = Source(dut, "s_axis", idle, rng)
    await reset(dut)
    # A step that a reset breaks off leaves nothing behind.
    top = spec["ADDR_BITS"] + spec["DIGIT_BITS"]
    await source.send([(j, False) for j in range(spec["N_IN"])])
    await reset(dut)
    beats, expected, events = [], [], 0
    for step in range(12):
        chosen = [j for j in range(spec["N_IN"]) if rng.random() < (0.0, 0.4, 1.0)[step % 3]]
        rng.shuffle(chosen)
        total = np.zeros(spec["N_OUT"], np.int64)
        for j in chosen:
            neg, digit = rng.getrandbits(1), rng.randrange(1 << spec["DIGIT_BITS"])
            beats.append((neg << top | digit << spec["ADDR_BITS"] | j, False))
            total += (1 - 2 * neg) * (weights[:, j] << digit)
        events += len(chosen)
        last = spec["REPEAT"] > 1 or step % 4 == 3
        beats.append((1 << (top + 1), last))
        for repeat in range(spec["REPEAT"]):
            done = last and repeat == spec["REPEAT"] - 1
            expected.append(((total << spec["SHIFT"]).tolist(), done))
    sending = cocotb.start_soon(source.send(beats))
    for index, wanted in enumerate(expected):
        assert await sweep(dut, spec, wait, rng) == wanted, f"step {index}"
    await sending
    assert int(dut.events_o.value) == events
    assert int(dut.additions_o.value) == events * spec["N_OUT"]
