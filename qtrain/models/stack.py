"""A network whose stages follow each other: spiking layers, residual blocks and pools."""

from collections import OrderedDict
from collections.abc import Sequence
from math import prod
from typing import Any

from torch import nn

from hw_models.engines.synapse import output_size
from hw_models.errors import InputError
from qtrain.layers import AvgPool2d, Flatten, GlobalAvgPool, InputQuant, QuantLinear, Readout
from qtrain.layers.accumulators import l1_max, times_of
from qtrain.models.blocks import Block, LayerFactory
from qtrain.models.stages import Conv1d, Dense, Pool, Residual, Stage


def stack(
    stages: Sequence[Stage],
    in_shape: Sequence[int],
    classes: int,
    *,
    input_scale: float | None,
    input_bits: int = 8,
    weight_bits: int = 8,
    edge_bits: int | None = None,
    acc_bits: int | None = None,
    acc_bits_input: int | None = None,
    **common: Any,
) -> nn.Sequential:
    """input_quant - [conv{k} | fc{k} - bn{k} - lif{k}, block{k}, pool{k}] for each stage - fc{K} -
    readout.

    Args:
        stages: the spiking layers, and the pools between them, in order.
        in_shape: shape of a sample, without time and batch.
        classes: number of logits.
        input_scale: the real value of one step of a static input; None: the input is spikes.
        input_bits: 2 to 8, the bits of a static input.
        weight_bits: 8, 4 or 2, for the layers between the first and the last.
        edge_bits: weight bits of the first and the last layer; None: weight_bits.
        acc_bits: width that training keeps accumulators to; None: whatever the weights need.
        acc_bits_input: the same for the layer that reads a static input; None: acc_bits.
        common: the other options of LayerFactory.

    Raises:
        InputError: a map is too small for a stage, a convolution follows a dense layer, or
            acc_bits is given and a stage is a residual block.
    """
    layers: dict[str, nn.Module] = {}
    edge_bits = edge_bits or weight_bits
    factory = LayerFactory(weight_bits=weight_bits, **common)
    quantizer = None if input_scale is None else InputQuant(input_scale, input_bits)
    kernels: list[tuple[int, int]] = []  # of the pools between the last weights and the next

    def bound() -> int | None:
        """The l1 bound of the weights that come next; they are the network's first if k is 1."""
        if acc_bits is None:
            return None
        if quantizer is None or k > 1:
            return l1_max(acc_bits, times_of(kernels))
        return l1_max(acc_bits_input or acc_bits, times_of(kernels), quantizer.x_max)

    if quantizer is not None:
        layers["input_quant"] = quantizer
    shape, k = tuple(in_shape), 0
    for stage in stages:
        if isinstance(stage, Pool):
            channels, height, width = map_shape(stage, shape)
            kernel = stage.window(height, width)
            layers[f"pool{k}"] = AvgPool2d(kernel) if stage.kernel else GlobalAvgPool()
            kernels.append(kernel)
            shape = check_map(stage, (channels, height // kernel[0], width // kernel[1]))
            continue
        k += 1
        bits = weight_bits if k > 1 else edge_bits
        if isinstance(stage, Dense):
            layers.setdefault("flatten", Flatten())
            layers[f"fc{k}"] = QuantLinear(prod(shape), stage.features, bits, l1_max=bound())
            shape = (stage.features,)
        elif isinstance(stage, Residual):
            refuse_acc_bits(acc_bits, stage)
            if stage.kernel % 2 == 0:
                raise InputError(f"{stage}: accepted: odd kernels, which keep the shortcut's map")
            before, height, width = map_shape(stage, shape)
            layers[f"block{k}"] = Block(
                factory, (before, stage.channels), stage.stride, kernel=stage.kernel
            )
            shape = (stage.channels, -(-height // stage.stride), -(-width // stage.stride))
        else:
            before, *sides = map_shape(stage, shape)
            if isinstance(stage, Conv1d) and sides[0] > 1:
                raise InputError(
                    f"{stage}: needs a signal, a map of one row, found {list(shape)}; use "
                    f"{stage.channels}c{stage.kernel}"
                )
            kernel, stride = stage.sizes
            layers[f"conv{k}"] = factory.conv(before, stage.channels, kernel, stride, bits, bound())
            sizes = (
                output_size(side, size, step, size // 2)
                for side, size, step in zip(sides, kernel, stride, strict=True)
            )
            shape = check_map(stage, (stage.channels, *sizes))
        if not isinstance(stage, Residual):  # a block brings its own
            layers[f"bn{k}"] = factory.norm(shape[0])
            layers[f"lif{k}"] = factory.lif(shape[0])
        kernels.clear()
    layers.setdefault("flatten", Flatten())
    k += 1
    last = QuantLinear(prod(shape), classes, edge_bits, scaling="tensor", bias=True, l1_max=bound())
    layers |= {f"fc{k}": last, "readout": Readout()}
    return nn.Sequential(OrderedDict(layers))


def mlp(
    in_shape: Sequence[int], hidden: Sequence[int], classes: int, **options: Any
) -> nn.Sequential:
    """A network of dense layers with these hidden widths; it takes the options of stack."""
    return stack([Dense(n) for n in hidden], in_shape, classes, **options)


def map_shape(stage: Stage, shape: tuple[int, ...]) -> tuple[int, int, int]:
    """(C, H, W) of the map that a stage reads.

    Raises:
        InputError: the stage reads no map, as it comes behind a dense layer.
    """
    match shape:
        case (channels, height, width):
            return channels, height, width
    raise InputError(
        f"{stage}: needs a map, found {list(shape)}; put it before dense layers, and "
        "use those alone where samples are no maps"
    )


def check_map(stage: Stage, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of the map that a stage gives.

    Raises:
        InputError: nothing is left of the map.
    """
    if min(shape) < 1:
        raise InputError(f"{stage}: leaves a map of {list(shape)}; use fewer or smaller pools")
    return shape


def refuse_acc_bits(acc_bits: int | None, what: object) -> None:
    """Raise InputError where an accumulator's width is asked for in a network with shortcuts."""
    if acc_bits is not None:
        raise InputError(
            f"acc_bits with {what}: where paths join, a shortcut's weights round onto the other "
            "path's LSB and get wider; accepted: networks without shortcuts"
        )
