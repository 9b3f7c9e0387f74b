"""Every named network through the compiler with random weights and random batch-norm statistics.

python -m tests.benchmarks.networks [NAME ...] [--samples 4]

Gains of both signs, one of 0 and one of 1e-7 in every batch norm, amplitudes of both signs, scaled
so that every layer fires 2 to 60 %. Per network: the spikes in which a layer, fed the float
network's own, differs from it (worst layer), predictions of the whole that agree, and whether the
golden model and the fast engine agree in every spike, membrane and logit.
"""

from functools import reduce
from typing import NamedTuple

import click
import numpy as np
import torch
from rich.console import Console
from rich.progress import track
from rich.table import Table
from torch import Tensor

from compiler.frontend.importer import import_network
from compiler.pipeline import Options, compile_graph
from hw_models.dataflow import Build
from hw_models.engines import fast, golden
from hw_models.engines.products import product
from qtrain.layers import BatchNorm
from qtrain.models.named import named_module
from qtrain.models.shapes import RESNETS, TEXTS
from qtrain.network.network import Network, build_network
from qtrain.network.recording import membranes, record
from qtrain.network.trace import trace

SIZES = {"vgg11": 32, "resnet18": 32, "resnet34": 32}  # of the input; else 16
RATES = 0.02, 0.6
KINDS = {
    "binary": {"spike": "binary", "amplitude": "fixed"},
    "ternary": {"spike": "ternary", "amplitude": "fixed"},
    "trainable": {"spike": "ternary", "amplitude": "trainable"},
    "per channel": {"spike": "ternary", "amplitude_per": "channel"},
}


class Result(NamedTuple):
    """What became of one network; shares are 0..1."""

    rates: tuple[float, float]  # of the layer that fires least, and most
    unequal: float  # spikes of the worst layer, fed the float network's own
    predictions_equal: float
    engines_equal: bool


def randomized(
    name: str,
    kind: str,
    seed: int = 0,
    weight_bits: int = 8,
    size: int | None = None,
    classes: int = 10,
    timesteps: int = 2,
) -> Network:
    """The network, its batch norms' statistics those of random images behind random gains."""
    size = size or SIZES.get(name, 16)
    torch.manual_seed(seed)
    module = named_module(
        name, (), (), (3, size, size), classes, input_scale=1 / 64, timesteps=timesteps,
        weight_bits=weight_bits, **KINDS[kind],
    )  # fmt: skip
    net = build_network(*trace(module, (3, size, size)))
    norms = [layer for layer in net.layers if isinstance(layer, BatchNorm)]
    with torch.no_grad():
        for lif in net.lifs().values():
            if kind in ("trainable", "per channel"):
                signs = torch.randn_like(lif.amplitude).sign()
                lif.amplitude.uniform_(0.3, 0.7).mul_(signs)
        for layer in norms:
            layer.momentum = 1.0
            layer.weight.uniform_(0.2, 0.8).mul_(torch.randn_like(layer.weight).sign())
            layer.weight[:2] = torch.tensor([0.0, 1e-7])
            layer.bias.normal_(0, 0.1)
        calibrate(net, images(net, 16, seed + 1))
    return net


def calibrate(net: Network, x: Tensor) -> None:
    """Statistics of x, layer by layer; a layer that fires too much or too little is shifted."""
    before = {node.name: node.inputs for node in net.graph.nodes}
    for _ in range(40):
        net.train()
        with membranes(net) as seen:
            net(x)
        net.eval()
        rates = {name: float(net.lifs()[name].fired(u).float().mean()) for name, u in seen.items()}
        wrong = [n for n, rate in rates.items() if not RATES[0] * 2 < rate < RATES[1] * 0.9]
        if not wrong:
            return
        for name in wrong:
            norm = _norm_before(net, before, name)
            many = rates[name] > RATES[0] * 2
            lif = net.lifs()[name]
            if lif.ternary:
                norm.weight.mul_(0.8 if many else 1.3)
                source = [s for s in before[before[name][0]] if s in net.lifs()]
                for shortcut in source if many else ():
                    net.lifs()[shortcut].amplitude.mul_(0.8)
            else:
                norm.bias.add_(-0.15 if many else 0.1)
    raise RuntimeError(f"no firing rates within {RATES}: {rates}")


