"""Files that are no NIR, malformed graphs, and what hardware does not have, are refused by name."""

import re

import pytest

from hw_models.errors import InputError
from qtrain.interchange import nir_graph
from qtrain.interchange.nir_network import imported
from qtrain.interchange.step_equations import Steps
from tests.builders.nir_files import FILES
from tests.builders.nir_graphs import DT

SAYS = {
    "empty": "no NIR graph",
    "no HDF5": "no NIR graph",
    "truncated": "no NIR graph.*truncated",
    "another HDF5": "an HDF5 file that holds no NIR graph",
    "unknown kind": r"lif1: Izhikevich is no node of NIR",
    "parameter missing": "no NIR graph.*'r'",
    "type missing": r"fc1: a node without a type",
    "data in another file": "/node/nodes/fc1/weight: keeps its data elsewhere",
    "a link to another file": "/node/nodes/fc1/weight: a link to another place",
    "a group within itself": "/node/nodes/fc1/nodes: is there under another name",
    "more than memory holds": "/node/nodes/fc1/weight: holds too much",
    "one node": r"a single LIF; accepted: a graph",
    "empty weights": r"fc1: weight of shape \[0, 6\]; accepted: no empty one",
    "several groups": r"3: groups \[1, 1\]; accepted: one whole number",
    "broken groups": "3: groups 1.5; accepted: one whole number",
    "windows of padding alone": r"3: stride \[8, 8\] and padding \[3, 3\]: every window .*less",
    "padding beyond a pool": r"2: .*padding \[2, 2\]; accepted: .*half the kernel",
    "signal of several rows": r"conv: .* reads \[2, 4, 8\]; accepted: \[2, length\]",
    "name twice": "net.lif1: a node inside net and one beside it",
    "edge to nowhere": "lif1 -> lif9: there is no node 'lif9'",
    "edge twice": "fc1 -> lif1: is there 2 times; accepted: 1",
    "two inputs": r"2 nodes of kind Input \(input, other\); accepted: 1",
    "no output": "0 nodes of kind Output.*accepted: 1",
    "unread": "fc3: nothing reads it",
    "weights of another shape": r"fc2: weights for \[4\], but reads \[5\]",
    "bias of another shape": r"fc2: bias of shape \[2\]; accepted: \[3\]",
    "neurons of another shape": r"lif1: .* of shape \[4\], but reads \[5\]",
    "NaN": "fc1: weight holds NaN",
    "infinite": "lif2: v_threshold holds .*infinite",
    "complex": "fc1: weight of complex128; accepted: numbers",
    "tau is 0": "lif1: tau = 0; accepted: .*more than 0",
    "tau below dt": "lif1: tau = .* is shorter than --dt",
    "v_threshold is 0": "lif2: v_threshold = 0; accepted: more than 0",
    "input of no shape": r"input: shape \[\]; accepted",
    "input of a batch": r"reads \[1, 1, 6\]; the shape of an Input has no batch",
    "recurrent": r"a loop among back, lif1: .*recurrence",
    "delay": "lif1: a Delay .*without delays",
    "synaptic current": "lif1: tau_syn = .*use LIF neurons",
    "potential inside": "lif1: the potential of a LI is read by fc2",
    "v_reset": "lif1: v_reset = 0.25; accepted: 0",
    "several taus": "lif1: decays 0.5 to 0.75 in one layer.*one leak a layer",
    "thresholds within a channel": "1: v_threshold differs within channel 0, 1 to 2",
    "same with a stride": "3: padding 'same' .*stride \\[2, 2\\]; accepted: .*stride of 1",
    "no neurons": "no neurons that fire",
    "dilation": "3: dilation .*accepted: 1",
    "current into weights": "fc2: a Linear that reads fc1, a current",
    "pool of a current": "2: a SumPool2d that reads 0, a current",
}


@pytest.mark.parametrize("name", FILES)
def test_is_refused_in_one_line(tmp_path, name):
    path = tmp_path / "g.nir"
    FILES[name](path)
    with pytest.raises(InputError) as caught:
        imported(nir_graph.read(path), Steps(4, DT), 8, "binary")
    said = str(caught.value)
    assert "\n" not in said
    assert re.match(f"{re.escape(str(path))}: .*{SAYS[name]}", said), said
