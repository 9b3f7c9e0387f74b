"""The training loop: trains a network on a data set, epoch by epoch."""

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from math import cos, pi
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import torch
from torch import Tensor, nn
from torch.nn import functional

from hw_models.errors import InputError
from qtrain import checkpoint, processes
from qtrain.checkpoint import Checkpoint
from qtrain.choices import FROM_NIR
from qtrain.data import augment
from qtrain.data.autoaugment import autoaugmented
from qtrain.data.source import DataSource
from qtrain.data.split import Split
from qtrain.network.network import Network, build_network
from qtrain.network.recording import membranes
from qtrain.network.trace import trace
from qtrain.training import log
from qtrain.training.allocator import keep_freed_memory
from qtrain.training.evaluation import Evaluation, check_fit, evaluate
from qtrain.training.firing_rates import hold_back, rate_penalty
from qtrain.training.initial_module import initial_module
from qtrain.training.optimizers import Optimizers, make_optimizers
from qtrain.training.run_folder import DATA, claimed
from qtrain.training.train_config import TrainConfig

EPOCH_SEED = 1_000_003  # keeps the seeds of a run's epochs apart from the seeds of other runs


class Epoch(NamedTuple):
    """The figures that are reported after an epoch."""

    number: int  # from 1
    loss: float  # mean over the training batches, the penalty included
    held: Evaluation | None  # on the split that training does not see; None: not evaluated
    split: str = "test"  # the split of `held`: test or validation


def train(
    config: TrainConfig,
    out: Path,
    data_dir: Path | None = None,
    *,
    data: DataSource | None = None,
    module: nn.Module | None = None,
    resume: Checkpoint | None = None,
    init: Checkpoint | None = None,
    overwrite: bool = False,
    on_step: Callable[[int, int, int], None] = lambda epoch, done, total: None,
    on_epoch: Callable[[Epoch], None] = lambda epoch: None,
) -> Network:
    """Train a network; write out/ckpt.pt and a line of out/log.jsonl after each epoch.

    On the same machine and versions the same configuration gives the same network, whether the run
    was interrupted and resumed or not. The result is the network of the last epoch, whatever
    accuracy an earlier one had. Processes that torchrun has started train it together, each on its
    share of every batch; they give another rounding. The first one evaluates and writes.

    Args:
        config: the options, for example default_config("digits").
        out: the run's folder, which is made if it is missing.
        data_dir: where the data set's files are; see datasets.load.
        data: the opened data that config was made for, as default_config(data) makes it; by default
            they are found by config.
        module: a module made of qtrain.layers, to train in place of the network that config names.
        resume: the checkpoint to go on from, with the same config.
        init: start with the weights of this checkpoint. Its network has the same layers; the number
            of time steps and the width of weights may be different.
        overwrite: replace the checkpoint in `out` if it is of another run.
        on_step: called after each batch with the number of the epoch, from 1, and how many of its
            batches are done and how many there are.
        on_epoch: called after each epoch's checkpoint is written.

    Raises:
        InputError: the data set is missing or too small, or the network does not take it; the
            network cannot be traced, does not give one finite logit a class, or has no parameter
            to train; a loss or tensor is no longer finite; `out` belongs to another run.
    """
    source = config.source
    if data and (data.own != config.own or data.name != source.name):
        raise InputError(
            f"data = {data.name}, but the configuration is for {source.name} or for other samples "
            "of that name; make it with default_config(data)"
        )
    if data and data.own:
        source = data
    samples = source.load("train", data_dir)
    if config.validation:
        samples, held = samples.cut(config.validation)
    else:
        held = source.load("test", data_dir)
    if config.batch_size > len(samples):
        raise InputError(
            f"batch_size = {config.batch_size}; accepted: up to the {len(samples)} training "
            f"samples, as with --batch-size {max(2, len(samples) // 4)}"
        )
    processes.check_batch(config.batch_size)
    if not resume and config.model == FROM_NIR and module is None:
        raise InputError(f"model = {FROM_NIR}: give the graph's network as the module to train")
    if resume:
        net = resume.network()
    else:
        spec = samples.spec
        net = build_network(*trace(module or initial_module(config), spec.shape, spec.encoding))
    if init and not resume:
        net = build_network(net.graph, init.tensors)
    check_fit(net, held)
    if not any(p.requires_grad for p in net.parameters()):
        raise InputError("no parameter of the network has requires_grad; nothing can be trained")
    optimizers = make_optimizers(
        net,
        config.optimizer,
        config.lr,
        config.weight_decay,
        config.muon_lr,
        getattr(torch, config.precision),
    )
    generator = torch.Generator().manual_seed(config.seed)
    data_sha256 = samples.sha256()
    if resume and resume.training.get(DATA, data_sha256) != data_sha256:
        raise InputError("the checkpoint to go on from was trained on other samples; start anew")
    start = restore(resume, optimizers, generator) if resume else 0
    keep_freed_memory()
    first, whole = processes.is_first(), processes.together(net)
    claim = claimed(
        out, config, net.graph, data_sha256, resumed=resume is not None, overwrite=overwrite
    )
    with claim if first else nullcontext(), one_thread():
        epochs = log.agreed_with(out, resume.metrics) if resume else []
        for epoch in range(start, config.epochs):
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed((config.seed + EPOCH_SEED * epoch) % (1 << 63))
                loss = train_epoch(
                    config, net, whole, samples, optimizers, generator, epoch, on_step
                )
            if not first:
                continue
            due = epoch + 1 == config.epochs or (epoch + 1) % config.evaluate_every == 0
            split = "validation" if config.validation else "test"
            result = Epoch(epoch + 1, loss, evaluate(net, held) if due else None, split)
            epochs.append(metrics_of(result))
            made = Checkpoint(
                config=msgspec.to_builtins(config),
                graph=net.graph,
                tensors=net.tensors(),
                metrics=epochs[-1],
                training={
                    "epoch": result.number,
                    "optimizer": optimizers.state_dict(),
                    "generator": generator.get_state(),
                    DATA: data_sha256,
                },
                versions=checkpoint.versions(),
            )
            log.write(out, checkpoint.content_of(made), epochs)
            on_epoch(result)
    return net.eval()


