"""NIR files that are malformed or ask for what hardware does not have; each has one thing wrong."""

from collections.abc import Callable
from pathlib import Path

import h5py
import nir
import numpy as np

from tests.builders.nir_graphs import (
    DT,
    chained,
    convolutional,
    dense,
    full,
    integrate,
    lif,
    weights,
    written,
)

Write = Callable[[Path], object]


def small() -> nir.NIRGraph:
    """input - fc1 - lif1 - fc2 - lif2 - output, of 6, 5 and 3."""
    return dense(sizes=(6, 5, 3))


def changed(
    change: Callable[[nir.NIRGraph], object], sound: Callable[[], nir.NIRGraph] = small
) -> Write:
    """Writes a sound graph that `change` has changed in place."""

    def write(path: Path) -> None:
        graph = sound()
        change(graph)
        written(graph, path)

    return write


def patched(change: Callable[[h5py.Group], object]) -> Write:
    """Writes a small graph whose nodes `change` has changed in the file."""

    def write(path: Path) -> None:
        written(small(), path)
        with h5py.File(path, "r+") as file:
            change(file["node/nodes"])

    return write


def in_another_file(nodes: h5py.Group) -> None:
    del nodes["fc1/weight"]
    place = [("/etc/hostname", 0, 240)]
    nodes.create_dataset("fc1/weight", (5, 6), "f8", external=place)


def linked_out(nodes: h5py.Group) -> None:
    del nodes["fc1/weight"]
    nodes["fc1/weight"] = h5py.ExternalLink("/tmp/other.h5", "/x")


def within_itself(nodes: h5py.Group) -> None:
    nodes["fc1/nodes"] = nodes


def endless(nodes: h5py.Group) -> None:
    del nodes["fc1/weight"]
    nodes.create_dataset("fc1/weight", (1 << 20, 1 << 20), "f8", chunks=(1, 1024))


def truncated(path: Path) -> None:
    written(small(), path)
    path.write_bytes(path.read_bytes()[:-500])


