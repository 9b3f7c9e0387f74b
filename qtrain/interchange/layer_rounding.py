"""Rounds one layer of a NIR graph: its decay to a leak, and the weights of its currents.

The gain and the drift of neurons (see step_equations), which hardware does not have, go into the
weights W and biases b of their currents before these are quantized, per channel c:

    weight = gain[c] * W
    bias   = gain[c] * b + drift[c]

Where thresholds differ from channel to channel, the weights and the bias of each channel are
divided by its threshold, and all thresholds are 1. Where weights are rounded, all three count in
units of a power of two with which the largest weight of a layer is 1 to 2: quantizers have their
own idea of what is next to 0, and a graph may count in volts and amperes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, log2
from typing import Any, cast

import msgspec
import numpy as np
import torch
from torch import Tensor

from hw_models.errors import InputError
from qtrain.interchange.currents import Current, Reals, over, per_channel
from qtrain.interchange.leak_rounding import RoundedDecay, nearest
from qtrain.interchange.step_equations import StepNeuron
from qtrain.interchange.weight_rounding import relative_error, rounded_weights
from qtrain.layers import QuantConv2d, QuantLinear
from qtrain.network.graph import Node
from qtrain.network.network import make_layer


class LayerRounding(msgspec.Struct, frozen=True, kw_only=True):
    """What the import rounded in one layer of neurons."""

    layer: str
    decay: float  # asked for; where it differs among neurons, the one farthest from the leak
    leak: float  # got
    gain: float  # the factor on the currents that makes up for the leak
    weight_error: float  # r.m.s. error of a current by quantized weights, as a share of it


@dataclass(frozen=True)
class WeightFormat:
    """What becomes of the graph's weights."""

    bits: int  # 8, 4 or 2
    rounded: bool  # False: they stay as they are, to be trained further


@dataclass(frozen=True)
class LayerWeights:
    """The weights of a current as the network has them."""

    attrs: dict[str, Any]
    tensors: dict[str, Tensor]
    error: float  # that rounding makes; see LayerRounding.weight_error


@dataclass(frozen=True)
class RoundedLayer:
    """Neurons as hardware has them, and the weights of their currents."""

    weights: tuple[LayerWeights, ...]  # by current
    decay: float  # asked for; see LayerRounding
    leak: RoundedDecay
    v_threshold: float

    def rounding(self, layer: str) -> LayerRounding:
        """What was rounded; `layer` is the name that the neurons got."""
        return LayerRounding(
            layer=layer,
            decay=self.decay,
            leak=self.leak.tau,
            gain=self.leak.gain,
            weight_error=max(weights.error for weights in self.weights),
        )


def rounded_layer(
    neuron: StepNeuron, currents: Sequence[Current], chosen: RoundedDecay | None, form: WeightFormat
) -> RoundedLayer:
    """Neurons and the currents of one shape that they read, rounded.

    Args:
        chosen: the leak that fits calibration samples best; None: the nearest one is taken.

    Raises:
        InputError: a parameter differs within a channel, or the leak within the layer.
    """
    decay, gain, drift, v_threshold = (
        per_channel(key, np.reshape(getattr(neuron, key), currents[0].shape))
        for key in ("decay", "gain", "drift", "v_threshold")
    )
    leaks = [chosen or nearest(each) for each in decay.tolist()]
    taus = np.array([leak.tau for leak in leaks])
    if len(np.unique(taus)) > 1:
        raise InputError(
            f"decays {decay.min():g} to {decay.max():g} in one layer; hardware has one leak a "
            "layer: make a node of each time constant, or train with one"
        )
    v_th = float(v_threshold[0])
    if neuron.fires and len(np.unique(v_threshold)) > 1:
        gain, drift, v_th = gain / v_threshold, drift / v_threshold, 1.0
    factor = np.array([leak.gain for leak in leaks])
    unit = weight_unit(currents, gain, form)
    gain, drift, v_th = gain * factor / unit, drift * factor / unit, v_th / unit
    scaling = "channel" if neuron.fires else "tensor"
    weights = tuple(
        layer_weights(current, gain, drift * (k == 0), scaling, form)
        for k, current in enumerate(currents)
    )
    worst = int(np.abs(decay - taus).argmax())
    return RoundedLayer(weights, float(decay[worst]), leaks[worst], v_th)


def output_weights(current: Current, form: WeightFormat) -> LayerWeights:
    """The weights of a current that no neurons read, but the output."""
    ones = np.ones(len(current.bias))
    gain = ones / weight_unit([current], ones, form)
    return layer_weights(current, gain, 0 * ones, "tensor", form)


def weight_unit(currents: Sequence[Current], gain: Reals, form: WeightFormat) -> float:
    """The power of two in which a layer's potentials count."""
    largest = max(float(np.abs(x.weight * over(gain, x.weight)).max()) for x in currents)
    return 2.0 ** floor(log2(largest)) if largest and form.rounded else 1.0


def layer_weights(
    current: Current, gain: Reals, drift: Reals, scaling: str, form: WeightFormat
) -> LayerWeights:
    """The weights of a current with a gain and a drift [out], rounded.

    Args:
        scaling: whether a step of the weights is that of a channel or of the whole tensor.
    """
    weight = current.weight * over(gain, current.weight)
    bias = current.bias * gain + drift
    attrs = {
        **current.attrs, "weight_bits": form.bits, "scaling": scaling, "bias": bool(bias.any()),
        "l1_max": None,
    }  # fmt: skip
    error = 0.0
    if form.bits > 2 and form.rounded:
        together = scaling == "tensor"
        weight, error = rounded_weights(weight, form.bits, current.products, together)
    tensors = {"weight": torch.tensor(weight, dtype=torch.float32)}
    if attrs["bias"]:
        tensors["bias"] = torch.tensor(bias, dtype=torch.float32)
    if form.bits == 2:  # the quantizer's step follows from all weights
        node = Node(current.name, current.op, (current.stream,), attrs)
        layer = cast(QuantLinear | QuantConv2d, make_layer(node))
        with torch.no_grad():
            layer.load_state_dict(tensors)
            rounded = layer.quant_weight_for(None).value.double().numpy()
        count = weight[0].size
        products = np.eye(count)[None] if current.products is None else current.products
        error = relative_error(weight, rounded, products)
    return LayerWeights(attrs, tensors, error)
