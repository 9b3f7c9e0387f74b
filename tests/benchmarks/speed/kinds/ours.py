"""This package's training step, with quantized weights of 8 bits, or with weights as they are."""

from torch import nn

from qtrain.layers import conv2d, linear
from qtrain.models.named import named_module
from qtrain.network.network import build_network
from qtrain.network.trace import trace
from qtrain.training.allocator import keep_freed_memory
from tests.benchmarks.speed.networks import CLASSES, Size, training_step


def network(size: Size) -> nn.Module:
    """The network of networks.py, of this package's layers."""
    w = size.width
    if size.network == "dense":
        model = "-".join([str(128 * w)] * size.depth + [str(CLASSES)])
    elif size.network == "conv":
        model = "16c3-p2-32c3-p2-10"
    else:
        stages = (f"{c * w}r3" + ("s2" if c > 16 and n == 0 else "") for c in (16, 32, 64)
                  for n in range(3 * size.depth))  # fmt: skip
        model = "resnet20s" if size.depth == w == 1 else f"{16 * w}c3-{'-'.join(stages)}-gap-10"
    module = named_module(
        model, (), (), size.shape, CLASSES, input_scale=1 / 64, timesteps=size.timesteps,
        gain=0.35,
    )  # fmt: skip
    return build_network(*trace(module, size.shape)).train()


def prepare(task: str, precision: str = "float32", quantized: bool = True, **size):
    size = Size(**size)
    keep_freed_memory()  # as train() does
    net = network(size)
    step = training_step(net, lambda x: net(x[None]), size, precision)
    if quantized:
        return step

    def unquantized() -> None:
        kept = linear.weight_value, conv2d.weight_value
        linear.weight_value = conv2d.weight_value = lambda layer, *_: layer.weight
        try:
            step()
        finally:
            linear.weight_value, conv2d.weight_value = kept

    return unquantized
