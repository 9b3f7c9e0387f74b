"""`python -m compiler build|check|reference|inspect|export|load`: checkpoints to build folders."""

from pathlib import Path
from typing import Any

import click
from rich.console import Console

from compiler.emit.loadable import as_text, register_writes
from compiler.frontend.crop import CROP, cropped
from compiler.frontend.importer import import_network
from compiler.frontend.preflight import faults
from compiler.frontend.samples import calibration, recorded_vectors, samples_for
from compiler.inspection import layer_table, work_table
from compiler.passes.choose_lsb import V_BITS_MAX
from compiler.pipeline import LANES, Options, compile_graph, lower
from hw_models.cli import EXIT_BAD_INPUT, EXIT_OK, run
from hw_models.dataflow import TARGET_BITS
from hw_models.engines import onnx_runtime
from hw_models.errors import InputError
from hw_models.folder import artefact, files, reference_vectors
from hw_models.report.evaluate import evaluate
from qtrain import checkpoint
from qtrain.checkpoint import sha256_of
from qtrain.data import datasets
from qtrain.zoo import CheckpointPath

CONSOLE = Console(highlight=False, soft_wrap=True)
PATH = click.Path(path_type=Path)


class FracBits(click.ParamType):
    """`auto`, as None, or a number."""

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
    """A number for all layers, NAME=N for one, or several of these with commas between."""

    name = "N|LAYER=N,..."

    def convert(self, value, param, ctx) -> dict[str, int]:
        """Lanes by layer; "" stands for all the others."""
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
    """Compile a trained ternary-spike network to integers and add-only hardware."""


@cli.command()
@click.argument("ckpt", type=CheckpointPath())
@click.option("--target", type=click.Choice(list(TARGET_BITS)), default="int8", show_default=True)
@click.option("--out", type=PATH, help="Build folder; default: build/NAME-TARGET.")
@click.option("--name", help="Of the build; default: the run's folder, or the file.")
@click.option("--data-dir", type=PATH, help="Where the reference vectors' data set lies.")
@click.option("--no-reference", is_flag=True, help="Write no reference vectors.")
@click.option(
    "--frac-bits",
    type=FracBits(),
    default="auto",
    show_default=True,
    help="Fraction bits of layers that round: T > 1, or shortcuts.",
)
@click.option(
    "--v-bits-max",
    default=V_BITS_MAX,
    show_default=True,
    help="Widest threshold of these layers, in bits.",
)
@click.option("--lanes", type=Lanes(), help="Accumulate lanes of a layer, at most. Default: 32.")
@click.option("--update-lanes", default=4, show_default=True, help="Neuron-update lanes.")
@click.option("--cycles", type=int, help="Choose lanes for at most N cycles a sample.")
@click.option("--total-lanes", type=int, help="Choose the best lanes, N of all layers at most.")
@click.option("--crop", type=int, help="Build for the N x N middle of the inputs, to simulate.")
@click.option("--axi-lite", is_flag=True, help="Registers on AXI4-Lite, and a guarded input.")
@click.option("--loadable", is_flag=True, help="Also memories that can be loaded over AXI4-Lite.")
@click.option("--like", type=PATH, help="Shifts of this build, to be loaded into its core.")
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
) -> None:
    """Compile CKPT into a build folder.

    With --cycles or --total-lanes, lanes are chosen on samples of the training split.
    """
    options = Options(
        target, frac_bits, v_bits_max, update_lanes=update_lanes, cycles=cycles,
        total_lanes=total_lanes, crop=crop, axi_lite=axi_lite, loadable=loadable,
        like=artefact.load(like) if like else None, **limits(lanes),
    )  # fmt: skip
    if lanes and options.goal:
        raise InputError("--lanes gives lanes, --cycles and --total-lanes choose them; use one way")
    trained = checkpoint.load(ckpt)
    name = name or name_of(ckpt)
    if crop is not None:
        trained, name = cropped(trained, crop), f"{name}-{crop}x{crop}"
    if data_dir and no_reference and not options.goal:
        raise InputError(
            f"--data-dir {data_dir}: nothing is read from it with --no-reference; leave one out"
        )
    samples = calibration(trained, data_dir) if options.goal else None
    try:
        test = None if no_reference else samples_for(trained, "test", data_dir)
    except InputError as error:
        raise InputError(f"{error}; or build with --no-reference") from error
    out = out or Path("build") / f"{name}-{target}"
    graph = import_network(trained, target, name)
    with artefact.fresh_folder(out) as folder:
        made = artefact.write(compile_graph(graph, options, sha256_of(ckpt), samples), folder)
        if test is not None:
            vectors = recorded_vectors(trained, made.sha256 or "", test)
            reference_vectors.save(vectors, folder)
    for warning in made.dataflow.warnings:
        CONSOLE.print(f"[yellow]warning:[/] {warning}")
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
    """Say of each layer in CKPT that the hardware cannot take why, and what to use instead."""
    found = faults(checkpoint.load(ckpt, build=False).graph)
    for fault in found:
        click.echo(str(fault), err=True)
    if found:
        return EXIT_BAD_INPUT
    lower(import_network(checkpoint.load(ckpt), "int8", name_of(ckpt)), Options())
    CONSOLE.print(f"{ckpt}: every layer can be built")
    return EXIT_OK


