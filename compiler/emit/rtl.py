"""The hardware part of a build: mem/*.mem and rtl/.

The core connects hand-written modules of rtl_sim/verilog (docs/core.md); only their parameters,
their wiring and their memories are generated. The modules are copied, so that a simulator or a
synthesis tool needs nothing but the build's rtl/ and mem/.
"""

from compiler.emit import memory, register_map, vendors, verilog
from compiler.emit.check import check_network
from compiler.emit.instances import PLAIN, digit_bits_of, digit_max, instances
from compiler.emit.register_map import Bus
from hw_models import hardware
from hw_models.core.address import as_map
from hw_models.dataflow import Build
from hw_models.hardware import PARAMETERS, Hardware
from hw_models.registers import REGISTERS, Memory


def generate(build: Build, bus: Bus | None = None) -> dict[str, bytes]:
    """The files of the build folder by path; the same build gives the same bytes.

    - mem/TENSOR.mem: one word per line, for $readmemh (memory.py); a memory of several banks has
      the files TENSOR.mem.0, TENSOR.mem.1, ...
    - rtl/trispike_NAME.v: the core of the build NAME; it looks for the memories in its parameter
      MEM_DIR, by default `mem`, relative to the folder in which a simulator or a synthesis runs.
    - rtl/trispike_*.v: the library modules that the core uses, and rtl/lint.vlt.
    - rtl/files.f: all of these Verilog files, one per line, the core last.
    - rtl/top.v: module `top`, the core under a name that is the same for every build.
    - fusesoc.core: describes these files to FuseSoC.
    - vivado.tcl, quartus.tcl, trispike_NAME_hw.tcl: take them into the vendors' tools (vendors.py).
    - rtl/parameters.json: the core's instances and their parameters, for programs to read.
    - rtl/registers.json, rtl/registers.h: with a bus, its registers, for programs and for C.

    Raises:
        InputError: the core cannot run the network, or a field does not fit its streams.
    """
    flow = build.dataflow
    check_network(build)
    files: dict[str, bytes] = {}
    made = instances(build, bus or PLAIN)
    for layer, own in zip(flow.layers, made.layers, strict=True):
        files |= memory.memories(build, layer, own)
    files[PARAMETERS] = hardware.as_json(made)
    found: list[Memory] = []
    build_id = register_map.build_word(files[PARAMETERS])
    bus_instances = None
    if bus:
        if bus.loadable:
            found = loadable_memories(made, files)
        files[REGISTERS] = register_map.as_json(build, bus, build_id, found)
        files["rtl/registers.h"] = register_map.as_header(build, bus, build_id)
        bus_instances = {
            "registers": register_map.instance(build, bus, build_id),
            "guard": guard_of(build),
            "loader": loader_of(found) if found else None,
        }
    digit_bits = digit_bits_of(build, flow.input.name)
    module = verilog.module_name(flow.name)
    ports = [*verilog.PORTS, *(verilog.BUS_PORTS if bus else ())]
    parity = bus is not None and bus.parity
    core = verilog.core_level(flow, module, ports, made, digit_bits, bus_instances, found, parity)
    library = verilog.library_files(core)
    sources = [*(f"rtl/{name}" for name in library), f"rtl/{module}.v"]
    files |= {f"rtl/{name}": content for name, content in library.items()}
    files |= {f"rtl/{module}.v": core.encode(), "rtl/top.v": verilog.alias(module, ports).encode()}
    files[f"rtl/{verilog.WAIVERS}"] = (verilog.LIBRARY / verilog.WAIVERS).read_bytes()
    files["rtl/files.f"] = "".join(f"{path}\n" for path in sources).encode()
    files["fusesoc.core"] = verilog.fusesoc_core(flow.name, module, sources, sorted(files)).encode()
    registers = register_map.register_map(build, bus) if bus else []
    files |= vendors.scripts(flow.name, module, ports, sources, registers)
    return files


def loadable_memories(made: Hardware, files: dict[str, bytes]) -> list[Memory]:
    """The memories of all layers in the order in which they are numbered."""
    return [
        Memory(name, number, len(memory.memory_lines(files, name)), bits, -(-bits // 32))
        for number, (name, bits) in enumerate(memory.word_widths(made.layers).items())
    ]


def guard_of(build: Build) -> hardware.StreamGuard:
    """The guard in front of a core with a bus."""
    spec = build.dataflow.input
    channels, height, width = as_map(spec.shape)
    static = spec.encoding == "static"
    return hardware.StreamGuard(
        steps=1 if static else build.dataflow.timesteps,
        c=channels,
        h=height,
        w=width,
        digit_max=digit_max(spec.x_max) if static else 0,
        signed=int(spec.encoding != "binary"),
    )


def loader_of(found: list[Memory]) -> hardware.Loader:
    """The loader, which writes the memories of a loadable core."""
    return hardware.Loader(
        memories=len(found),
        word_bits=32 * max(each.pieces for each in found),
        addr_bits=max(memory.index_bits(each.words) for each in found),
        pieces=tuple(each.pieces for each in found),
        words=tuple(each.words for each in found),
    )
