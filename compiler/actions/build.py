"""From a checkpoint or a NIR graph to a build folder."""

from pathlib import Path
from typing import Any

import click

import compiler
from compiler.actions.opening import exported_data, opened
from compiler.commands import build_options
from compiler.commands.terminal import CONSOLE, print_warnings
from compiler.frontend.exported import holds_build, integer_vectors, open_exported
from compiler.frontend.nir_import import NirNetwork, import_report
from compiler.frontend.samples import calibration_inputs, recorded_vectors, samples_for
from compiler.frontend.trained import TrainedNetwork
from compiler.inspection import layer_table, work_table
from compiler.ir import Graph
from compiler.options import Options
from compiler.pipeline import with_hardware
from hw_models.dataflow import Build
from hw_models.errors import InputError
from hw_models.folder import artefact, evidence, reference_vectors
from hw_models.options import Giver
from hw_models.parallel import cores
from hw_models.report.evaluate import evaluate
from hw_models.report.import_report import IMPORT, import_table
from qtrain.choices import NIR_SUFFIX
from qtrain.data.source import DataSource
from qtrain.data.split import Split


def build(
    network: Path,
    out: Path | None,
    data: str | None,
    workers: int | None,
    data_dir: Path | None,
    no_reference: bool,
    print_passes: bool,
    give_json: Giver,
    **given: Any,
) -> None:
    """Do what `python -m compiler build --help` says; `given` are the options of a build."""
    options = build_options.taken_from(given)
    graph = network.suffix == NIR_SUFFIX  # which is rounded on samples, whatever is kept of them
    for option, value in (("--data", data), ("--data-dir", data_dir)):
        if value and no_reference and not options.has_goal and not graph:
            raise InputError(
                f"{option} {value}: nothing is read from it with --no-reference; leave one out"
            )
    if graph and holds_build(network):
        exported = open_exported(network, options)
        source = exported_data(exported, data, data_dir, workers, given)
        build_again(network, exported, options, None if no_reference else source, data_dir, out)
        return
    trained, source = opened(network, options, data, data_dir, workers, given)
    samples = calibration_inputs(trained, data_dir, source) if options.has_goal else None
    try:
        test = None if no_reference else test_samples(trained, data_dir, source)
    except InputError as error:
        raise InputError(f"{error}; or build with --no-reference") from error
    out = out or Path("build") / f"{trained.name}-{options.target}"
    watch = print_graph if print_passes else None
    report = None
    with artefact.fresh_folder(out) as folder:
        made = compiler.build(trained, options, calibration=samples, watch=watch)
        made = artefact.write(made, folder)
        if test is not None:
            vectors = recorded_vectors(trained, made.sha256 or "", test)
            reference_vectors.save(vectors, folder)
            report = evaluate(made, vectors, jobs=cores())
            if isinstance(trained, NirNetwork):
                evidence.write(made, IMPORT, import_report(trained, report))
    print_warnings(made)
    CONSOLE.print(layer_table(made))
    if samples is not None:
        CONSOLE.print(work_table(made, samples, options.cycles))
    if report is not None:
        give_json(report)
        if isinstance(trained, NirNetwork):
            CONSOLE.print(import_table(import_report(trained, report)))
        CONSOLE.print(
            f"accuracy on {report.dataset}: {report.accuracy:.2%} in integers, "
            f"{report.reference_accuracy:.2%} as trained; "
            f"{report.predictions_equal:.2%} of the predictions equal"
        )
    CONSOLE.print(f"build folder: {out}")


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


def print_graph(step: str, graph: Graph) -> None:
    """Print a graph under the name of the step that made it, as plain text."""
    click.echo(f"after {step}:\n{graph}\n")
