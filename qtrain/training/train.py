"""Trains a network on a data set, epoch by epoch, and evaluates it."""

import dataclasses
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
from hw_models.folder import files
from hw_models.report.agreement import agreeing, share
from qtrain import checkpoint
from qtrain.checkpoint import Checkpoint
from qtrain.data import augment, datasets
from qtrain.data.autoaugment import autoaugmented
from qtrain.layers.neurons import LIF
from qtrain.models import stack
from qtrain.network.module import Network, build_module
from qtrain.network.recording import membranes
from qtrain.network.trace import trace
from qtrain.training import run_folder
from qtrain.training.config import TrainConfig
from qtrain.training.optimizers import Optimizers, optimizer
from qtrain.training.sparsity import hold_back, rate_penalty

EPOCH_SEED = 1_000_003  # apart from the seeds of other runs


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """What a network does on a split."""

    accuracy: float  # share of the samples
    firing_rate: dict[str, float]  # share of neurons that spike in a step, by LIF layer


class Epoch(NamedTuple):
    """What is reported after an epoch."""

    number: int  # from 1
    loss: float  # mean of the training batches, penalty included
    held: Evaluation | None  # of the split that training does not see; None: not in this epoch
    split: str = "test"  # which split that is: test, or validation


def build(config: TrainConfig) -> nn.Module:
    """The network of a configuration, initialised from its seed."""
    spec = config.spec
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        net = stack.network(
            config.model,
            config.hidden,
            config.channels,
            spec.shape,
            spec.classes,
            input_scale=spec.scale_of(config.input_bits),
            input_bits=config.input_bits,
            weight_bits=config.weight_bits,
            edge_bits=config.edge_bits,
            amplitude_per=config.amplitude_per,
            acc_bits=config.acc_bits,
            acc_bits_input=config.acc_bits_input,
            gain=config.gain,
            offset=config.offset,
            join_surrogate=config.join_surrogate,
            spike=config.spike,
            timesteps=config.timesteps,
            tau=config.tau,
            reset=config.reset,
            amplitude=config.amplitude,
            surrogate=config.surrogate,
            surrogate_width=config.surrogate_width,
        )
    for module in net.modules():
        if isinstance(module, LIF):
            nn.init.constant_(module.amplitude, config.initial_amplitude)
    return net


