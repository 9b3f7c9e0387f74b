"""`python -m compiler check`: whether the hardware can take a network."""

from typing import Any

from compiler.commands.network_options import DATA_DIR, NETWORK, nir_options
from hw_models.cli import command
from qtrain.commands import data_options


@command("check", "zoo:digits")
@NETWORK
@data_options.data
@DATA_DIR
@nir_options
def check_command(**given: Any) -> int:
    """Check that the hardware can take NETWORK, a checkpoint or a NIR graph in FILE.nir.

    For each layer that it cannot take, a line says why and what to use instead. With --data or
    --data-dir, it is also checked that the network takes the test samples.
    """
    from compiler.actions.check import check

    return check(**given)
