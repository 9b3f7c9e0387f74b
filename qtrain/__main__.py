"""python -m qtrain train | ablate | eval | info | zoo"""

from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from hw_models.cli import run
from hw_models.errors import InputError
from qtrain import checkpoint, zoo
from qtrain.data import datasets
from qtrain.data.events import BINS, POLARITIES
from qtrain.layers.neurons import CHOICES
from qtrain.models import stack
from qtrain.training import ablation, ablation_report, config
from qtrain.training.train import Epoch, Evaluation, evaluate, train

console = Console(highlight=False, soft_wrap=True)
DATA_DIR = click.option(
    "--data-dir",
    type=click.Path(path_type=Path),
    help="Folder of the data set's files or of a subfolder of its name. Default: $TRISPIKE_DATA.",
)


def _widths(_: click.Context, __: click.Parameter, text: str | None) -> tuple[int, ...] | None:
    if text is None:
        return None
    try:
        return tuple(int(width) for width in text.split(",") if width.strip())
    except ValueError:
        raise click.BadParameter(f"{text!r}; accepted: widths such as 128 or 256,128") from None


def _default(option: str) -> str:
    """What --help says of an option's default."""
    by_dataset = {name: own[option] for name, own in config.BY_DATASET.items() if option in own}
    parts = [f"{value} for {name}" for name, value in by_dataset.items()]
    if option in config.COMMON:
        parts.insert(0, str(config.COMMON[option]))
    return f"Default: {', '.join(parts)}."


@click.group()
def main() -> None:
    """Quantization-aware training of ternary-spike networks."""


