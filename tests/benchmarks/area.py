"""Synthesizes a spread of cores for an ECP5, which the area model is fitted to and checked by.

python -m tests.benchmarks.area [NAME ...] [--again] [--fit]

The cores are those of the zoo's networks on several weights and lanes, and of a residual one. What
each instance of a core takes goes into area.json beside this file, with the core's parameters, so
that hw_models/cost/area.py can be checked without any synthesis. A core that is recorded already
is left out unless it is asked for again; so a run that was killed goes on. With --fit, nothing is
synthesized: the coefficients of hw_models/cost/area_fit.py are found again and written there, and a
table shows how far the estimates are from the cores, fitted to all, to all others, and to those of
other networks.
"""

from collections.abc import Container, Iterable, Mapping
from pathlib import Path
from typing import Any

import click
import msgspec
import numpy as np
from rich.console import Console
from rich.table import Table
from scipy.optimize import nnls

import compiler
from hw_models import hardware
from hw_models.cost import area
from hw_models.cost.area import Counted
from hw_models.dataflow import Build
from hw_models.folder import files
from hw_models.hardware import Hardware
from qtrain.zoo import CheckpointPath
from rtl_sim.synthesis import flow
from tests.builders.residual_builds import residual_build
from tests.builders.simulated_builds import hardware as hardware_files
from tests.builders.simulated_builds import with_lanes

DEVICE = "ecp5"
RESIDUAL = "residual"  # a small network of random weights, whose synapses meet in layers
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
    RESIDUAL: (RESIDUAL, {"lanes": 8, "update_lanes": 4}),
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
    if network == RESIDUAL:
        integers = residual_build(5, (3, 16, 16), (8, 16), blocks=1)
        build = hardware_files(with_lanes(integers, options["lanes"], options["update_lanes"]))
        return of_build(build)
    path = CheckpointPath().convert(f"zoo:{network}", None, None)
    return of_build(compiler.build(path, compiler.Options(**options)))


def of_build(build: Build) -> Core:
    """The core of a build, synthesized."""
    report = flow.run(build, DEVICE, place=False)
    used = {name: instance.resources for name, instance in report.instances.items()}
    return Core(
        hardware=hardware.hardware_of(build),
        instances={name: (r.lut, r.carry, r.lutram, r.bram) for name, r in used.items()},
    )


def luts(core: Core) -> int:
    """The places for look-up tables that Yosys's netlist of a core takes, as Area counts."""
    return sum(logic + 2 * carry + lutram for logic, carry, lutram, _ in core.instances.values())


def fitted(cores: Iterable[Core]) -> area.Coefficients:
    """The coefficients with which the estimates are nearest, by the least squares.

    None is negative, as nothing makes a netlist smaller. An error counts relative to the square
    root of a number, so that neither large instances nor small ones decide alone.
    """
    found: dict[str, list[tuple[Counted, tuple[int, ...]]]] = {}
    for core in cores:
        known = area.counted(core.hardware)
        for name in known.keys() & core.instances.keys():  # `top` is a gate here and there
            found.setdefault(known[name].kind, []).append((known[name], core.instances[name]))
    return {
        kind: (
            solved([(counted.logic, used[0]) for counted, used in rows]),
            solved([(counted.carry, used[1]) for counted, used in rows]),
        )
        for kind, rows in sorted(found.items())
    }


def solved(rows: list[tuple[Mapping[str, float], int]]) -> dict[str, float]:
    """The coefficients of one linear sum, given its numbers and results."""
    names = list(rows[0][0])
    if not names:
        return {}
    numbers = np.array([[each[name] for name in names] for each, _ in rows], float)
    results = np.array([result for _, result in rows], float)
    weight = 1 / np.sqrt(np.maximum(results, 20))
    found, _ = nnls(numbers * weight[:, None], results * weight)
    return {name: round(float(value), 3) for name, value in zip(names, found, strict=True)}


def without(cores: Mapping[str, Core], left_out: Container[str]) -> area.Coefficients:
    """The coefficients by the other cores; where these lack a module, by all."""
    others = [core for name, core in cores.items() if name not in left_out]
    return {**fitted(cores.values()), **fitted(others)}


def of_network(network: str) -> list[str]:
    """The cores of a network."""
    return [name for name, (own, _) in SPREAD.items() if own == network]


def write_fit(found: area.Coefficients) -> None:
    """Write hw_models/cost/area_fit.py."""
    lines = [
        f'"""The coefficients of area.py, by `python -m {area.FITTED_BY}`."""\n',
        "# By module: logic, then carries.",
        "COEFFICIENTS: dict[str, tuple[dict[str, float], dict[str, float]]] = {",
    ]
    for kind, (logic, carry) in found.items():
        lines += [f'    "{kind}": (']
        for each in (logic, carry):
            items = [f'            "{name}": {value},' for name, value in each.items()]
            lines += ["        {", *items, "        },"] if items else ["        {},"]
        lines += ["    ),"]
    path = Path(area.__file__).with_name("area_fit.py")
    files.write({path: "\n".join([*lines, "}", ""]).encode()})


def error_table(cores: Mapping[str, Core]) -> Table:
    """How far estimates are from the cores."""
    table = Table(title=f"LUTs on {DEVICE}, estimated and by Yosys")
    heads = ("core", "Yosys", "fitted", "without it", "without its network", "block RAM")
    for head in heads:
        table.add_column(head, justify="left" if head == "core" else "right")
    whole = fitted(cores.values())
    for name, core in cores.items():
        used, blocks = luts(core), sum(each[3] for each in core.instances.values())
        estimates = [
            area.estimate(core.hardware, found)
            for found in (
                whole,
                without(cores, [name]),
                without(cores, of_network(SPREAD[name][0])),
            )
        ]
        row = [f"{each.luts / used - 1:+.1%}" for each in estimates]
        own = estimates[0].bram
        row += [f"{blocks}" if blocks == own else f"{blocks}, estimated {own}"]
        table.add_row(name, f"{used:,}", *row)
    return table


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(SPREAD)))
@click.option("--again", is_flag=True, help="Synthesize also what is recorded.")
@click.option("--fit", is_flag=True, help="Synthesize nothing, and fit the coefficients again.")
def main(names: tuple[str, ...], again: bool, fit: bool) -> None:
    """Synthesize the cores NAMES, all by default."""
    if fit:
        write_fit(fitted(recorded().values()))
        Console().print(error_table(recorded()))
        return
    for name in names or SPREAD:
        found = recorded()
        if again or name not in found:
            core = synthesized(name)
            found = {**recorded(), name: core}
            ordered = {each: found[each] for each in SPREAD if each in found}
            files.write({RECORDED: msgspec.json.encode(ordered) + b"\n"})
            click.echo(f"{name}: {luts(core):,} LUTs")


if __name__ == "__main__":
    main()
