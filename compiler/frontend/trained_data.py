"""What a build says of the data that its network was trained on: raw values, names of classes."""

from dataclasses import replace

from compiler.ir import Graph
from hw_models.errors import InputError
from qtrain.checkpoint import Checkpoint
from qtrain.data.source import recorded
from qtrain.data.spec import DatasetSpec


def with_data(graph: Graph, checkpoint: Checkpoint) -> Graph:
    """The graph with what turns a raw value into an integer, and with the names of the classes.

    Where the data are not known, a raw value is the real value that the network takes.
    """
    spec = data_of(checkpoint)
    if spec is None or spec.encoding != graph.input.encoding:
        return graph
    first = replace(graph.input, zero=float(spec.zero), unit=float(spec.unit))
    return replace(graph.replaced({first.name: first}), labels=spec.labels)


def data_of(checkpoint: Checkpoint) -> DatasetSpec | None:
    """What is known of the data of a checkpoint; None if it names none, or none that is known."""
    try:
        return recorded(checkpoint.config).spec
    except InputError:
        return None
