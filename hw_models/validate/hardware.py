"""Checks the files of rtl/ that programs read: the instances, the list of files and the registers.

Whether the Verilog itself is right is for the simulators and the proofs to say. But it may call
only what the core calls: simulators can read files and run programs on behalf of Verilog.
"""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

import msgspec

from hw_models.dataflow import Build
from hw_models.errors import InputError, need
from hw_models.folder import reading
from hw_models.hardware import FILES, NETLIST, PARAMETERS, TOP, Hardware, Netlist
from hw_models.registers import REGISTERS, register_map_of

# What the core's Verilog and netlists call; $readmemh reads the files of mem/ by their parameters.
CALLS = {
    "$signed", "$unsigned", "$clog2", "$readmemh", "$error", "$fatal", "$finish", "$display",
    "$time", "$past", "$countones", "$anyconst", "$initstate", "$stop", "$write", "$setup",
    "$hold", "$setuphold", "$width", "$period", "$recovery", "$removal", "$recrem",
}  # fmt: skip
DIRECTIVES = {
    "`resetall", "`timescale", "`default_nettype", "`ifdef", "`ifndef", "`elsif", "`else",
    "`endif", "`define", "`undef", "`celldefine", "`endcelldefine",
}  # fmt: skip
VERILOG = (".v", ".vh", ".sv")
CALL = re.compile(r"(?<![\w\\])[$`][A-Za-z_]\w*")
APART = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/', re.DOTALL)  # strings and comments


def check_hardware(build: Build) -> None:
    """Raise InputError, naming the file, unless programs can use a build's files of rtl/."""
    for path, content in build.files.items():
        if PurePosixPath(path).suffix in VERILOG:
            check_calls(path, content)
    if NETLIST in build.files:
        checked(NETLIST, build.files[NETLIST], Netlist)
    if PARAMETERS in build.files:
        check_parameters(build, checked(PARAMETERS, build.files[PARAMETERS], Hardware))
        check_list(build)
    if REGISTERS in build.files:
        need(PARAMETERS in build.files, REGISTERS, PARAMETERS, "missing", "the core's instances")
        register_map_of(build)


def checked(path: str, content: bytes, kind: type) -> Any:
    try:
        return reading.decoded(content, kind)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def check_calls(path: str, content: bytes) -> None:
    try:
        text = reading.text(content)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    for called in set(CALL.findall(APART.sub(" ", text))) - CALLS - DIRECTIVES:
        raise InputError(f"{path}: calls {called}, which the core does not")


def check_parameters(build: Build, hardware: Hardware) -> None:
    """Check that the instances are those of the description's layers, of numbers that may be."""
    layers = build.dataflow.layers
    names = [layer.name for layer in hardware.layers]
    need(names == [layer.name for layer in layers], PARAMETERS, "layers", names,
         [layer.name for layer in layers])  # fmt: skip
    for layer, made in zip(layers, hardware.layers, strict=True):
        where = f"{PARAMETERS}: {layer.name}"
        names, wanted = ([each.name for each in of.synapses] for of in (made, layer))
        need(names == wanted, where, "synapses", names, wanted)
        need(all(synapse.branches for synapse in made.synapses), where, "branches", 0, "1 or more")
        need(bool(made.readers) == layer.fires, where, "readers", len(made.readers),
             "1 or more, and none of the readout")  # fmt: skip
        need((made.readout is None) == layer.fires, where, "readout", made.readout is not None,
             not layer.fires)  # fmt: skip
    branches = (b for layer in hardware.layers for each in layer.synapses for b in each.branches)
    read = sorted(branch.stream for branch in branches)
    outlets = (reader.stream for layer in hardware.layers for reader in layer.readers)
    offered = sorted((*(inlet.stream for inlet in hardware.inlets), *outlets))
    need(bool(hardware.inlets), PARAMETERS, "inlets", 0, "1 or more")
    need(offered == read, PARAMETERS, "streams", offered, f"those that are read, {read}")
    for at, value in numbers(msgspec.to_builtins(hardware)):
        least, most = -1 << 31, (1 << 32) - 1
        need(least <= value <= most, PARAMETERS, at, value, f"{least}..{most}")


def numbers(tree: Any, at: str = "") -> Iterator[tuple[str, int]]:
    """The whole numbers in plain data, with their places."""
    if isinstance(tree, dict):
        for name, value in tree.items():
            yield from numbers(value, f"{at}.{name}".removeprefix("."))
    elif isinstance(tree, list | tuple):
        for place, value in enumerate(tree):
            yield from numbers(value, f"{at}[{place}]")
    elif isinstance(tree, int):
        yield at, tree


def check_list(build: Build) -> None:
    """Check that the list of Verilog files names files of the build, and the top level is there."""
    need(TOP in build.files, TOP, "file", "missing", "the core's top level")
    need(FILES in build.files, FILES, "file", "missing", "a list of the Verilog files")
    try:
        paths = reading.text(build.files[FILES]).split()
    except InputError as error:
        raise InputError(f"{FILES}: {error}") from error
    need(bool(paths), FILES, "files", "none", "one or more")
    for path in paths:
        known = path in build.files and PurePosixPath(path).suffix in VERILOG
        need(known, FILES, "file", path, "Verilog files of the build")