def another_hdf5(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["images"] = np.zeros((2, 3))


def recurrent(graph: nir.NIRGraph) -> None:
    graph.nodes["back"] = nir.Linear(weight=weights(np.random.default_rng(1), 5, 5))
    graph.edges += [("lif1", "back"), ("back", "lif1")]


def two_inputs(graph: nir.NIRGraph) -> None:
    graph.nodes["other"] = nir.Input(np.array([5]))
    graph.edges.append(("other", "lif1"))


def without_output(graph: nir.NIRGraph) -> None:
    del graph.nodes["output"]
    graph.edges.remove(("lif2", "output"))


def unread(graph: nir.NIRGraph) -> None:
    graph.nodes["fc3"] = nir.Linear(weight=weights(np.random.default_rng(1), 3, 5))
    graph.edges.append(("lif1", "fc3"))


def put(name: str, node: nir.NIRNode) -> Write:
    """Another node under that name."""
    return changed(lambda graph: graph.nodes.update({name: node}))


def parameter(name: str, key: str, change, sound: Callable[[], nir.NIRGraph] = small) -> Write:
    """A node's parameter as `change` makes it of the sound one."""

    def of(graph: nir.NIRGraph) -> None:
        node = graph.nodes[name]
        setattr(node, key, change(getattr(node, key)))

    return changed(of, sound)


def constant(value: float) -> Callable[[np.ndarray], np.ndarray]:
    """Of the array with that value everywhere."""
    return lambda array: np.full_like(array, value)


def first(value: float) -> Callable[[np.ndarray], np.ndarray]:
    """Of the array with another first value."""

    def change(array: np.ndarray) -> np.ndarray:
        array = array.copy()
        array.flat[0] = value
        return array

    return change


def unknown_kind(nodes: h5py.Group) -> None:
    del nodes["lif1/type"]
    nodes["lif1"].create_dataset("type", data="Izhikevich", dtype=h5py.string_dtype())


def pool_of_a_current(path: Path) -> None:
    """Weights whose current is pooled before neurons read it."""
    graph = convolutional()
    first, *between, last = graph.nodes.items()
    swapped = [first, between[0], between[2], ("1", integrate((4, 5, 5))), *between[3:]]
    written(chained(dict(swapped)), path)


def windows_of_padding(graph: nir.NIRGraph) -> None:
    """From the padding before a map of 5 x 5 a stride of 8 leads to that behind it."""
    graph.nodes["3"].stride, graph.nodes["3"].padding = (8, 8), (3, 3)


def over_a_map(path: Path) -> None:
    """A convolution along a signal that reads a map of several rows."""
    conv = nir.Conv1d(
        input_shape=8, weight=weights(np.random.default_rng(2), 3, 2, 3), stride=1, padding=0,
        dilation=1, groups=1, bias=full(3, 0.0),
    )  # fmt: skip
    neurons = integrate((3, 4, 6))
    written(chained({"input": nir.Input(np.array([2, 4, 8])), "conv": conv, "if": neurons}), path)


def without_neurons(path: Path) -> None:
    fc = nir.Linear(weight=weights(np.random.default_rng(2), 3, 4))
    written(chained({"input": nir.Input(np.array([4])), "fc": fc}), path)


def inside(name: str, graph: nir.NIRGraph) -> nir.NIRGraph:
    """The graph as the only node of another one."""
    (first,), (last,) = graph.inputs.values(), graph.outputs.values()
    nodes = {"in": nir.Input(first.input_type["input"]), name: graph}
    nodes["out"] = nir.Output(last.output_type["output"])
    return nir.NIRGraph(nodes, [("in", name), (name, "out")], type_check=False)


def name_twice(path: Path) -> None:
    """A node "net.lif1" beside the graph "net", which has a node "lif1"."""
    graph = inside("net", small())
    graph.nodes["net.lif1"] = lif(3)
    graph.edges = [("in", "net"), ("net", "net.lif1"), ("net.lif1", "out")]
    written(graph, path)


def current_into_weights(path: Path) -> None:
    rng = np.random.default_rng(2)
    nodes = {
        "input": nir.Input(np.array([4])),
        "fc1": nir.Linear(weight=weights(rng, 5, 4)),
        "fc2": nir.Linear(weight=weights(rng, 3, 5)),
        "lif": lif(3),
    }
    written(chained(nodes), path)


CUBA = nir.CubaLIF(
    tau_syn=full(5, 3 * DT), tau_mem=full(5, 4 * DT), r=full(5, 1.0), v_leak=full(5, 0.0),
    v_threshold=full(5, 1.0),
)  # fmt: skip
POTENTIAL = nir.LI(tau=full(5, 4 * DT), r=full(5, 1.0), v_leak=full(5, 0.0))

FILES: dict[str, Write] = {
    # nothing that the nir package takes for a graph
    "empty": lambda path: path.write_bytes(b""),
    "no HDF5": lambda path: path.write_text("nodes: []"),
    "truncated": truncated,
    "another HDF5": another_hdf5,
    "unknown kind": patched(unknown_kind),
    "parameter missing": patched(lambda nodes: nodes.__delitem__("lif1/r")),
    "type missing": patched(lambda nodes: nodes.__delitem__("fc1/type")),
    "one node": lambda path: nir.write(path, lif(3)),
    "data in another file": patched(in_another_file),
    "a link to another file": patched(linked_out),
    "a group within itself": patched(within_itself),
    "more than memory holds": patched(endless),
    # graphs that say nothing that could be meant
    "empty weights": parameter("fc1", "weight", lambda w: w[:0]),
    "several groups": parameter("3", "groups", lambda _: np.array([1, 1]), convolutional),
    "broken groups": parameter("3", "groups", lambda _: 1.5, convolutional),
    "windows of padding alone": changed(windows_of_padding, convolutional),
    "padding beyond a pool": parameter("2", "padding", constant(2), convolutional),
    "signal of several rows": over_a_map,
    "name twice": name_twice,
    "edge to nowhere": changed(lambda graph: graph.edges.append(("lif1", "lif9"))),
    "edge twice": changed(lambda graph: graph.edges.append(("fc1", "lif1"))),
    "two inputs": changed(two_inputs),
    "no output": changed(without_output),
    "unread": changed(unread),
    "weights of another shape": parameter("fc2", "weight", lambda w: w[:, 1:]),
    "bias of another shape": parameter("fc2", "bias", lambda b: b[1:]),
    "neurons of another shape": put("lif1", lif(4)),
    "NaN": parameter("fc1", "weight", first(np.nan)),
    "infinite": parameter("lif2", "v_threshold", first(np.inf)),
    "complex": parameter("fc1", "weight", lambda w: w.astype(complex)),
    "tau is 0": parameter("lif1", "tau", first(0)),
    "tau below dt": parameter("lif1", "tau", constant(DT / 2)),
    "v_threshold is 0": parameter("lif2", "v_threshold", first(0)),
    "input of no shape": put("input", nir.Input(np.array([], int))),
    "input of a batch": put("input", nir.Input(np.array([1, 6]))),
    # sound graphs that ask for what hardware does not have
    "recurrent": changed(recurrent),
    "delay": put("lif1", nir.Delay(delay=full(5, DT))),
    "synaptic current": put("lif1", CUBA),
    "potential inside": put("lif1", POTENTIAL),
    "v_reset": parameter("lif1", "v_reset", constant(0.25)),
    "several taus": parameter("lif1", "tau", first(2 * DT)),
    "thresholds within a channel": parameter("1", "v_threshold", first(2), convolutional),
    "same with a stride": parameter("3", "padding", lambda _: "same", convolutional),
    "no neurons": without_neurons,
    "dilation": parameter("3", "dilation", lambda _: 2, convolutional),
    "current into weights": current_into_weights,
    "pool of a current": pool_of_a_current,
}
