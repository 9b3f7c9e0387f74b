"""`python -m compiler build|check|reference|inspect|export|load`: from a checkpoint to a build.

The commands read arguments, call the compiler and print or write what it gives.
"""

from pathlib import Path
from typing import Any

import click
from rich.console import Console

import compiler
from compiler.emit.loadable import as_text, register_writes
from compiler.formats import FORMATS
from compiler.frontend.crop import CROP
from compiler.frontend.importer import import_network
from compiler.frontend.preflight import faults
from compiler.frontend.samples import calibration_inputs, recorded_vectors, samples_for
from compiler.frontend.trained import open_checkpoint
from compiler.inspection import layer_table, work_table
from compiler.ir import Graph
from compiler.options import LANES, Options
from compiler.pipeline import lower
from hw_models.cli import EXIT_BAD_INPUT, EXIT_OK, run
from hw_models.dataflow import TARGET_BITS, Build
from hw_models.errors import InputError
from hw_models.folder import artefact, files, reference_vectors
from hw_models.report.evaluate import evaluate
from qtrain import checkpoint
from qtrain.checkpoint import sha256_of
from qtrain.data import datasets
from qtrain.zoo import CheckpointPath

CONSOLE = Console(highlight=False, soft_wrap=True)
DEFAULT = Options()
PATH = click.Path(path_type=Path)


class FracBits(click.ParamType):
    """A number, or `auto`, which becomes None."""

    name = "auto|N"

    def convert(self, value, param, ctx) -> int | None:
        if value is None or isinstance(value, int):
            return value
        if value == "auto":
            return None
        if not value.isdecimal():
            self.fail(f"{value!r}: need auto or a number", param, ctx)
        return int(value)


class Lanes(click.ParamType):
    """A number for all layers, LAYER=N for one layer, or several of these with commas between."""

    name = "N|LAYER=N,..."

    def convert(self, value, param, ctx) -> dict[str, int]:
        """Lanes by layer's name; the name "" stands for all layers that are not named."""
        if isinstance(value, dict):
            return value
        found = {}
        for part in value.split(","):
            layer, _, lanes = part.rpartition("=")
            if not lanes.isdecimal() or layer in found:
                self.fail(f"{value!r}: need N, or LAYER=N,... with each layer once", param, ctx)
            found[layer] = int(lanes)
        return found


@click.group()
def cli() -> None:
    """Compile a trained ternary-spike network to integers, and to hardware that only adds."""


