"""Faults that samples back to back do not show: the edge that does is named, and replayed."""

import numpy as np
import pytest

from hw_models.dataflow import Build
from rtl_sim.simulation import edges, stream
from rtl_sim.simulation.replay import replay
from rtl_sim.simulation.report import run
from rtl_sim.simulation.simulate import simulate
from tests.builders.random_builds import random_input
from tests.mutants import mutated
from tests.mutation import builds
from tests.mutation.catalogue import catalogue
from tests.mutation.killers import ACCESSES, CYCLES, ORDER, RESET, Simulated
from tests.mutation.mutant import Mutant

BUILDS = ("static", "spikes", "joined", "bus", "loadable")

# The first mutant of each kind of edge, and the simulation that shows it.
KINDS = (ORDER, RESET + "layer0", ACCESSES, CYCLES)
FAULTS: dict[str, tuple[Mutant, Simulated]] = {}
for mutant in catalogue():
    for killer in mutant.killers:
        if isinstance(killer, Simulated) and killer.under in KINDS:
            FAULTS.setdefault(str(killer.under), (mutant, killer))


@pytest.mark.parametrize("name", BUILDS)
def test_all_edges_of_a_sound_core_are_equal(name):
    build = builds.build(name)
    report = run(build, random_input(build, 3, 5), with_edges=True)
    assert report.equal, report.first_difference
    assert report.edges == {edge.kind: None for edge in edges.of(build)}
    first, *_, last = (RESET + layer.name for layer in build.dataflow.layers)
    assert {ORDER, first, last} < set(report.edges)
    assert (ACCESSES in report.edges) == (name in ("bus", "loadable"))
    assert (CYCLES in report.edges) == (name not in ("bus", "loadable"))


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_at_an_edge_is_named(name, tmp_path, monkeypatch):
    """Of the edges, the one that shows it is simulated: all of them are of a sound core."""
    mutant, killer = FAULTS[name]
    kind, sound = killer.under, builds.build(killer.build)
    shown = killer.conditions()
    monkeypatch.setattr(edges, "of", lambda build: shown)
    build, folder = mutated(sound, *mutant.change), tmp_path / "failure"
    x = random_input(build, 3, 5)
    report = run(build, x, with_edges=True, failure=folder)
    assert report.samples_equal == 3 and not report.equal
    assert report.first_difference and report.edges == {kind: report.first_difference}
    assert report.first_difference.startswith(f"{kind}: ")
    if kind == CYCLES:
        assert report.failure is None  # no value differs
    else:
        assert report.failure == str(folder)
        assert replay(folder).difference


def test_a_difference_of_the_samples_comes_first(tmp_path):
    build = mutated(builds.build("spikes"), "neuron", "above >= ZERO", "above > ZERO + 500")
    report = run(build, random_input(build, 3, 5), with_edges=True)
    assert report.first_difference and report.first_difference.startswith("layer ")
    assert report.edges == {}


def test_the_reset_falls_between_two_replays(tmp_path):
    """The second half of a sample is still to come: it starts again later than it had begun."""
    build, x = builds.build("static"), random_input(builds.build("static"), 1, 5)
    plain = simulate(build, x)
    for edge in edges.of(build):
        if edge.kind.startswith(RESET):
            again = simulate(build, x, stalls=edge.stalls)
            assert plain.starts[0] < again.starts[0] < plain.ends[0] + 10


@pytest.mark.parametrize("name", ["static", "spikes"])
def test_shuffled_events_are_those_of_their_steps(name):
    build: Build = builds.build(name)
    words = stream.input_words(build.dataflow.input, random_input(build, 3, 5))
    other = stream.shuffled(words)
    markers = np.flatnonzero(words >> np.uint64(stream.KIND) & np.uint64(1))
    assert (words != other).any()
    np.testing.assert_array_equal(words[markers], other[markers])
    for first, last in zip([0, *markers[:-1] + 1], markers, strict=True):
        assert sorted(words[first:last]) == sorted(other[first:last])
