"""Puts the netlist that Yosys makes of a build in the place of its Verilog, to be simulated."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec

from hw_models.dataflow import Build
from hw_models.errors import InputError
from hw_models.folder import leftovers
from hw_models.hardware import FILES, NETLIST, TOP, Netlist
from hw_models.registers import is_loadable
from rtl_sim import sources
from rtl_sim.synthesis import flow, tools, yosys
from rtl_sim.synthesis.devices import NETLISTS
from rtl_sim.synthesis.output_registers import Module

Edit = Callable[[Module, dict[str, Module]], dict[str, list[sources.Nets]]]
CELLS = Path(__file__).parent / "cells"


def of(
    build: Build,
    name: str,
    *,
    jobs: int = 1,
    edit: Edit | None = None,
    begin: Callable[[str, int], None] = lambda step, parts: None,
    advance: Callable[[], None] = lambda: None,
) -> Build:
    """The build with its netlist in rtl/, and without mem/, whose words are in the netlist.

    It is the netlist that `flow.run` links, places and routes, before its instances are flattened.

    Args:
        name: of the technology, one of NETLISTS.
        jobs: the number of instances synthesized at a time.
        edit: is given the top level and the modules of the instances, to change them, and gives
            the ports that show nets, by instance.
        begin: called at the start of each step with its number of parts.
        advance: called after each part.

    Raises:
        InputError: the build has no top level, Yosys is missing or refuses the Verilog, something
            in the netlist multiplies, or the technology's memories begin without values that a
            loadable build needs.
    """
    technology = NETLISTS[name]
    if not technology.begins and is_loadable(build):
        raise InputError(
            f"{build.dataflow.name} is loadable, and the memories of {technology.title} begin "
            "empty; accepted: a build without --loadable, or the netlist of a device that begins "
            "with values (ecp5)"
        )
    with leftovers.scratch() as folder:
        names, _ = flow.only_adding(build, technology, folder, jobs, begin, advance)
        nets = edited(folder, names, edit) if edit else {}
        text = yosys.netlist(technology, names, folder)
    cells = {f"rtl/{cell.lower()}.v": CELLS / f"{cell.lower()}.v" for cell in technology.own}
    about = Netlist(netlist=name, yosys=tools.version("yosys"), nets=nets)
    own = {
        **{path: file.read_bytes() for path, file in cells.items()},
        TOP: text,
        FILES: "\n".join([*cells, TOP, ""]).encode(),
        NETLIST: msgspec.json.encode(about),
    }
    gone = {*sources.paths(build), *(path for path in build.files if path.startswith("mem/"))}
    others = {path: content for path, content in build.files.items() if path not in gone}
    return replace(build, files={**others, **own})


def edited(folder: Path, names: list[str], edit: Edit) -> dict[str, list[sources.Nets]]:
    """Let `edit` change the modules of the instances in `folder`, and the top level."""
    paths = {name: folder / f"{name}.json" for name in {yosys.TOP, *names}}
    read = {name: json.loads(path.read_text()) for name, path in paths.items()}
    modules = {name: read[name]["modules"][yosys.module_of(name)] for name in paths}
    nets = edit(modules[yosys.TOP], {name: modules[name] for name in names})
    for name, path in paths.items():
        path.write_text(json.dumps(read[name]))
    return nets
