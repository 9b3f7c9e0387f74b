"""Who reads what in the core: the stream of each reader, and how many steps wait in it."""

from dataclasses import dataclass

from hw_models.artefact import Dataflow, Group


@dataclass(frozen=True, slots=True)
class Reader:
    """A synapse group as the reader of its source's events."""

    stream: str  # its name in the top level
    group: Group
    late: int  # steps by which it runs behind the source's first possible reader


def depths(flow: Dataflow) -> dict[str, int]:
    """The number of layers on the longest way from the input to a stream, itself included."""
    depth = {flow.input.name: 0}
    for layer in flow.layers:
        depth[layer.name] = 1 + max(depth[group.source] for group in layer.groups)
    return depth


def readers(flow: Dataflow) -> dict[str, list[Reader]]:
    """Of the input and of each layer, its readers in execution order.

    A layer works on step t while the one before it works on t + 1. So a group that skips d layers
    runs d steps behind: as many more must fit into its stream, or the layers that it skips wait
    for it (they never wait for ever, docs/core.md).
    """
    depth = depths(flow)
    names = {flow.input.name: "input"}
    names |= {layer.name: f"layer{i}_out" for i, layer in enumerate(flow.layers)}
    found: dict[str, list[Reader]] = {name: [] for name in names}
    for layer in flow.layers:
        for group in layer.groups:
            known = found[group.source]
            stream = f"{names[group.source]}{len(known) or ''}"
            known.append(Reader(stream, group, depth[layer.name] - depth[group.source] - 1))
    return found