@cli.command("reference")
@click.argument("folder", type=PATH)
@click.argument("ckpt", type=CheckpointPath())
@click.option("--data-dir", type=PATH, help="Where the data set lies.")
@click.option("--dataset", type=click.Choice(list(datasets.DATASETS)), help="Default: as trained.")
@click.option("--split", type=click.Choice(datasets.SPLITS), default="test", show_default=True)
def reference_command(
    folder: Path, ckpt: Path, data_dir: Path | None, dataset: str | None, split: str
) -> None:
    """Write the reference vectors of the build in FOLDER, made from CKPT, anew."""
    made = artefact.load(folder)
    trained = checkpoint.load(ckpt)
    if made.dataflow.provenance.get("checkpoint_sha256") != sha256_of(ckpt):
        raise InputError(f"{ckpt}: {folder} was built from another checkpoint; build it again")
    if crop := made.dataflow.provenance.get(CROP):
        trained = cropped(trained, int(crop))
    samples = samples_for(trained, split, data_dir, dataset)
    vectors = recorded_vectors(trained, made.sha256 or "", samples, split)
    reference_vectors.save(vectors, folder)
    CONSOLE.print(f"{vectors.samples:,} samples of {vectors.about.dataset}/{split} in {folder}")


@cli.command()
@click.argument("folder", type=PATH)
@click.option("--format", "format_", type=click.Choice(["onnx"]), required=True)
@click.option("--out", type=PATH, help="Default: FOLDER/export/network.onnx, where it is executed.")
def export(folder: Path, format_: str, out: Path | None) -> None:
    """Write the integer network of the build in FOLDER in a standard format."""
    made = artefact.load(folder)
    try:
        from compiler.onnx import export
    except ImportError as error:
        raise InputError(f"{error}; install it with `pip install onnx`") from error
    out = out or onnx_runtime.default_path(folder)
    export.write(made, out)
    CONSOLE.print(f"{format_}: {out}")


@cli.command("load")
@click.argument("hardware", type=PATH)
@click.argument("folder", type=PATH)
@click.option("--out", type=PATH, help="Default: FOLDER/export/registers.txt.")
def load_command(hardware: Path, folder: Path, out: Path | None) -> None:
    """Write the network of the build in FOLDER as register writes for the core of HARDWARE.

    HARDWARE was built with --loadable, from a checkpoint of the same shape. A line has the byte
    address and the value of a write, in hex.
    """
    writes = register_writes(artefact.load(hardware), artefact.load(folder))
    out = out or folder / "export" / "registers.txt"
    files.write({out: as_text(writes).encode()})
    CONSOLE.print(f"{len(writes):,} writes: {out}")


@cli.command()
@click.argument("folder", type=PATH)
def inspect(folder: Path) -> None:
    """Show the layers, widths and provenance of the build in FOLDER; checks its hashes."""
    made = artefact.load(folder)
    flow = made.dataflow
    CONSOLE.print(layer_table(made))
    for warning in flow.warnings:
        CONSOLE.print(f"[yellow]warning:[/] {warning}")
    for key, value in {**flow.provenance, "dataflow_sha256": made.sha256}.items():
        CONSOLE.print(f"{key}: {value}")


def limits(lanes: dict[str, int] | None) -> dict[str, Any]:
    """Fields of Options for what --lanes gives."""
    by_layer = dict(lanes or {})
    return {"lanes": by_layer.pop("", LANES), "layer_lanes": by_layer}


def name_of(ckpt: Path) -> str:
    """A build's name: that of the run's folder for runs/NAME/ckpt.pt, else the file's."""
    return ckpt.resolve().parent.name if ckpt.stem == "ckpt" else ckpt.stem


if __name__ == "__main__":
    run(cli, "python -m compiler")
