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
from compiler.frontend.exported import (
    check_samples,
    holds_build,
    integer_vectors,
    open_exported,
)
from compiler.frontend.importer import import_network
from compiler.frontend.nir_import import SUFFIX, NirNetwork, import_report
from compiler.frontend.preflight import faults
from compiler.frontend.samples import calibration_inputs, recorded_vectors, samples_for
from compiler.frontend.trained import TrainedNetwork
from compiler.inspection import layer_table, work_table
from compiler.ir import Graph
from compiler.network_options import exported_data, how_built, nir_data, nir_options, opened
from compiler.options import LANES, Options
from compiler.pipeline import lower, with_hardware
from hw_models.cli import EXIT_BAD_INPUT, EXIT_OK, run
from hw_models.dataflow import TARGET_BITS, Build
from hw_models.errors import InputError
from hw_models.folder import artefact, evidence, files, reference_vectors
from hw_models.report.evaluate import evaluate
from hw_models.report.import_report import IMPORT, import_table
from qtrain import checkpoint, data_options
from qtrain.checkpoint import sha256_of
from qtrain.data.datasets import SPLITS
from qtrain.data.source import DataSource
from qtrain.data.split import Split
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
@click.argument("network", type=CheckpointPath())
@click.option(
    "--target",
    type=click.Choice(list(TARGET_BITS)),
    default=DEFAULT.target,
    show_default=True,
    help="The type of the weights. Weights trained at another width are quantized again.",
)
@click.option("--out", type=PATH, help="The build folder. [default: build/NAME-TARGET]")
@click.option("--name", help="The build's name. [default: the run's folder, or the file's name]")
@data_options.data
@click.option("--data-dir", type=PATH, help="The folder in which a known data set lies.")
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
@nir_options
def build(
    network: Path,
    target: str,
    out: Path | None,
    name: str | None,
    data: str | None,
    workers: int | None,
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
    **nir: Any,
) -> None:
    """Compile NETWORK into a build folder.

    NETWORK is a checkpoint, zoo:NAME, or a NIR graph in FILE.nir. Reference vectors are written
    too: the test split, and what the trained network makes of it. With --cycles or --total-lanes,
    lanes are chosen on samples of the training split. With --data, other samples take the place of
    those that a checkpoint was trained on, prepared as those.

    The weights of a NIR graph are quantized, and what it has that hardware has not is rounded, with
    samples of the training split of --data. The report says what was rounded, and how spikes and
    accuracy differ from the graph's in real numbers. Options that are marked NIR, Event data or
    Own data are for it alone. See docs/interchange.md.
    """
    options = Options(
        target, frac_bits, v_bits_max, update_lanes=update_lanes, cycles=cycles,
        total_lanes=total_lanes, crop=crop, name=name, axi_lite=axi_lite, loadable=loadable,
        like=artefact.load(like) if like else None, **limits(lanes),
    )  # fmt: skip
    graph = network.suffix == SUFFIX  # which is rounded on samples, whatever is kept of them
    for option, value in (("--data", data), ("--data-dir", data_dir)):
        if value and no_reference and not options.has_goal and not graph:
            raise InputError(
                f"{option} {value}: nothing is read from it with --no-reference; leave one out"
            )
    if graph and holds_build(network):
        exported = open_exported(network, options)
        source = exported_data(exported, data, data_dir, workers, nir)
        build_again(network, exported, options, None if no_reference else source, data_dir, out)
        return
    trained, source = opened(network, options, data, data_dir, workers, nir)
    samples = calibration_inputs(trained, data_dir, source) if options.has_goal else None
    try:
        test = None if no_reference else test_samples(trained, data_dir, source)
    except InputError as error:
        raise InputError(f"{error}; or build with --no-reference") from error
    out = out or Path("build") / f"{trained.name}-{target}"
    watch = print_graph if print_passes else None
    report = None
    with artefact.fresh_folder(out) as folder:
        made = compiler.build(trained, options, calibration=samples, watch=watch)
        made = artefact.write(made, folder)
        if test is not None:
            vectors = recorded_vectors(trained, made.sha256 or "", test)
            reference_vectors.save(vectors, folder)
            report = evaluate(made, vectors)
            if isinstance(trained, NirNetwork):
                evidence.write(made, IMPORT, import_report(trained, report))
    print_warnings(made)
    CONSOLE.print(layer_table(made))
    if samples is not None:
        CONSOLE.print(work_table(made, samples, cycles))
    if report is not None:
        if isinstance(trained, NirNetwork):
            CONSOLE.print(import_table(import_report(trained, report)))
        CONSOLE.print(
            f"accuracy on {report.dataset}: {report.accuracy:.2%} in integers, "
            f"{report.reference_accuracy:.2%} as trained; "
            f"{report.predictions_equal:.2%} of the predictions equal"
        )
    CONSOLE.print(f"build folder: {out}")


