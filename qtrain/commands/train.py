"""`python -m qtrain train`: the training of a network."""

from pathlib import Path
from typing import Any

import click

from hw_models.cli import command
from qtrain import recipes, zoo
from qtrain.choices import LIF_CHOICES, PRECISIONS, TRAINING_CHOICES
from qtrain.commands import data_options
from qtrain.commands.data_options import DATA_DIR
from qtrain.commands.nir_options import DECAY, DT
from qtrain.models.shapes import NAMED


def widths(_: click.Context, __: click.Parameter, text: str | None) -> tuple[int, ...] | None:
    """The numbers of a list such as 256,128.

    Raises:
        BadParameter: it is no such list.
    """
    if text is None:
        return None
    try:
        return tuple(int(width) for width in text.split(",") if width.strip())
    except ValueError:
        raise click.BadParameter(f"{text!r}; accepted: widths such as 128 or 256,128") from None


def default_text(option: str) -> str:
    """The default of an option, as --help shows it."""
    datasets_of: dict[str, list[str]] = {}
    for name, own in recipes.BY_DATASET.items():
        if option in own:
            datasets_of.setdefault(str(own[option]), []).append(name)
    parts = [f"{value} for {', '.join(names)}" for value, names in datasets_of.items()]
    if option in recipes.COMMON:
        parts.insert(0, str(recipes.COMMON[option]))
    return f"Default: {'; '.join(parts)}."


