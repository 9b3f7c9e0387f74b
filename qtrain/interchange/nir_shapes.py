"""The shape of what each kind of NIR node gives; its parameters must fit what enters."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod

from numpy.typing import NDArray

from hw_models.engines.synapse import output_size
from hw_models.errors import InputError

Shape = tuple[int, ...]
Parameters = Mapping[str, NDArray]


def end_shape(parameters: Parameters, shape: Shape | None = None) -> Shape:
    """Of an Input; an Output gives on what it reads, and its own shape only has the same size."""
    stated = parameters["shape"]
    if (
        stated.dtype.kind not in "iu"
        or stated.ndim != 1
        or not stated.size >= 1
        or stated.min() < 1
    ):
        if shape is not None:
            return shape
        raise InputError(f"shape {stated}; accepted: sizes of one time step of a sample, from 1 on")
    if shape is None:
        return as_map(tuple(int(n) for n in stated))
    if prod(shape) != stated.prod():
        raise InputError(f"of shape {stated.tolist()}, but reads {list(shape)}")
    return shape


def as_map(shape: Shape) -> Shape:
    """A shape as trispike has it: [F], or [C, H, W] with a signal [C, L] as [C, 1, L]."""
    if len(shape) > 3:
        raise InputError(
            f"shape {list(shape)}; accepted: [features], [channels, length] or [channels, height, "
            "width], without a batch or time"
        )
    return (shape[0], 1, shape[1]) if len(shape) == 2 else shape


def dense_shape(parameters: Parameters, shape: Shape) -> Shape:
    weight = parameters["weight"]
    if weight.ndim != 2:
        raise InputError(f"weight of shape {list(weight.shape)}; accepted: [out, in]")
    if shape != (weight.shape[1],):
        advice = "; put a Flatten before it" if len(shape) > 1 else ""
        if shape == (1, 1, weight.shape[1]):
            advice = "; the shape of an Input has no batch: export it without one"
        raise InputError(f"weights for [{weight.shape[1]}], but reads {list(shape)}{advice}")
    return (check_bias(parameters, len(weight)),)


def check_bias(parameters: Parameters, outputs: int) -> int:
    bias = parameters.get("bias")
    if bias is not None and bias.shape != (outputs,):
        raise InputError(f"bias of shape {list(bias.shape)}; accepted: [{outputs}]")
    return outputs


def conv_shape(parameters: Parameters, shape: Shape) -> Shape:
    geometry = conv_geometry(parameters)
    outputs, inputs, *_ = geometry.weight.shape
    row = parameters["weight"].ndim == 3
    fits = len(shape) == 3 and shape[0] == inputs * geometry.groups and not (row and shape[1] > 1)
    if not fits or outputs % geometry.groups:
        raise InputError(
            f"weights of shape {list(parameters['weight'].shape)} in {geometry.groups} groups, but "
            f"reads {list(shape)}; accepted: [{inputs * geometry.groups}, "
            f"{'length' if row else 'height, width'}]"
        )
    return check_bias(parameters, outputs), *window_counts(shape, geometry)


@dataclass(frozen=True)
class Window:
    """The windows of a convolution or a pool, each size as (height, width)."""

    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]


@dataclass(frozen=True)
class ConvGeometry(Window):
    """A convolution; one over a signal has a kernel of one row."""

    weight: NDArray  # [out, in / groups, height, width]
    groups: int


def conv_geometry(parameters: Parameters) -> ConvGeometry:
    """The weights and windows of a Conv1d or Conv2d.

    Raises:
        InputError: a size is out of range, or the kernel is dilated.
    """
    weight = parameters["weight"]
    if weight.ndim == 3:
        weight = weight[:, :, None]
    if weight.ndim != 4:
        raise InputError(f"weight of shape {list(weight.shape)}; accepted: [out, in, *kernel]")
    row = parameters["weight"].ndim == 3
    kernel = weight.shape[2], weight.shape[3]
    sizes = {
        key: row_pair(parameters[key], key, row) for key in ("stride", "dilation") if parameters
    }
    if any(d != 1 for d in sizes["dilation"][1 if row else 0 :]):
        raise InputError(f"dilation {list(sizes['dilation'])}; accepted: 1, and a larger kernel")
    padding = parameters["padding"]
    if padding.dtype.kind in "US":
        named = str(padding)
        if named == "same" and (any(k % 2 == 0 for k in kernel) or max(sizes["stride"]) > 1):
            raise InputError(
                f"padding 'same' with kernel {list(kernel)} and stride {list(sizes['stride'])}; "
                "accepted: odd kernels with a stride of 1"
            )
        pads = (0, 0) if named == "valid" else (kernel[0] // 2, kernel[1] // 2)
    else:
        pads = row_pair(padding, "padding", row)
    groups = whole(parameters, "groups")
    if groups < 1 or min(sizes["stride"]) < 1 or min(pads) < 0:
        raise InputError(
            f"groups = {groups}, stride {list(sizes['stride'])}, padding {list(pads)}; accepted: "
            "groups and strides from 1 on, padding from 0 on"
        )
    return ConvGeometry(kernel, sizes["stride"], pads, weight, groups)


def row_pair(size: NDArray, key: str, row: bool = False) -> tuple[int, int]:
    """(height, width) of a size; of a signal's, which is one row high, the width is given."""
    if size.dtype.kind not in "iu" or size.size not in ((1,) if row else (1, 2)):
        raise InputError(f"{key} {size.tolist()}; accepted: whole numbers")
    first, last = int(size.flat[0]), int(size.flat[-1])
    return (0 if key == "padding" else 1, last) if row else (first, last)


