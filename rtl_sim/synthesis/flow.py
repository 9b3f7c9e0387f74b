"""Synthesizes a build with Yosys, instance by instance, then places and routes it.

The hierarchy is kept at the top level and flattened below. Each instance is synthesized alone, with
its own parameters and memories, so that time and memory grow only with the largest instance and
each count belongs to one layer. No logic is shared across the instances' borders, which costs about
2 %. Before that, only logic behind outputs that the top level leaves open (counters) or inputs that
it ties to a constant is removed. The instances are then linked, and that very netlist is placed and
routed.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from functools import reduce
from operator import add
from pathlib import Path

import msgspec

from hw_models.dataflow import Build
from hw_models.errors import InputError
from hw_models.folder import leftovers
from hw_models.hardware import hardware_of
from rtl_sim import sources
from rtl_sim.synthesis import placement, tools, yosys
from rtl_sim.synthesis.devices import DEVICES, Resources, Technology
from rtl_sim.synthesis.placement import Placed
from rtl_sim.synthesis.yosys import Instance


class Synthesis(msgspec.Struct, frozen=True, kw_only=True):
    """The report of `python -m rtl_sim synth`."""

    name: str
    target: str
    device: str
    title: str
    bram_unit: str
    instances: dict[str, Instance]
    total: Resources
    products: list[str]  # places that multiply or divide; none in this core
    placed: list[Placed]  # by nextpnr, if it supports the device, with a seed each
    tools: dict[str, str]
    scripts: dict[str, str]  # Yosys's scripts and nextpnr's command
    seconds: float
    dataflow_sha256: str | None
    verilog_sha256: str  # of its Verilog files, concatenated


def run(
    build: Build,
    device_name: str,
    *,
    place: bool = True,
    seeds: int = 1,
    jobs: int = 1,
    keep: Path | None = None,
    begin: Callable[[str, int], None] = lambda step, parts: None,
    advance: Callable[[], None] = lambda: None,
) -> Synthesis:
    """Synthesize a build for a device of DEVICES.

    Args:
        place: also place and route, if there is a nextpnr for the device.
        seeds: place and route with the seeds 1 to N.
        jobs: the number of instances synthesized at a time.
        keep: an empty folder to work in, which stays; otherwise a temporary one is used.
        begin: called at the start of each step with its number of parts.
        advance: called after each part.

    Raises:
        InputError: the build has no top level, a tool is missing, or Yosys refuses the Verilog.
    """
    started = time.monotonic()
    device = DEVICES[device_name]
    nextpnr = device.nextpnr if place else None
    versions = {tool: tools.version(tool) for tool in ("yosys", nextpnr) if tool}
    scripts = {
        "elaborate": yosys.ELABORATE,
        "instance": yosys.instance_script(device, "INSTANCE"),
    }
    instances: dict[str, Instance] = {}
    placed: list[Placed] = []
    with nullcontext(keep) if keep else leftovers.scratch() as folder:
        names, products, instances = mapped(build, device, folder, jobs, begin, advance)
        if not products:
            for name, instance in instances.items():
                if instance.resources.dsp:
                    products.append(f"{name}: {instance.resources.dsp} DSP blocks")
        if nextpnr and not products:
            begin("place and route", seeds)
            scripts["ports"] = yosys.surround(yosys.ports(device, folder), folder)
            scripts["link"] = yosys.link(device, names, "ports", folder)
            scripts["place"] = " ".join([nextpnr, *placement.arguments(device, seed=1)])
            for seed in range(1, seeds + 1):
                placed.append(placement.place(device, folder, seed))
                advance()
    return Synthesis(
        name=build.dataflow.name,
        target=build.dataflow.target,
        device=device_name,
        title=device.title,
        bram_unit=device.bram,
        instances=instances,
        total=reduce(add, (made.resources for made in instances.values()), device.count({}, 0)),
        products=products,
        placed=placed,
        tools=versions,
        scripts=scripts,
        seconds=round(time.monotonic() - started, 1),
        dataflow_sha256=build.sha256,
        verilog_sha256=sources.sha256(build),
    )


def mapped(
    build: Build,
    technology: Technology,
    folder: Path,
    jobs: int,
    begin: Callable[[str, int], None],
    advance: Callable[[], None],
) -> tuple[list[str], list[str], dict[str, Instance]]:
    """Elaborate a build in `folder`, and synthesize each of its instances into NAME.json there.

    Returns the names of the instances, the places that multiply or divide, and what the instances
    that have cells take. Where something multiplies, nothing is synthesized.
    """
    yosys.write_sources(build, folder)
    yosys.write_cells(technology, folder)
    begin("elaborate", 1)
    names, products = yosys.elaborate(build, folder)
    if products:
        return names, products, {}
    begin("synthesize", len(names))
    return names, [], synthesize(build, technology, names, folder, jobs, advance)


def only_adding(
    build: Build,
    technology: Technology,
    folder: Path,
    jobs: int,
    begin: Callable[[str, int], None],
    advance: Callable[[], None],
) -> tuple[list[str], dict[str, Instance]]:
    """As mapped(), of a core in which nothing multiplies.

    Raises:
        InputError: something does.
    """
    names, products, instances = mapped(build, technology, folder, jobs, begin, advance)
    if products:
        raise InputError(f"the core must only add: {'; '.join(products)}")
    return names, instances


def synthesize(
    build: Build,
    technology: Technology,
    names: list[str],
    folder: Path,
    jobs: int,
    advance: Callable[[], None],
) -> dict[str, Instance]:
    """Synthesize each instance alone, `jobs` at a time; instances without cells are left out."""
    layers = labels(build)

    def one(name: str) -> Instance:
        made = yosys.synthesize(technology, name, layers.get(name, ""), folder)
        advance()
        return made

    with ThreadPoolExecutor(jobs) as pool:
        made = zip(names, pool.map(one, names), strict=True)
        return {name: instance for name, instance in made if instance.cells}


def labels(build: Build) -> dict[str, str]:
    """The layer or synapse to which an instance belongs, for each instance that belongs to one."""
    names = {}
    for i, layer in enumerate(hardware_of(build).layers):
        names[f"layer{i}"] = layer.name
        names |= {reader.stream: layer.name for reader in layer.readers}
        names |= {"readout": layer.name} if layer.readout else {}
        merges = range(len(layer.synapses) - 1)
        names |= {f"layer{i}_merge{k}": layer.name for k in merges}
        for j, synapse in enumerate(layer.synapses):
            own = f"layer{i}_synapse{j}"  # the engine, or what joins several
            names[own] = synapse.name
            for k, branch in enumerate(synapse.branches):
                engine = f"{own}_engine{k}" if synapse.interleave else own
                names[engine] = synapse.name
                pools = range(len(branch.pools))
                names |= {f"{engine}_pool{p}": synapse.name for p in pools}
    return names
