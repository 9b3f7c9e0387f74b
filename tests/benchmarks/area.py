"""Synthesizes a spread of cores for an ECP5, which the area model is fitted to and checked by.

python -m tests.benchmarks.area [NAME ...] [--again]

The cores are those of the zoo's networks on several weights and lanes, without samples. What each
instance of a core takes goes into area.json beside this file, together with the core's parameters,
so that hw_models/cost/area.py can be checked without any synthesis. A core that is recorded already
is left out unless it is asked for again; so a run that was killed goes on.
"""

from pathlib import Path
from typing import Any

import click
import msgspec

import compiler
from hw_models import hardware
from hw_models.folder import files
from hw_models.hardware import Hardware
from qtrain.zoo import CheckpointPath
from rtl_sim.synthesis import flow

DEVICE = "ecp5"
RECORDED = Path(__file__).with_suffix(".json")
# By name: the zoo's network, and the options of the build.
SPREAD: dict[str, tuple[str, dict[str, Any]]] = {
    "digits-8-32": ("digits", {}),
    "digits-4-8": ("digits", {"target": "int4", "lanes": 8, "update_lanes": 2}),
    "digits-2-128": ("digits", {"target": "ternary", "lanes": 128, "update_lanes": 8}),
    "digits-8-1": ("digits", {"lanes": 1, "update_lanes": 1}),
    "digits-8-16-frac-2": ("digits", {"lanes": 16, "update_lanes": 2, "frac_bits": 2}),
    "mnist-4-16": ("mnist-int4", {"target": "int4", "lanes": 16, "update_lanes": 1}),
    "mnist-convnet-8-8": ("mnist-convnet", {"lanes": 8, "update_lanes": 2}),
    "nmnist-8-8": ("nmnist", {"lanes": 8, "update_lanes": 4}),
    "digits-4-64": ("digits", {"target": "int4", "lanes": 64, "update_lanes": 4}),
    "digits-2-4": ("digits", {"target": "ternary", "lanes": 4, "update_lanes": 1}),
    "mnist-2-32": ("mnist-ternary", {"target": "ternary", "lanes": 32, "update_lanes": 4}),
    "fashion-4-4": ("fashion-convnet", {"target": "int4", "lanes": 4, "update_lanes": 1}),
    "mnist-convnet-4-16-engines": (
        "mnist-convnet", {"target": "int4", "lanes": 16, "engines": 2, "update_lanes": 4},
    ),
    "digits-8-4": ("digits", {"lanes": 4, "update_lanes": 4}),
    "digits-8-128": ("digits", {"lanes": 128, "update_lanes": 16}),
    "mnist-8-8": ("mnist-int8", {"lanes": 8, "update_lanes": 2}),
    "digits-4-2-frac-0": (
        "digits", {"target": "int4", "lanes": 2, "update_lanes": 2, "frac_bits": 0},
    ),
    "mnist-convnet-2-32": (
        "mnist-convnet", {"target": "ternary", "lanes": 32, "update_lanes": 8},
    ),
    "digits-8-64": ("digits", {"lanes": 64, "update_lanes": 1}),
    "nmnist-4-32": ("nmnist", {"target": "int4", "lanes": 32, "update_lanes": 8}),
    "residual-4-4": (
        "cifar10-residual", {"target": "int4", "lanes": 4, "update_lanes": 1, "crop": 8},
    ),
}  # fmt: skip


class Core(msgspec.Struct, frozen=True, kw_only=True):
    """One core: its parameters, and by instance its LUTs, carries, LUT-RAM and block RAMs."""

    hardware: Hardware
    instances: dict[str, tuple[int, int, int, int]]


def recorded(path: Path = RECORDED) -> dict[str, Core]:
    """The cores that were synthesized, by name."""
    return msgspec.json.decode(path.read_bytes(), type=dict[str, Core]) if path.exists() else {}


def synthesized(name: str) -> Core:
    """Build one core of SPREAD and synthesize it."""
    network, options = SPREAD[name]
    path = CheckpointPath().convert(f"zoo:{network}", None, None)
    build = compiler.build(path, compiler.Options(**options))
    report = flow.run(build, DEVICE, place=False)
    used = {name: instance.resources for name, instance in report.instances.items()}
    return Core(
        hardware=hardware.hardware_of(build),
        instances={name: (r.lut, r.carry, r.lutram, r.bram) for name, r in used.items()},
    )


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(SPREAD)))
@click.option("--again", is_flag=True, help="Synthesize also what is recorded.")
def main(names: tuple[str, ...], again: bool) -> None:
    """Synthesize the cores NAMES, all by default."""
    for name in names or SPREAD:
        found = recorded()
        if again or name not in found:
            core = synthesized(name)
            found = {**recorded(), name: core}
            ordered = {each: found[each] for each in SPREAD if each in found}
            files.write({RECORDED: msgspec.json.encode(ordered) + b"\n"})
            click.echo(f"{name}: {[sum(each) for each in zip(*core.instances.values())]}")


if __name__ == "__main__":
    main()
