"""Synthesizes a build with Yosys, an instance of its top level at a time, places and routes it.

The hierarchy is kept at the top level and flattened below. Each instance is synthesized alone, with
its own parameters and memories, so that time and memory grow with the largest of them and what is
counted is the layer's own. No logic is shared across their borders, which costs about 2 %; only
what the top level leaves open (counters) or ties to a constant is taken out of them before. The
instances are then linked, and that very netlist is placed and routed.
"""

import hashlib
import json
import re
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import reduce
from operator import add
from pathlib import Path, PurePosixPath

import msgspec

from hw_models.artefact import Build
from rtl_sim import bench, synth_place, synth_tools
from rtl_sim.simulate import LIBRARY
from rtl_sim.synth_devices import DEVICES, Device, Resources
from rtl_sim.synth_place import Placed

TOP = "top"
# The operators that would take a multiplier or a divider; constant ones are folded before.
PRODUCTS = ("$mul", "$div", "$mod", "$divfloor", "$modfloor", "$pow", "$macc", "$macc_v2")

ELABORATE = """\
read_verilog -defer -DSYNTHESIS {sources}
hierarchy -check -top top
setattr -mod -set keep_hierarchy 1 top/* %M
proc
flatten
opt_expr
opt_clean
opt_hier
opt_clean
opt_hier
opt_clean
uniquify
hierarchy -top top
check -assert
tee -o products.txt select -list {products}
write_rtlil elaborated.il
select top
write_json -selected top.json
write_rtlil -selected top.il
"""

# The top level's own logic is what is left of it without its instances.
INSTANCE = """\
read_rtlil elaborated.il
{hollow}hierarchy -top {module}
{device.synth} -top {module}
check -assert
tee -o {name}.json stat {device.stat} -json
tee -o {name}.txt stat {device.stat}
select {module}
write_rtlil -selected {name}.il
"""

LINK = """\
read_verilog {device.primitives}
{reads}
hierarchy -check -top top
setattr -mod -unset keep_hierarchy *
flatten
opt_clean -purge
check -assert
select top
write_json -selected linked.json
"""


class Instance(msgspec.Struct, frozen=True, kw_only=True):
    """One instance of the top level."""

    layer: str  # or the synapse group; "" if it is of neither
    resources: Resources
    cells: dict[str, int]  # primitives, by type
    seconds: float


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What `python -m rtl_sim synth` prints and writes."""

    name: str
    target: str
    device: str
    title: str
    bram_unit: str
    instances: dict[str, Instance]
    total: Resources
    products: list[str]  # where something multiplies or divides; of this core none
    placed: Placed | None  # by nextpnr, where there is one for the device
    tools: dict[str, str]
    scripts: dict[str, str]  # Yosys's, and nextpnr's command
    seconds: float
    dataflow_sha256: str | None
    library_sha256: str  # of the Verilog modules that the build takes, one behind the other


def run(
    build: Build,
    device_name: str,
    *,
    library: Path = LIBRARY,
    place: bool = True,
    jobs: int = 1,
    keep: Path | None = None,
    begin: Callable[[str, int], None] = lambda step, parts: None,
    advance: Callable[[], None] = lambda: None,
) -> Report:
    """Synthesize a build for a device of DEVICES.

    Args:
        library: folder of the Verilog modules.
        place: also place and route, where there is a nextpnr for the device.
        jobs: instances synthesized at a time.
        keep: an empty folder to work in and leave; else a temporary one.
        begin: told of each step and of how many parts it has; `advance` of each part done.

    Raises:
        InputError: the build has no top level, a tool is not there, or Yosys refuses the Verilog.
    """
    started = time.monotonic()
    device = DEVICES[device_name]
    placing = place and device.nextpnr is not None
    tools = ["yosys", *([device.nextpnr] if placing and device.nextpnr else [])]
    versions = {tool: synth_tools.version(tool) for tool in tools}
    with ExitStack() as stack:
        folder = keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="trispike-")))
        sources = write_sources(build, library, folder)
        begin("elaborate", 1)
        modules, products = elaborate(sources, folder)
        advance()
        instances: dict[str, Instance] = {}
        placed = None
        scripts = {"elaborate": ELABORATE, "instance": instance_script(device, "INSTANCE")}
        if not products:
            begin("synthesize", len(modules))
            names = labels(build)

            def one(name: str) -> Instance:
                made = synthesize(device, name, names.get(name, ""), folder)
                advance()
                return made

            with ThreadPoolExecutor(jobs) as pool:
                made = zip(modules, pool.map(one, modules), strict=True)
                instances = {name: instance for name, instance in made if instance.cells}
            products = [
                f"{name}: {made.resources.dsp} DSP blocks"
                for name, made in instances.items()
                if made.resources.dsp
            ]
            if placing:
                begin("place and route", 1)
                reads = "\n".join(f"read_rtlil {name}.il" for name in {TOP, *modules})
                synth_tools.yosys(LINK.format(device=device, reads=reads), folder, "link")
                placed = synth_place.place(device, folder)
                scripts |= {
                    "link": LINK.format(device=device, reads="read_rtlil INSTANCE.il"),
                    "place": " ".join([device.nextpnr or "", *synth_place.arguments(device)]),
                }
                advance()
    return Report(
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
        library_sha256=library_sha256(build, library),
    )


def write_sources(build: Build, library: Path, folder: Path) -> list[str]:
    """The build's hardware in `folder`, by names without a path; the Verilog files in order."""
    bench.parameters(build)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mem").mkdir()
    names = build.files[bench.FILES].decode().split()
    for name, content in build.files.items():
        if PurePosixPath(name).parent.name == "mem":
            (folder / name).write_bytes(content)
    for name in names:
        path = library / name
        content = build.files[bench.TOP] if name == "top.v" else path.read_bytes()
        (folder / name).write_bytes(content)
    return names


