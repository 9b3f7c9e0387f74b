"""A training step of resnet20s, profiled by part, and against SpikingJelly's multi-step mode.

python -m tests.benchmarks.training_step [--timesteps 2] [--batch-size 128] [--rounds 5]

The unquantized network, in float32, of both packages: the same convolutions, batch norms, joins,
leak and hard reset, ours with ternary spikes, theirs with binary ones, which is all it has; the
first convolution of a repeated image is computed once in both. SpikingJelly moves torch to another
release: give it a folder of its own (pip install --no-deps --target FOLDER spikingjelly loguru) and
name that in PYTHONPATH; without it ours alone is measured. They take turns, so that what else the
machine does meets both. Threads: --threads, for both.
"""

import itertools
import time
from collections.abc import Callable
from statistics import median
from types import SimpleNamespace

import click
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from qtrain.layers import QuantConv2d, QuantLinear
from qtrain.models.named import named_module
from qtrain.network.network import build_network
from qtrain.network.trace import trace

SHAPE, CLASSES = (3, 32, 32), 10
Step = Callable[[Tensor], Tensor]  # images [B, 3, 32, 32] to logits [B, classes]


def ours(timesteps: int, quantized: bool, precision: torch.dtype) -> tuple[nn.Module, Step]:
    """This package's network; unquantized ones take their weights as they are."""
    net = named_module(
        "resnet20s", (), (), SHAPE, CLASSES, input_scale=1 / 64, timesteps=timesteps, gain=0.35
    )
    net = build_network(*trace(net, SHAPE)).train()
    for layer in net.layers if not quantized else ():
        if isinstance(layer, QuantConv2d | QuantLinear):
            plain = SimpleNamespace(value=layer.weight)
            layer.quant_weight_for = lambda _, plain=plain: plain  # pyright: ignore

    def step(x: Tensor) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == torch.bfloat16):
            return net(x[None]).float()

    return net, step


def spikingjelly(timesteps: int) -> tuple[nn.Module, Step]:
    """The same of SpikingJelly's layers, as its documentation builds such networks."""
    from spikingjelly.activation_based import (  # pyright: ignore[reportMissingImports]
        functional,
        layer,
        neuron,
        surrogate,
    )

    def lif() -> nn.Module:
        return neuron.LIFNode(
            tau=4 / 3, decay_input=False, v_threshold=0.5, surrogate_function=surrogate.ATan(),
            step_mode="m",
        )  # fmt: skip

    def conv(before: int, after: int, kernel: int, stride: int) -> nn.Sequential:
        synapse = layer.Conv2d(
            before, after, kernel, stride, kernel // 2, bias=False, step_mode="m"
        )
        norm = layer.BatchNorm2d(after, step_mode="m")
        nn.init.constant_(norm.weight, 0.35)
        return nn.Sequential(synapse, norm)

    class Block(nn.Module):
        def __init__(self, before: int, after: int, stride: int) -> None:
            super().__init__()
            self.conv1, self.lif1 = conv(before, after, 3, stride), lif()
            self.conv2, self.lif2 = conv(after, after, 3, 1), lif()
            self.shortcut = conv(before, after, 1, stride) if stride > 1 else nn.Identity()

        def forward(self, x: Tensor) -> Tensor:
            return self.lif2(self.conv2(self.lif1(self.conv1(x))) + self.shortcut(x))

    widths = [16] + [width for width in (16, 32, 64) for _ in range(3)]
    blocks = [
        Block(before, after, 1 + (after != before)) for before, after in itertools.pairwise(widths)
    ]
    stem, rest = conv(3, 16, 3, 1), nn.Sequential(lif(), *blocks)
    fc = layer.Linear(64, CLASSES, step_mode="m")
    net = nn.ModuleList((stem, rest, fc)).train()

    def step(x: Tensor) -> Tensor:
        functional.reset_net(rest)
        current = stem(x[None]).expand(timesteps, -1, -1, -1, -1)
        return fc(rest(current).mean((-2, -1))).mean(0)

    return net, step


def timed(net: nn.Module, step: Step, x: Tensor, y: Tensor) -> Callable[[], float]:
    """A training step; the seconds that one took."""
    optimizer = torch.optim.AdamW(net.parameters(), 1e-3, fused=True)

    def run() -> float:
        start = time.perf_counter()
        optimizer.zero_grad()
        cross_entropy(step(x), y).backward()
        optimizer.step()
        return time.perf_counter() - start

    return run


@click.command(help=(__doc__ or "").split("\n", 1)[0])
@click.option("--timesteps", default=2, show_default=True)
@click.option("--batch-size", default=128, show_default=True)
@click.option("--rounds", default=5, show_default=True)
@click.option("--threads", default=1, show_default=True)
@click.option("--profile", is_flag=True, help="The operations of one step, most time first.")
def main(timesteps: int, batch_size: int, rounds: int, threads: int, profile: bool) -> None:
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    x, y = torch.randn(batch_size, *SHAPE), torch.randint(CLASSES, (batch_size,))
    networks = {
        "ours": ours(timesteps, False, torch.float32),
        "ours, quantized": ours(timesteps, True, torch.float32),
        "ours, quantized, bfloat16": ours(timesteps, True, torch.bfloat16),
    }
    try:
        networks["spikingjelly"] = spikingjelly(timesteps)
    except ImportError as error:
        print(f"without SpikingJelly: {error}")
    runs = {name: timed(*made, x, y) for name, made in networks.items()}
    if profile:
        with torch.profiler.profile() as seen:
            runs["ours, quantized, bfloat16"]()
        print(seen.key_averages().table(sort_by="self_cpu_time_total", row_limit=15))
    for run in runs.values():
        run()
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            seconds[name].append(run())
    print(
        f"resnet20s, T = {timesteps}, batch {batch_size}, {threads} thread(s), median of {rounds}"
    )
    for name, values in seconds.items():
        ratio = median(values) / median(seconds["ours"])
        print(f"{name:27} {median(values):6.3f} s a step, {ratio:.2f} of ours")


if __name__ == "__main__":
    main()
