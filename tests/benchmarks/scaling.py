"""What a large network takes, from rates that are measured; docs/scaling.md has the formulas.

python -m tests.benchmarks.scaling [--side 224] [--json FILE]

Of ResNet-34 with ternary spikes, T = 1, random weights: seconds and memory of a training step, the
bytes that its processes exchange, and cycles of its core. Of `zoo:cifar10` on random images:
Verilator's seconds a cycle on two numbers of lanes. One thread. Then ImageNet on several hosts.
"""

import multiprocessing
import os
import resource
import socket
import time
from statistics import median
from typing import Any

import click
import msgspec
import numpy as np
import torch
import torch.distributed as dist
from rich.console import Console
from rich.table import Table
from torch.nn.functional import cross_entropy

import compiler
from compiler.frontend.importer import import_network
from compiler.pipeline import compile_graph
from hw_models.cli import run
from hw_models.core import workload
from hw_models.engines import fast
from hw_models.options import JSON, Giver
from qtrain.models.named import named_module
from qtrain.network.network import build_network
from qtrain.network.recording import record
from qtrain.network.trace import trace
from qtrain.training.defaults import fastest_precision
from qtrain.training.optimizers import make_optimizers
from qtrain.zoo import checkpoint_path
from rtl_sim.simulation import report
from tests.benchmarks.networks import images, randomized

NETWORK, CLASSES, LANES = "resnet34", 1000, 1024
IMAGES, TEST_IMAGES, EPOCHS = 1_281_167, 50_000, 90  # of ImageNet; the epochs of its usual recipe
BATCH = 1024  # of all processes together
CLUSTERS = ((1, 2), (4, 16), (16, 32))  # hosts, and processes on each
LINK = 1.25e9  # bytes a second between hosts: 10 Gbit/s
BATCHES, ROUNDS, MEGABYTES = (2, 6), 3, 64


class Rates(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured; seconds are of one thread."""

    side: int  # pixels of an image's side
    parameters: int
    precision: str
    image_seconds: float  # of a training step, for each image
    step_seconds: float  # of a training step, whatever its images: the optimizers
    image_bytes: float  # of memory in a training step, for each image
    step_bytes: float  # of the process beside that, without its samples
    exchange_bytes_second: float  # summed by two processes of this machine, as they need it
    lanes: int  # of the core, in all layers together
    firing_rate: float  # mean over the neurons
    cycles: float  # from one image to the next, of the slowest layer
    integer_seconds: float  # of an image on the fast engine
    weight_bytes: int
    simulated: list[dict[str, float]]  # lanes, cycles an image, seconds a cycle, to compile; bytes

    def epoch_seconds(self, hosts: int, processes: int) -> float:
        """Seconds of an epoch: its steps, one after another, where nothing overlaps."""
        workers = hosts * processes
        sent = 4 * self.parameters * 2 * (workers - 1) / workers
        rate = self.exchange_bytes_second if hosts == 1 else LINK / processes
        step = self.image_seconds * BATCH / workers + self.step_seconds + sent / rate
        return IMAGES // BATCH * step

    def process_bytes(self, hosts: int, processes: int) -> float:
        """Memory of a process, which holds all samples as bytes."""
        share = BATCH / (hosts * processes)
        return self.step_bytes + share * self.image_bytes + IMAGES * 3 * self.side**2

    def cycle_seconds(self, lanes: int) -> float:
        """Seconds of a cycle in Verilator: a line through the two that were measured."""
        few, many = self.simulated
        slope = (many["seconds"] - few["seconds"]) / (many["lanes"] - few["lanes"])
        return few["seconds"] + slope * (lanes - few["lanes"])

    def image_in_verilog_seconds(self) -> float:
        return self.cycles * self.cycle_seconds(self.lanes) + self.integer_seconds


def in_a_process(work: Any, *args: Any) -> Any:
    """What work(*args) gives in a new process, whose memory is its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, args)


def training(side: int, batch: int, precision: str) -> tuple[int, float, float]:
    """Parameters, seconds of a step, and its peak of memory in bytes, on random images."""
    torch.set_num_threads(1)
    module = named_module(
        NETWORK, (), (), (3, side, side), CLASSES, input_scale=1 / 64, timesteps=1, gain=0.35
    )
    net = build_network(*trace(module, (3, side, side))).train()
    optimizers = make_optimizers(net, "muon", 5e-3, 1e-2, 0.08, getattr(torch, precision))
    x, y = torch.randint(-127, 128, (1, batch, 3, side, side)) / 64, torch.arange(batch)
    seconds = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
            logits = net(x)
        optimizers.zero_grad()
        cross_entropy(logits.float(), y).backward()
        optimizers.step(1.0)
        seconds.append(time.perf_counter() - begin)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return sum(p.numel() for p in net.parameters()), median(seconds), peak


