"""Networks built from the layers, as plain modules: dense, convolutional, or from a short text."""

import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from torch import nn

from hw_models.errors import InputError
from qtrain.layers.accumulators import l1_max, times_of
from qtrain.layers.dense import BatchNorm, Flatten, InputQuant, QuantLinear, Readout
from qtrain.layers.neurons import LIF
from qtrain.layers.spatial import AvgPool2d, GlobalAvgPool, QuantConv2d
from qtrain.models.residual import EDGE_BITS, NETWORKS, Block, Layers, resnet

TEXTS = {"vgg11": "64c3-p2-128c3-p2-256c3-256c3-p2-512c3-512c3-p2-512c3-512c3-p2"}
NAMED = ("mlp", "convnet", *TEXTS, *NETWORKS)
GRAMMAR = (
    "16c3 (channels, c, kernel; then s2: stride), 16r3 (residual block of two such convolutions), "
    "p2 (average pool), gap (global), 128 (dense)"
)
TOKEN = re.compile(
    r"(?P<n>\d+)((?P<kind>[cr])(?P<kernel>\d+)(s(?P<stride>\d+))?)?|p(?P<pool>\d+)|(?P<gap>gap)"
)


@dataclass(frozen=True)
class Conv:
    """A spiking convolutional layer, padded by half its kernel."""

    channels: int
    kernel: int
    stride: int = 1


@dataclass(frozen=True)
class Residual:
    """Two spiking convolutions and the shortcut past them: the identity, unless shapes differ."""

    channels: int
    kernel: int
    stride: int = 1


@dataclass(frozen=True)
class Pool:
    """An average pool; of the whole map with kernel 0."""

    kernel: int


@dataclass(frozen=True)
class Dense:
    """A spiking dense layer."""

    features: int


Stage = Conv | Residual | Pool | Dense


def parse(text: str) -> list[Stage]:
    """The stages of a text such as 16c3-p2-32c3-p2-128, the readout not among them.

    Raises:
        InputError: a part of it is none of GRAMMAR.
    """
    stages: list[Stage] = []
    for token in text.split("-"):
        found = TOKEN.fullmatch(token)
        groups = found.groupdict() if found else {}
        numbers = {name: int(part) for name, part in groups.items() if part and part.isdigit()}
        if not found or 0 in numbers.values():
            raise InputError(f"model {text!r}: {token!r} is no layer; accepted: {GRAMMAR}")
        if "pool" in numbers or groups["gap"]:
            stages.append(Pool(numbers.get("pool", 0)))
        elif "kernel" in numbers:
            kind = Conv if groups["kind"] == "c" else Residual
            stages.append(kind(numbers["n"], numbers["kernel"], numbers.get("stride", 1)))
        else:
            stages.append(Dense(numbers["n"]))
    return stages


def stages_of(
    model: str, hidden: Sequence[int], channels: Sequence[int], classes: int
) -> list[Stage]:
    """The stages of a named model, or of a text that ends in the number of classes.

    Raises:
        InputError: the text is no model, or ends in another number.
    """
    if model == "mlp":
        return [Dense(n) for n in hidden]
    if model == "convnet":
        return [stage for n in channels for stage in (Conv(n, 3), Pool(2))]
    if model in TEXTS:
        return parse(TEXTS[model])
    *stages, last = parse(model)
    if last != Dense(classes):
        raise InputError(f"model {model!r}: must end in -{classes}, the number of classes")
    return stages


def network(
    model: str,
    hidden: Sequence[int],
    channels: Sequence[int],
    in_shape: Sequence[int],
    classes: int,
    *,
    weight_bits: int = 8,
    edge_bits: int | None = None,
    acc_bits: int | None = None,
    acc_bits_input: int | None = None,
    **options: Any,
) -> nn.Sequential:
    """A network by its name or text; options as for stack.

    Args:
        hidden, channels: widths of an mlp and of a convnet.
        edge_bits: of the first and the last layer; None: 8 in the networks of a fixed shape
            (residual ones, vgg11), as everywhere in the others.
        acc_bits, acc_bits_input: as for stack; refused in residual networks.

    Raises:
        InputError: no such network, or its shape does not suit the samples.
    """
    if edge_bits is None and model in (*TEXTS, *NETWORKS):
        edge_bits = EDGE_BITS
    options |= {"weight_bits": weight_bits, "edge_bits": edge_bits}
    if model in NETWORKS:
        _no_acc_bits(acc_bits, f"model {model!r}")
        return resnet(NETWORKS[model], in_shape, classes, **options)
    options |= {"acc_bits": acc_bits, "acc_bits_input": acc_bits_input}
    return stack(stages_of(model, hidden, channels, classes), in_shape, classes, **options)


def _no_acc_bits(acc_bits: int | None, what: object) -> None:
    if acc_bits is not None:
        raise InputError(
            f"acc_bits with {what}: where paths join, a shortcut's weights round onto the other "
            "path's LSB and get wider; accepted: networks without shortcuts"
        )


