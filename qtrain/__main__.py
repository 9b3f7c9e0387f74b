"""The commands python -m qtrain train | ablate | eval | info | zoo."""

from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from hw_models.cli import run
from hw_models.errors import InputError
from qtrain import checkpoint, data_options, zoo
from qtrain.data.source import open_source, recorded, run_name
from qtrain.layers.lif import LIF_CHOICES
from qtrain.models.named import NAMED
from qtrain.nir_options import DECAY, DT
from qtrain.training import ablation, ablation_report, nir_start, recipes, train
from qtrain.training.evaluation import Evaluation, evaluate
from qtrain.training.loop import Epoch
from qtrain.training.train_config import TRAINING_CHOICES, resumed

console = Console(highlight=False, soft_wrap=True)
DATA_DIR = click.option(
    "--data-dir",
    type=click.Path(path_type=Path),
    help="Folder with the data set's files, in it or in a subfolder named after the data set. "
    "Default: $TRISPIKE_DATA.",
)


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


@click.group()
def main() -> None:
    """Quantization-aware training of networks with ternary spikes."""


@main.command("train")
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
    type=click.Choice(recipes.PRECISIONS),
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
def train_command(
    workers: int | None,
    data_dir: Path | None,
    out: Path | None,
    resume: str | None,
    init: Path | None,
    overwrite: bool,
    **given: Any,
) -> None:
    """Train a network; writes OUT/ckpt.pt after each epoch.

    The checkpoint of another run, with other options or data, is replaced only with --overwrite.
    """
    given = {name: value for name, value in given.items() if value is not None}
    preparation = data_options.taken_from(given)
    text = given.pop("data", None)
    folder = out or (Path(resume).parent if resume else Path("runs") / run_name(text or "digits"))
    start = None
    graph = init if init and init.suffix == nir_start.SUFFIX else None
    begin = checkpoint.load(init) if init and not graph else None
    if init:
        given["init"] = checkpoint.sha256_of(init)
    if graph:
        given = nir_start.options_of(graph, given)
    if resume is None:
        source = open_source(text or "digits", preparation, workers=workers)
        for note in source.notes:
            click.echo(f"note: {note}", err=True)
        config = recipes.default_config(source, **given)
    else:
        start = checkpoint.load(Path(resume) if resume else folder / checkpoint.NAME)
        if given.pop("recipe", None):
            raise InputError("recipe given with --resume: the checkpoint has its own; leave it out")
        preparation.refuse("--resume")
        config = resumed(start.config, given | ({"dataset": text} if text else {}))
        source = recorded(start.config, text, workers)
        if start.training.get("epoch") == config.epochs:
            console.print(f"all {config.epochs} epochs are done; name more with --epochs")
            return

    module = nir_start.network_of(graph, config) if graph and start is None else None
    with progress_bars() as progress:
        task = progress.add_task("", total=1)

        def on_step(epoch: int, done: int, total: int) -> None:
            text = f"epoch {epoch}/{config.epochs}"
            progress.update(task, description=text, completed=done, total=total)

        def on_epoch(epoch: Epoch) -> None:
            progress.console.print(
                f"epoch {epoch.number}/{config.epochs}  loss {epoch.loss:.4f}"
                + (f"  {epoch.split} {summary(epoch.held)}" if epoch.held else "")
            )

        train(
            config, folder, data_dir, data=source, resume=start, init=begin, module=module,
            overwrite=overwrite, on_step=on_step, on_epoch=on_epoch,
        )  # fmt: skip
    console.print(f"wrote {folder / checkpoint.NAME}")


