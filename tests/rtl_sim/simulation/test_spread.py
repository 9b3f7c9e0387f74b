"""A run divided into parts reports as one, whoever simulates which part."""

import itertools

import numpy as np
import pytest

from hw_models.engines.golden import WidthError
from rtl_sim.simulation import spread
from rtl_sim.simulation.process import Unfinished
from rtl_sim.simulation.report import run
from rtl_sim.simulation.simulate import Stalls
from tests.builders.random_builds import random_input
from tests.builders.simulated_builds import hardware_build
from tests.mutants import mutated
from tests.rtl_sim.simulation.numbers import numbers

BUILD = hardware_build(21, encoding="ternary", widths=[12, 10, 4])
X = random_input(BUILD, 9, 21)


@pytest.mark.parametrize("samples", [1, 9, 10, 11, 25, 1000, 10_001])
def test_parts_are_consecutive_and_whole(samples):
    parts = spread.divide(BUILD, samples)
    assert parts[0].start == 0 and parts[-1].stop == samples
    assert all(a.stop == b.start for a, b in itertools.pairwise(parts))
    assert len(parts) <= spread.PARTS


def test_the_memory_of_a_part_is_bounded(monkeypatch):
    monkeypatch.setattr(spread, "MOST", 14 * BUILD.dataflow.timesteps * 7)
    assert {part.stop - part.start for part in spread.divide(BUILD, 70)} == {7}
    monkeypatch.setattr(spread, "MOST", 1)
    assert len(spread.divide(BUILD, 5)) == 5


@pytest.fixture
def small_parts(monkeypatch):
    """Of 4, 4 and 1 samples."""
    monkeypatch.setattr(spread, "LEAST", 4)


def test_jobs_change_no_number(small_parts):
    stalls, told = Stalls(30, 60), []
    one = run(BUILD, X, stalls=stalls)
    three = run(BUILD, X, stalls=stalls, jobs=3, advance=told.append)
    assert one.equal and numbers(one) == numbers(three) and three.jobs == 3
    assert sum(told) == 9
    assert one.samples == one.samples_equal == 9
    assert one.membranes_compared == 9 * 14 * BUILD.dataflow.timesteps
    assert one.layers["layer0"].events_in == np.count_nonzero(X)


def test_differences_bear_the_sample_s_own_number(tmp_path, small_parts):
    """Sample 5 alone has events: it is the second one of the second part."""
    wrong = mutated(BUILD, "engine", "neg_q       <= s_axis", "neg_q       <= !s_axis")
    x = np.zeros_like(X)
    x[:, 5] = X[:, 0]
    report = run(wrong, x, jobs=2)
    assert report.first_difference.endswith("(sample 5)"), report.first_difference
    assert report.samples_equal == 8 and not report.equal


def test_an_error_in_one_part_ends_the_run(monkeypatch):
    started = []

    def check(model, x, first, stalls):
        started.append(first)
        raise WidthError("too wide")

    monkeypatch.setattr(spread, "check_samples", check)
    build = hardware_build(3, encoding="ternary", widths=[5, 3])
    with pytest.raises(WidthError, match="too wide"):
        run(build, random_input(build, 500, 3))
    assert 0 in started


def test_a_core_that_ends_at_once_reports_unknown(tmp_path):
    """By an assertion of its own: the difference is that, and there are no counts."""
    broken = 'initial begin $display("ASSERT %m: broken"); $finish; end endmodule'
    report = run(mutated(BUILD, "neuron", "endmodule", broken), X)
    assert str(report.first_difference).startswith("layer layer0, time step 0, neuron 0: ")
    assert ": broken" in str(report.first_difference)
    assert report.additions == report.cycles_total == report.layers["layer0"].events_in == -1
    assert report.cycles == report.latency == 0 and report.samples_equal == 0


def test_verilog_that_does_not_compile_is_no_difference(tmp_path):
    broken = mutated(BUILD, "neuron", "endmodule", "")
    with pytest.raises(Unfinished, match="icarus does not compile the Verilog: ") as error:
        run(broken, X, failure=tmp_path / "failure")
    assert "syntax error" in error.value.log and not (tmp_path / "failure").exists()