@command("train", "--dataset digits --out runs/digits")
@data_options.data
@data_options.preparation
@DATA_DIR
@click.option(
    "--recipe",
    type=click.Choice(list(recipes.RECIPES)),
    help="The defaults of the other options: the ones recommended for the data set, or those of "
    "the Ternary Spike paper, which are meant for CIFAR and an accelerator. Default: recommended.",
)
@click.option(
    "--model",
    help=f"{', '.join(NAMED)}, or a list of layers such as 16c3-p2-10. {default_text('model')}",
)
@click.option("--channels", callback=widths, help="Channels of a convnet's layers. Default: 16,32.")
@click.option("--hidden", callback=widths, help="Widths of an mlp's hidden layers. Default: 128.")
@click.option(
    "--spike",
    type=click.Choice(LIF_CHOICES["spike"]),
    help=f"Values of a spike. {default_text('spike')}",
)
@click.option(
    "--amplitude",
    type=click.Choice(LIF_CHOICES["amplitude"]),
    help="The amplitude of spikes, which is trained or fixed at 1. Default: trainable for ternary "
    "spikes, fixed for binary ones.",
)
@click.option("--tau", type=float, help=f"Leak, of the form m / 2^k. {default_text('tau')}")
@click.option(
    "--reset",
    type=click.Choice(LIF_CHOICES["reset"]),
    help=f"Reset of the membrane after a spike. {default_text('reset')}",
)
@click.option(
    "--surrogate",
    type=click.Choice(LIF_CHOICES["surrogate"]),
    help=f"Surrogate gradient of a spike. {default_text('surrogate')}",
)
@click.option(
    "--surrogate-width",
    type=float,
    help=f"Half of the base of the triangle surrogate, in thresholds. "
    f"{default_text('surrogate_width')}",
)
@click.option(
    "--join-surrogate",
    type=click.Choice(LIF_CHOICES["surrogate"]),
    help="Surrogate gradient of neurons in which a shortcut ends. Default: wide for cifar10 and "
    "cifar100, else --surrogate.",
)
@click.option(
    "--soft-spikes",
    type=float,
    help="Share of the training in which spikes harden: at first a neuron emits the integral of "
    f"its surrogate, and at the end of this share its spike. {default_text('soft_spikes')}",
)
@click.option(
    "--weight-bits", type=int, help=f"Bits of a weight: 8, 4 or 2. {default_text('weight_bits')}"
)
@click.option(
    "--input-bits",
    type=int,
    help="Bits of an image's values, the sign included, 2 to 8. Fewer bits need fewer additions. "
    f"{default_text('input_bits')}",
)
@click.option(
    "--edge-bits",
    type=int,
    help="Bits of a weight in the first and last layer. Default: 8 in cifar10's and cifar100's "
    "networks, residual networks and vgg11, else --weight-bits.",
)
@click.option(
    "--amplitude-per",
    type=click.Choice(TRAINING_CHOICES["amplitude_per"]),
    help=f"Whether a layer or each of its channels has an amplitude. "
    f"{default_text('amplitude_per')}",
)
@click.option(
    "--acc-bits",
    type=int,
    help="Width in bits that training keeps accumulators to. Default: no limit.",
)
@click.option(
    "--acc-bits-input",
    type=int,
    help="The same for the layer that reads an image; 4 bits more than --acc-bits work well. "
    "Default: --acc-bits.",
)
@click.option("--timesteps", type=int, help=f"Number of time steps T. {default_text('timesteps')}")
@click.option("--epochs", type=int, help=f"Number of epochs. {default_text('epochs')}")
@click.option("--batch-size", type=int, help=f"Samples of a batch. {default_text('batch_size')}")
@click.option("--lr", type=float, help=f"Learning rate at the start. {default_text('lr')}")
@click.option(
    "--optimizer",
    type=click.Choice(TRAINING_CHOICES["optimizer"]),
    help=f"See docs/training.md. {default_text('optimizer')}",
)
@click.option("--weight-decay", type=float, help=f"Weight decay. {default_text('weight_decay')}")
@click.option(
    "--muon-lr",
    type=float,
    help="With --optimizer muon: learning rate of the weights between the first and the last "
    f"layer; the other parameters have --lr. {default_text('muon_lr')}",
)
@click.option(
    "--schedule",
    type=click.Choice(TRAINING_CHOICES["schedule"]),
    help=f"How the learning rates fall to 0. {default_text('schedule')}",
)
@click.option(
    "--warmup",
    type=float,
    help=f"Share of the steps in which the learning rates rise. {default_text('warmup')}",
)
@click.option(
    "--label-smoothing",
    type=float,
    help=f"Share of each label that is spread over all classes. {default_text('label_smoothing')}",
)
@click.option("--offset", type=float, help=f"Initial bias of batch norms. {default_text('offset')}")
@click.option("--gain", type=float, help=f"Initial weight of batch norms. {default_text('gain')}")
@click.option(
    "--precision",
    type=click.Choice(PRECISIONS),
    help="Precision of convolutions, neurons and Muon in training; fastest is bfloat16 where the "
    f"processor can multiply it, else float32. {default_text('precision')}",
)
@click.option(
    "--evaluate-every",
    type=int,
    help=f"Evaluate after so many epochs, and after the last. {default_text('evaluate_every')}",
)
@click.option(
    "--flip/--no-flip",
    default=None,
    help=f"Mirror images in every other epoch. {default_text('flip')}",
)
@click.option(
    "--autoaugment/--no-autoaugment",
    default=None,
    help="Change CIFAR images by AutoAugment's policy.",
)
@click.option(
    "--cutout",
    type=int,
    help=f"Cut a square of so many pixels out of images. {default_text('cutout')}",
)
@click.option(
    "--shift", type=int, help=f"Move images by up to so many pixels. {default_text('shift')}"
)
@click.option(
    "--border",
    type=click.Choice(TRAINING_CHOICES["border"]),
    help=f"What --shift moves into an image: zeros, or its mirrored edge. {default_text('border')}",
)
@click.option(
    "--roll",
    type=int,
    help="Move samples by up to so many pixels; what leaves a map on one side comes back on the "
    f"other. {default_text('roll')}",
)
@click.option(
    "--validation",
    type=int,
    help="Hold back the last so many training samples, and evaluate on them in place of the test "
    f"set. {default_text('validation')}",
)
@data_options.frames(default_text)
@click.option(
    "--seed",
    type=int,
    help="Seed of the initial weights, the order of the samples and the augmentation. "
    f"{default_text('seed')}",
)
@click.option(
    "--firing-rate",
    type=click.FloatRange(0, 1, min_open=True),
    help="Target for the firing rates of hidden layers; 1: no target. "
    f"{default_text('firing_rate')}",
)
@click.option(
    "--firing-limit",
    type=click.FloatRange(0, 1, min_open=True),
    help="Scale down the currents of layers that fire more; 1: no limit. "
    f"{default_text('firing_limit')}",
)
@click.option(
    "--initial-amplitude",
    type=float,
    help=f"Initial value of a trainable amplitude. {default_text('initial_amplitude')}",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Folder of the run. Default: runs/NAME, after the data.",
)
@click.option(
    "--resume",
    is_flag=False,
    flag_value="",
    metavar="[CKPT]",
    help="Go on from a checkpoint, with its options. Default: ckpt.pt in the folder of --out.",
)
@click.option("--overwrite", is_flag=True, help="Replace another run's checkpoint in that folder.")
@click.option(
    "--init",
    type=zoo.CheckpointPath(),
    help="Start from the weights of this checkpoint, whose network has the same layers; time steps "
    "and width of weights may be different. Or train a network of another framework further, as a "
    "NIR graph in FILE.nir, with --dt, --decay and --reset; see docs/interchange.md.",
)
@DT
@DECAY
def train_command(**given: Any) -> None:
    """Train a network; writes OUT/ckpt.pt after each epoch.

    The checkpoint of another run, with other options or data, is replaced only with --overwrite.
    """
    from qtrain.actions.train import train_network

    train_network(**given)