def exchanged(rank: int, port: int) -> float:
    """Bytes a second that two processes sum."""
    address = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    os.environ |= {**address, "WORLD_SIZE": "2", "RANK": str(rank)}
    dist.init_process_group("gloo")
    gradients = torch.zeros(MEGABYTES << 18)
    dist.all_reduce(gradients)
    begin = time.perf_counter()
    for _ in range(ROUNDS):
        dist.all_reduce(gradients)
    seconds = (time.perf_counter() - begin) / ROUNDS
    dist.destroy_process_group()
    return (MEGABYTES << 20) / seconds


def exchange() -> float:
    """The same, of both."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        return min(pool.starmap(exchanged, [(0, port), (1, port)], chunksize=1))


def core(side: int) -> dict[str, float]:
    """What the core of the network with random weights takes for an image."""
    net = randomized(NETWORK, "ternary", size=side, classes=CLASSES, timesteps=1)
    build = compile_graph(
        import_network(net, "int8", NETWORK), compiler.Options(), calibration=None
    )
    with torch.no_grad():
        x = record(net, images(net, 2, 7)).inputs.numpy()
    build = compiler.pipeline.with_hardware(build, compiler.Options(total_lanes=LANES), x)
    begin = time.perf_counter()
    traced = fast.run(build, x)
    seconds = (time.perf_counter() - begin) / x.shape[1]
    cycles = max(work.cycles.mean() for work in workload.count(build, x, traced).values())
    spikes = [np.abs(s).mean() * s[0, 0].size for s in traced.spikes.values()]
    neurons = sum(s[0, 0].size for s in traced.spikes.values())
    weights = sum(len(content) for name, content in build.files.items() if "weight" in name)
    return {
        "firing_rate": float(sum(spikes)) / neurons,
        "cycles": float(cycles),
        "integer_seconds": seconds,
        "weight_bytes": weights,
    }


def simulated(lanes: int) -> dict[str, float]:
    """Verilator on the core of zoo:cifar10 with so many lanes in all layers together."""
    x = np.random.default_rng(0).integers(-15, 16, (1, 4, 3, 32, 32), np.int8)
    options = compiler.Options(total_lanes=lanes)
    build = compiler.build(checkpoint_path("cifar10"), options, calibration=x)
    found = report.run(build, x, "verilator")
    cycles = found.cycles * x.shape[1]
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    return {
        "lanes": lanes,
        "cycles": float(found.cycles),
        "seconds": float(found.seconds / cycles),
        "compile_seconds": found.compile_seconds,
        "bytes": peak,
    }


@click.command()
@click.option("--side", type=click.IntRange(min=32), default=224, show_default=True)
@JSON
def cli(side: int, give_json: Giver) -> None:
    """Measure the rates of large networks."""
    precision = fastest_precision()
    few, many = (in_a_process(training, side, batch, precision) for batch in BATCHES)
    more = BATCHES[1] - BATCHES[0]
    image_seconds, image_bytes = (many[1] - few[1]) / more, (many[2] - few[2]) / more
    rates = Rates(
        side=side,
        parameters=few[0],
        precision=precision,
        image_seconds=image_seconds,
        step_seconds=few[1] - BATCHES[0] * image_seconds,
        image_bytes=image_bytes,
        step_bytes=few[2] - BATCHES[0] * image_bytes,
        exchange_bytes_second=exchange(),
        lanes=LANES,
        simulated=[in_a_process(simulated, lanes) for lanes in (64, 256)],
        **core(side),
    )
    give_json(rates)
    table = Table(title=f"{NETWORK} at {side} x {side}, one thread")
    for head in ("rate", "measured"):
        table.add_column(head)
    for name, value in msgspec.to_builtins(rates).items():
        table.add_row(name, f"{value:,.6g}" if isinstance(value, float) else str(value))
    Console().print(table, cluster_table(rates))


def cluster_table(rates: Rates) -> Table:
    """ImageNet on clusters of several sizes."""
    table = Table(title=f"ImageNet, batches of {BATCH:,} images, {EPOCHS} epochs")
    heads = (
        "hosts x processes",
        "epoch, h",
        "training, d",
        "GB a process",
        "test set in Verilog, h",
    )
    for head in heads:
        table.add_column(head, justify="right")
    for hosts, processes in CLUSTERS:
        epoch = rates.epoch_seconds(hosts, processes) / 3600
        verilog = rates.image_in_verilog_seconds() * TEST_IMAGES / (hosts * processes) / 3600
        table.add_row(
            f"{hosts} x {processes}",
            f"{epoch:,.1f}",
            f"{epoch * EPOCHS / 24:,.1f}",
            f"{rates.process_bytes(hosts, processes) / 1e9:,.1f}",
            f"{verilog:,.1f}",
        )
    return table


if __name__ == "__main__":
    run(cli, "python -m tests.benchmarks.scaling")
