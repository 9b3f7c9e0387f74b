"""leak and neuron against hw_models.semantics: many leaks, corners, |p| == v_threshold."""

import random

import cocotb
import numpy as np
from cocotb.triggers import Timer

from hw_models.semantics import Leak, Neuron
from tests.rtl_sim.verilog.wrappers import LEAK_V_BITS, LEAKS, NEURONS


@cocotb.test()
async def leak(dut) -> None:
    """Leaks of all k and up to 4 digits, every v."""
    bound = 1 << (LEAK_V_BITS - 1)
    v = np.arange(-bound, bound)
    got = {}
    for value in v:
        dut.leak_v.value = int(value)
        await Timer(1, unit="ns")
        for k in range(len(LEAKS)):
            got[k, int(value)] = getattr(dut, f"leak_{k}").value.to_signed()
    for k, form in enumerate(LEAKS):
        expected = form(v)
        for value, leaked in zip(v, expected, strict=True):
            assert got[k, int(value)] == leaked, f"{form}: leak({value})"


@cocotb.test()
async def neuron(dut) -> None:
    """Both modes and resets at several widths; p within its width, half of it around a corner."""
    rng = random.Random(1)
    fired = {-1: 0, 0: 0, 1: 0}
    for _ in range(400):
        cases = []
        for k, (p_bits, v_bits, mode, kind) in enumerate(NEURONS):
            top = (1 << (p_bits - 1)) - 1
            v_threshold = min(top, rng.choice([1, 2, rng.randint(1, top), top]))
            near = [v_threshold, v_threshold - 1, -v_threshold, 1 - v_threshold, 0, top, -top - 1]
            p = rng.choice([rng.randint(-top - 1, top), rng.choice(near)])
            half = 1 << (v_bits - 1)
            leaked = max(-half, min(half - 1, rng.randint(-half, half - 1)))
            # i + bias fits p's width as well
            drive = max(-top - 1, min(top, p - leaked))
            p = drive + leaked
            if not -top - 1 <= p <= top:
                drive, leaked, p = 0, 0, 0
            getattr(dut, f"leaked_{k}").value = leaked % (1 << v_bits)
            getattr(dut, f"drive_{k}").value = drive % (1 << p_bits)
            getattr(dut, f"threshold_{k}").value = v_threshold
            cases.append((p, v_threshold, Neuron(mode=mode, reset=kind, leak=Leak(1, 0))))
        await Timer(1, unit="ns")
        for k, (p, v_threshold, model) in enumerate(cases):
            s = model.fire(np.array(p), np.array(v_threshold))
            v = int(model.reset_membrane(np.array(p), s, np.array(v_threshold)))
            fired[int(s)] += 1
            fire, neg = int(getattr(dut, f"fire_{k}").value), int(getattr(dut, f"neg_{k}").value)
            assert (fire, neg) == (int(s != 0), int(s < 0)), f"{NEURONS[k]}: p {p}, {v_threshold}"
            # A v beyond its width cannot come from a proven build; here it wraps.
            got = int(getattr(dut, f"v_{k}").value)
            assert got == v % (1 << NEURONS[k][1]), f"{NEURONS[k]}: p {p}, {v_threshold}: v"
    assert min(fired.values()) > 100
