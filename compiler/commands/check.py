"""`python -m compiler check`: whether the hardware can take a network."""

from pathlib import Path
from typing import Any

import click

from compiler.commands.network_options import (
    DATA_DIR,
    NETWORK,
    exported_data,
    nir_options,
    opened,
)
from compiler.commands.terminal import CONSOLE
from compiler.frontend.exported import check_samples, holds_build, open_exported
from compiler.frontend.importer import import_network
from compiler.frontend.nir_import import SUFFIX
from compiler.frontend.preflight import faults
from compiler.frontend.samples import samples_for
from compiler.lowering import lower
from compiler.options import Options
from hw_models.cli import EXIT_BAD_INPUT, EXIT_OK
from qtrain import checkpoint, data_options

DEFAULT = Options()


@click.command()
@NETWORK
@data_options.data
@DATA_DIR
@nir_options
def check(
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
