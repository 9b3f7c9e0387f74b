"""Widths of compiled random graphs: never exceeded, and attained where they claim to be."""

import msgspec
import numpy as np
import pytest

from compiler.pipeline import Options, compile_graph
from hw_models.engines import golden
from hw_models.engines.golden import WidthError
from tests.builders.rational import random_graph


@pytest.mark.parametrize("seed", range(30))
def test_random_inputs_stay_within_and_extreme_ones_attain_acc(seed):
    graph = random_graph(seed)
    build = compile_graph(graph, Options())
    static = graph.input.encoding == "static"
    rng = np.random.default_rng(seed)
    x_max = graph.input.x_max
    shape = (1 if static else graph.timesteps, 50, *graph.input.shape)
    golden.run(build, rng.integers(-x_max, x_max + 1, shape).astype(np.int8))

    synapse = build.dataflow.layers[0].synapses[0]
    w = build.weight(synapse)
    worst = np.sign(w[np.abs(w).sum(axis=1).argmax()]) * (106 if static else 1)
    x = np.broadcast_to(worst.astype(np.int8), (shape[0], 1, *worst.shape))
    golden.accumulate(build, synapse, x)
    if synapse.acc.hi > 1:
        narrow = msgspec.structs.replace(synapse, acc_bits=synapse.acc_bits - 1)
        with pytest.raises(WidthError):
            golden.accumulate(build, narrow, x)


@pytest.mark.parametrize("seed", range(10))
def test_the_readouts_extremes_are_attained(seed):
    """Spikes of the right signs at every step drive the best logit to its bound."""
    build = compile_graph(random_graph(seed), Options())
    layer = build.dataflow.layers[-1]
    synapse, timesteps = layer.synapses[0], build.dataflow.timesteps
    source = build.dataflow.mode_of(synapse.source)
    w, bias = build.weight(synapse), build.bias(layer)
    spikes = np.where(source == "binary", np.sign(w) > 0, np.sign(w))
    currents = (np.einsum("cj,cj->c", w, spikes) << synapse.shift) + bias
    assert max(0, currents.max() * timesteps, currents.max()) == layer.update.v.hi