def train(
    config: TrainConfig,
    out: Path,
    data_dir: Path | None = None,
    *,
    module: nn.Module | None = None,
    resume: Checkpoint | None = None,
    init: Checkpoint | None = None,
    overwrite: bool = False,
    on_step: Callable[[int, int, int], None] = lambda epoch, done, total: None,
    on_epoch: Callable[[Epoch], None] = lambda epoch: None,
) -> Network:
    """Train, and write out/ckpt.pt and a line of out/log.jsonl after each epoch.

    The same configuration gives the same network, whether the run was interrupted and resumed or
    not, on the same machine and versions.

    Args:
        config: options; the last epoch counts, whatever the test set says of the others.
        out: folder, made if missing.
        data_dir: where the data set's files are; see datasets.load.
        module: a network of qtrain's layers to train in place of the one that config names.
        resume: go on from here, with the same config.
        init: begin with the tensors of this network of the same shape, at any number of time steps
            and any width of weights.
        overwrite: replace another run's checkpoint in `out`.
        on_step: called after each batch with the epoch from 1, and the batches (done, total) of it.
        on_epoch: called after each epoch's checkpoint is written.

    Raises:
        InputError: the data set is missing, too small or not one that the network takes; the
            network cannot be traced, gives other logits than one a class or no finite ones, or has
            nothing to train; a loss or tensor is no longer finite; `out` is another run's.
    """
    samples = datasets.load(config.dataset, "train", data_dir, config.frames)
    if config.validation:
        samples, held = samples.cut(config.validation)
    else:
        held = datasets.load(config.dataset, "test", data_dir, config.frames)
    if config.batch_size > len(samples):
        raise InputError(
            f"batch_size = {config.batch_size}; accepted: up to the {len(samples)} training samples"
        )
    net = resume.network() if resume else _network(module or build(config), samples.spec)
    if init and not resume:
        net = build_module(net.graph, init.tensors)
    _try_out(net, held)
    if not any(p.requires_grad for p in net.parameters()):
        raise InputError("no parameter of the network has requires_grad; nothing can be trained")
    steps = optimizer(
        net,
        config.optimizer,
        config.lr,
        config.weight_decay,
        config.muon_lr,
        getattr(torch, config.precision),
    )
    generator = torch.Generator().manual_seed(config.seed)
    start = _restore(resume, steps, generator) if resume else 0
    data_sha256 = samples.sha256()
    claim = run_folder.claimed(
        out, config, net.graph, data_sha256, resumed=resume is not None, overwrite=overwrite
    )
    with claim, _one_thread():
        for epoch in range(start, config.epochs):
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed((config.seed + EPOCH_SEED * epoch) % (1 << 63))
                loss = _train_epoch(config, net, samples, steps, generator, epoch, on_step)
            due = epoch + 1 == config.epochs or (epoch + 1) % config.evaluate_every == 0
            split = "validation" if config.validation else "test"
            result = Epoch(epoch + 1, loss, evaluate(net, held) if due else None, split)
            checkpoint.save(
                out / checkpoint.NAME,
                config=msgspec.to_builtins(config),
                graph=net.graph,
                tensors=net.tensors(),
                metrics=_metrics(result),
                training={
                    "epoch": result.number,
                    "optimizer": steps.state_dict(),
                    "generator": generator.get_state(),
                    run_folder.DATA: data_sha256,
                },
            )
            _log(out / checkpoint.LOG, result)
            on_epoch(result)
    return net.eval()


def _log(path: Path, epoch: Epoch) -> None:
    """Write the epoch's line, behind those of the epochs before it that are there."""
    before = path.read_bytes().splitlines() if epoch.number > 1 and path.is_file() else []
    lines = [*before[: epoch.number - 1], msgspec.json.encode(_metrics(epoch)), b""]
    files.write({path: b"\n".join(lines)})


def _metrics(epoch: Epoch) -> dict[str, Any]:
    metrics: dict[str, Any] = {"epoch": epoch.number, "loss": epoch.loss}
    if epoch.held is not None:
        metrics[f"{epoch.split}_accuracy"] = epoch.held.accuracy
        metrics["firing_rate"] = epoch.held.firing_rate
    return metrics


def _train_epoch(
    config: TrainConfig,
    net: Network,
    samples: datasets.Split,
    optimizer: Optimizers,
    generator: torch.Generator,
    epoch: int,
    on_step: Callable[[int, int, int], None],
) -> float:
    """One pass over the samples in a new order, less the last part of a batch; the mean loss.

    The generator orders and moves the samples; a dropout draws from torch's own, seeded for each
    epoch, so that a resumed run goes on as it would have.
    """
    net.train()
    lifs = net.lifs()
    steps = len(samples) // config.batch_size
    losses = torch.zeros(())
    order = torch.randperm(len(samples), generator=generator)
    mirrored = augment.alternating(len(samples), config.seed, epoch)
    for step, which in enumerate(order[: steps * config.batch_size].split(config.batch_size)):
        done = (epoch * steps + step) / (config.epochs * steps)
        for lif in lifs.values():
            lif.hardness = min(1.0, done / config.soft_spikes) if config.soft_spikes else 1.0
        x = _augmented(config, samples, which, mirrored, generator)
        with membranes(net) as u, _precision(config):
            logits = net(x)
        loss = functional.cross_entropy(
            logits.float(), samples.y[which], label_smoothing=config.label_smoothing
        )
        if config.firing_rate < 1 and lifs:
            loss = loss + rate_penalty(lifs, u, config.firing_rate)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step(learning_rate(config, done))
        if config.firing_limit < 1:
            hold_back(net, u, config.firing_limit)
        losses += loss.detach()
        on_step(epoch + 1, step + 1, steps)
    if not torch.isfinite(losses):
        raise InputError(f"epoch {epoch + 1}: the loss is no longer finite; try a smaller --lr")
    return float(losses) / steps