@main.command("train")
@click.option("--dataset", type=click.Choice(list(datasets.DATASETS)), help="Default: digits.")
@DATA_DIR
@click.option(
    "--recipe",
    type=click.Choice(list(config.RECIPES)),
    help="Which options hold where none is given: the recommended ones of the data set, or those "
    "of the Ternary Spike paper, for CIFAR and an accelerator. Default: recommended.",
)
@click.option(
    "--model",
    help=f"{', '.join(stack.NAMED)}, or layers such as 16c3-p2-10. {_default('model')}",
)
@click.option("--channels", callback=_widths, help="Of a convnet. Default: 16,32.")
@click.option("--hidden", callback=_widths, help="Widths of the hidden layers. Default: 128.")
@click.option("--spike", type=click.Choice(CHOICES["spike"]), help=_default("spike"))
@click.option(
    "--amplitude",
    type=click.Choice(CHOICES["amplitude"]),
    help="Of the spikes, by layer. Default: trainable for ternary, fixed for binary.",
)
@click.option("--tau", type=float, help=f"Leak, a short form m / 2^k. {_default('tau')}")
@click.option("--reset", type=click.Choice(CHOICES["reset"]), help=_default("reset"))
@click.option(
    "--surrogate",
    type=click.Choice(CHOICES["surrogate"]),
    help=f"Gradient of a spike. {_default('surrogate')}",
)
@click.option(
    "--surrogate-width",
    type=float,
    help=f"Half of the triangle's base, in thresholds. {_default('surrogate_width')}",
)
@click.option(
    "--join-surrogate",
    type=click.Choice(CHOICES["surrogate"]),
    help="Gradient of a spike where a shortcut ends. Default: wide for cifar10, else --surrogate.",
)
@click.option(
    "--soft-spikes",
    type=float,
    help="Share of the training in which spikes harden: at first a neuron emits the integral of "
    f"its surrogate, at the end of that share its spike. {_default('soft_spikes')}",
)
@click.option("--weight-bits", type=int, help=f"8, 4 or 2. {_default('weight_bits')}")
@click.option(
    "--input-bits",
    type=int,
    help="2 to 8, of an image's values, the sign included: fewer bits are fewer additions. "
    f"{_default('input_bits')}",
)
@click.option("--edge-bits", type=int, help="Of the first and last layer. Default: see the README.")
@click.option(
    "--amplitude-per",
    type=click.Choice(config.CHOICES["amplitude_per"]),
    help=_default("amplitude_per"),
)
@click.option("--acc-bits", type=int, help="Width that accumulators keep to. Default: as it comes.")
@click.option(
    "--acc-bits-input",
    type=int,
    help="The same, of a static input's layer, best 4 bits more. Default: --acc-bits.",
)
@click.option("--timesteps", type=int, help=_default("timesteps"))
@click.option("--epochs", type=int, help=_default("epochs"))
@click.option("--batch-size", type=int, help=_default("batch_size"))
@click.option("--lr", type=float, help=f"Learning rate at the start. {_default('lr')}")
@click.option(
    "--optimizer", type=click.Choice(config.CHOICES["optimizer"]), help=_default("optimizer")
)
@click.option("--weight-decay", type=float, help=f"Of the weights. {_default('weight_decay')}")
@click.option(
    "--muon-lr",
    type=float,
    help="With --optimizer muon: learning rate of the weights between the first and the last "
    f"layer; --lr is that of all else. {_default('muon_lr')}",
)
@click.option(
    "--schedule",
    type=click.Choice(config.CHOICES["schedule"]),
    help=f"How the learning rates fall to 0. {_default('schedule')}",
)
@click.option(
    "--warmup", type=float, help=f"Share of the steps in which they rise. {_default('warmup')}"
)
@click.option(
    "--label-smoothing",
    type=float,
    help=f"Share of each label that is spread over all classes. {_default('label_smoothing')}",
)
@click.option("--offset", type=float, help=f"Of the batch norms, at first. {_default('offset')}")
@click.option("--gain", type=float, help=f"Of the batch norms, at first. {_default('gain')}")
@click.option(
    "--precision",
    type=click.Choice(config.PRECISIONS),
    help="Of the training's convolutions, neurons and Muon; fastest: bfloat16 where the "
    f"processor multiplies it, else float32. {_default('precision')}",
)
@click.option("--evaluate-every", type=int, help=f"Epochs. {_default('evaluate_every')}")
@click.option("--flip/--no-flip", default=None, help=f"Augmentation. {_default('flip')}")
@click.option("--autoaugment/--no-autoaugment", default=None, help="Augmentation, of CIFAR.")
@click.option("--cutout", type=int, help=f"Augmentation, in pixels. {_default('cutout')}")
@click.option("--shift", type=int, help=f"Augmentation, in pixels. {_default('shift')}")
@click.option(
    "--border",
    type=click.Choice(config.CHOICES["border"]),
    help=f"What a shift brings in: zeros, or the image mirrored. {_default('border')}",
)
@click.option(
    "--validation",
    type=int,
    help="Hold back so many training samples, the last ones, and evaluate on them in place of the "
    f"test set. {_default('validation')}",
)
@click.option("--polarity", type=click.Choice(list(POLARITIES)), help="Events: ON, OFF as signs.")
@click.option("--bins", type=click.Choice(BINS), help="Events: frames of equal time, or count.")
@click.option("--downsample", type=int, help="Events: pixels to a side that become one.")
@click.option("--seed", type=int, help=_default("seed"))
@click.option(
    "--firing-rate",
    type=click.FloatRange(0, 1, min_open=True),
    help=f"Target of the hidden layers; 1: as it comes. {_default('firing_rate')}",
)
@click.option(
    "--firing-limit",
    type=click.FloatRange(0, 1, min_open=True),
    help=f"Layers that fire more get smaller currents; 1: none. {_default('firing_limit')}",
)
@click.option(
    "--initial-amplitude",
    type=float,
    help=f"Of the spikes, where it is trainable. {_default('initial_amplitude')}",
)
@click.option("--out", type=click.Path(path_type=Path), help="Folder. Default: runs/DATASET.")
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
    help="A checkpoint of the same shape to start from, at any time steps and width of weights.",
)
def train_command(
    data_dir: Path | None,
    out: Path | None,
    resume: str | None,
    init: Path | None,
    overwrite: bool,
    **given: Any,
) -> None:
    """Train a network; writes OUT/ckpt.pt after each epoch.

    The checkpoint of another run, of other options or data, is never replaced unasked.
    """
    given = {name: value for name, value in given.items() if value is not None}
    dataset = given.pop("dataset", None)
    folder = out or (Path(resume).parent if resume else Path("runs") / (dataset or "digits"))
    start = None
    begin = checkpoint.load(init) if init else None
    if init:
        given["init"] = checkpoint.sha256_of(init)
    if resume is None:
        options = config.for_dataset(dataset or "digits", **given)
    else:
        start = checkpoint.load(Path(resume) if resume else folder / checkpoint.NAME)
        if given.pop("recipe", None):
            raise InputError("recipe given with --resume: the checkpoint has its own; leave it out")
        options = config.resumed(start.config, given | ({"dataset": dataset} if dataset else {}))
        if start.training.get("epoch") == options.epochs:
            console.print(f"all {options.epochs} epochs are done; name more with --epochs")
            return

    with _progress() as progress:
        task = progress.add_task("", total=1)

        def on_step(epoch: int, done: int, total: int) -> None:
            text = f"epoch {epoch}/{options.epochs}"
            progress.update(task, description=text, completed=done, total=total)

        def on_epoch(epoch: Epoch) -> None:
            progress.console.print(
                f"epoch {epoch.number}/{options.epochs}  loss {epoch.loss:.4f}"
                + (f"  {epoch.split} {_line(epoch.held)}" if epoch.held else "")
            )

        train(
            options, folder, data_dir, resume=start, init=begin, overwrite=overwrite,
            on_step=on_step, on_epoch=on_epoch,
        )  # fmt: skip
    console.print(f"wrote {folder / checkpoint.NAME}")


