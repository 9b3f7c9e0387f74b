"""Trains a network on a data set, epoch by epoch, and evaluates it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import cos, pi
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import torch
from torch import Tensor, nn
from torch.nn import functional

from hw_models.errors import InputError
from qtrain import checkpoint, data, models
from qtrain.checkpoint import Checkpoint
from qtrain.config import TrainConfig
from qtrain.graph import Network, build_module, membranes, trace
from qtrain.sparsity import rate_penalty

CHECKPOINT = "ckpt.pt"


class Evaluation(NamedTuple):
    """What a network does on a split."""

    accuracy: float  # share of the samples
    firing_rate: dict[str, float]  # share of neurons that spike in a step, by LIF layer


class Epoch(NamedTuple):
    """What is reported after an epoch."""

    number: int  # from 1
    loss: float  # mean of the training batches, penalty included
    test: Evaluation


def build(config: TrainConfig) -> nn.Module:
    """The network of a configuration, initialised from its seed."""
    spec = config.spec
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        return models.stack(
            models.stages_of(config.model, config.hidden, config.channels, spec.classes),
            spec.shape,
            spec.classes,
            input_scale=spec.input_scale,
            weight_bits=config.weight_bits,
            gain=config.gain,
            spike=config.spike,
            timesteps=config.timesteps,
            tau=config.tau,
            reset=config.reset,
            amplitude=config.amplitude,
            surrogate=config.surrogate,
        )


def train(
    config: TrainConfig,
    out: Path,
    data_dir: Path | None = None,
    *,
    module: nn.Module | None = None,
    resume: Checkpoint | None = None,
    on_step: Callable[[int, int, int], None] = lambda epoch, done, total: None,
    on_epoch: Callable[[Epoch], None] = lambda epoch: None,
) -> Network:
    """Train, and write out/ckpt.pt after each epoch.

    The same configuration gives the same network, whether the run was interrupted and resumed or
    not, on the same machine and versions.

    Args:
        config: options; the last epoch counts, whatever the test set says of the others.
        out: folder, made if missing.
        data_dir: where the data set's files are; see data.load.
        module: a network of qtrain's layers to train in place of the one that config names.
        resume: go on from here, with the same config.
        on_step: called after each batch with the epoch from 1, and the batches (done, total) of it.
        on_epoch: called after each epoch's checkpoint is written.

    Raises:
        InputError: the data set is missing or too small, the network cannot be traced.
    """
    samples = data.load(config.dataset, "train", data_dir, config.frames)
    test = data.load(config.dataset, "test", data_dir, config.frames)
    if config.batch_size > len(samples):
        raise InputError(
            f"batch_size = {config.batch_size}; accepted: up to the {len(samples)} training samples"
        )
    net = resume.network() if resume else _network(module or build(config), samples.spec)
    optimizer = _optimizer(net, config)
    generator = torch.Generator().manual_seed(config.seed)
    start = _restore(resume, optimizer, generator) if resume else 0
    out.mkdir(parents=True, exist_ok=True)  # a folder that cannot be is better known before
    with _one_thread():
        for epoch in range(start, config.epochs):
            loss = _train_epoch(config, net, samples, optimizer, generator, epoch, on_step)
            result = Epoch(epoch + 1, loss, evaluate(net, test))
            checkpoint.save(
                out / CHECKPOINT,
                config=msgspec.to_builtins(config),
                graph=net.graph,
                tensors=net.tensors(),
                metrics={
                    "epoch": result.number,
                    "loss": result.loss,
                    "test_accuracy": result.test.accuracy,
                    "firing_rate": result.test.firing_rate,
                },
                training={
                    "epoch": result.number,
                    "optimizer": optimizer.state_dict(),
                    "generator": generator.get_state(),
                },
            )
            on_epoch(result)
    return net.eval()


def _train_epoch(
    config: TrainConfig,
    net: Network,
    samples: data.Split,
    optimizer: torch.optim.Optimizer,
    generator: torch.Generator,
    epoch: int,
    on_step: Callable[[int, int, int], None],
) -> float:
    """One pass over the samples in a new order, less the last part of a batch; the mean loss."""
    net.train()
    lifs = net.lifs()
    steps = len(samples) // config.batch_size
    losses = torch.zeros(())
    order = torch.randperm(len(samples), generator=generator)
    for step, which in enumerate(order[: steps * config.batch_size].split(config.batch_size)):
        done = (epoch * steps + step) / (config.epochs * steps)
        for group in optimizer.param_groups:
            group["lr"] = config.lr * (1 + cos(pi * done)) / 2
        x = _shifted(samples.inputs(which), config.shift, generator)
        with membranes(net) as u:
            loss = functional.cross_entropy(net(x), samples.y[which])
        if config.firing_rate < 1 and lifs:
            loss = loss + rate_penalty(lifs, u, config.firing_rate)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses += loss.detach()
        on_step(epoch + 1, step + 1, steps)
    if not torch.isfinite(losses):
        raise InputError(f"epoch {epoch + 1}: the loss is no longer finite; try a smaller --lr")
    return float(losses) / steps


@contextmanager
def _one_thread() -> Iterator[None]:
    """One thread: operations run chunk by chunk in the cache, too short to share.

    So training is as fast on a busy machine, and its result the same on any number of cores.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@torch.no_grad()
def evaluate(net: Network, split: data.Split, batch_size: int = 1000) -> Evaluation:
    """Accuracy and firing rates in eval mode."""
    net.eval()
    lifs = net.lifs()
    right, fired = 0, dict.fromkeys(lifs, 0.0)
    with membranes(net) as seen:
        for first in range(0, len(split), batch_size):
            which = slice(first, first + batch_size)
            right += int((net(split.inputs(which)).argmax(1) == split.y[which]).sum())
            for name, u in seen.items():
                fired[name] += float(lifs[name].fired(u).float().mean()) * u.shape[1]
    return Evaluation(right / len(split), {name: f / len(split) for name, f in fired.items()})


def _network(module: nn.Module, spec: data.Spec) -> Network:
    return build_module(*trace(module, spec.shape, spec.encoding))


def _optimizer(net: Network, config: TrainConfig) -> torch.optim.Optimizer:
    """Weight decay for weights; none for batch norm, bias and amplitude."""
    weights = [p for p in net.parameters() if p.ndim > 1]
    others = [p for p in net.parameters() if p.ndim <= 1]
    groups: list[dict[str, Any]] = [
        {"params": weights, "weight_decay": config.weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=config.lr, fused=True)


def _restore(
    resume: Checkpoint, optimizer: torch.optim.Optimizer, generator: torch.Generator
) -> int:
    """Puts back the state of training; returns the number of epochs done."""
    try:
        optimizer.load_state_dict(resume.training["optimizer"])
        generator.set_state(resume.training["generator"])
        return int(resume.training["epoch"])
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise InputError(f"the checkpoint's training state cannot be resumed: {error}") from error


def _shifted(x: Tensor, shift: int, generator: torch.Generator) -> Tensor:
    """Each sample of x [T', B, C, H, W] moved by -shift..shift pixels both ways, zeros behind."""
    if not shift:
        return x
    height, width = x.shape[-2:]
    padded = functional.pad(x, (shift,) * 4).transpose(0, 1)
    windows = padded.unfold(3, height, 1).unfold(4, width, 1)
    dy, dx = torch.randint(2 * shift + 1, (2, x.shape[1]), generator=generator)
    return windows[torch.arange(x.shape[1]), :, :, dy, dx].transpose(0, 1)
