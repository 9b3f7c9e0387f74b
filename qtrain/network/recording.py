"""Runs a network on samples and keeps its integer inputs, membranes, spikes and logits."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from hw_models.errors import InputError
from hw_models.semantics import SPIKE_VALUES, Spikes
from qtrain.layers import InputQuant
from qtrain.network.network import Network


@contextmanager
def membranes(net: Network) -> Iterator[dict[str, Tensor]]:
    """A context whose dict holds, after each forward, the membranes u [T, B, ...] by LIF layer."""
    seen: dict[str, Tensor] = {}
    lifs = net.lifs()
    for name, lif in lifs.items():
        lif.observer = partial(seen.__setitem__, name)
    try:
        yield seen
    finally:
        for lif in lifs.values():
            lif.observer = None


def integer_inputs(net: Network, x: Tensor) -> Tensor:
    """The int8 inputs [T', B, *shape] that the network rounds x to; spikes stay as they are.

    Raises:
        InputError: x holds NaN or infinite values, or values that are not spikes of its encoding.
    """
    quantizers = (layer for layer in net.layers if isinstance(layer, InputQuant))
    quantizer = next(quantizers, None)
    if quantizer is not None:
        if not torch.isfinite(x).all():
            raise InputError("the input holds NaN or infinite values")
        return quantizer.integers(x)
    encoding = net.graph.nodes[0].attrs["encoding"]
    spikes = x.to(torch.int8)
    if not torch.equal(spikes.to(x.dtype), x) or not are_spikes(spikes, encoding):
        raise InputError(
            f"the input holds other values than {encoding} spikes, {SPIKE_VALUES[encoding]}"
        )
    return spikes


def are_spikes(x: Tensor, encoding: Spikes) -> bool:
    """Whether all values of x are spikes of the encoding."""
    low, *_, high = SPIKE_VALUES[encoding]
    return bool(((x >= low) & (x <= high)).all())


class Recording(NamedTuple):
    """What a network did with samples."""

    logits: Tensor  # [B, classes]
    spikes: dict[str, Tensor]  # int8 spikes o [T, B, ...] by LIF layer
    inputs: Tensor  # int8 inputs [T', B, ...]


@torch.no_grad()
def record(net: Network, x: Tensor, batch_size: int = 250) -> Recording:
    """Run the network in eval mode on x [T', B, *shape] and keep all spikes.

    The spikes are kept as o, without their amplitude.
    """
    net.eval()
    parts: list[Recording] = []
    lifs = net.lifs()
    with membranes(net) as seen:
        for batch in x.split(batch_size, dim=1):
            logits = net(batch)
            spikes = {name: lifs[name].fire(u).to(torch.int8) for name, u in seen.items()}
            parts.append(Recording(logits, spikes, integer_inputs(net, batch)))
    return Recording(
        torch.cat([p.logits for p in parts]),
        {name: torch.cat([p.spikes[name] for p in parts], 1) for name in parts[0].spikes},
        torch.cat([p.inputs for p in parts], 1),
    )