@main.command("ablate")
@click.option(
    "--config",
    "file",
    type=click.Path(path_type=Path),
    required=True,
    help="TOML file with seeds, spikes, timesteps, weight_bits and [train]; see docs/ablation.md.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder for the runs and the results.",
)
@DATA_DIR
def ablate_command(file: Path, out: Path, data_dir: Path | None) -> None:
    """Train several kinds of spike, time steps and weight widths over seeds, and compare them.

    Runs that OUT has already are not done again. Writes OUT/ablation.json, .md and .png.
    """
    plan = ablation.read_plan(file)
    ablation_report.figure_type()  # a missing matplotlib is reported now, not after the training
    with progress_bars() as progress:
        task = progress.add_task("", total=1)

        def on_step(cell: ablation.Cell, epoch: int, done: int, total: int) -> None:
            text = f"{cell.name} epoch {epoch}"
            progress.update(task, description=text, completed=done, total=total)

        def on_epoch(cell: ablation.Cell, epoch: Epoch) -> None:
            if epoch.held:
                progress.console.print(
                    f"{cell.name}  epoch {epoch.number}  {epoch.split} {summary(epoch.held)}"
                )

        results = ablation.ablate(plan, out, data_dir, on_step=on_step, on_epoch=on_epoch)
    ablation_report.write(results, out)
    console.print(ablation_report.table(results))
    console.print(f"wrote {out / ablation_report.MARKDOWN}, .json and .png beside it")


@main.command("eval")
@click.argument("ckpt", type=zoo.CheckpointPath())
@data_options.data
@DATA_DIR
def evaluate_command(
    ckpt: Path, data: str | None, workers: int | None, data_dir: Path | None
) -> None:
    """Show a checkpoint's accuracy and firing rates on the test split of its data.

    With --data, the data are prepared as those that the network was trained on.
    """
    trained = checkpoint.load(ckpt)
    split = recorded(trained.config, data, workers).load("test", data_dir)
    result = evaluate(trained.network(), split)
    console.print(f"{split.spec.name}, {len(split)} test samples: {summary(result)}")


@main.command()
@click.argument("ckpt", type=zoo.CheckpointPath())
def info(ckpt: Path) -> None:
    """Show the layers, options, metrics and versions of a checkpoint."""
    trained = checkpoint.load(ckpt)
    layers = Table("layer", "op", "reads", "attributes", title=str(ckpt))
    for node in trained.graph.nodes:
        attrs = ", ".join(f"{key}={value}" for key, value in node.attrs.items())
        layers.add_row(node.name, node.op, ", ".join(node.inputs), attrs)
    console.print(layers)
    for title, values in (
        ("options", trained.config),
        ("metrics", trained.metrics),
        ("versions", trained.versions),
    ):
        console.print(f"{title}: " + ", ".join(f"{key}={value}" for key, value in values.items()))


@main.command("zoo")
@click.option(
    "--add", type=click.Path(path_type=Path), metavar="RUN", help="Add the run in this folder."
)
@click.option("--name", help="Name of the added run. Default: its folder's.")
@click.option("--command", default="", help="The command that trained the added run.")
@click.option(
    "--report",
    type=click.Path(path_type=Path),
    help="Report on the added run's build, from python -m hw_models run BUILD --json FILE.",
)
def zoo_command(add: Path | None, name: str | None, command: str, report: Path | None) -> None:
    """List the checkpoints that come with the package; other commands take one as zoo:NAME.

    `python -m qtrain info zoo:NAME` shows the network and all options of its training.
    """
    if add is not None:
        if not (zoo.FOLDER.parents[1] / "pyproject.toml").is_file():
            raise InputError(
                f"--add: the package is installed in {zoo.FOLDER}, which its next version "
                "replaces; add to a clone of the source, installed with pip install --editable"
            )
        zoo.add(add, name or add.name, command, report=report)
    table = Table()
    table.add_column("name", no_wrap=True)
    for column in ("trained", "target", "integers", "additions"):
        table.add_column(column, no_wrap=True)
    table.add_column("energy ratio")
    for key, entry in zoo.entries().items():
        measured = ("", "", "", "")
        if entry.target is not None:
            measured = (
                entry.target,
                f"{entry.integer_accuracy:.2%}",
                f"{entry.additions:,.0f}",
                f"{entry.energy_ratio:.2f}",
            )
        accuracy = f"{entry.test_accuracy:.2%}"
        table.add_row(zoo.PREFIX + key, accuracy, *measured)
    console.print(table)


def progress_bars() -> Progress:
    """The progress display, which is shown on a terminal only."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(
        *columns,
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


def summary(result: Evaluation) -> str:
    """Accuracy and firing rates in one line."""
    rates = ", ".join(f"{name} {rate:.1%}" for name, rate in result.firing_rate.items())
    return f"accuracy {result.accuracy:.2%}  firing {rates or 'no hidden layer'}"


if __name__ == "__main__":
    run(main, "python -m qtrain")