def learning_rate(config: TrainConfig, done: float) -> float:
    """The factor of the learning rates when a share `done` of all steps, 0 to 1, is done."""
    if done < config.warmup:
        return done / config.warmup
    rest = (done - config.warmup) / (1 - config.warmup)
    return 1 - rest if config.schedule == "linear" else (1 + cos(pi * rest)) / 2


def _augmented(
    config: TrainConfig,
    samples: datasets.Split,
    which: Tensor,
    mirrored: Tensor,
    generator: torch.Generator,
) -> Tensor:
    """The inputs [T', B, *shape] of these samples as training sees them."""
    mirror = mirrored[which]
    if config.autoaugment:
        counts = autoaugmented(samples.x[which].squeeze(1), generator)
        samples = dataclasses.replace(samples, x=counts[:, None], y=samples.y[which])
        which = torch.arange(len(which))
    x = augment.shifted(samples.inputs(which), config.shift, generator, config.border)
    if config.flip:
        x = augment.flipped(x, mirror)
    return augment.covered(x, config.cutout, generator)


def _precision(config: TrainConfig) -> torch.autocast:
    """Within, convolutions and what follows them compute in the configuration's type.

    Weights are quantized and updated in float32, and evaluation is in float32 throughout.
    """
    return torch.autocast("cpu", torch.bfloat16, enabled=config.precision == "bfloat16")


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
def evaluate(net: Network, split: datasets.Split, batch_size: int = 250) -> Evaluation:
    """Accuracy and firing rates in eval mode.

    Raises:
        InputError: the network does not take these samples, or gives other logits than one a class.
    """
    _try_out(net, split)
    lifs = net.lifs()
    right, fired = 0, dict.fromkeys(lifs, 0.0)
    with membranes(net) as seen:
        for first in range(0, len(split), batch_size):
            which = slice(first, first + batch_size)
            right += agreeing(net(split.inputs(which)).argmax(1), split.y[which])
            for name, u in seen.items():
                fired[name] += float(lifs[name].fired(u).float().mean()) * u.shape[1]
    rates = {name: f / len(split) for name, f in fired.items()}
    return Evaluation(share(right, len(split)), rates)


@torch.no_grad()
def _try_out(net: Network, split: datasets.Split) -> None:
    """Raise InputError unless the network makes one finite logit a class of a sample.

    A membrane that is NaN never fires, so that the logits behind it look sound: all are looked at.
    """
    spec, x = split.spec, split.inputs(slice(0, 1))
    net.eval()
    try:
        with membranes(net) as seen:
            logits = net(x)
    except (RuntimeError, ValueError, IndexError) as error:  # shapes that do not fit
        raise InputError(
            f"the network does not take {spec.name}'s samples of {list(spec.shape)}: {error}"
        ) from error
    for name, values in {**seen, "the logits": logits}.items():
        if not torch.isfinite(values).all():
            raise InputError(
                f"{name}: values that are NaN or infinite; look at the weights before it"
            )
    if logits.shape != (1, spec.classes):
        raise InputError(
            f"the network gives logits of {list(logits.shape[1:])}; accepted: {spec.classes}, the "
            f"classes of {spec.name}"
        )


def _network(module: nn.Module, spec: datasets.Spec) -> Network:
    return build_module(*trace(module, spec.shape, spec.encoding))


def _restore(resume: Checkpoint, optimizer: Optimizers, generator: torch.Generator) -> int:
    """Puts back the state of training; returns the number of epochs done."""
    try:
        optimizer.load_state_dict(resume.training["optimizer"])
        generator.set_state(resume.training["generator"])
        return int(resume.training["epoch"])
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise InputError(f"the checkpoint's training state cannot be resumed: {error}") from error
