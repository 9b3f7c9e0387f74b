"""The layers that a graph is made of, by op."""

from typing import Any

from torch import nn

from qtrain.layers.dense import Add, BatchNorm, Flatten, InputQuant, QuantLinear, Readout
from qtrain.layers.neurons import LIF
from qtrain.layers.spatial import AvgPool2d, GlobalAvgPool, QuantConv2d

DROPOUT = "dropout"  # torch's own: it trains, and does nothing in what is built
LAYERS = (
    InputQuant,
    Flatten,
    QuantLinear,
    QuantConv2d,
    AvgPool2d,
    GlobalAvgPool,
    BatchNorm,
    Add,
    LIF,
    Readout,
)
OPS: dict[str, type[nn.Module]] = {DROPOUT: nn.Dropout, **{layer.op: layer for layer in LAYERS}}
# Layers that hand spikes on as they are, so that amplitudes of channels go past them.
TRANSPARENT = (Flatten.op, AvgPool2d.op, GlobalAvgPool.op, DROPOUT)


def op_of(layer: nn.Module) -> str | None:
    """The op of a layer, or of what it is derived from; None: it has none."""
    return next((op for op, known in OPS.items() if isinstance(layer, known)), None)


def attrs_of(layer: nn.Module) -> dict[str, Any]:
    """The constructor's arguments that give a layer of OPS as it is now, plain data."""
    if isinstance(layer, nn.Dropout):
        return {"p": float(layer.p), "inplace": bool(layer.inplace)}
    return dict(getattr(layer, "attrs"))  # noqa: B009 - no class of torch has it
