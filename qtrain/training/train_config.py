"""TrainConfig: the options of a training run, which together decide its result."""

from math import isfinite
from typing import Any

import msgspec

from hw_models.dataflow import STATIC
from hw_models.errors import InputError
from hw_models.semantics import INPUT_BITS
from qtrain.choices import FROM_NIR, TRAINING_CHOICES
from qtrain.data import datasets
from qtrain.data.events import FrameOptions
from qtrain.data.own.preparation import OwnData
from qtrain.data.source import DataSource
from qtrain.data.spec import DatasetSpec
from qtrain.models.named import named_stages
from qtrain.models.shapes import NAMED


class TrainConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The options that `python -m qtrain train --help` lists, by the same names.

    defaults.default_config() gives the defaults of a data set.

    Raises:
        InputError: an option is out of range, or does not suit the data set.
    """

    dataset: str  # the name of a known data set, or the text that named own data
    model: str  # one of NAMED, a text as parse_stages takes it, or FROM_NIR
    hidden: tuple[int, ...]  # widths of the hidden layers of an mlp
    channels: tuple[int, ...]  # channels of the convolutions of a convnet
    spike: str
    amplitude: str
    tau: float
    reset: str
    surrogate: str
    weight_bits: int
    timesteps: int
    epochs: int
    batch_size: int
    lr: float  # learning rate at the start; the schedule takes it to 0
    weight_decay: float  # for the weights; other parameters do not decay
    shift: int  # training images are moved by up to so many pixels
    gain: float  # initial weight of the batch norms
    firing_rate: float  # target for the hidden layers; 1: no target
    seed: int
    # how event recordings become frames, see FrameOptions; other data sets take the defaults only
    polarity: str = "signed"
    bins: str = "time"
    bin_us: int = 0
    downsample: int = 1
    input_bits: int = 8  # bits of a static input, the sign included
    edge_bits: int | None = None  # weight bits of the first and last layer, see named_module
    amplitude_per: str = "layer"  # or channel
    acc_bits: int | None = None  # width of accumulators; None: whatever the weights need
    acc_bits_input: int | None = None  # for the layer that reads a static input; None: acc_bits
    optimizer: str = "adamw"  # or sgd, muon: see make_optimizers
    muon_lr: float = 0.08  # learning rate of Muon, where the optimizer is muon
    schedule: str = "cosine"  # how the learning rates fall to 0; or linear
    warmup: float = 0.0  # share of the steps in which they rise
    label_smoothing: float = 0.0  # share of each label that is spread over all classes
    offset: float = 0.0  # initial bias of the batch norms
    surrogate_width: float = 1.0  # half of the triangle's base, in thresholds
    join_surrogate: str | None = None  # of neurons in which a shortcut ends; None: surrogate
    soft_spikes: float = 0.0  # share of the steps in which spikes harden, see LIF.soft_spike
    flip: bool = False  # training images are mirrored in every other epoch
    border: str = "zeros"  # what a shift moves into the image; or reflect
    roll: int = 0  # training samples are moved by up to so many pixels, around the map's edges
    validation: int = 0  # the last so many training samples are held back to evaluate on
    autoaugment: bool = False  # CIFAR images go through AutoAugment's policy
    cutout: int = 0  # side of the square that is cut out of training images; 0: none
    precision: str = "float32"  # of convolutions, neurons and Muon in training; or bfloat16
    evaluate_every: int = 1  # in epochs; the last epoch is always evaluated
    initial_amplitude: float = 1.0  # of the spikes, where it is trainable
    firing_limit: float = 1.0  # currents of layers that fire more are scaled down; 1: no limit
    init: str = ""  # sha256 of the checkpoint or graph that the weights start from; "": none
    dt: float | None = None  # of a NIR graph, see interchange.step_equations.Steps
    decay: str = "euler"  # likewise
    own: OwnData | None = None  # what own data are and how they are prepared; None: a known set

    @property
    def frames(self) -> FrameOptions:
        """How event recordings become frames."""
        return datasets.frame_options(msgspec.structs.asdict(self))

    @property
    def source(self) -> DataSource:
        """Where the samples come from."""
        return DataSource(self.dataset, self.frames, self.own)

    @property
    def spec(self) -> DatasetSpec:
        """The shape, the classes and the encoding of the data set."""
        return self.source.spec

    def __post_init__(self) -> None:
        if self.model not in (*NAMED, FROM_NIR):
            named_stages(self.model, self.hidden, self.channels, self.spec.classes)
        for option, accepted in TRAINING_CHOICES.items():
            if getattr(self, option) not in accepted:
                raise InputError(
                    f"{option} = {getattr(self, option)}; accepted: {', '.join(accepted)}"
                )
        spec = self.spec
        static = spec.encoding == STATIC
        area = spec.shape[1:]  # of a map; a signal's is one row
        no_map = "as the samples are no maps"
        shortest = min((side for side in area if side > 1), default=1)
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
            "timesteps": (
                static or not self.own or self.timesteps == spec.timesteps,
                f"{spec.timesteps}, those of the samples",
            ),
            "shift": (
                0 <= self.shift < shortest,
                f"0 to {shortest - 1}, less than the map" if area else f"0, {no_map}",
            ),
            "roll": (
                0 <= self.roll < shortest,
                f"0 to {shortest - 1}, less than the map" if area else f"0, {no_map}",
            ),
            "cutout": (
                self.cutout >= 0 and (bool(area) or not self.cutout),
                "0 or more" if area else f"0, {no_map}",
            ),
            "flip": (
                not self.flip or (bool(area) and area[0] > 1),
                "False, or maps of several rows",
            ),
            "autoaugment": (
                not self.autoaugment or spec.rgb_bytes,
                "False, or images of RGB bytes",
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
            "dt": (self.dt is None or self.model == FROM_NIR, "with a NIR graph in --init alone"),
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


def from_plain(options: dict[str, Any]) -> TrainConfig:
    """The configuration that a checkpoint holds as plain data.

    Raises:
        InputError: options are missing or have the wrong type.
    """
    try:
        return msgspec.convert(options, TrainConfig)
    except msgspec.ValidationError as error:
        raise InputError(f"training options: {error}") from error


def resumed(options: dict[str, Any], given: dict[str, Any]) -> TrainConfig:
    """The configuration of a checkpoint for going on with its run.

    Only `epochs` may be given another value, and the text that names own data.

    Raises:
        InputError: another option is given with another value.
    """
    config = from_plain(options)
    free = ("epochs", "dataset") if config.own else ("epochs",)
    for option, value in given.items():
        trained = getattr(config, option)
        if option not in free and value != trained:
            raise InputError(
                f"{option} = {value} given with --resume, but the checkpoint was trained with "
                f"{trained}; leave it out"
            )
    return msgspec.structs.replace(config, **{k: v for k, v in given.items() if k in free})