def stack(
    stages: Sequence[Stage],
    in_shape: Sequence[int],
    classes: int,
    *,
    input_scale: float | None,
    input_bits: int = 8,
    timesteps: int,
    weight_bits: int = 8,
    edge_bits: int | None = None,
    gain: float = 0.5,
    offset: float = 0.0,
    spike: str = "ternary",
    surrogate: str = "triangle",
    join_surrogate: str | None = None,
    amplitude_per: str = "layer",
    acc_bits: int | None = None,
    acc_bits_input: int | None = None,
    **neuron: Any,
) -> nn.Sequential:
    """input_quant - [conv{k} | fc{k} - bn{k} - lif{k}, block{k}, pool{k}] for each stage - fc{K} -
    readout.

    Args:
        stages: the spiking layers and the pools between them, in order.
        in_shape: shape of a sample, without time and batch.
        classes: number of logits.
        input_scale: real value of one step of a static input; None: the input is spikes.
        input_bits: 2 to 8, of a static input.
        timesteps: T.
        weight_bits: 8, 4 or 2, of the layers between the first and the last.
        edge_bits: of the first and the last layer; None: as the others.
        gain: initial weight of the batch norms; with 1 most neurons fire at first.
        offset: initial bias of the batch norms.
        surrogate, join_surrogate: of the neurons, and of those in which a shortcut ends; None: the
            same.
        spike: "ternary" or "binary".
        amplitude_per: "layer" or "channel".
        acc_bits: width that accumulators are trained to keep to; None: what comes of the weights.
        acc_bits_input: the same of the layer that reads a static input; None: acc_bits.
        neuron: further options of LIF: tau, reset, ...

    Raises:
        InputError: a map is too small for a stage, or a convolution follows a dense layer.
    """
    layers: dict[str, nn.Module] = {}
    edge_bits = edge_bits or weight_bits
    quantizer = None if input_scale is None else InputQuant(input_scale, input_bits)
    kernels: list[tuple[int, int]] = []  # of the pools on the way to the next weights

    def bound() -> int | None:
        """For the next weights, which are the first where no stage has had any."""
        if acc_bits is None:
            return None
        if quantizer is None or k > 1:
            return l1_max(acc_bits, times_of(kernels))
        return l1_max(acc_bits_input or acc_bits, times_of(kernels), quantizer.x_max)

    if quantizer is not None:
        layers["input_quant"] = quantizer
    shape, k = tuple(in_shape), 0
    for stage in stages:
        if isinstance(stage, Residual):
            _no_acc_bits(acc_bits, stage)
            if stage.kernel % 2 == 0:
                raise InputError(f"{stage}: accepted: odd kernels, which keep the shortcut's map")
            k += 1
            before, height, width = _map_of(stage, shape)
            inner = Layers(
                timesteps, weight_bits, gain, offset, spike, surrogate, join_surrogate,
                amplitude_per, neuron,
            )  # fmt: skip
            layers[f"block{k}"] = Block(
                inner, (before, stage.channels), stage.stride, kernel=stage.kernel
            )
            kernels.clear()
            shape = (stage.channels, -(-height // stage.stride), -(-width // stage.stride))
            continue
        if isinstance(stage, Dense):
            k += 1
            layers.setdefault("flatten", Flatten())
            bits = weight_bits if k > 1 else edge_bits
            layer = QuantLinear(prod(shape), stage.features, bits, l1_max=bound())
            synapse = {f"fc{k}": layer}
            shape = (stage.features,)
        else:
            before, height, width = _map_of(stage, shape)
            if isinstance(stage, Pool):
                layers[f"pool{k}"] = AvgPool2d(stage.kernel) if stage.kernel else GlobalAvgPool()
                kernel = (stage.kernel, stage.kernel) if stage.kernel else (height, width)
                kernels.append(kernel)
                shape = (before, height // kernel[0], width // kernel[1])
                synapse = {}
            else:
                k += 1
                padding = stage.kernel // 2
                conv = QuantConv2d(
                    before, stage.channels, stage.kernel, stage.stride, padding,
                    weight_bits=weight_bits if k > 1 else edge_bits, l1_max=bound(),
                )  # fmt: skip
                synapse = {f"conv{k}": conv}
                sizes = (
                    (n + 2 * padding - stage.kernel) // stage.stride + 1 for n in (height, width)
                )
                shape = (stage.channels, *sizes)
        if min(shape) < 1:
            raise InputError(f"{stage}: leaves a map of {list(shape)}; use fewer or smaller pools")
        if synapse:
            kernels.clear()
            layers |= synapse
            layers[f"bn{k}"] = BatchNorm(shape[0], gain=gain, offset=offset)
            count = shape[0] if amplitude_per == "channel" else None
            layers[f"lif{k}"] = LIF(spike, timesteps, channels=count, surrogate=surrogate, **neuron)
    layers.setdefault("flatten", Flatten())
    k += 1
    last = QuantLinear(prod(shape), classes, edge_bits, scaling="tensor", bias=True, l1_max=bound())
    layers |= {f"fc{k}": last, "readout": Readout()}
    return nn.Sequential(OrderedDict(layers))


def _map_of(stage: Stage, shape: tuple[int, ...]) -> tuple[int, int, int]:
    """(C, H, W) of the map that a stage reads."""
    match shape:
        case (channels, height, width):
            return channels, height, width
    raise InputError(f"{stage}: needs a map, found {list(shape)}; put it before -N")


def mlp(
    in_shape: Sequence[int], hidden: Sequence[int], classes: int, **options: Any
) -> nn.Sequential:
    """A dense network of these hidden widths; options as for stack."""
    return stack([Dense(n) for n in hidden], in_shape, classes, **options)