@main.command("ablate")
@click.option(
    "--config",
    "file",
    type=click.Path(path_type=Path),
    required=True,
    help="TOML: seeds, spikes, timesteps, weight_bits, [train]; see docs/ablation.md.",
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder of the runs.")
@DATA_DIR
def ablate_command(file: Path, out: Path, data_dir: Path | None) -> None:
    """Train kinds of spike at several time steps and widths over seeds, and compare the integers.

    What OUT has already is not done again. Writes OUT/ablation.json, .md and .png.
    """
    plan = ablation.read(file)
    ablation_report.figure_type()  # better missed now than after the training
    with _progress() as progress:
        task = progress.add_task("", total=1)

        def on_step(cell: ablation.Cell, epoch: int, done: int, total: int) -> None:
            text = f"{cell.name} epoch {epoch}"
            progress.update(task, description=text, completed=done, total=total)

        def on_epoch(cell: ablation.Cell, epoch: Epoch) -> None:
            if epoch.held:
                progress.console.print(
                    f"{cell.name}  epoch {epoch.number}  {epoch.split} {_line(epoch.held)}"
                )

        found = ablation.run(plan, out, data_dir, on_step=on_step, on_epoch=on_epoch)
    ablation_report.write(found, out)
    console.print(ablation_report.table(found))
    console.print(f"wrote {out / ablation_report.MARKDOWN}, .json and .png beside it")


@main.command("eval")
@click.argument("ckpt", type=zoo.CheckpointPath())
@DATA_DIR
def evaluate_command(ckpt: Path, data_dir: Path | None) -> None:
    """Accuracy and firing rates of a checkpoint on the test split it was trained for."""
    trained = checkpoint.load(ckpt)
    options = config.from_plain(trained.config)
    split = datasets.load(options.dataset, "test", data_dir, options.frames)
    result = evaluate(trained.network(), split)
    console.print(f"{split.spec.name}, {len(split)} test samples: {_line(result)}")


@main.command()
@click.argument("ckpt", type=zoo.CheckpointPath())
def info(ckpt: Path) -> None:
    """Layers, options, metrics and versions of a checkpoint."""
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
    "--add", type=click.Path(path_type=Path), metavar="RUN", help="Take a run's folder in."
)
@click.option("--name", help="Of the run to add.")
@click.option("--command", default="", help="That trained it.")
@click.option(
    "--report",
    type=click.Path(path_type=Path),
    help="Of its build: what python -m hw_models run BUILD --json FILE wrote.",
)
def zoo_command(add: Path | None, name: str | None, command: str, report: Path | None) -> None:
    """The checkpoints that come with the package; name one as zoo:NAME.

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


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(
        *columns,
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


def _line(result: Evaluation) -> str:
    rates = ", ".join(f"{name} {rate:.1%}" for name, rate in result.firing_rate.items())
    return f"accuracy {result.accuracy:.2%}  firing {rates or 'no hidden layer'}"


if __name__ == "__main__":
    run(main, "python -m qtrain")
