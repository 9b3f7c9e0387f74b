"""SpikingJelly's multi-step neurons, which are binary, with its fastest step for the processor."""
# pyright: reportMissingImports=false

from spikingjelly.activation_based import functional, neuron, surrogate
from torch import nn

from tests.benchmarks.speed.networks import Net, Size, training_step


def lif() -> nn.Module:
    return neuron.LIFNode(
        tau=4 / 3, decay_input=False, v_threshold=0.5, surrogate_function=surrogate.ATan(),
        step_mode="m",
    )  # fmt: skip


def prepare(task: str, precision: str = "float32", **size):
    size = Size(**size)
    net = Net(size, lif).train()

    def logits(x):
        functional.reset_net(net)
        return net(x)

    return training_step(net, logits, size, precision)
