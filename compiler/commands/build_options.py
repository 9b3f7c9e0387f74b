"""The command-line options of a build: what a user chooses, as compiler.Options."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from compiler.options import LANES, UPDATE_LANES, Options
from hw_models.dataflow import TARGET_BITS
from hw_models.folder import artefact

Command = TypeVar("Command", bound=Callable[..., Any])
DEFAULT = Options()


class FracBits(click.ParamType):
    """A number, or `auto`, which becomes None."""

    name = "auto|N"

    def convert(self, value, param, ctx) -> int | None:
        if value is None or isinstance(value, int):
            return value
        if value == "auto":
            return None
        if not value.isdecimal():
            self.fail(f"{value!r}: need auto or a number", param, ctx)
        return int(value)


class ByLayer(click.ParamType):
    """A number for all layers, LAYER=N for one layer, or several of these with commas between."""

    name = "N|LAYER=N,..."

    def convert(self, value, param, ctx) -> dict[str, int]:
        """Numbers by layer's name; the name "" stands for all layers that are not named."""
        if isinstance(value, dict):
            return value
        found = {}
        for part in value.split(","):
            layer, _, number = part.rpartition("=")
            if not number.isdecimal() or layer in found:
                self.fail(f"{value!r}: need N, or LAYER=N,... with each layer once", param, ctx)
            found[layer] = int(number)
        return found


TARGET = click.option(
    "--target",
    type=click.Choice(list(TARGET_BITS)),
    default=DEFAULT.target,
    show_default=True,
    help="The type of the weights. Weights trained at another width are quantized again.",
)
NAME = click.option(
    "--name", help="The build's name. [default: the run's folder, or the file's name]"
)
HARDWARE = (
    click.option(
        "--frac-bits",
        type=FracBits(),
        default="auto",
        show_default=True,
        help="Fraction bits N: in layers that round, the LSB is 1/2^N of a weight step. Layers "
        "round where T > 1, and where several synapses meet.",
    ),
    click.option(
        "--v-bits-max",
        default=DEFAULT.v_bits_max,
        show_default=True,
        help="The most bits that a threshold of these layers may have.",
    ),
    click.option(
        "--lanes",
        type=ByLayer(),
        help="The most accumulate lanes that an engine may have; each adds one weight in a cycle. "
        f"[default: {LANES}]",
    ),
    click.option(
        "--engines",
        type=ByLayer(),
        help="The most engines that a synapse may have side by side, each with every so many-th "
        "column of the map: for layers of few channels. [default: 1]",
    ),
    click.option(
        "--update-lanes",
        type=int,
        help="The most neurons of a layer that are updated in one cycle. "
        f"[default: {UPDATE_LANES}]",
    ),
    click.option(
        "--cycles",
        type=int,
        help="Choose the cheapest lanes and engines with which a sample takes at most N cycles.",
    ),
    click.option(
        "--total-lanes",
        type=int,
        help="Choose the fastest lanes and engines, with at most N accumulate lanes in all layers "
        "together.",
    ),
    click.option(
        "--crop",
        type=int,
        help="Build for the N x N middle of the inputs: a smaller network for a slow simulator.",
    ),
    click.option(
        "--axi-lite",
        is_flag=True,
        help="Add registers and counters on AXI4-Lite, and a guard that checks the input stream.",
    ),
    click.option(
        "--loadable", is_flag=True, help="As --axi-lite, with memories that can be written over it."
    ),
    click.option(
        "--parity",
        is_flag=True,
        help="As --axi-lite, with a parity bit in each word of weights, biases, thresholds, "
        "membranes and accumulators; a word that has flipped sets an error flag when it is read.",
    ),
    click.option(
        "--like",
        type=click.Path(path_type=Path),
        help="The folder of a loadable build into whose core this network will be loaded; the "
        "fraction bits are taken from it.",
    ),
)


def hardware(command: Command) -> Command:
    """Add what can be chosen of the hardware to a command."""
    for option in reversed(HARDWARE):
        command = option(command)
    return command


def taken_from(given: dict[str, Any]) -> Options:
    """The Options among a command's options, which are taken out of them.

    Raises:
        InputError: a value is not accepted, two options contradict, or --like names no build.
    """
    chosen = {name: given.pop(name) for name in Options.__dataclass_fields__ if name in given}
    like = chosen["like"]
    chosen["like"] = artefact.load(like) if like else None
    for name in ("lanes", "engines"):
        by_layer = dict(chosen[name] or {})
        chosen[name] = by_layer.pop("", None)
        chosen[f"layer_{name}"] = by_layer
    return Options(**chosen)
