"""What a trained network does with samples: its integer inputs, membranes, spikes and logits."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from hw_models.errors import InputError
from qtrain.layers.dense import InputQuant
from qtrain.network.module import Network

SPIKES = {"ternary": (-1, 0, 1), "binary": (0, 1)}  # by encoding


@contextmanager
def membranes(net: Network) -> Iterator[dict[str, Tensor]]:
    """Within, a dict that each forward fills with the membranes u [T, B, ...] by LIF layer."""
    seen: dict[str, Tensor] = {}
    lifs = net.lifs()
    for name, lif in lifs.items():
        lif.observer = partial(seen.__setitem__, name)
    try:
        yield seen
    finally:
        for lif in lifs.values():
            lif.observer = None


def integers(net: Network, x: Tensor) -> Tensor:
    """The int8 inputs [T', B, *shape] that the network makes of x; spikes are themselves.

    Raises:
        InputError: x holds NaN or infinite values, or other spikes than the network takes.
    """
    quantizers = (layer for layer in net.layers if isinstance(layer, InputQuant))
    quantizer = next(quantizers, None)
    if quantizer is not None:
        if not torch.isfinite(x).all():
            raise InputError("the input holds NaN or infinite values")
        return quantizer.integers(x)
    encoding = net.graph.nodes[0].attrs["encoding"]
    spikes = x.to(torch.int8)
    if not torch.equal(spikes.to(x.dtype), x) or not spikes_fit(spikes, encoding):
        raise InputError(f"the input holds other values than {encoding} spikes, {SPIKES[encoding]}")
    return spikes


def spikes_fit(x: Tensor, encoding: str) -> bool:
    """Whether x holds nothing but spikes of the encoding."""
    low, *_, high = SPIKES[encoding]
    return bool(((x >= low) & (x <= high)).all())


class Recording(NamedTuple):
    """What a network did: logits [B, classes], int8 spikes o [T, B, ...] by LIF layer, and the
    int8 inputs [T', B, ...]."""

    logits: Tensor
    spikes: dict[str, Tensor]
    inputs: Tensor


@torch.no_grad()
def record(net: Network, x: Tensor, batch_size: int = 250) -> Recording:
    """Run the network in eval mode on x [T', B, *shape] and keep all spikes (o, not a * o)."""
    net.eval()
    parts: list[Recording] = []
    lifs = net.lifs()
    with membranes(net) as seen:
        for batch in x.split(batch_size, dim=1):
            logits = net(batch)
            spikes = {name: lifs[name].fire(u).to(torch.int8) for name, u in seen.items()}
            parts.append(Recording(logits, spikes, integers(net, batch)))
    return Recording(
        torch.cat([p.logits for p in parts]),
        {name: torch.cat([p.spikes[name] for p in parts], 1) for name in parts[0].spikes},
        torch.cat([p.inputs for p in parts], 1),
    )
