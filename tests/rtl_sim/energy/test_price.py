"""Energies by hand: a net, a gate, a flip-flop, a memory, leakage."""

import numpy as np
import pytest

from hw_models.hardware import Nets
from rtl_sim.energy import price
from rtl_sim.energy.cells import Cell, Library
from rtl_sim.energy.observed import Observed
from rtl_sim.energy.price import Conditions

FLAT = (np.array([0.0, 1.0]), np.array([2.0, 2.0]))
SLOPE = (np.array([0.0, 1.0]), np.array([1.0, 11.0]))  # 1 pJ and 10 pJ more for each pF
LIBRARY = Library(
    "by hand", 2.0, 25.0,
    {
        "INV": Cell(5.0, 3.0, {"A": 0.1}, {"A": 0.0}, {"Y": SLOPE}),
        "DFF": Cell(20.0, 7.0, {"D": 0.2}, {"D": 0.5}, {"Q": FLAT}, "CLK", 0.3, 4.0),
    },
)  # fmt: skip
CONDITIONS = Conditions(clock_mhz=50, wire_pf=0.05, transition_ns=0.2)
CLK, A, B, C, READ, WRITE, ADDR, DATA = 2, 3, 4, 5, 6, 7, 8, 9


def cell(kind: str, outputs: str, parameters=None, **connections):
    return {
        "type": kind,
        "parameters": parameters or {},
        "connections": connections,
        "port_directions": {p: "output" if p in outputs.split() else "input" for p in connections},
    }


def priced(cells, toggles, high=None, cycles=10):
    """The price of cells in a module with these nets' toggles, and cycles at 1."""
    nets = sorted({CLK, *toggles, *(high or {})})
    places = {net: place for place, net in enumerate(nets)}
    counts = np.array([[toggles.get(net, 0), (high or {}).get(net, 0)] for net in nets])
    module = {"cells": dict(enumerate(cells)), "ports": {}}
    return price.price(module, places, counts, cycles, LIBRARY, CONDITIONS)


def test_a_gate_pays_within_itself_and_for_what_it_charges():
    """A, B and C toggle 4, 4 and 0 times; B's load is an inverter's input and a wire."""
    two = [cell("INV", "Y", A=[A], Y=[B]), cell("INV", "Y", A=[B], Y=[C])]
    got = priced(two, {A: 4, B: 4, C: 0})
    assert got.wires_pj == pytest.approx(2 * 4 * 0.5 * (0.1 + 0.05) * 2.0**2)
    assert got.gates_pj == pytest.approx(4 * (1 + 10 * 0.15))
    assert got.leakage_pj == pytest.approx(2 * 3.0 * 10 / 50 * 1e-3)  # 6 nW for 0.2 us
    assert (got.cells, got.flip_flops, got.area_um2) == (2, 0, 10)
    assert got.clock_pj == got.registers_pj == got.memories_pj == 0
    assert got.total_pj == pytest.approx(got.wires_pj + got.gates_pj + got.leakage_pj)


def test_a_flip_flop_pays_for_each_cycle_of_the_clock():
    got = priced([cell("DFF", "Q", CLK=[CLK], D=[A], Q=[B])], {A: 6, B: 3})
    assert got.clock_pj == pytest.approx(10 * (4.0 + (0.3 + 0.05) * 2.0**2))
    assert got.registers_pj == pytest.approx(3 * 2.0 + 6 * 0.5)
    assert got.wires_pj == pytest.approx(6 * 0.5 * (0.2 + 0.05) * 2.0**2)
    assert got.flip_flops == 1 and got.gates_pj == 0


def test_constant_inputs_do_not_toggle():
    got = priced([cell("INV", "Y", A=["1"], Y=[B])], {B: 0})
    assert got.wires_pj == got.gates_pj == 0


def memory(read="1", read_enable=READ, writes=1, size=16, width=4):
    parameters = {
        "SIZE": f"{size:032b}", "WIDTH": f"{width:032b}", "ABITS": f"{4:032b}",
        "RD_PORTS": f"{1:032b}", "WR_PORTS": f"{writes:032b}", "RD_CLK_ENABLE": read,
    }  # fmt: skip
    return cell(
        "$mem_v2", "RD_DATA", parameters,
        RD_EN=[read_enable], RD_ADDR=[ADDR] * 4, RD_DATA=[DATA] * width,
        WR_EN=[WRITE] * width * writes,
    )  # fmt: skip


