"""The residual networks of a fixed shape: a stem, stages of residual blocks, and a dense layer.

Source: Guo et al., Ternary Spike, AAAI 2024 (arXiv 2312.06372), and the networks that it compares.
"""

from collections.abc import Sequence
from typing import Any

from torch import nn

from qtrain.layers import AvgPool2d, Flatten, GlobalAvgPool, InputQuant, QuantLinear, Readout
from qtrain.models.blocks import Block, LayerFactory
from qtrain.models.shapes import ResNet

EDGE_BITS = 8  # for the first and the last layer, which matter most and are small


def resnet(
    shape: ResNet,
    in_shape: Sequence[int],
    classes: int,
    *,
    input_scale: float | None,
    input_bits: int = 8,
    edge_bits: int | None = None,
    **common: Any,
) -> nn.Sequential:
    """stem - stage{s} of block{b} - pool - fc - readout.

    Args:
        shape: the stem and the stages.
        in_shape: shape of a sample, without time and batch.
        classes: number of logits.
        input_scale: the real value of one step of a static input; None: the input is spikes.
        input_bits: 2 to 8, the bits of a static input.
        edge_bits: weight bits of the first and the last layer; None: EDGE_BITS.
        common: the options of LayerFactory.
    """
    edge_bits = edge_bits or EDGE_BITS
    factory = LayerFactory(**common)
    conv, norm, lif = factory.conv, factory.norm, factory.lif
    net = nn.Sequential()
    if input_scale is not None:
        net.add_module("input_quant", InputQuant(input_scale, input_bits))
    width = shape.widths[0]
    kernel, stride = (7, 2) if shape.stem == "imagenet" else (3, 1)
    stem = nn.Sequential(
        conv(in_shape[0], width, kernel, stride, edge_bits), norm(width), lif(width)
    )
    if shape.stem == "three":
        for _ in range(2):
            stem.extend((conv(width, width, 3), norm(width), lif(width)))
        stem.append(AvgPool2d(2))
    elif shape.stem == "imagenet":
        stem.append(AvgPool2d(3, 2, 1))
    net.add_module("stem", stem)
    before = width
    for s, (after, count) in enumerate(zip(shape.widths, shape.blocks, strict=True)):
        stage = nn.Sequential()
        for b in range(count):
            stride = 2 if s and not b else 1
            block = Block(factory, (before, after), stride, shape.shortcut)
            stage.add_module(f"block{b + 1}", block)
            before = after
        net.add_module(f"stage{s + 1}", stage)
    net.add_module("pool", GlobalAvgPool())
    net.add_module("flatten", Flatten())
    net.add_module("fc", QuantLinear(before, classes, edge_bits, scaling="tensor", bias=True))
    net.add_module("readout", Readout())
    return net
