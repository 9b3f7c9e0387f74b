"""The layers that a graph can hold, by the name of their op."""

from typing import Any

from torch import nn

from qtrain.layers.batchnorm import BatchNorm
from qtrain.layers.conv2d import QuantConv2d
from qtrain.layers.input_quant import InputQuant
from qtrain.layers.lif import LIF
from qtrain.layers.linear import QuantLinear
from qtrain.layers.plain import Add, Flatten, Readout
from qtrain.layers.pools import AvgPool2d, GlobalAvgPool

DROPOUT = "dropout"  # torch's nn.Dropout: it acts in training and is left out of a build
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
# Layers behind which a channel's values are still those of one channel of spikes: an amplitude for
# each channel passes through them to the weights that read them.
TRANSPARENT = (Flatten.op, AvgPool2d.op, GlobalAvgPool.op, DROPOUT)


def op_of(layer: nn.Module) -> str | None:
    """The op of a layer or of the class that it is derived from; None where there is none."""
    return next((op for op, known in OPS.items() if isinstance(layer, known)), None)


def attrs_of(layer: nn.Module) -> dict[str, Any]:
    """The constructor's arguments that make a layer of OPS as it is now, as plain data."""
    if isinstance(layer, nn.Dropout):
        return {"p": float(layer.p), "inplace": bool(layer.inplace)}
    return dict(getattr(layer, "attrs"))  # noqa: B009 - torch's classes do not declare it
