"""Accuracy against firing rate against additions, ternary and binary: a table and a plot.

python -m tests.benchmarks.sparsity --data-dir DATA [--out docs/sparsity.png]

Trains MNIST 784-128-10 (T = 4, 8 bits) at each target, compiles it to int8 and counts on the 10,000
test images. About 80 s a network on one core.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import click
import matplotlib

from hw_models.folder import artefact, reference_vectors
from hw_models.report.evaluate import Evaluation, evaluate

matplotlib.use("Agg")
from matplotlib import pyplot as plt

TARGETS = (0.04, 0.07, 0.1, 0.14, 0.2, 0.4)


def measured(spike: str, target: float, data_dir: Path, folder: Path) -> Evaluation:
    """Train, compile, execute; the report of the integer network."""
    run, build = folder / "run", folder / "build"
    train = ["qtrain", "train", "--dataset", "mnist", "--spike", spike, "--out", run]
    train += ["--timesteps", 4, "--input-bits", 8]
    options = ["--firing-rate", target, "--data-dir", data_dir]
    compile_ = ["compiler", "build", run / "ckpt.pt", "--out", build, "--data-dir", data_dir]
    for command in ([*train, *options], compile_):
        subprocess.run([sys.executable, "-m", *map(str, command)], check=True, stdout=sys.stderr)
    made = artefact.load(build)
    return evaluate(made, reference_vectors.load(made))


def row(spike: str, target: float, report: Evaluation) -> str:
    ops = report.operations["total"]
    return (
        f"| {spike} | {target:.0%} | {report.firing_rate['lif1']:.1%} | {report.accuracy:.2%} | "
        f"{report.operations['readout']['synaptic_additions']:,.0f} | "
        f"{ops['synaptic_additions']:,.0f} | {ops['ann_macs']:,.0f} |"
    )


@click.command()
@click.option("--data-dir", type=click.Path(path_type=Path), required=True)
@click.option("--out", type=click.Path(path_type=Path), default=Path("docs/sparsity.png"))
def main(data_dir: Path, out: Path) -> None:
    """Print the table as Markdown and write the plot."""
    click.echo(
        "| spikes | target | firing rate | accuracy | additions of spikes | all | ANN MACs |"
    )
    click.echo("|---|---|---|---|---|---|---|")
    figure, axes = plt.subplots(figsize=(6, 4))
    for spike in ("ternary", "binary"):
        points = []
        for target in TARGETS:
            with tempfile.TemporaryDirectory() as folder:
                report = measured(spike, target, data_dir, Path(folder))
            click.echo(row(spike, target, report))
            points.append((report.firing_rate["lif1"], report.accuracy))
        rates, accuracies = zip(*points, strict=True)
        axes.plot([100 * r for r in rates], [100 * a for a in accuracies], "o-", label=spike)
    axes.set(
        xlabel="hidden firing rate, % of neurons and steps",
        ylabel="accuracy in integers, %",
        title="MNIST 784-128-10, T = 4, int8",
    )
    axes.grid(alpha=0.3)
    axes.legend()
    figure.tight_layout()
    figure.savefig(out, dpi=120)


if __name__ == "__main__":
    main()
