"""Residual builds from integers alone: basic blocks, identity and 1x1 shortcuts, pooled readout."""

from hw_models.dataflow import Build, Conv2d, Dense, Pool, Shape3
from hw_models.semantics import Leak, Neuron
from tests.builders.random_builds import Builder, window_outputs

TERNARY = Neuron(mode="ternary", reset="hard", leak=Leak.from_tau(0.25))


def conv(shape: Shape3, channels: int, kernel: int, stride: int = 1, groups: int = 1) -> Conv2d:
    """Square, padded by half its kernel."""
    size = (kernel, kernel), (stride, stride), (kernel // 2, kernel // 2)
    return Conv2d(
        in_shape=shape, out_shape=(channels, *window_outputs(shape, *size)),
        kernel=size[0], stride=size[1], padding=size[2], groups=groups,
    )  # fmt: skip


def identity(shape: Shape3) -> Conv2d:
    """A shortcut: one weight per channel."""
    return conv(shape, shape[0], 1, groups=shape[0])


def residual_build(
    seed: int,
    shape: Shape3 = (3, 32, 32),
    widths: tuple[int, ...] = (16, 32, 64),
    blocks: int = 3,
    *,
    encoding: str = "static",
    timesteps: int = 2,
    classes: int = 10,
    neuron: Neuron = TERNARY,
    thresholds: tuple[float, float] = (0.55, 0.9),
) -> Build:
    """conv - stages of blocks (conv, conv + shortcut) - mean over the map - dense.

    The first block of a later stage has stride 2 and a shortcut of 1x1 convolution; other shortcuts
    are the identity. By default the ResNet-20 of CIFAR-10 in 8 bits, about 20 % of it firing.
    """
    builder = Builder(seed, encoding, shape)
    builder.timesteps, builder.w_bits, builder.shifts = timesteps, (8,), (0,)
    builder.thresholds = thresholds
    builder.add(conv(shape, widths[0], 3), neuron)
    for width in widths:
        for block in range(blocks):
            source, before = builder.source, builder.shape
            stride = 2 if width != widths[0] and block == 0 else 1
            builder.add(conv(before, width, 3, stride), neuron)
            shortcut = identity(before) if stride == 1 else conv(before, width, 1, stride)
            second = conv(builder.shape, width, 3)
            builder.join([(builder.source, second, ()), (source, shortcut, ())], neuron)
    last = builder.shape
    whole = Pool(
        in_shape=last, out_shape=(last[0], 1, 1), kernel=last[1:], stride=last[1:], padding=(0, 0)
    )
    builder.join([(builder.source, Dense(n_in=last[0], n_out=classes), (whole,))], None)
    return builder.build()
