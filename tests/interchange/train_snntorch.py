"""Trains 784-128-10 with snnTorch, with each reset and leak, and exports it."""
# pyright: reportMissingImports=false

import functools
from collections import OrderedDict

import snntorch
import torch
from snntorch.export_nir import export_to_nir
from torch import nn

from tests.interchange.recording import Network, arguments, record, train, unroll

RESETS = {"soft": "subtract", "hard": "zero"}
DT = 1e-4  # the exporter's own


def leaky(size: int, beta: float, reset: str) -> snntorch.Leaky:
    """With a leak and a threshold for each neuron: the exporter fails on scalars."""
    return snntorch.Leaky(
        beta=torch.full((size,), beta),
        threshold=torch.ones(size),
        init_hidden=True,
        reset_mechanism=RESETS[reset],
        reset_delay=False,
    )


def network(beta: float, reset: str) -> Network:
    """784-128-10, the last layer spiking."""
    layers = OrderedDict(
        fc1=nn.Linear(784, 128),
        lif1=leaky(128, beta, reset),
        fc2=nn.Linear(128, 10),
        lif2=leaky(10, beta, reset),
    )
    net = nn.Sequential(layers)

    def reset_membranes():
        layers["lif1"].reset_mem()
        layers["lif2"].reset_mem()

    def step(x):
        for name, module in net.named_children():
            x = module(x)
            if isinstance(module, snntorch.Leaky):
                yield name, x

    def run(x):
        reset_membranes()
        return unroll(functools.partial(step, x.flatten(1)))

    def export():
        reset_membranes()
        return export_to_nir(net, torch.zeros(1, 784), ignore_dims=[0])

    return Network(net, run, export)


def main() -> None:
    args = arguments(__doc__, epochs=8)
    for reset in RESETS:
        for beta in (0.9, 0.5):
            torch.manual_seed(0)
            trained = network(beta, reset)
            train(trained, args.data_dir, args.epochs)
            facts = {"framework": f"snntorch {snntorch.__version__}", "dt": DT, "reset": reset}
            record(trained, facts, args.data_dir, args.out / f"snntorch-{reset}-{beta}")


if __name__ == "__main__":
    main()