def metrics_of(epoch: Epoch) -> dict[str, Any]:
    """The metrics that a checkpoint and the log hold of an epoch."""
    metrics: dict[str, Any] = {"epoch": epoch.number, "loss": epoch.loss}
    if epoch.held is not None:
        metrics[f"{epoch.split}_accuracy"] = epoch.held.accuracy
        metrics["firing_rate"] = epoch.held.firing_rate
    return metrics


def train_epoch(
    config: TrainConfig,
    net: Network,
    whole: nn.Module,
    samples: Split,
    optimizers: Optimizers,
    generator: torch.Generator,
    epoch: int,
    on_step: Callable[[int, int, int], None],
) -> float:
    """Train on all samples once, in a new order; returns the mean loss.

    `whole` is the network as all processes train it together.

    Samples that do not fill a last batch are left out. The generator decides the order and the
    augmentation. Dropouts draw from torch's own generator, which is seeded for each epoch, so that
    a resumed run goes on as it would have.
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
        # All processes augment the whole batch: so each draws the same numbers.
        x = processes.share(augmented(config, samples, which, mirrored, generator), dim=1)
        y = processes.share(samples.y[which])
        with membranes(net) as u, autocast(config):
            logits = whole(x)
        loss = functional.cross_entropy(logits.float(), y, label_smoothing=config.label_smoothing)
        if config.firing_rate < 1 and lifs:
            loss = loss + rate_penalty(lifs, u, config.firing_rate)
        optimizers.zero_grad()
        loss.backward()
        optimizers.step(learning_rate(config, done))
        if config.firing_limit < 1:
            hold_back(net, u, config.firing_limit)
        losses += processes.mean(loss.detach())
        on_step(epoch + 1, step + 1, steps)
    if not torch.isfinite(losses):
        raise InputError(f"epoch {epoch + 1}: the loss is no longer finite; try a smaller --lr")
    return float(losses) / steps


def learning_rate(config: TrainConfig, done: float) -> float:
    """The factor for the learning rates when the share `done` of all steps, 0 to 1, is done."""
    if done < config.warmup:
        return done / config.warmup
    rest = (done - config.warmup) / (1 - config.warmup)
    return 1 - rest if config.schedule == "linear" else (1 + cos(pi * rest)) / 2


def augmented(
    config: TrainConfig,
    samples: Split,
    which: Tensor,
    mirrored: Tensor,
    generator: torch.Generator,
) -> Tensor:
    """The inputs [T', B, *shape] of these samples, augmented as the configuration says."""
    mirror = mirrored[which]
    if config.autoaugment:
        counts = autoaugmented(samples.x[which].squeeze(1), generator)
        samples = dataclasses.replace(samples, x=counts[:, None], y=samples.y[which])
        which = torch.arange(len(which))
    x = augment.shifted(samples.inputs(which), config.shift, generator, config.border)
    x = augment.rolled(x, config.roll, generator)
    if config.flip:
        x = augment.flipped(x, mirror)
    return augment.covered(x, config.cutout, generator)


def autocast(config: TrainConfig) -> torch.autocast:
    """A context in which convolutions, and layers behind them, compute in the chosen precision.

    Weights are quantized and updated in float32, and evaluation is always in float32.
    """
    return torch.autocast("cpu", torch.bfloat16, enabled=config.precision == "bfloat16")


@contextmanager
def one_thread() -> Iterator[None]:
    """A context in which torch uses one thread.

    Operations run on chunks that fit the cache, which are too short to share between threads. So
    training is as fast on a busy machine, and the result does not depend on the number of cores.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def restore(resume: Checkpoint, optimizers: Optimizers, generator: torch.Generator) -> int:
    """Restore the state of training from a checkpoint; returns the number of epochs done."""
    try:
        state, epoch = resume.training["optimizer"], resume.training["epoch"]
        if not isinstance(state, dict) or type(epoch) is not int or epoch < 0:
            raise ValueError("no optimizers, or no number of epochs")
        optimizers.load_state_dict(state)
        generator.set_state(resume.training["generator"])
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        said = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise InputError(
            f"the checkpoint's training state cannot be resumed: {said}; go on from an undamaged "
            "checkpoint, or train anew with --init"
        ) from error
    return epoch
