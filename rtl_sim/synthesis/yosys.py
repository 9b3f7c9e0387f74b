"""The work of Yosys: it elaborates a build, maps the instances of its top level and links them."""

import json
import re
import shutil
import time
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from hw_models.dataflow import Build
from rtl_sim import sources
from rtl_sim.synthesis import output_registers, tools
from rtl_sim.synthesis.devices import LIBERTY, Device, Resources, Technology

TOP = "top"
# The operators that would need a multiplier or a divider; constant ones are folded earlier.
PRODUCTS = ("$mul", "$div", "$mod", "$divfloor", "$modfloor", "$pow", "$macc", "$macc_v2")

ELABORATE = """\
read_verilog -DSYNTHESIS {sources}
hierarchy -check -top {core}
rename -top top
hierarchy -top top
uniquify
setattr -mod -set keep_hierarchy 1 top/* %M
proc
flatten
opt_expr
opt_clean
opt_hier
opt_clean
opt_hier
opt_clean
check -assert
tee -o products.txt select -list {products}
write_rtlil elaborated.il
select top
write_json -selected top.json
"""

# The top level's own logic is the top level without its instances.
INSTANCE = """\
read_rtlil elaborated.il
{hollow}hierarchy -top {module}
{synth}
check -assert
tee -o {name}.txt stat {stat}
select {module}
write_json -selected {name}.json
"""

# Each port of the core has a flip-flop: inputs are a shift register, and outputs are added up.
# Where the pads of a board lie is not the core's matter, and paths to them would be the longest.
PORTS = """\
module ports (input wire clk, input wire in, output wire out);
  reg [{inputs}-1:0] in_q;
  reg [{outputs}-1:0] out_q;
  wire [{outputs}-1:0] outputs;
  always @(posedge clk) begin
    in_q  <= {{in_q, in}};
    out_q <= outputs ^ {{out_q, 1'b0}};
  end
  assign out = out_q[{outputs}-1];
  top core (.clk(clk), {connections});
endmodule
"""
AROUND = """\
read_rtlil elaborated.il
blackbox top
read_verilog {files}
{synth}
select {name}
write_json -selected {name}.json
"""

LINK = """\
read_verilog {device.primitives}
{reads}
hierarchy -check -top {name}
setattr -mod -unset keep_hierarchy *
flatten
opt_clean -purge
check -assert
select {name}
write_json -selected linked.json
"""

# The names of the streams between the instances are kept, since a bench looks at them.
NETLIST = """\
{read}
{expand}
hierarchy -check -top {top}
check -assert
write_verilog -noattr netlist.v
"""
# Flip-flops without a defined first value begin at random: an x would stay within gates, though
# whatever it stands for the circuit gives the same.
RANDOM = f"setundef -init -random 1 {TOP}.*"


class Instance(msgspec.Struct, frozen=True, kw_only=True):
    """One instance of the top level."""

    layer: str  # its layer or synapse; "" if it belongs to neither
    resources: Resources
    cells: dict[str, int]  # primitives, by type
    seconds: float
    output_registers: int = 0  # flip-flops that became output registers of block RAMs


def write_sources(build: Build, folder: Path) -> None:
    """Write the build's hardware, rtl/ and mem/, into `folder`."""
    for name, content in sources.hardware_files(build).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def write_cells(technology: Technology, folder: Path) -> None:
    """Write the technology's file of cells, if it has one, into `folder`.

    Raises:
        InputError: the cells are not installed.
    """
    if technology.liberty:
        shutil.copy(technology.standard_cells(), folder / LIBERTY)


def elaborate(build: Build, folder: Path) -> tuple[list[str], list[str]]:
    """Elaborate into elaborated.il; return the core's instances and their multipliers and dividers.

    The core is renamed to `top`. Its own logic counts as an instance too, if there is any;
    otherwise top.json holds it.
    """
    products = " ".join(f"t:{cell}" for cell in PRODUCTS)
    script = ELABORATE.format(
        sources=" ".join(sources.paths(build)), core=sources.core(build), products=products
    )
    tools.yosys(script, folder, "elaborate")
    top = json.loads((folder / "top.json").read_text())["modules"][TOP]
    types = {cell["type"] for cell in top["cells"].values()} - {"$scopeinfo"}
    modules = sorted(
        {TOP if kind.startswith("$") else kind.removeprefix(f"{TOP}.") for kind in types}
    )
    found = (folder / "products.txt").read_text().split()
    return modules, sorted({product(line) for line in found})


def product(path: str) -> str:
    """Turn `top.layer0_synapse0/$mul$trispike_leak.v:12$34` into a readable place and operator."""
    module, _, cell = path.partition("/")
    kind = re.match(r"(?:.*\.)?\$?(?:flatten)?.*?\$(\w+)\$(?:.*/)?([\w.]+:\d+)", cell)
    what = f"${kind[1]} of {kind[2]}" if kind else cell
    return f"{module.removeprefix(f'{TOP}.')}: {what}"