def whole(parameters: Parameters, key: str) -> int:
    """A parameter that is one whole number."""
    value = parameters[key]
    if value.dtype.kind not in "iu" or value.size != 1:
        raise InputError(f"{key} {value.tolist()}; accepted: one whole number")
    return int(value.flat[0])


def pool_shape(parameters: Parameters, shape: Shape) -> Shape:
    if len(shape) != 3:
        raise InputError(f"reads {list(shape)}; accepted: [channels, height, width]")
    return shape[0], *window_counts(shape, pool_window(parameters))


def pool_window(parameters: Parameters) -> Window:
    """The windows of a pool."""
    kernel, stride, padding = (
        row_pair(parameters[key], key) for key in ("kernel_size", "stride", "padding")
    )
    too_much = any(2 * p > k for p, k in zip(padding, kernel, strict=True))
    if min(*kernel, *stride) < 1 or min(padding) < 0 or too_much:
        raise InputError(
            f"kernel {list(kernel)}, stride {list(stride)}, padding {list(padding)}; accepted: "
            "from 1 on, padding from 0 to half the kernel"
        )
    return Window(kernel, stride, padding)


def window_counts(shape: Shape, window: Window) -> tuple[int, int]:
    """(height, width) of the map that windows over a map [C, H, W] give."""
    axes = list(zip(shape[1:], window.kernel, window.stride, window.padding, strict=True))
    height, width = (output_size(*along) for along in axes)
    if min(height, width) < 1:
        raise InputError(f"a window of {list(window.kernel)} does not fit {list(shape)}")
    if not all(meets(*along) for along in axes):
        raise InputError(
            f"stride {list(window.stride)} and padding {list(window.padding)}: every window of "
            f"{list(window.kernel)} lies in the padding of {list(shape)}; accepted: less padding"
        )
    return height, width


def meets(size: int, kernel: int, stride: int, padding: int) -> bool:
    """Whether one of the windows along an axis has a place of the map itself."""
    first = max(0, -((kernel - 1 - padding) // stride))  # that ends behind the map's beginning
    return first * stride - padding < size


def flatten_shape(parameters: Parameters, shape: Shape) -> Shape:
    start, end = whole(parameters, "start_dim"), whole(parameters, "end_dim")
    signal = len(shape) == 3 and shape[1] == 1 and end < 2  # or else a map of one row
    own = (shape[0], shape[2]) if signal else shape
    last = end + len(own) if end < 0 else end
    if not 0 <= start <= last < len(own):
        raise InputError(f"start_dim = {start}, end_dim = {end} of {list(shape)}; accepted: 0, -1")
    if prod(own[:start]) != 1 or prod(own[last + 1 :]) != 1:
        raise InputError(
            f"start_dim = {start}, end_dim = {end} leave several dimensions of {list(shape)}; "
            "accepted: 0 and -1, which leave one"
        )
    return (prod(shape),)


def neuron_shape(parameters: Parameters, shape: Shape) -> Shape:
    """Of neurons and a Scale, which keep the shape; each parameter is one number or one each."""
    for key, value in parameters.items():
        if value.size != 1 and (value.size != prod(shape) or as_map(value.shape) != shape):
            raise InputError(f"{key} of shape {list(value.shape)}, but reads {list(shape)}")
    return shape


POOLS = ("SumPool2d", "AvgPool2d")
SHAPES: dict[str, Callable[..., Shape]] = {
    "Input": end_shape,
    "Output": end_shape,
    "Affine": dense_shape,
    "Linear": dense_shape,
    "Conv1d": conv_shape,
    "Conv2d": conv_shape,
    "SumPool2d": pool_shape,
    "AvgPool2d": pool_shape,
    "Flatten": flatten_shape,
}


def output_shape(kind: str, parameters: Parameters, *entering: Shape) -> Shape:
    """The shape of what a node gives for what enters it; an Input has nothing entering.

    Raises:
        InputError: a parameter is missing, or does not fit.
    """
    try:
        return SHAPES.get(kind, neuron_shape)(parameters, *entering)
    except KeyError as error:
        raise InputError(f"a {kind} without {error}; export it again") from error
