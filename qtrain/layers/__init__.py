"""The layers that a network is built from: `from qtrain.layers import QuantLinear, TernaryLIF`.

Every layer takes and gives tensors with time first, [T', B, ...]: T' is the number of time steps,
or 1 for values that are the same at each step.
"""

from qtrain.layers.batchnorm import BatchNorm
from qtrain.layers.conv2d import QuantConv2d
from qtrain.layers.input_quant import InputQuant
from qtrain.layers.lif import LIF, BinaryLIF, TernaryLIF
from qtrain.layers.linear import QuantLinear
from qtrain.layers.plain import Add, Flatten, Readout
from qtrain.layers.pools import AvgPool2d, GlobalAvgPool

__all__ = [
    "LIF",
    "Add",
    "AvgPool2d",
    "BatchNorm",
    "BinaryLIF",
    "Flatten",
    "GlobalAvgPool",
    "InputQuant",
    "QuantConv2d",
    "QuantLinear",
    "Readout",
    "TernaryLIF",
]
