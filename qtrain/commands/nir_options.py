"""The command-line options that say what a NIR graph does not: how time is cut into steps."""

import click

from qtrain.choices import DECAYS

DT = click.option(
    "--dt",
    type=float,
    help="NIR: the length of a time step in seconds, where neurons have time constants.",
)
DECAY = click.option(
    "--decay",
    type=click.Choice(DECAYS),
    help="NIR: the share of a membrane that a step leaves, 1 - dt / tau (euler: Norse, snnTorch, "
    "SpikingJelly) or exp(-dt / tau) (exp: Sinabs, Rockpool). Default: euler.",
)