def library_sha256(build: Build, library: Path) -> str:
    """What identifies the hand-written part of a build's Verilog."""
    names = build.files[bench.FILES].decode().split()
    content = b"".join((library / name).read_bytes() for name in names if name != "top.v")
    return hashlib.sha256(content).hexdigest()


def elaborate(sources: list[str], folder: Path) -> tuple[list[str], list[str]]:
    """Elaborate into elaborated.il; the instances of the top level, and what multiplies in them.

    The top level's own logic is an instance too, if there is any; else top.il is all of it.
    """
    products = " ".join(f"t:{cell}" for cell in PRODUCTS)
    script = ELABORATE.format(sources=" ".join(sources), products=products)
    synth_tools.yosys(script, folder, "elaborate")
    top = json.loads((folder / "top.json").read_text())["modules"][TOP]
    types = {cell["type"] for cell in top["cells"].values()} - {"$scopeinfo"}
    modules = sorted(
        {TOP if kind.startswith("$") else kind.removeprefix(f"{TOP}.") for kind in types}
    )
    found = (folder / "products.txt").read_text().split()
    return modules, sorted({product(line) for line in found})


def product(path: str) -> str:
    """`top.layer0_group0/$mul$leak.v:12$34` as where and what."""
    module, _, cell = path.partition("/")
    kind = re.match(r"(?:.*\.)?\$?(?:flatten)?.*?\$(\w+)\$([\w.]+:\d+)", cell)
    what = f"${kind[1]} of {kind[2]}" if kind else cell
    return f"{module.removeprefix(f'{TOP}.')}: {what}"


def instance_script(device: Device, name: str) -> str:
    """Yosys's script for one instance; the top level's own logic is one as well."""
    hollow = "blackbox top/* %M\n" if name == TOP else ""
    module = name if name == TOP else f"{TOP}.{name}"
    return INSTANCE.format(device=device, module=module, name=name, hollow=hollow)


def synthesize(device: Device, name: str, layer: str, folder: Path) -> Instance:
    """Synthesize one instance into NAME.il and count its cells."""
    started = time.monotonic()
    synth_tools.yosys(instance_script(device, name), folder, name)
    module = name if name == TOP else f"{TOP}.{name}"
    stat = json.loads((folder / f"{name}.json").read_text())
    counted = stat["modules"][f"\\{module}"]
    cells = {
        cell: n
        for cell, n in counted["num_cells_by_type"].items()
        if cell != "$scopeinfo" and not cell.startswith(f"{TOP}.")
    }
    text = (folder / f"{name}.txt").read_text()
    estimate = re.search(r"Estimated number of LCs: +(\d+)", text)
    return Instance(
        layer=layer,
        resources=device.count(cells, int(estimate[1]) if estimate else None),
        cells=cells,
        seconds=round(time.monotonic() - started, 1),
    )


def labels(build: Build) -> dict[str, str]:
    """The layer or synapse group of each instance that is one's own."""
    names = {}
    for i, layer in enumerate(msgspec.json.decode(build.files[bench.PARAMETERS])):
        names[f"layer{i}"] = layer["name"]
        for j, group in enumerate(layer["groups"]):
            names[f"layer{i}_group{j}"] = group["name"]
    return names