@cli.command()
@click.argument("ckpt", type=CheckpointPath())
@click.option(
    "--target",
    type=click.Choice(list(TARGET_BITS)),
    default=DEFAULT.target,
    show_default=True,
    help="The type of the weights. Weights trained at another width are quantized again.",
)
@click.option("--out", type=PATH, help="The build folder. [default: build/NAME-TARGET]")
@click.option("--name", help="The build's name. [default: the run's folder, or the file's name]")
@click.option("--data-dir", type=PATH, help="The folder in which the data set lies.")
@click.option("--no-reference", is_flag=True, help="Write no reference vectors.")
@click.option(
    "--frac-bits",
    type=FracBits(),
    default="auto",
    show_default=True,
    help="Fraction bits N: in layers that round, the LSB is 1/2^N of a weight step. Layers round "
    "where T > 1, and where several synapses meet.",
)
@click.option(
    "--v-bits-max",
    default=DEFAULT.v_bits_max,
    show_default=True,
    help="The most bits that a threshold of these layers may have.",
)
@click.option(
    "--lanes",
    type=Lanes(),
    help="The most accumulate lanes that a layer may have; each adds one weight in a cycle. "
    f"[default: {LANES}]",
)
@click.option(
    "--update-lanes",
    default=DEFAULT.update_lanes,
    show_default=True,
    help="The most neurons of a layer that are updated in one cycle. With --cycles "
    "or --total-lanes they may be more.",
)
@click.option(
    "--cycles",
    type=int,
    help="Choose the cheapest lanes with which a sample takes at most N cycles.",
)
@click.option(
    "--total-lanes",
    type=int,
    help="Choose the fastest lanes, with at most N accumulate lanes in all layers together.",
)
@click.option(
    "--crop",
    type=int,
    help="Build for the N x N middle of the inputs: a smaller network for a slow simulator.",
)
@click.option(
    "--axi-lite",
    is_flag=True,
    help="Add registers and counters on AXI4-Lite, and a guard that checks the input stream.",
)
@click.option(
    "--loadable", is_flag=True, help="As --axi-lite, with memories that can be written over it."
)
@click.option(
    "--like",
    type=PATH,
    help="The folder of a loadable build into whose core this network will be loaded; the fraction "
    "bits are taken from it.",
)
@click.option(
    "--print-passes", is_flag=True, help="Print the network's graph after the import and each pass."
)
def build(
    ckpt: Path,
    target: str,
    out: Path | None,
    name: str | None,
    data_dir: Path | None,
    no_reference: bool,
    frac_bits: int | None,
    v_bits_max: int,
    lanes: dict[str, int] | None,
    update_lanes: int,
    cycles: int | None,
    total_lanes: int | None,
    crop: int | None,
    axi_lite: bool,
    loadable: bool,
    like: Path | None,
    print_passes: bool,
) -> None:
    """Compile the checkpoint CKPT into a build folder.

    CKPT is a file, or zoo:NAME. Reference vectors are written too: the test split, and what the
    trained network makes of it. With --cycles or --total-lanes, lanes are chosen on samples of the
    training split.
    """
    options = Options(
        target, frac_bits, v_bits_max, update_lanes=update_lanes, cycles=cycles,
        total_lanes=total_lanes, crop=crop, name=name, axi_lite=axi_lite, loadable=loadable,
        like=artefact.load(like) if like else None, **limits(lanes),
    )  # fmt: skip
    if data_dir and no_reference and not options.has_goal:
        raise InputError(
            f"--data-dir {data_dir}: nothing is read from it with --no-reference; leave one out"
        )
    trained = open_checkpoint(ckpt, options.name, options.crop)
    samples = calibration_inputs(trained, data_dir) if options.has_goal else None
    try:
        test = None if no_reference else samples_for(trained.checkpoint, "test", data_dir)
    except InputError as error:
        raise InputError(f"{error}; or build with --no-reference") from error
    out = out or Path("build") / f"{trained.name}-{target}"
    watch = print_graph if print_passes else None
    with artefact.fresh_folder(out) as folder:
        made = compiler.build(trained, options, calibration=samples, watch=watch)
        made = artefact.write(made, folder)
        if test is not None:
            vectors = recorded_vectors(trained, made.sha256 or "", test)
            reference_vectors.save(vectors, folder)
    print_warnings(made)
    CONSOLE.print(layer_table(made))
    if samples is not None:
        CONSOLE.print(work_table(made, samples, cycles))
    if test is not None:
        report = evaluate(made, vectors)
        CONSOLE.print(
            f"accuracy on {report.dataset}: {report.accuracy:.2%} in integers, "
            f"{report.reference_accuracy:.2%} as trained; "
            f"{report.predictions_equal:.2%} of the predictions equal"
        )
    CONSOLE.print(f"build folder: {out}")


@cli.command("check")
@click.argument("ckpt", type=CheckpointPath())
def check_command(ckpt: Path) -> int:
    """Check that the hardware can take the network in CKPT.

    For each layer that it cannot take, a line says why and what to use instead.
    """
    found = faults(checkpoint.load(ckpt, build=False).graph)
    for fault in found:
        click.echo(str(fault), err=True)
    if found:
        return EXIT_BAD_INPUT
    trained = open_checkpoint(ckpt)
    lower(import_network(trained.network, DEFAULT.target, trained.name), DEFAULT)
    CONSOLE.print(f"{ckpt}: every layer can be built")
    return EXIT_OK


