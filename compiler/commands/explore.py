"""`python -m compiler explore`: many builds of a checkpoint, and which of them nothing beats."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import msgspec

from compiler.commands import build_options
from compiler.commands.build_options import FracBits
from compiler.commands.network_options import DATA_DIR
from compiler.commands.terminal import CONSOLE
from compiler.explore.folder import Folder
from compiler.explore.keep import Maker
from compiler.explore.measures import MEASURES, best, front, goal
from compiler.explore.opening import SPLITS, Opened, opened
from compiler.explore.plot import check_plot, plot
from compiler.explore.space import Explored, Space, explored
from compiler.explore.spread import runner
from compiler.explore.tables import front_table
from compiler.frontend.nir_import import SUFFIX
from hw_models.dataflow import TARGET_BITS
from hw_models.errors import InputError
from hw_models.folder import evidence
from qtrain import data_options
from qtrain.zoo import CheckpointPath

MEASURE = click.Choice(list(MEASURES))


class Several(click.ParamType):
    """Values of a type with commas between."""

    def __init__(self, kind: click.ParamType, name: str) -> None:
        self.kind, self.name = kind, name

    def convert(self, value, param, ctx) -> list:
        if isinstance(value, list):
            return value
        return list(dict.fromkeys(self.kind.convert(each, param, ctx) for each in value.split(",")))


def counts() -> Several:
    """Numbers of 1 or more."""
    return Several(click.IntRange(min=1), "N,...")


@click.command()
@click.argument("checkpoint", type=CheckpointPath())
@click.option(
    "--target",
    "targets",
    type=Several(click.Choice(list(TARGET_BITS)), "TARGET,..."),
    default=",".join(TARGET_BITS),
    show_default=True,
    help="The types of the weights to try. Others than the trained ones are quantized again.",
)
@click.option(
    "--frac-bits",
    type=Several(FracBits(), "auto|N,..."),
    default="auto,2,0",
    show_default=True,
    help="Fraction bits of layers that round: fewer take fewer LUTs.",
)
@click.option(
    "--timesteps",
    type=counts(),
    help="Numbers of time steps T to try, where the input is static. [default: that of the "
    "training, and its halves down to 1]",
)
@click.option(
    "--cycles",
    type=counts(),
    help="Cycles a sample that lanes are chosen for. [default: six, from the fastest core to the "
    "cheapest]",
)
@click.option(
    "--lanes", type=counts(), help="Also try at most so many accumulate lanes in each engine."
)
@build_options.NAME
@data_options.data
@DATA_DIR
@click.option(
    "--split",
    type=click.Choice(SPLITS),
    help="Compare accuracy on this split. [default: the samples that the training held back with "
    "--validation, else those that it saw]",
)
@click.option(
    "--samples",
    type=click.IntRange(min=1),
    default=2000,
    show_default=True,
    help="Compare accuracy on at most so many samples, spread over the split.",
)
@click.option(
    "--test", is_flag=True, help="Show the accuracy on the whole test split beside; it decides "
    "nothing."
)  # fmt: skip
@click.option(
    "--goal",
    "goals",
    multiple=True,
    help='What a build has to keep, such as "accuracy>=97%" or "cycles<=2000". May be repeated.',
)
@click.option("--best", "objective", type=MEASURE, help="Mark the build that is best in this.")
@click.option(
    "--measures",
    type=Several(MEASURE, "MEASURE,..."),
    default=",".join(MEASURES),
    show_default=True,
    help="What builds are compared by: a build is left out if another is no worse in any of these "
    "and better in one.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Keep what is measured in this folder, from which a second start goes on. "
    "[default: runs/explore-NAME]",
)
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=lambda: len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1,
    show_default="number of cores",
    help="Measure in so many processes.",
)
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Measure on the Dask cluster of this scheduler (tcp://host:8786), not on this machine.",
)
@click.option(
    "--plot", "plot_path", type=click.Path(path_type=Path), help="Draw the plot: .svg or .png."
)
@click.option(
    "--json", "json_path", type=click.Path(path_type=Path), help="Write all points to this file."
)
@click.option(
    "--keep",
    type=click.Path(path_type=Path),
    help="Write the builds that are shown into this folder, and say how to synthesize them.",
)
def explore(
    checkpoint: Path,
    targets: list[str],
    frac_bits: list[int | None],
    timesteps: list[int] | None,
    cycles: list[int] | None,
    lanes: list[int] | None,
    name: str | None,
    data: str | None,
    workers: int | None,
    data_dir: Path | None,
    split: str | None,
    samples: int,
    test: bool,
    goals: tuple[str, ...],
    objective: str | None,
    measures: list[str],
    out: Path | None,
    jobs: int,
    scheduler: str | None,
    plot_path: Path | None,
    json_path: Path | None,
    keep: Path | None,
) -> None:
    """Try builds of CHECKPOINT, and show those that no other one beats.

    Each build is measured by models: accuracy and energy of its integers, cycles by the timing
    model, LUTs and block RAMs of an ECP5 by an estimate. Nothing is simulated or synthesized. See
    docs/explore.md.
    """
    started = time.monotonic()
    if checkpoint.suffix == SUFFIX:
        raise InputError(f"{checkpoint}: a NIR graph; accepted: a checkpoint; train it first")
    bounds = [goal(text) for text in goals]
    if plot_path:
        check_plot(plot_path)
    found, steps = opened(
        checkpoint, targets, timesteps, split=split, most=samples, test=test, name=name, data=data,
        data_dir=data_dir, workers=workers,
    )  # fmt: skip
    folder = Folder(out or Path("runs") / f"explore-{found.kit.name}", found.kit)
    folder.begin()
    space = Space(targets, steps, frac_bits, [] if lanes and not cycles else cycles, lanes or [])
    for numbers in space.numbers():
        numbers.options()  # refuses what no build can have
    with runner(found.kit, jobs, scheduler) as run, progress() as advance:
        result = explored(space, folder, run, advance)
    shown = [point for point in result.points if all(b.met(point.values) for b in bounds)]
    shown = [shown[place] for place in front([point.values for point in shown], measures)]
    shown.sort(key=lambda point: (-point.values["accuracy"], point.values["cycles"]))
    title = f"{found.kit.name}: {len(shown)} of {len(result.points)} builds"
    say(found, result, time.monotonic() - started, folder.path)
    if not result.points:
        raise InputError(result.refused[0][1])
    if not shown:
        raise InputError(f"no build of {len(result.points)} meets {' and '.join(goals)}")
    marked = shown[best([point.values for point in shown], objective)] if objective else None
    maker = Maker(checkpoint, found, data_dir)
    CONSOLE.print(front_table(shown, title, marked))
    if marked:
        CONSOLE.print(f"* best in {objective}: {maker.command(marked)}")
    if json_path:
        report = {
            "name": found.kit.name,
            "accuracy_on": f"{found.dataset}/{found.split}",
            "samples": len(found.kit.samples.labels),
            "trained_accuracy": found.trained_accuracy,
            "points": [
                {**msgspec.to_builtins(point), "front": any(point is each for each in shown)}
                for point in result.points
            ],
        }
        evidence.write_json(report, json_path)
    if plot_path:
        plot(result.points, shown, title, plot_path)
    if keep:
        maker.keep(shown, keep)
        CONSOLE.print(
            f"builds in {keep}; to synthesize them:\n"
            f"python -m rtl_sim sweep {keep}/* --device ecp5 --no-place"
        )


def say(found: Opened, result: Explored, seconds: float, folder: Path) -> None:
    """Say what the accuracies are of, what was refused, and what was measured now."""
    flattering = {
        "train": ", which the training saw",
        "test": ", the test split itself: it has a say in this choice",
    }
    CONSOLE.print(
        f"accuracy on {len(found.kit.samples.labels):,} samples of {found.dataset}/{found.split}"
        f"{flattering.get(found.split, '')}; {found.trained_accuracy:.2%} as trained"
    )
    for reason in dict.fromkeys(reason for _, reason in result.refused):
        CONSOLE.print(f"[yellow]refused:[/] {reason}")
    click.echo(
        f"{result.measured} measurements in {seconds:.0f} s, {result.kept} from {folder}", err=True
    )


@contextmanager
def progress() -> Iterator[Callable[[int, int], None]]:
    """A context that is given what shows how many measurements are done of how many."""
    terminal, last = sys.stderr.isatty(), time.monotonic()

    def advance(done: int, whole: int) -> None:
        nonlocal last
        if terminal:
            click.echo(f"\r{done} of {whole} measured", err=True, nl=False)
        elif time.monotonic() - last > 60:
            last = time.monotonic()
            click.echo(f"{done} of {whole} measured", err=True)

    try:
        yield advance
    finally:
        if terminal:
            click.echo(err=True)
