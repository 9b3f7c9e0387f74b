"""The configuration of a training: the defaults of its data set, and what was chosen."""

from typing import Any

import msgspec
import torch

from hw_models.dataflow import STATIC
from hw_models.errors import InputError
from qtrain.choices import FASTEST
from qtrain.data import cifar, datasets
from qtrain.data.events import FrameOptions
from qtrain.data.source import DataSource
from qtrain.data.spec import DatasetSpec
from qtrain.recipes import BY_DATASET, COMMON, OWN, PAPER
from qtrain.training.train_config import TrainConfig


def default_config(
    data: str | DataSource, recipe: str = "recommended", **chosen: Any
) -> TrainConfig:
    """The configuration of a data set: its defaults, except for the options that are chosen.

    The data are the name of a known data set, or data that open_source has opened. A choice of None
    means the default. Ternary spikes have a trainable amplitude and binary ones a fixed one, unless
    another is chosen. A precision of FASTEST is replaced by the one that is fastest on this
    machine.

    Raises:
        InputError: an option is out of range, or the data set is unknown or has no such recipe.
    """
    source = DataSource(data) if isinstance(data, str) else data
    known = datasets.spec(source.dataset).name if source.own is None else ""
    if recipe == "paper" and known not in cifar.NAMES:
        raise InputError(f"recipe = paper with {source.name}; accepted: {', '.join(cifar.NAMES)}")
    defaults = PAPER if recipe == "paper" else BY_DATASET[known] if known else for_own(source)
    chosen = {option: value for option, value in chosen.items() if value is not None}
    frames = {
        option: value
        for option, value in msgspec.structs.asdict(source.frames).items()
        if value != getattr(FrameOptions(), option)
    }
    options = COMMON | defaults | frames | chosen
    options.setdefault("amplitude", "trainable" if options["spike"] == "ternary" else "fixed")
    if options["precision"] == FASTEST:
        options["precision"] = fastest_precision()
    return TrainConfig(dataset=source.dataset, own=source.own, **options)


def for_own(source: DataSource) -> dict[str, Any]:
    """The defaults for own data, which follow from their shape and the number of samples."""
    spec, samples = source.spec, len(source.load("train"))
    sixteenth = 1 << (samples // 16).bit_length()
    options = {
        "model": model_for(spec),
        "batch_size": max(2, min(samples, max(8, min(128, sixteenth)))),
    }
    if spec.encoding != STATIC:
        options["timesteps"] = spec.timesteps
    return OWN | options


def model_for(spec: DatasetSpec) -> str:
    """A network that fits the shape: dense layers, or convolutions of stride 2, 1-D for signals.

    The convolutions go on until the map has at most 8 places to a side, and are two at least.
    """
    if len(spec.shape) < 3:
        return "mlp"
    _, height, width = spec.shape
    stages = max(2, (max(height, width) - 1).bit_length() - 3)
    kernel = "k5" if height == 1 else "c3"
    layers = [f"{min(16 << stage, 64)}{kernel}s2" for stage in range(stages)]
    return "-".join((*layers, str(spec.classes)))


def fastest_precision() -> str:
    """bfloat16 where the processor can multiply it, else float32.

    Where it does not, PyTorch converts every operand, which takes ten times as long.
    """
    capabilities = torch.cpu.get_capabilities()
    # amx_bf16 and avx512_bf16 on x86-64; bf16 and others on Arm.
    multiplies = any(has for name, has in capabilities.items() if name.endswith("bf16"))
    return "bfloat16" if multiplies else "float32"
