"""A network that starts as a smaller one: its further residual blocks pass spikes on unchanged."""

import re

import torch
from torch import Tensor

from qtrain.checkpoint import Checkpoint
from qtrain.config import TrainConfig, from_plain
from qtrain.models import Conv, Pool, Residual, Stage, stages_of
from qtrain.residual import NETWORKS

LAYER = re.compile(r"(conv|bn|lif|fc|block)(\d+)(\..+)")  # names that models.stack gives


def grown(config: TrainConfig, fresh: dict[str, Tensor], start: Checkpoint) -> dict[str, Tensor]:
    """Tensors with which the network of `config` computes what that of `start` does.

    What stands in both is taken from `start`. A residual block that it lacks, behind a spiking
    convolution or block of the same width, starts without a part in its sum: a gain and an offset
    of 0 in its last batch norm leave the shortcut's spikes alone, which the neurons fire again. At
    several time steps a soft reset leaves them a rest of the membrane.

    Args:
        fresh: tensors of the network as it is initialized.

    Returns:
        Those of `start` where the networks are the same or differ in anything else, which
        graph.build_module then refuses.
    """
    trained = from_plain(start.config)
    if {config.model, trained.model} & NETWORKS.keys():
        return start.tensors
    numbers = _numbers(_stages(config), _stages(trained))
    if numbers is None or all(numbers.values()):
        return start.tensors
    tensors = {}
    for key, value in fresh.items():
        if found := LAYER.fullmatch(key):
            kind, number, rest = found.groups()
            source = numbers[int(number)]
            tensors[key] = start.tensors[f"{kind}{source}{rest}"] if source else value
        else:
            tensors[key] = start.tensors[key]
    for added in (number for number, source in numbers.items() if source is None):
        block, before = f"block{added}", f"lif{added - 1}"
        before = before if f"{before}.amplitude" in tensors else f"block{added - 1}.lif2"
        tensors |= {
            # Spikes of 1 pass the threshold; what reads the block sees the size that it knows.
            f"{block}.lif2.amplitude": tensors[f"{before}.amplitude"],
            f"{before}.amplitude": torch.ones_like(tensors[f"{before}.amplitude"]),
            f"{block}.bn2.weight": torch.zeros_like(fresh[f"{block}.bn2.weight"]),
            f"{block}.bn2.bias": torch.zeros_like(fresh[f"{block}.bn2.bias"]),
        }
    return tensors


def _stages(config: TrainConfig) -> list[Stage]:
    return stages_of(config.model, config.hidden, config.channels, config.spec.classes)


def _numbers(larger: list[Stage], smaller: list[Stage]) -> dict[int, int | None] | None:
    """The number in the smaller network of each numbered stage of the larger, None of blocks that
    it lacks; None if they differ in anything else."""
    numbers: dict[int, int | None] = {}
    rest, before = list(smaller), None
    for stage in larger:
        counted = not isinstance(stage, Pool)
        if rest and stage == rest[0]:
            rest.pop(0)
            if counted:
                numbers[len(numbers) + 1] = 1 + sum(map(bool, numbers.values()))
        elif _passes(stage, before):
            numbers[len(numbers) + 1] = None
        else:
            return None
        before = stage
    numbers[len(numbers) + 1] = 1 + sum(map(bool, numbers.values()))  # the readout
    return None if rest else numbers


def _passes(stage: Stage, before: Stage | None) -> bool:
    """Whether the shortcut of a stage is the identity of another's spikes."""
    return (
        isinstance(stage, Residual)
        and stage.stride == 1
        and isinstance(before, Conv | Residual)
        and before.channels == stage.channels
    )
