"""A trained network on another number of time steps than it was trained with."""

import msgspec

from hw_models.dataflow import STATIC
from hw_models.errors import InputError
from qtrain.checkpoint import Checkpoint
from qtrain.layers import LIF

TIMESTEPS = "timesteps"  # the key in a build's provenance, where T was chosen


def with_timesteps(checkpoint: Checkpoint, timesteps: int) -> Checkpoint:
    """The checkpoint with T = timesteps.

    A static input stands still for as long as the neurons look at it, so T is theirs alone: weights
    and thresholds stay, and logits are still the mean over the steps. Spikes over time bring their
    own T with them.

    Raises:
        InputError: T is less than 1, or the input is spikes.
    """
    first = checkpoint.graph.nodes[0]
    if timesteps < 1:
        raise InputError(f"timesteps = {timesteps}; accepted: 1 or more")
    if (encoding := first.attrs["encoding"]) != STATIC:
        raise InputError(
            f"timesteps = {timesteps}: {first.name} is {encoding} spikes, whose samples have a T "
            "of their own; train with another --timesteps"
        )
    nodes = tuple(
        msgspec.structs.replace(node, attrs={**node.attrs, "timesteps": timesteps})
        if node.op == LIF.op
        else node
        for node in checkpoint.graph.nodes
    )
    graph = msgspec.structs.replace(checkpoint.graph, nodes=nodes)
    return msgspec.structs.replace(checkpoint, graph=graph)
