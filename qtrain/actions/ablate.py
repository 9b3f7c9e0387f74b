"""Several kinds of spike, time steps and weight widths over seeds."""

from pathlib import Path

from hw_models import progress
from qtrain.actions.terminal import console, summary
from qtrain.training import ablation, ablation_report
from qtrain.training.loop import Epoch


def ablate(file: Path, out: Path, data_dir: Path | None) -> None:
    """Do what `python -m qtrain ablate --help` says."""
    plan = ablation.read_plan(file)
    ablation_report.figure_type()  # a missing matplotlib is reported now, not after the training
    with progress.shown("") as bar:

        def on_step(cell: ablation.Cell, epoch: int, done: int, total: int) -> None:
            bar.begin(f"{cell.name} epoch {epoch}", total)
            bar.reach(done, total)

        def on_epoch(cell: ablation.Cell, epoch: Epoch) -> None:
            if epoch.held:
                console.print(
                    f"{cell.name}  epoch {epoch.number}  {epoch.split} {summary(epoch.held)}"
                )

        results = ablation.ablate(plan, out, data_dir, on_step=on_step, on_epoch=on_epoch)
    ablation_report.write(results, out)
    console.print(ablation_report.table(results))
    console.print(f"wrote {out / ablation_report.MARKDOWN}, .json and .png beside it")
