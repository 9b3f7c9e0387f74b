"""The training of a network."""

from pathlib import Path
from typing import Any

import click

from hw_models import progress
from hw_models.cli import quieten
from hw_models.errors import InputError
from hw_models.folder import files
from qtrain import checkpoint, processes
from qtrain.actions.terminal import console, summary
from qtrain.choices import NIR_SUFFIX
from qtrain.commands import data_options
from qtrain.data.source import open_source, recorded, run_name
from qtrain.training import default_config, log, nir_start, train
from qtrain.training.loop import Epoch
from qtrain.training.run_folder import locked
from qtrain.training.train_config import resumed


def train_network(**given: Any) -> None:
    """Do what `python -m qtrain train --help` says, with the processes that torchrun started."""
    with processes.joined():
        if not processes.is_first():
            quieten(click.get_current_context())
        in_this_process(**given)


def in_this_process(
    workers: int | None,
    data_dir: Path | None,
    out: Path | None,
    resume: str | None,
    init: Path | None,
    overwrite: bool,
    **given: Any,
) -> None:
    """The same in this process."""
    given = {name: value for name, value in given.items() if value is not None}
    preparation = data_options.taken_from(given)
    text = given.pop("data", None)
    folder = out or (Path(resume).parent if resume else Path("runs") / run_name(text or "digits"))
    start = None
    graph = init if init and init.suffix == NIR_SUFFIX else None
    begin = checkpoint.load(init) if init and not graph else None
    if init:
        given["init"] = files.sha256_of(init)
    if graph:
        given = nir_start.options_of(graph, given)
    if resume is None:
        source = open_source(text or "digits", preparation, workers=workers)
        for note in source.notes if processes.is_first() else ():
            click.echo(f"note: {note}", err=True)
        config = default_config(source, **given)
    else:
        path = Path(resume) if resume else folder / checkpoint.NAME
        start = checkpoint.load(path)
        if given.pop("recipe", None):
            raise InputError("recipe given with --resume: the checkpoint has its own; leave it out")
        preparation.refuse("--resume")
        config = resumed(start.config, given | ({"dataset": text} if text else {}))
        source = recorded(start.config, text, workers)
        if start.training.get("epoch") == config.epochs:
            if path == folder / checkpoint.NAME and processes.is_first():
                with locked(folder):
                    log.settle(folder, start.metrics)
            console.print(f"all {config.epochs} epochs are done; name more with --epochs")
            return

    module = nir_start.network_of(graph, config) if graph and start is None else None
    with progress.shown("") as bar:

        def on_step(epoch: int, done: int, total: int) -> None:
            bar.begin(f"epoch {epoch}/{config.epochs}", total)
            bar.reach(done, total)

        def on_epoch(epoch: Epoch) -> None:
            console.print(
                f"epoch {epoch.number}/{config.epochs}  loss {epoch.loss:.4f}"
                + (f"  {epoch.split} {summary(epoch.held)}" if epoch.held else "")
            )

        train(
            config, folder, data_dir, data=source, resume=start, init=begin, module=module,
            overwrite=overwrite, on_step=on_step, on_epoch=on_epoch,
        )  # fmt: skip
    console.print(f"wrote {folder / checkpoint.NAME}")