@cli.command("reference")
@click.argument("folder", type=PATH)
@click.argument("ckpt", type=CheckpointPath())
@click.option("--data-dir", type=PATH, help="The folder in which the data set lies.")
@click.option(
    "--dataset",
    type=click.Choice(list(datasets.DATASETS)),
    help="The data set. [default: the one that the network was trained on]",
)
@click.option(
    "--split",
    type=click.Choice(datasets.SPLITS),
    default="test",
    show_default=True,
    help="The part of the data set.",
)
def reference_command(
    folder: Path, ckpt: Path, data_dir: Path | None, dataset: str | None, split: str
) -> None:
    """Write new reference vectors for the build in FOLDER.

    The build must have been made from the checkpoint CKPT.
    """
    made = artefact.load(folder)
    checkpoint.load(ckpt, build=False)  # says of a file that is no checkpoint what is wrong with it
    if made.dataflow.provenance.get("checkpoint_sha256") != sha256_of(ckpt):
        raise InputError(f"{ckpt}: {folder} was built from another checkpoint; build it again")
    crop = made.dataflow.provenance.get(CROP)
    trained = open_checkpoint(ckpt, crop=None if crop is None else int(crop))
    samples = samples_for(trained.checkpoint, split, data_dir, dataset)
    vectors = recorded_vectors(trained, made.sha256 or "", samples, split)
    reference_vectors.save(vectors, folder)
    CONSOLE.print(f"{vectors.samples:,} samples of {vectors.about.dataset}/{split} in {folder}")


@cli.command()
@click.argument("source")
@click.option(
    "--format",
    "format_",
    type=click.Choice(list(FORMATS)),
    required=True,
    help="The file's format.",
)
@click.option(
    "--out",
    type=PATH,
    help="The file. [default: export/network.onnx, which `hw_models run` executes, or "
    "export/network.nir in the build folder; of a checkpoint build/NAME.qonnx.onnx]",
)
def export(source: str, format_: str, out: Path | None) -> None:
    """Write a network in a standard format.

    As onnx and nir these are the integers of a build, whose folder is SOURCE. As qonnx it is the
    trained network of the checkpoint SOURCE. What a format cannot say is printed, a line for each.
    """
    path, losses = FORMATS[format_](source, out)
    for loss in losses:
        CONSOLE.print(f"[yellow]lost:[/] {loss}")
    CONSOLE.print(f"{format_}: {path}")


@cli.command("load")
@click.argument("hardware", type=PATH)
@click.argument("folder", type=PATH)
@click.option("--out", type=PATH, help="The file. [default: FOLDER/export/registers.txt]")
def load_command(hardware: Path, folder: Path, out: Path | None) -> None:
    """Write a network as register writes for another core.

    The network is that of the build in FOLDER. The core is that of the build in HARDWARE, which was
    made with --loadable from a checkpoint of the same shape. Each line has the byte address and the
    value of one write, in hex.
    """
    writes = register_writes(artefact.load(hardware), artefact.load(folder))
    out = out or folder / "export" / "registers.txt"
    files.write({out: as_text(writes).encode()})
    CONSOLE.print(f"{len(writes):,} writes: {out}")


@cli.command()
@click.argument("folder", type=PATH)
def inspect(folder: Path) -> None:
    """Show the layers and the provenance of a build.

    The build is in FOLDER; the hashes of its files are checked. Of each layer its shape, its lanes
    and the widths of its integers are shown.
    """
    made = artefact.load(folder)
    CONSOLE.print(layer_table(made))
    print_warnings(made)
    for key, value in {**made.dataflow.provenance, "dataflow_sha256": made.sha256}.items():
        CONSOLE.print(f"{key}: {value}")


def print_warnings(made: Build) -> None:
    """Print what the compiler had to say about a build."""
    for warning in made.dataflow.warnings:
        CONSOLE.print(f"[yellow]warning:[/] {warning}")


def print_graph(step: str, graph: Graph) -> None:
    """Print a graph under the name of the step that made it, as plain text."""
    click.echo(f"after {step}:\n{graph}\n")


def limits(lanes: dict[str, int] | None) -> dict[str, Any]:
    """The fields of Options that --lanes gives."""
    by_layer = dict(lanes or {})
    return {"lanes": by_layer.pop("", None), "layer_lanes": by_layer}


if __name__ == "__main__":
    run(cli, "python -m compiler")
