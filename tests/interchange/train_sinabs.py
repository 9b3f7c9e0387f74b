"""Trains a convolutional network of integrate-and-fire neurons with Sinabs, and exports it."""
# pyright: reportMissingImports=false

from collections import OrderedDict
from importlib.metadata import version

import sinabs
import torch
from sinabs.activation import SingleSpike
from sinabs.layers import IAFSqueeze, SumPool2d
from sinabs.nir import to_nir
from torch import nn

from tests.interchange.recording import TIMESTEPS, Network, arguments, record, train


def iaf() -> IAFSqueeze:
    """One spike a step at most; by default Sinabs sends as many as thresholds were passed."""
    return IAFSqueeze(num_timesteps=TIMESTEPS, spike_fn=SingleSpike)


def network() -> Network:
    """8c3s2-p2-16c3-p2-10, the last layer spiking; the second pool is of spikes."""
    layers = OrderedDict(
        conv1=nn.Conv2d(1, 8, 3, stride=2, padding=1),
        iaf1=iaf(),
        pool1=SumPool2d(2),
        conv2=nn.Conv2d(8, 16, 3, padding=1, bias=False),
        iaf2=iaf(),
        flatten=nn.Flatten(),
        fc=nn.Linear(16 * 7 * 7, 10),
        iaf3=iaf(),
    )
    net = nn.Sequential(layers)

    def run(x):
        sinabs.reset_states(net)
        batch = len(x)
        x = x.repeat_interleave(TIMESTEPS, dim=0)  # [B * T, 1, 28, 28]
        spikes = {}
        for name, module in net.named_children():
            x = module(x)
            if isinstance(module, IAFSqueeze):
                spikes[name] = x.unflatten(0, (batch, TIMESTEPS)).transpose(0, 1)
        return spikes

    def export():
        sinabs.reset_states(net)
        graph = to_nir(net, torch.zeros(TIMESTEPS, 1, 28, 28))
        graph.infer_types()  # a convolution without the size of its input cannot be written
        return graph

    return Network(net, run, export)


def main() -> None:
    args = arguments(__doc__, epochs=3)
    torch.manual_seed(0)
    trained = network()
    train(trained, args.data_dir, args.epochs)
    facts = {"framework": f"sinabs {version('sinabs')}", "dt": 1.0, "reset": "soft"}
    record(trained, facts, args.data_dir, args.out / "sinabs-conv")


if __name__ == "__main__":
    main()
