"""Whether the hardware can take a network."""

from pathlib import Path
from typing import Any

import click

from compiler.actions.opening import exported_data, opened
from compiler.commands.terminal import CONSOLE
from compiler.frontend.exported import check_samples, holds_build, open_exported
from compiler.frontend.importer import import_network
from compiler.frontend.preflight import faults
from compiler.frontend.samples import samples_for
from compiler.lowering import lower
from compiler.options import Options
from hw_models.cli import EXIT_BAD_INPUT, EXIT_OK
from qtrain import checkpoint
from qtrain.choices import NIR_SUFFIX

DEFAULT = Options()


def check(
    network: Path, data: str | None, workers: int | None, data_dir: Path | None, **nir: Any
) -> int:
    """Do what `python -m compiler check --help` says; return the exit status."""
    if network.suffix != NIR_SUFFIX:
        found = faults(checkpoint.load(network, build=False).graph)
        for fault in found:
            click.echo(str(fault), err=True)
        if found:
            return EXIT_BAD_INPUT
    if network.suffix == NIR_SUFFIX and holds_build(network):
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