@cli.command("check")
@click.argument("network", type=CheckpointPath())
@data_options.data
@click.option("--data-dir", type=PATH, help="The folder in which a known data set lies.")
@nir_options
def check_command(
    network: Path, data: str | None, workers: int | None, data_dir: Path | None, **nir: Any
) -> int:
    """Check that the hardware can take NETWORK, a checkpoint or a NIR graph in FILE.nir.

    For each layer that it cannot take, a line says why and what to use instead. With --data or
    --data-dir, it is also checked that the network takes the test samples.
    """
    if network.suffix != SUFFIX:
        found = faults(checkpoint.load(network, build=False).graph)
        for fault in found:
            click.echo(str(fault), err=True)
        if found:
            return EXIT_BAD_INPUT
    if network.suffix == SUFFIX and holds_build(network):
        exported = open_exported(network, DEFAULT)
        if source := exported_data(exported, data, data_dir, workers, nir):
            check_samples(exported, source.load("test", data_dir))
    else:
        trained, source = opened(network, DEFAULT, data, data_dir, workers, nir)
        lower(import_network(trained.network, DEFAULT.target, trained.name), DEFAULT)
        if data or data_dir:
            samples_for(trained.checkpoint, "test", data_dir, source)
    CONSOLE.print(f"{network}: every layer can be built")
    return EXIT_OK


@cli.command("reference")
@click.argument("folder", type=PATH)
@click.argument("network", type=CheckpointPath())
@data_options.data
@click.option("--data-dir", type=PATH, help="The folder in which a known data set lies.")
@click.option(
    "--split",
    type=click.Choice(SPLITS),
    default="test",
    show_default=True,
    help="The part of the data set.",
)
@nir_data
def reference_command(
    folder: Path,
    network: Path,
    data: str | None,
    workers: int | None,
    data_dir: Path | None,
    split: str,
    **nir: Any,
) -> None:
    """Write new reference vectors for the build in FOLDER.

    The build must have been made from NETWORK, a checkpoint or a NIR graph in FILE.nir. The samples
    are those of the data that a checkpoint was trained on, or of --data, prepared as those.
    """
    made = artefact.load(folder)
    if network.suffix != SUFFIX:  # says of a file that is no checkpoint what is wrong with it
        checkpoint.load(network, build=False)
    recorded_of = made.dataflow.provenance
    if recorded_of.get("checkpoint_sha256") != sha256_of(network):
        kind = "graph" if network.suffix == SUFFIX else "checkpoint"
        raise InputError(f"{network}: {folder} was built from another {kind}; build it again")
    crop = recorded_of.get(CROP)
    options = Options(crop=None if crop is None else int(crop))
    how = how_built(made) if network.suffix == SUFFIX else None
    trained, source = opened(network, options, data, data_dir, workers, nir, how)
    if source is None:
        raise InputError(f"{network}: name the data with --data")
    samples = samples_for(trained.checkpoint, split, data_dir, source)
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


def build_again(
    network: Path,
    integers: Build,
    options: Options,
    source: DataSource | None,
    data_dir: Path | None,
    out: Path | None,
) -> None:
    """Write the build folder of a build that was exported as a NIR graph."""
    test = source.load("test", data_dir) if source else None
    out = out or Path("build") / f"{integers.dataflow.name}-{integers.dataflow.target}"
    with artefact.fresh_folder(out) as folder:
        made = artefact.write(with_hardware(integers, options), folder)
        if test is not None:
            reference_vectors.save(integer_vectors(made, test), folder)
    CONSOLE.print(layer_table(made))
    if test is None:
        CONSOLE.print(f"no reference vectors: {network} holds no samples; name some with --data")
    CONSOLE.print(f"build folder: {out}")


def test_samples(
    trained: TrainedNetwork, data_dir: Path | None, source: DataSource | None
) -> Split:
    """The samples of a build's reference vectors: the test split, or seeded random spikes."""
    if isinstance(trained, NirNetwork) and trained.random:
        CONSOLE.print(
            f"[yellow]warning:[/] no --data: the reference is {len(trained.random)} samples of "
            "random spikes, which say nothing of accuracy"
        )
        return trained.random
    return samples_for(trained.checkpoint, "test", data_dir, source)


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
