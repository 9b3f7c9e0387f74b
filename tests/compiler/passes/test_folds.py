"""Folding batch norm, amplitude and sign changes no spike and no logit, in exact arithmetic."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.ir import BatchNorm, Synapse, check
from compiler.passes.fold_amplitude import FoldAmplitude, FoldSign
from compiler.passes.fold_batch_norm import FoldBatchNorm
from hw_models.errors import InputError
from tests.builders.rational import any_graph, random_graph, random_steps, run

seeds = st.integers(0, 1 << 20)


@given(seeds)
def test_folding_batch_norm_changes_nothing(seed):
    graph, steps = any_graph(seed), random_steps(any_graph(seed), seed)
    folded = FoldBatchNorm()(graph)
    check(folded)
    assert not folded.of(BatchNorm)
    assert run(folded, steps) == run(graph, steps)


@given(seeds)
def test_two_batch_norms_in_a_row_fold(seed):
    graph, steps = random_graph(seed), random_steps(random_graph(seed), seed)
    lif = graph.layers[:-1][0]
    second = BatchNorm("again", "bn0", np.full(lif.shape, -0.5), np.full(lif.shape, 0.25))
    at = graph.nodes.index(lif)
    nodes = (*graph.nodes[:at], second, replace(lif, sources=("again",)), *graph.nodes[at + 1 :])
    graph = replace(graph, nodes=nodes)
    check(graph)
    assert run(FoldBatchNorm()(graph), steps) == run(graph, steps)


@given(seeds)
def test_an_amplitude_in_the_weights_that_read_it_changes_no_spike(seed):
    graph = FoldBatchNorm()(any_graph(seed))
    folded = FoldAmplitude()(graph)
    assert {s.amplitude for s in folded.layers[:-1]} == {1.0}
    steps = random_steps(graph, seed)
    assert run(folded, steps) == run(graph, steps)


@given(seeds)
def test_the_sign_goes_into_the_integers(seed):
    graph = FoldAmplitude()(FoldBatchNorm()(any_graph(seed)))
    folded = FoldSign()(graph)
    for synapse in folded.of(Synapse):
        assert (synapse.step >= 0).all()
        before = graph[synapse.name]
        assert isinstance(before, Synapse)
        np.testing.assert_array_equal(abs(synapse.w), abs(before.w))
    steps = random_steps(graph, seed)
    assert run(folded, steps) == run(graph, steps)


def test_a_synapse_that_others_read_too_is_refused():
    graph = random_graph(1)
    lif = graph.layers[:-1][1]
    graph = graph.replaced({lif.name: replace(lif, sources=("fc1",))})
    graph = replace(graph, nodes=tuple(n for n in graph.nodes if n.name != "bn1"))
    second = BatchNorm("bn1", "fc1", np.ones(lif.shape), np.zeros(lif.shape))
    at = [n.name for n in graph.nodes].index("fc1") + 1
    graph = replace(graph, nodes=(*graph.nodes[:at], second, *graph.nodes[at:]))
    with pytest.raises(InputError, match="fc1: read by bn1 and by others"):
        FoldBatchNorm()(graph)
