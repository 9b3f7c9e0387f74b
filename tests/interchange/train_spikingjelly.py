"""Trains 784-128-10 with SpikingJelly, with each leak and scaling of the input, and exports it.

Only with a hard reset: SpikingJelly's exporter refuses a soft one.
"""
# pyright: reportMissingImports=false

import functools
from collections import OrderedDict
from importlib.metadata import version

import torch
from spikingjelly.activation_based import functional, layer, neuron, surrogate
from spikingjelly.activation_based.nir_exchange import export_to_nir
from torch import nn

from tests.interchange.recording import Network, arguments, record, train, unroll

DT = 1e-4


def lif(tau: float, decay_input: bool) -> neuron.LIFNode:
    return neuron.LIFNode(
        tau=tau,
        decay_input=decay_input,
        v_reset=0.0,
        surrogate_function=surrogate.ATan(),
        detach_reset=True,
    )


def network(tau: float, decay_input: bool) -> Network:
    """28 x 28 flattened, 128-10, the last layer spiking."""
    layers = OrderedDict(
        flatten=layer.Flatten(),
        fc1=layer.Linear(784, 128),
        lif1=lif(tau, decay_input),
        fc2=layer.Linear(128, 10),
        lif2=lif(tau, decay_input),
    )
    net = nn.Sequential(layers)

    def step(x):
        for name, module in net.named_children():
            x = module(x)
            if isinstance(module, neuron.LIFNode):
                yield name, x

    def run(x):
        functional.reset_net(net)
        return unroll(functools.partial(step, x))

    def export():
        functional.reset_net(net)
        return export_to_nir(net, torch.zeros(1, 1, 28, 28), dt=DT)

    return Network(net, run, export)


def main() -> None:
    args = arguments(__doc__, epochs=8)
    facts = {"framework": f"spikingjelly {version('spikingjelly')}", "dt": DT, "reset": "hard"}
    for tau, decay_input in ((10.0, False), (2.0, True)):
        torch.manual_seed(0)
        trained = network(tau, decay_input)
        train(trained, args.data_dir, args.epochs)
        record(trained, facts, args.data_dir, args.out / f"spikingjelly-tau{tau:.0f}")


if __name__ == "__main__":
    main()