def instance_script(technology: Technology, name: str) -> str:
    """The Yosys script for one instance; the top level's own logic counts as one too."""
    hollow = "blackbox top/* %M\n" if name == TOP else ""
    module = module_of(name)
    synth = technology.synth.format(top=module)
    return INSTANCE.format(
        module=module, name=name, hollow=hollow, synth=synth, stat=technology.stat
    )


def module_of(name: str) -> str:
    """The module of an instance in the elaborated design."""
    return name if name == TOP else f"{TOP}.{name}"


def synthesize(technology: Technology, name: str, layer: str, folder: Path) -> Instance:
    """Synthesize one instance into NAME.json and count its cells."""
    started = time.monotonic()
    tools.yosys(instance_script(technology, name), folder, name)
    netlist = json.loads((folder / f"{name}.json").read_text())
    module = netlist["modules"][module_of(name)]
    moved = output_registers.use(module)
    (folder / f"{name}.json").write_text(json.dumps(netlist))
    types = Counter(cell["type"] for cell in module["cells"].values())
    cells = {
        cell: n
        for cell, n in sorted(types.items())
        if cell != "$scopeinfo" and not cell.startswith(f"{TOP}.")
    }
    text = (folder / f"{name}.txt").read_text()
    estimate = re.search(r"Estimated number of LCs: +(\d+)", text)
    return Instance(
        layer=layer,
        resources=technology.count(cells, int(estimate[1]) if estimate else None),
        cells=cells,
        seconds=round(time.monotonic() - started, 1),
        output_registers=moved,
    )


class Around(NamedTuple):
    """The Verilog around a core, which is an instance of the module `top` in it."""

    name: str  # its module
    files: dict[str, bytes]
    synth: str  # Yosys's commands that map it


def ports(device: Device, folder: Path) -> Around:
    """The flip-flops around the core that was elaborated in `folder`."""
    top = json.loads((folder / "top.json").read_text())["modules"][TOP]
    text = flip_flops_around(top["ports"])
    return Around("ports", {"ports.v": text.encode()}, device.synth.format(top="ports"))


def surround(around: Around, folder: Path) -> str:
    """Map what is around the core that was elaborated in `folder`; returns the script."""
    for path, content in around.files.items():
        (folder / path).write_bytes(content)
    script = AROUND.format(name=around.name, files=" ".join(around.files), synth=around.synth)
    tools.yosys(script, folder, around.name)
    return script


def link(device: Device, instances: list[str], around: str, folder: Path) -> str:
    """Link the netlists of the instances, and the one of this name around them, into linked.json.

    Returns the script, in which one line stands for the reads of all instances.
    """
    script = LINK.format(device=device, name=around, reads=reads(instances, around))
    tools.yosys(script, folder, "link")
    return LINK.format(device=device, name=around, reads="read_json INSTANCE.json")


def reads(instances: list[str], *around: str) -> str:
    """Yosys's commands that read the netlists of a core, and of what is around it."""
    return "\n".join(f"read_json {name}.json" for name in sorted({TOP, *instances, *around}))


def netlist(
    technology: Technology, instances: list[str], folder: Path, around: str | None = None
) -> bytes:
    """The Verilog of the netlists of the instances in the core, whose module is `top`.

    Each cell is written as what its model says, so that a simulator needs no cells but own ones.

    Args:
        around: the name of a netlist around the core, which is then there too.
    """
    script = NETLIST.format(
        read=reads(instances, *filter(None, [around])),
        expand=expand(technology),
        top=around or TOP,
    )
    tools.yosys(script, folder, "netlist")
    return (folder / "netlist.v").read_bytes()


def expand(technology: Technology) -> str:
    """Yosys's commands that replace the cells of all modules by their models."""
    if technology.liberty:
        cells = f"read_liberty -ignore_miss_func {LIBERTY}\nhierarchy -top {TOP}\nflatten\n"
        return f"{cells}opt_clean -purge {TOP}.*\n{RANDOM}"
    if not technology.models:
        return RANDOM
    own = "".join(f" t:{cell} %d" for cell in technology.own)
    return "\n".join(
        (
            f"techmap -autoproc -map {technology.models} t:*{own}",
            f"opt_clean -purge {TOP}.*",
            f"read_verilog {technology.primitives}",
        )
    )


def flip_flops_around(ports: dict[str, Any]) -> str:
    """The Verilog of `ports`, a module around a core with these ports, as write_json gives them."""
    first = {"input": 0, "output": 0}
    connections = []
    for name, port in ports.items():
        if name != "clk":
            vector = {"input": "in_q", "output": "outputs"}[port["direction"]]
            width = len(port["bits"])
            connections.append(f".{name}({vector}[{first[port['direction']]}+:{width}])")
            first[port["direction"]] += width
    return PORTS.format(
        inputs=first["input"], outputs=first["output"], connections=", ".join(connections)
    )