def test_a_memory_pays_for_reads_and_writes():
    """64 bits at 45 nm: sqrt(64 / 65536) of 0.15625 pJ a bit; 16 times that at 0.18 um."""
    word = 16 * 0.15625 * 4 / 32
    assert price.access_pj(16, 4) == pytest.approx(word)
    assert price.access_pj(1024, 64) == pytest.approx(160)  # 10 pJ for 64 bits out of 8 KB
    got = priced([memory()], {ADDR: 2}, {READ: 5, WRITE: 3})
    assert got.memories_pj == pytest.approx(8 * word) and got.memory_bits == 64
    assert priced([memory(writes=0)], {}, {READ: 5}).memories_pj == pytest.approx(5 * word)


def test_a_memory_that_always_reads_and_one_without_a_clock():
    word = price.access_pj(16, 4)
    assert priced([memory(read_enable="1", writes=0)], {}).memories_pj == pytest.approx(10 * word)
    assert priced([memory(read_enable="0", writes=0)], {}).memories_pj == 0
    # four address bits toggle once each: at most four reads; then at most one a cycle
    assert priced([memory("0", writes=0)], {ADDR: 1}).memories_pj == pytest.approx(4 * word)
    assert priced([memory("0", writes=0)], {ADDR: 9}).memories_pj == pytest.approx(10 * word)


def test_sums_and_samples():
    one = priced([cell("DFF", "Q", CLK=[CLK], D=[A], Q=[B])], {A: 6, B: 3})
    both = one + one
    assert both.total_pj == pytest.approx(2 * one.total_pj) and both.flip_flops == 2
    assert both.per(4).clock_pj == pytest.approx(one.clock_pj / 2)
    assert both.per(4).cells == 2


def test_each_net_has_a_place_and_enables_come_first():
    cells = [
        cell("INV", "Y", A=[A], Y=[100 + n]) for n in range(70)
    ] + [memory()]  # fmt: skip
    module = {
        "cells": dict(enumerate(cells)),
        "ports": {
            "a": {"direction": "input", "bits": [A, READ, WRITE, ADDR]},
            "y": {"direction": "output", "bits": [100]},
        },
    }
    top = {
        "netnames": {"a": {"bits": [2, 17, "x"]}},
        "cells": {"one": {"type": "top.one", "connections": {}, "port_directions": {}}},
    }
    observed = Observed()
    added = observed.add(top, {"one": module, "none": {"cells": {}, "ports": {}}})
    assert added["one"] == [Nets("nets0", 64, True), Nets("nets1", 11, False)]
    assert set(added) == set(observed.modules) == {"one"}
    places = observed.places["one"]
    assert {places[READ], places[WRITE]} == {0, 1}
    assert sorted(places.values()) == list(range(75)) and DATA in places
    assert module["ports"]["nets0"]["bits"][places[READ]] == READ
    wires = [top["netnames"][f"one_nets{n}"]["bits"] for n in range(2)]
    assert wires == [list(range(18, 82)), list(range(82, 93))]
    assert top["cells"]["one"]["connections"] == {"nets0": wires[0], "nets1": wires[1]}


def test_the_top_levels_own_gates_are_an_instance_too():
    """Its nets are those before the ports of the others were added; their cells are not its own."""
    one = {
        "cells": {"inv": cell("INV", "Y", A=[A], Y=[B]), "note": cell("$scopeinfo", "")},
        "ports": {"a": {"direction": "input", "bits": [A]}},
    }
    top = {
        "cells": {"one": cell("top.one", "y", a=[C], y=[A]), "inv": cell("INV", "Y", A=[A], Y=[B])},
        "ports": {"c": {"direction": "input", "bits": [C]}},
        "netnames": {"a": {"bits": [A, B, C]}},
    }
    observed = Observed()
    added = observed.add(top, {"one": one, "top": top})
    assert added["top"] == [Nets("nets0", 3, False)]
    assert sorted(observed.places["top"]) == [A, B, C]
    assert list(observed.modules["top"]["cells"]) == ["inv"]
    assert list(observed.modules["one"]["cells"]) == ["inv"]
    assert top["ports"]["nets0"]["bits"] == [A, B, C] and "top_nets0" not in top["netnames"]
    assert top["netnames"]["one_nets0"]["bits"] == [C + 1, C + 2]