def _norm_before(net: Network, before: dict[str, tuple[str, ...]], name: str) -> BatchNorm:
    (source,) = before[name]
    norms = [n for n in (source, *before[source]) if isinstance(net.layer(n), BatchNorm)]
    norm = net.layer(norms[0])
    assert isinstance(norm, BatchNorm)
    return norm


def images(net: Network, count: int, seed: int) -> Tensor:
    """Random images [1, count, 3, H, W], neighbouring pixels alike."""
    shape = net.graph.nodes[0].attrs["shape"]
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.randn(count, shape[0], shape[1] // 4, shape[2] // 4, generator=generator)
    smooth = torch.nn.functional.interpolate(coarse, scale_factor=4, mode="bilinear")
    return (smooth + 0.2 * torch.randn(smooth.shape, generator=generator))[None]


@torch.no_grad()
def through_the_compiler(net: Network, samples: int) -> Result:
    """Compile a network and compare."""
    bits = net.graph.nodes[-2].attrs["weight_bits"]
    target = {8: "int8", 4: "int4", 2: "ternary"}[bits]
    build = compile_graph(import_network(net, target, "network"), Options(target))
    recording = record(net, images(net, samples, 7))
    x, spikes = recording.inputs.numpy(), {k: s.numpy() for k, s in recording.spikes.items()}
    alone = layer_by_layer(build, {build.dataflow.input.name: x, **spikes})
    whole = fast.run(build, x)
    slow, quick = golden.run(build, x[:, :1]), fast.run(build, x[:, :1])
    rates = [float(np.mean(s != 0)) for s in spikes.values()]
    return Result(
        (min(rates), max(rates)),
        max(float(np.mean(alone[name] != s)) for name, s in spikes.items()),
        float(np.mean(whole.predictions == recording.logits.argmax(1).numpy())),
        all(
            np.array_equal(a[name], b[name])
            for a, b in ((slow.spikes, quick.spikes), (slow.membranes, quick.membranes))
            for name in a
        )
        and np.array_equal(slow.logits, quick.logits),
    )


def layer_by_layer(build: Build, streams: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What each layer makes of the float network's own spikes."""
    made = {}
    for layer in build.dataflow.layers:
        if layer.fires:
            parts = []
            for synapse in layer.synapses:
                s = streams[synapse.source]
                current = product(build, synapse)(s).astype(np.int64)
                parts.append(current.reshape(*s.shape[:2], *layer.shape))
            made[layer.name] = golden.update(build, layer, reduce(np.add, parts))[0]
    return made


@click.command(help=(__doc__ or "").split("\n", 1)[0])
@click.argument("names", nargs=-1, type=click.Choice([*RESNETS, *TEXTS]))
@click.option(
    "--kind", "kinds", multiple=True, type=click.Choice(list(KINDS)), help="Default: all."
)
@click.option("--samples", default=4, show_default=True)
def main(names: tuple[str, ...], kinds: tuple[str, ...], samples: int) -> None:
    torch.set_num_threads(1)
    console = Console(highlight=False)
    table = Table("network", "spikes", "firing", "unequal, worst", "predictions", "engines")
    cases = [(n, k) for n in names or (*RESNETS, *TEXTS) for k in kinds or KINDS]
    for name, kind in track(cases, console=console, transient=True):
        result = through_the_compiler(randomized(name, kind), samples)
        table.add_row(
            name, kind, "{:.0%} to {:.0%}".format(*result.rates), f"{result.unequal:.4%}",
            f"{result.predictions_equal:.0%}", "equal" if result.engines_equal else "UNEQUAL",
        )  # fmt: skip
    console.print(table)


if __name__ == "__main__":
    main()
