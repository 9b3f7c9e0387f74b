"""Networks built from the layers, as plain modules."""

from collections import OrderedDict
from collections.abc import Sequence
from math import prod
from typing import Any

from torch import nn

from qtrain.layers import BatchNorm, Flatten, InputQuant, QuantLinear, Readout
from qtrain.neurons import LIF


def mlp(
    in_shape: Sequence[int],
    hidden: Sequence[int],
    classes: int,
    *,
    input_scale: float,
    timesteps: int,
    weight_bits: int = 8,
    gain: float = 0.5,
    spike: str = "ternary",
    **neuron: Any,
) -> nn.Sequential:
    """input_quant - flatten - [fc{k} - bn{k} - lif{k}] for each hidden width - fc{K} - readout.

    Args:
        in_shape: shape of a sample, without time and batch.
        hidden: widths of the hidden layers, any number of them.
        classes: number of logits.
        input_scale: real value of one step of the int8 input.
        timesteps: T.
        weight_bits: 8, 4 or 2, of all layers.
        gain: initial weight of the batch norms; with 1 most neurons fire at first.
        spike: "ternary" or "binary".
        neuron: further options of LIF: tau, reset, ...
    """
    layers: dict[str, nn.Module] = {"input_quant": InputQuant(input_scale), "flatten": Flatten()}
    width = prod(in_shape)
    for k, features in enumerate(hidden, 1):
        layers[f"fc{k}"] = QuantLinear(width, features, weight_bits)
        layers[f"bn{k}"] = BatchNorm(features, gain=gain)
        layers[f"lif{k}"] = LIF(spike, timesteps, **neuron)
        width = features
    last = QuantLinear(width, classes, weight_bits, scaling="tensor", bias=True)
    layers |= {f"fc{len(hidden) + 1}": last, "readout": Readout()}
    return nn.Sequential(OrderedDict(layers))
