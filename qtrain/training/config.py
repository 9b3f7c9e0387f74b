"""The options of a training run: all that decides its result."""

from math import isfinite
from typing import Any

import msgspec
import torch

from hw_models.errors import InputError
from qtrain.data import datasets
from qtrain.data.events import FrameOptions
from qtrain.layers.dense import INPUT_BITS
from qtrain.models import stack


class TrainConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Options as `python -m qtrain train --help` lists them; for_dataset() gives good defaults."""

    dataset: str
    model: str  # one of stack.NAMED, or a text as stack.parse takes
    hidden: tuple[int, ...]  # of an mlp: widths of the hidden layers
    channels: tuple[int, ...]  # of a convnet
    spike: str
    amplitude: str
    tau: float
    reset: str
    surrogate: str
    weight_bits: int
    timesteps: int
    epochs: int
    batch_size: int
    lr: float  # of the first step; a cosine takes it to 0
    weight_decay: float  # of the weights alone
    shift: int  # training images move by up to so many pixels
    gain: float  # initial gain of the batch norms
    firing_rate: float  # target of the hidden layers; 1: as it comes
    seed: int
    # of event data alone: how recordings become frames, see events.FrameOptions
    polarity: str = "signed"
    bins: str = "time"
    downsample: int = 1
    input_bits: int = 8  # of a static input, the sign included
    edge_bits: int | None = None  # of the first and last layer, see stack.network
    amplitude_per: str = "layer"  # or channel
    acc_bits: int | None = None  # of accumulators, by training; None: what comes of the weights
    acc_bits_input: int | None = None  # of the layer that reads a static input; None: acc_bits
    optimizer: str = "adamw"  # or sgd, muon: see optimizers.optimizer
    muon_lr: float = 0.08  # of Muon's weights, where the optimizer is muon
    schedule: str = "cosine"  # or linear: how the learning rates fall to 0
    warmup: float = 0.0  # share of the steps in which they rise
    label_smoothing: float = 0.0  # share of a label that all classes have in common
    offset: float = 0.0  # initial bias of the batch norms
    surrogate_width: float = 1.0  # half of the triangle's base, in thresholds
    join_surrogate: str | None = None  # where shortcuts end; None: surrogate
    soft_spikes: float = 0.0  # share of the steps in which spikes harden, see LIF.soft_spike
    flip: bool = False  # training images are mirrored in every other epoch
    border: str = "zeros"  # what a shift brings in; or reflect
    validation: int = 0  # training samples, the last ones, that only evaluate; 0: none
    autoaugment: bool = False  # images of bytes in three colours go through its policy
    cutout: int = 0  # side of the square they lose
    precision: str = "float32"  # of the training's convolutions, neurons and Muon, or bfloat16
    evaluate_every: int = 1  # epochs; the last one counts in any case
    initial_amplitude: float = 1.0  # of a spike, where it is trainable
    firing_limit: float = 1.0  # layers above it get smaller currents; 1: none
    init: str = ""  # sha256 of the checkpoint that the weights started from; "": from the seed

    @property
    def frames(self) -> FrameOptions:
        """How event recordings become frames."""
        return datasets.frame_options(msgspec.structs.asdict(self))

    @property
    def spec(self) -> datasets.Spec:
        """What the data set gives the network."""
        return datasets.spec(self.dataset, self.frames)

    def __post_init__(self) -> None:
        if self.model not in stack.NAMED:
            stack.stages_of(self.model, self.hidden, self.channels, self.spec.classes)
        for option, accepted in CHOICES.items():
            if getattr(self, option) not in accepted:
                raise InputError(
                    f"{option} = {getattr(self, option)}; accepted: {', '.join(accepted)}"
                )
        static = self.spec.encoding == "static"
        limits = {
            "channels": (min(self.channels, default=1) >= 1, "1 or more in each layer"),
            "hidden": (min(self.hidden, default=1) >= 1, "widths of 1 or more"),
            "seed": (0 <= self.seed < 1 << 63, "0 to 2**63 - 1"),
            "epochs": (self.epochs >= 1, "1 or more"),
            "batch_size": (self.batch_size >= 2, "2 or more"),
            "lr": (self.lr > 0, "more than 0"),
            "muon_lr": (self.muon_lr > 0, "more than 0"),
            "weight_decay": (self.weight_decay >= 0, "0 or more"),
            "warmup": (0 <= self.warmup < 1, "0 or more, less than 1"),
            "label_smoothing": (0 <= self.label_smoothing < 1, "0 or more, less than 1"),
            "soft_spikes": (0 <= self.soft_spikes < 1, "0 or more, less than 1"),
            "validation": (self.validation >= 0, "0 or more"),
            "shift": (0 <= self.shift < min(self.spec.shape[-2:]), "0 or more, less than the map"),
            "cutout": (self.cutout >= 0, "0 or more"),
            "autoaugment": (
                not self.autoaugment or self.dataset.startswith("cifar"),
                "False, or cifar10, cifar100",
            ),
            "acc_bits_input": (
                self.acc_bits is not None or self.acc_bits_input is None,
                "with acc_bits alone",
            ),
            "input_bits": (
                self.input_bits == 8 or (static and self.input_bits in INPUT_BITS),
                f"{INPUT_BITS[0]} to {INPUT_BITS[-1]}"
                if static
                else f"8, as the input of {self.dataset} is spikes",
            ),
            "evaluate_every": (self.evaluate_every >= 1, "1 or more"),
            "firing_rate": (0 < self.firing_rate <= 1, "more than 0, up to 1"),
            "firing_limit": (0 < self.firing_limit <= 1, "more than 0, up to 1"),
            "initial_amplitude": (
                self.initial_amplitude > 0
                and (self.amplitude == "trainable" or self.initial_amplitude == 1),
                "more than 0, with trainable amplitudes alone",
            ),
        }
        for option, value in msgspec.structs.asdict(self).items():
            if isinstance(value, float) and not isfinite(value):
                raise InputError(f"{option} = {value}; accepted: a finite number")
        for option, (good, accepted) in limits.items():
            if not good:
                raise InputError(f"{option} = {getattr(self, option)}; accepted: {accepted}")


CHOICES = {
    "amplitude_per": ("layer", "channel"),
    "optimizer": ("muon", "adamw", "sgd"),
    "schedule": ("cosine", "linear"),
    "border": ("zeros", "reflect"),
    "precision": ("float32", "bfloat16"),
}
FASTEST = "fastest"  # of for_dataset's precision alone: what this processor is made for
PRECISIONS = (FASTEST, *CHOICES["precision"])
COMMON: dict[str, Any] = {
    "model": "mlp",
    "hidden": (128,),
    "channels": (16, 32),
    "spike": "ternary",
    "tau": 0.25,
    "reset": "hard",
    "surrogate": "triangle",
    "weight_bits": 8,
    "input_bits": 8,
    "timesteps": 4,
    "batch_size": 256,
    "lr": 7e-3,
    "weight_decay": 1e-4,
    "gain": 0.5,
    "firing_rate": 0.2,
    "firing_limit": 1.0,
    "initial_amplitude": 1.0,
    "optimizer": "adamw",
    "amplitude_per": "layer",
    "precision": "float32",
    "evaluate_every": 1,
    "flip": False,
    "autoaugment": False,
    "cutout": 0,
    "seed": 0,
    "muon_lr": 0.08,
    "schedule": "cosine",
    "warmup": 0.0,
    "label_smoothing": 0.0,
    "offset": 0.0,
    "surrogate_width": 1.0,
    "soft_spikes": 0.0,
    "border": "zeros",
    "validation": 0,
}
CIFAR_STACK = "48c3-96c3s2-96c3-192c3s2-192c3-384c3s2-gap"
BY_DATASET: dict[str, dict[str, Any]] = {
    "digits": {"epochs": 40, "batch_size": 64, "lr": 5e-3, "shift": 0},
    "mnist": {
        "input_bits": 2,
        "timesteps": 2,
        "epochs": 40,
        "shift": 1,
        "offset": 0.25,
        "soft_spikes": 0.5,
        "surrogate_width": 0.7,
    },
    "fashion-mnist": {
        "epochs": 25,
        "shift": 1,
        "offset": 0.25,
        "soft_spikes": 0.5,
        "surrogate_width": 0.7,
    },
    "cifar10": {
        "model": f"{CIFAR_STACK}-10",
        "timesteps": 1,
        "input_bits": 5,
        "edge_bits": 8,
        "epochs": 36,
        "optimizer": "muon",
        "lr": 5e-3,
        "schedule": "linear",
        "warmup": 0.01,
        "weight_decay": 1e-2,
        "label_smoothing": 0.1,
        "gain": 0.35,
        "offset": 0.25,
        "surrogate_width": 0.7,
        "join_surrogate": "wide",
        "soft_spikes": 0.5,
        "shift": 2,
        "border": "reflect",
        "flip": True,
        "firing_rate": 1,
        "firing_limit": 0.1,
        "precision": FASTEST,
        "evaluate_every": 5,
    },
    "nmnist": {
        "model": "16c3s2-32c3s2-10",
        "timesteps": 8,
        "epochs": 30,
        "batch_size": 50,
        "lr": 5e-3,
        "weight_decay": 3e-2,
        "shift": 2,
        "offset": 0.25,
        "soft_spikes": 0.5,
        "surrogate_width": 0.7,
        "polarity": "split",
    },
}


BY_DATASET["cifar100"] = BY_DATASET["cifar10"] | {
    "model": f"{CIFAR_STACK}-100",
}


# The authors' options for CIFAR, as far as they are known; see docs/training.md.
PAPER: dict[str, Any] = {
    "model": "resnet20m",
    "timesteps": 2,
    "epochs": 400,
    "batch_size": 128,
    "optimizer": "sgd",
    "lr": 0.1,
    "weight_decay": 1e-4,
    "surrogate": "rectangle",
    "gain": 0.35,
    "firing_rate": 1,
    "shift": 4,
    "flip": True,
    "autoaugment": True,
    "cutout": 16,
    "evaluate_every": 5,
}
RECIPES = ("recommended", "paper")


def for_dataset(dataset: str, recipe: str = "recommended", **chosen: Any) -> TrainConfig:
    """The defaults for a data set, under what is chosen; a choice of None means the default.

    Ternary spikes have a trainable amplitude unless told otherwise, binary ones a fixed one. A
    precision of FASTEST becomes the one that it is on this machine.

    Raises:
        InputError: an option is out of range, the data set unknown, or has no such recipe.
    """
    datasets.spec(dataset)
    if recipe == "paper" and not dataset.startswith("cifar"):
        raise InputError(f"recipe = paper with {dataset}; accepted: cifar10, cifar100")
    defaults = PAPER if recipe == "paper" else BY_DATASET[dataset]
    chosen = {option: value for option, value in chosen.items() if value is not None}
    options = COMMON | defaults | chosen
    options.setdefault("amplitude", "trainable" if options["spike"] == "ternary" else "fixed")
    if options["precision"] == FASTEST:
        options["precision"] = fastest_precision()
    return TrainConfig(dataset=dataset, **options)


def fastest_precision() -> str:
    """bfloat16 where the processor multiplies it, else float32.

    Where it does not, PyTorch converts every operand, which takes ten times as long.
    """
    capabilities = torch.cpu.get_capabilities()
    # Of x86-64: amx_bf16, avx512_bf16; of Arm: bf16 and others.
    multiplies = any(has for name, has in capabilities.items() if name.endswith("bf16"))
    return "bfloat16" if multiplies else "float32"


def from_plain(options: dict[str, Any]) -> TrainConfig:
    """The configuration that a checkpoint holds.

    Raises:
        InputError: options are missing or of the wrong type.
    """
    try:
        return msgspec.convert(options, TrainConfig)
    except msgspec.ValidationError as error:
        raise InputError(f"training options: {error}") from error


def resumed(options: dict[str, Any], given: dict[str, Any]) -> TrainConfig:
    """The configuration of a checkpoint, run on: only `epochs` may be given another value.

    Raises:
        InputError: another option is given and differs.
    """
    config = from_plain(options)
    for option, value in given.items():
        trained = getattr(config, option)
        if option != "epochs" and value != trained:
            raise InputError(
                f"{option} = {value} given with --resume, but the checkpoint was trained with "
                f"{trained}; leave it out"
            )
    return msgspec.structs.replace(config, **{k: v for k, v in given.items() if k == "epochs"})
