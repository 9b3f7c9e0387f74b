"""Reads a NIR file into a flat list of nodes in order of execution, and checks that it is sound.

NIR is the Neuromorphic Intermediate Representation (Pedersen et al., Nature Communications 2024),
which other frameworks export. Its equations are continuous in time; step_equations.py makes time
steps of them.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import nir
import numpy as np
from nir.serialization import hdf2dict
from numpy.typing import NDArray

from hw_models.errors import InputError
from hw_models.folder import reading
from qtrain.interchange.hdf5_heaps import check_heaps
from qtrain.interchange.nir_shapes import POOLS, Shape, output_shape

INPUT, OUTPUT = "Input", "Output"
WEIGHTS = ("Affine", "Linear", "Conv1d", "Conv2d")
SPIKING = ("IF", "LIF", "CubaLIF", "Threshold")
INTEGRATING = ("I", "LI", "CubaLI")
NEURONS = (*SPIKING, *INTEGRATING)
ACCEPTED = (INPUT, OUTPUT, *WEIGHTS, "Scale", *POOLS, "Flatten", *NEURONS)
BUILD_KEY = "trispike"  # under which the metadata of a graph hold the build it was exported from
ADVICE = {
    "Delay": "hardware keeps no earlier spikes; train the network without delays",
    "NIRGraph": "a graph within a graph has one input and one output",
}


@dataclass(frozen=True)
class NirNode:
    """One node: what it is, what it reads, and the shape of what it gives at one time step."""

    name: str
    kind: str  # one of ACCEPTED
    sources: tuple[str, ...]
    shape: Shape  # a signal [C, L] is a map of one row, [C, 1, L]
    parameters: Mapping[str, NDArray]  # by NIR's names, floating-point numbers in float64


@dataclass(frozen=True)
class NirGraph:
    """The nodes in order of execution, the input first and the output last."""

    path: Path
    sha256: str
    nodes: tuple[NirNode, ...]

    @property
    def input(self) -> NirNode:
        return self.nodes[0]

    @property
    def output(self) -> NirNode:
        return self.nodes[-1]

    def __getitem__(self, name: str) -> NirNode:
        return next(node for node in self.nodes if node.name == name)


def read(path: Path) -> NirGraph:
    """Read a NIR file.

    Raises:
        InputError: the file is missing, damaged or no NIR; a node is of a kind that hardware does
            not have, lacks a parameter, or has one that is not finite or of another shape than its
            input; an edge leads nowhere; there is a loop, or not exactly one input and one output;
            the graph was exported from a build, whose neurons NIR cannot say in full.
    """
    whole, sha256 = decoded(path)
    if BUILD_KEY in whole.metadata:
        raise InputError(
            f"{path}: was exported from a build, whose neurons are not all as NIR says; `python -m "
            "compiler build` takes it, and its checkpoint can be trained further"
        )
    try:
        nodes, edges = flat(whole)
        return NirGraph(path, sha256, tuple(checked(in_order(nodes, edges), nodes, edges)))
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def metadata_of(path: Path) -> Mapping[str, object]:
    """The metadata of the whole graph in a NIR file.

    Raises:
        InputError: the file is missing, damaged or no NIR.
    """
    return decoded(path)[0].metadata


def decoded(path: Path) -> tuple[nir.NIRGraph, str]:
    """The graph in a NIR file as it stands there, and the file's sha256.

    Raises:
        InputError: the file is missing, damaged or no NIR.
    """
    try:
        content = reading.plain(path)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; name a file that holds a NIR graph") from error
    try:
        check_heaps(content)
        check_kinds(path)
        with h5py.File(path, "r") as file:
            whole = nir.NIRGraph.from_dict(unchecked(hdf2dict(file["node"])))
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    except Exception as error:  # nir and HDF5 can fail in any way on a damaged file
        why = " ".join(str(error).split()) or type(error).__name__
        raise InputError(
            f"{path}: no NIR graph that nir {nir.version} can read ({why}); export it again"
        ) from error
    return whole, hashlib.sha256(content).hexdigest()


def unchecked(graph: dict[str, Any]) -> dict[str, Any]:
    """A graph as nir's plain data, without nir's check of types, also in the graphs inside it.

    The check refuses sound graphs: it takes all kernels to be square and convolutions to have one
    group. `checked` is ours.
    """
    nodes = {
        name: unchecked(node) if node["type"] == nir.NIRGraph.__name__ else node
        for name, node in graph["nodes"].items()
    }
    return {**graph, "nodes": nodes, "type_check": False}


def check_kinds(path: Path) -> None:
    """Check that a file holds a graph, of nodes of kinds that the nir package knows.

    Raises:
        InputError: it does not; names the node.
        Exception: whatever HDF5 says of a damaged file.
    """
    with h5py.File(path, "r") as file:
        check_within(file)
        if "node" not in file:
            raise InputError("an HDF5 file that holds no NIR graph; name one that nir.write wrote")
        nodes = {"": file.get("node")}
        while nodes:
            name, node = nodes.popitem()
            stored = node.get("type") if isinstance(node, h5py.Group) else None
            if not isinstance(node, h5py.Group) or not isinstance(stored, h5py.Dataset):
                raise InputError(f"{name or 'the graph'}: a node without a type; export it again")
            kind = str(stored.asstr()[()])
            if not name and kind != nir.NIRGraph.__name__:
                raise InputError(f"a single {kind}; accepted: a graph")
            if not hasattr(nir, kind):
                raise InputError(
                    f"{name}: {kind} is no node of NIR {nir.version}; accepted: "
                    f"{', '.join(ACCEPTED)}"
                )
            inside = node.get("nodes")
            if kind == nir.NIRGraph.__name__ and isinstance(inside, h5py.Group):
                prefix = f"{name}." if name else ""
                nodes |= {f"{prefix}{part}": inside.get(part) for part in inside}


def check_within(file: h5py.File) -> None:
    """Check that a file holds all of its data itself, once, and no more than memory should hold.

    HDF5 can keep data in other files, which it then reads, and can name a group within itself.

    Raises:
        InputError: it does not; names the place.
    """
    groups: list[tuple[str, h5py.Group]] = [("", file)]
    seen, size = set(), 0
    while groups:
        place, group = groups.pop()
        for name in group:
            where = f"{place}/{name}"
            link = group.get(name, getlink=True)
            if not isinstance(link, h5py.HardLink):
                raise InputError(f"{where}: a link to another place; export it again")
            found = group[name]
            address = h5py.h5o.get_info(found.id).addr  # pyright: ignore[reportAttributeAccessIssue]
            if address in seen:
                raise InputError(f"{where}: is there under another name, too; export it again")
            seen.add(address)
            if isinstance(found, h5py.Group):
                groups.append((where, found))
                continue
            if not isinstance(found, h5py.Dataset) or found.is_virtual or found.external:
                raise InputError(f"{where}: keeps its data elsewhere; export it again")
            size += found.nbytes
            if size > reading.MOST:
                raise InputError(
                    f"{where}: holds too much; accepted: {reading.MOST:,} bytes in all"
                )


def flat(graph: nir.NIRGraph) -> tuple[dict[str, nir.NIRNode], list[tuple[str, str]]]:
    """The nodes and edges of a graph with those of the graphs inside it, named "outer.inner"."""
    nodes, edges = {}, [(str(a), str(b)) for a, b in graph.edges]
    passing = []  # the inputs and outputs of graphs inside, which pass on what they read
    for name, node in graph.nodes.items():
        if not isinstance(node, nir.NIRGraph):
            nodes[name] = node
            continue
        inner, inner_edges = flat(node)
        ends = {
            kind: [inside for inside, n in inner.items() if type(n).__name__ == kind]
            for kind in (INPUT, OUTPUT)
        }
        if any(len(found) != 1 for found in ends.values()):
            raise InputError(f"{name}: {ADVICE['NIRGraph']}")
        parts = {f"{name}.{inside}": n for inside, n in inner.items()}
        for part in parts.keys() & (nodes.keys() | graph.nodes.keys()):
            raise InputError(f"{part}: a node inside {name} and one beside it; rename one of them")
        first, last = f"{name}.{ends[INPUT][0]}", f"{name}.{ends[OUTPUT][0]}"
        passing += [first, last]
        edges = [(last if a == name else a, first if b == name else b) for a, b in edges]
        nodes |= parts
        edges += [(f"{name}.{a}", f"{name}.{b}") for a, b in inner_edges]
    for name in passing:
        before = [a for a, b in edges if b == name]
        after = [b for a, b in edges if a == name]
        edges = [edge for edge in edges if name not in edge]
        edges += [(a, b) for a in before for b in after]
        del nodes[name]
    return nodes, edges


def in_order(nodes: Mapping[str, nir.NIRNode], edges: list[tuple[str, str]]) -> list[str]:
    """The names of the nodes, each behind all that it reads; the input first, the output last.

    Raises:
        InputError: an edge's node is missing or an edge is double, there is a loop, or not one
            input and one output, or a node is on no way from the one to the other.
    """
    for a, b in edges:
        for end in (a, b):
            if end not in nodes:
                raise InputError(f"edge {a} -> {b}: there is no node {end!r}; export it again")
        if edges.count((a, b)) > 1:
            raise InputError(f"edge {a} -> {b}: is there {edges.count((a, b))} times; accepted: 1")
    for name, node in nodes.items():
        kind = type(node).__name__
        if kind not in ACCEPTED:
            advice = ADVICE.get(kind, f"accepted: {', '.join(ACCEPTED)}")
            raise InputError(f"{name}: a {kind} has no counterpart in hardware; {advice}")
    for kind in (INPUT, OUTPUT):
        found = [name for name, node in nodes.items() if type(node).__name__ == kind]
        if len(found) != 1:
            listed = f" ({', '.join(found)})" if found else ""
            raise InputError(f"{len(found)} nodes of kind {kind}{listed}; accepted: 1")
    waiting, order = dict.fromkeys(nodes), []
    while ready := [n for n in waiting if not any(b == n and a in waiting for a, b in edges)]:
        order += ready
        waiting = {n: None for n in waiting if n not in ready}
    while behind := [n for n in waiting if not any(a == n and b in waiting for a, b in edges)]:
        waiting = {n: None for n in waiting if n not in behind}  # what is left is the loop itself
    if waiting:
        raise InputError(
            f"a loop among {', '.join(waiting)}: hardware has no recurrence; accepted: networks "
            "that feed forward"
        )
    for name in order:
        kind = type(nodes[name]).__name__
        if kind != INPUT and not any(b == name for _, b in edges):
            raise InputError(f"{name}: reads nothing; connect it or leave it out")
        if kind != OUTPUT and not any(a == name for a, _ in edges):
            raise InputError(f"{name}: nothing reads it; connect it or leave it out")
    order.sort(key=lambda n: (type(nodes[n]).__name__ == OUTPUT, type(nodes[n]).__name__ != INPUT))
    return order


def checked(
    order: list[str], nodes: Mapping[str, nir.NIRNode], edges: list[tuple[str, str]]
) -> list[NirNode]:
    """The nodes with their shapes, each parameter checked against what enters."""
    found: dict[str, NirNode] = {}
    for name in order:
        kind = type(nodes[name]).__name__
        sources = tuple(a for a, b in edges if b == name)
        parameters = parameters_of(name, nodes[name])
        shapes = {found[source].shape for source in sources}
        if len(shapes) > 1:
            listed = " and ".join(f"{list(found[s].shape)} of {s}" for s in sources)
            raise InputError(f"{name}: reads {listed}; accepted: one shape")
        if len(sources) > 1 and kind not in NEURONS:
            raise InputError(
                f"{name}: a {kind} that reads {', '.join(sources)}; accepted: one, as only neurons "
                "add what they read"
            )
        try:
            shape = output_shape(kind, parameters, *shapes)
        except InputError as error:
            raise InputError(f"{name}: {error}") from error
        found[name] = NirNode(name, kind, sources, shape, parameters)
    return list(found.values())


def parameters_of(name: str, node: nir.NIRNode) -> dict[str, NDArray]:
    """A node's parameters as arrays.

    Raises:
        InputError: one is no number or not finite.
    """
    found = {}
    for key, value in vars(node).items():
        if key in ("input_type", "output_type"):
            if {"input_type": INPUT, "output_type": OUTPUT}[key] == type(node).__name__:
                found["shape"] = np.asarray(next(iter(value.values()), None))
            continue
        if key == "metadata" or value is None or isinstance(value, str):
            if isinstance(value, str):
                found[key] = np.asarray(value)
            continue
        array = np.asarray(value)
        if array.dtype.kind not in "fiub":
            raise InputError(f"{name}: {key} of {array.dtype}; accepted: numbers")
        if not array.size:
            raise InputError(f"{name}: {key} of shape {list(array.shape)}; accepted: no empty one")
        if array.dtype.kind == "f":
            array = array.astype(np.float64)
            if not np.isfinite(array).all():
                raise InputError(f"{name}: {key} holds NaN or infinite values; export it again")
        found[key] = array
    return found
