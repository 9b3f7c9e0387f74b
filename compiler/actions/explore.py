"""Many builds of a checkpoint, and which of them nothing beats."""

import time
from pathlib import Path

import click
import msgspec

from compiler.commands.terminal import CONSOLE
from compiler.explore.folder import Folder
from compiler.explore.keep import Maker
from compiler.explore.measures import best, front, goal
from compiler.explore.opening import Opened, opened
from compiler.explore.plot import check_plot, plot
from compiler.explore.space import Explored, Space, explored
from compiler.explore.spread import runner
from compiler.explore.tables import front_table
from hw_models import progress
from hw_models.errors import InputError
from hw_models.options import Giver
from qtrain.choices import NIR_SUFFIX


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
    give_json: Giver,
    keep: Path | None,
) -> None:
    """Do what `python -m compiler explore --help` says."""
    started = time.monotonic()
    if checkpoint.suffix == NIR_SUFFIX:
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
    with runner(found.kit, jobs, scheduler) as run, progress.shown("measurements") as bar:
        result = explored(space, folder, run, bar.reach)
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
    give_json(
        {
            "name": found.kit.name,
            "accuracy_on": f"{found.dataset}/{found.split}",
            "samples": len(found.kit.samples.labels),
            "trained_accuracy": found.trained_accuracy,
            "points": [
                {**msgspec.to_builtins(point), "front": any(point is each for each in shown)}
                for point in result.points
            ],
        }
    )
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
