"""The hardware part of a build: mem/*.mem and rtl/.

The top level connects hand-written modules of rtl_sim/verilog (docs/core.md); all that is generated
is their parameters, their wiring and their memories.
"""

from compiler.emit import memory, register_map
from compiler.emit.check import check_network
from compiler.emit.instances import digit_bits_of, digit_max, instances
from compiler.emit.register_map import Bus, Memory
from compiler.emit.top import fusesoc_core, top_level
from hw_models import hardware
from hw_models.core.address import as_map
from hw_models.dataflow import Build
from hw_models.hardware import PARAMETERS, Hardware

COMMON = (
    "rom.v", "banked_rom.v", "counter.v", "fifo.v", "credits.v", "leak.v", "update.v",
    "axis_taps.v", "accumulators.v", "engine.v", "activity.v", "argmax.v", "readout.v",
)  # fmt: skip
SPIKING = ("neuron.v", "serializer.v", "outlet.v")
POOLS = ("pool.v",)
JOINS = ("merge.v",)
INPUT_FORK = ("broadcast.v",)
INPUT_WAITS = ("stream_buffer.v",)
BUS = ("axi_lite.v", "registers.v", "stream_guard.v")
LOADABLE = ("loader.v",)


def generate(build: Build, bus: Bus | None = None) -> dict[str, bytes]:
    """Files of the build folder by path; the same build gives the same bytes.

    - mem/TENSOR.mem: a word a line, for $readmemh (memory.py); of several banks TENSOR.mem.0, ...
    - rtl/top.v: module `top`; it looks for the memories in its parameter MEM_DIR, by default
      `mem`, relative to where the simulator or the synthesis runs.
    - rtl/files.f: the Verilog files it takes, one a line, the library's first.
    - fusesoc.core: describes them to FuseSoC, beside the library's own trispike.core.
    - rtl/parameters.json: the instances of top.v and their parameters, for programs to read.
    - rtl/registers.json, rtl/registers.h: with a bus, its registers, for programs and for C.

    Raises:
        InputError: the core cannot take the network, or a field does not fit its streams.
    """
    flow = build.dataflow
    check_network(build)
    files: dict[str, bytes] = {}
    made = instances(build, bus.channel_bits if bus else 0)
    for layer, own in zip(flow.layers, made.layers, strict=True):
        files |= memory.memories(build, layer, own)
    files[PARAMETERS] = hardware.as_json(made)
    found: list[Memory] = []
    build_id = register_map.build_word(files[PARAMETERS])
    bus_instances = None
    if bus:
        if bus.loadable:
            found = loadable_memories(made, files)
        files[register_map.REGISTERS] = register_map.as_json(build, bus, build_id, found)
        files["rtl/registers.h"] = register_map.as_header(build, bus, build_id)
        bus_instances = {
            "registers": register_map.instance(build, bus, build_id),
            "guard": guard_of(build),
            "loader": loader_of(found) if found else None,
        }
    digit_bits = digit_bits_of(build, flow.input.name)
    files["rtl/top.v"] = top_level(flow, made, digit_bits, bus_instances, found).encode()
    files["fusesoc.core"] = fusesoc_core(flow.name, sorted(files)).encode()
    files["rtl/files.f"] = "".join(
        f"{name}\n" for name in [*sorted(modules_of(made, bus)), "top.v"]
    ).encode()
    return files


def modules_of(made: Hardware, bus: Bus | None) -> set[str]:
    """The files of the library that a build needs."""
    modules = set(COMMON)
    if any(layer.readers for layer in made.layers):
        modules |= set(SPIKING)
    if any(synapse.pools for layer in made.layers for synapse in layer.synapses):
        modules |= set(POOLS)
    if any(layer.merges for layer in made.layers):
        modules |= set(JOINS)
    if len(made.inlets) > 1:
        modules |= set(INPUT_FORK)
    if any(inlet.buffer for inlet in made.inlets):
        modules |= set(INPUT_WAITS)
    if bus:
        modules |= set(BUS)
        if bus.loadable:
            modules |= set(LOADABLE)
    return {f"trispike_{module}" for module in modules}


def loadable_memories(made: Hardware, files: dict[str, bytes]) -> list[Memory]:
    """The memories of all layers in the order in which they are numbered."""
    return [
        Memory(name, number, len(memory.memory_lines(files, name)), bits)
        for number, (name, bits) in enumerate(memory.word_widths(made.layers).items())
    ]


def guard_of(build: Build) -> hardware.StreamGuard:
    """The guard before a core with a bus."""
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
    """What writes the memories of a loadable core."""
    return hardware.Loader(
        memories=len(found),
        word_bits=32 * max(each.pieces for each in found),
        addr_bits=max(memory.index_bits(each.words) for each in found),
        pieces=tuple(each.pieces for each in found),
        words=tuple(each.words for each in found),
    )
