"""Illegal graphs are refused by the name of the node."""

from dataclasses import replace

import numpy as np
import pytest

from compiler.ir import Graph, Layer, Synapse, check
from hw_models.dataflow import Dense
from hw_models.errors import InputError
from tests.builders.rational import random_graph

GRAPH = random_graph(7)


def changed(name: str, **fields) -> Graph:
    return GRAPH.replaced({name: replace(GRAPH[name], **fields)})


def duplicated() -> Graph:
    return replace(GRAPH, nodes=(GRAPH.nodes[0], *GRAPH.nodes))


CASES = {
    "must end in one readout": replace(GRAPH, nodes=GRAPH.nodes[:-1]),
    "input: two layers of this name": duplicated(),
    "fc1: reads lif7, which does not come before it": changed("fc1", source="lif7"),
    "fc1: 999 inputs, but lif0 has": changed("fc1", op=Dense(n_in=999, n_out=1)),
    "fc1: step is not one value per output channel": changed("fc1", step=np.ones(99)),
    "fc1: a NaN or an infinity": changed("fc1", step=np.full(GRAPH["fc1"].step.shape, np.nan)),
    "bn1: a NaN or an infinity": changed("bn1", gain=np.full(GRAPH["bn1"].gain.shape, np.inf)),
    "fc1: reads bn0, a BatchNorm": changed("fc1", source="bn0"),
    "bn1: batch norm must follow a synapse": changed("bn1", source="lif0"),
    "lif1: reads lif0, which carries no current": changed("lif1", sources=("lif0",)),
    "lif1: of shape \\[9\\], but bn1 gives": changed("lif1", shape=(9,)),
    "lif1: reads a layer twice": changed("lif1", sources=("bn1", "bn1")),
    "bn1: nothing reads it": changed("lif1", sources=("fc1",)),
}


def test_a_legal_graph_passes():
    check(GRAPH)
    assert [type(node) for node in GRAPH.of(Synapse)] == [Synapse] * 3
    assert GRAPH.readers("lif0") == [GRAPH["fc1"]]
    assert isinstance(GRAPH["lif0"], Layer)


@pytest.mark.parametrize("message", CASES)
def test_an_illegal_graph_is_refused_by_name(message):
    with pytest.raises(InputError, match=message):
        check(CASES[message])
