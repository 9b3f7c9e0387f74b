"""The hardware part of a build: mem/*.mem and rtl/.

The top level connects hand-written modules of rtl_sim/verilog (docs/core.md); all that is generated
is their parameters, their wiring and their memories.
"""

import json
import re
from collections.abc import Mapping

import jinja2

from compiler.emit import memory, register_map
from compiler.emit.parameters import (
    BITS_OF,
    Parameters,
    address_bits,
    channel_tensors,
    digit_bits_of,
    digit_max,
    engine_parameters,
    index_bits,
    mem_path,
    merge_parameters,
    pool_parameters,
    section_of,
    update_parameters,
    word_list,
)
from compiler.emit.register_map import Bus, Memory
from hw_models.core import layout
from hw_models.core.buffers import Reader, input_buffers, readers
from hw_models.dataflow import Build, Conv2d, Layer, Synapse
from hw_models.errors import InputError

# The core's streams, alike for every build: 32-bit events in, 64-bit logit words out.
IN_ADDR_BITS, IN_DIGIT_BITS = 24, 3
OUT_CLASS_BITS, OUT_LOGIT_BITS = 16, 48

COMMON = (
    "rom.v", "banked_rom.v", "counter.v", "fifo.v", "credits.v", "leak.v", "update.v",
    "axis_taps.v", "accumulators.v", "engine.v", "activity.v", "argmax.v", "readout_update.v",
)  # fmt: skip
SPIKING = ("neuron.v", "serializer.v", "outlet.v", "spiking_update.v")
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
    streams = readers(flow)
    channel_bits = bus.channel_bits if bus else 0
    layers = [layer_parameters(build, layer, streams, channel_bits) for layer in flow.layers]
    for layer, parameters in zip(flow.layers, layers, strict=True):
        files |= memories(build, layer, parameters["tail"])
    source = streams[flow.input.name]
    inlets = [
        {"stream": reader.stream, "buffer": buffer}
        for reader, buffer in zip(source, input_buffers(flow, source), strict=True)
    ]
    modules = set(COMMON)
    if any(layer.fires for layer in flow.layers):
        modules |= set(SPIKING)
    if any(synapse.pools for layer in flow.layers for synapse in layer.synapses):
        modules |= set(POOLS)
    if any(len(layer.synapses) > 1 for layer in flow.layers):
        modules |= set(JOINS)
    if len(inlets) > 1:
        modules |= set(INPUT_FORK)
    if any(inlet["buffer"] for inlet in inlets):
        modules |= set(INPUT_WAITS)
    parameters = json.dumps(layers, indent=1).encode() + b"\n"
    files["rtl/parameters.json"] = parameters
    found: list[Memory] = []
    build_id = register_map.build_word(parameters)
    if bus:
        modules |= set(BUS)
        if bus.loadable:
            modules |= set(LOADABLE)
            found = loadable_memories(layers, files)
        files["rtl/registers.json"] = register_map.as_json(build, bus, build_id, found)
        files["rtl/registers.h"] = register_map.as_header(build, bus, build_id)
    bus_parameters = bus and {
        "registers": register_parameters(build, bus, build_id),
        "guard": guard_parameters(build),
        "loader": loader_parameters(found) if found else None,
    }
    files["rtl/top.v"] = top_level(build, layers, inlets, bus_parameters, found).encode()
    files["fusesoc.core"] = fusesoc_core(flow.name, sorted(files)).encode()
    files["rtl/files.f"] = "".join(
        f"{name}\n" for name in [*(f"trispike_{name}" for name in sorted(modules)), "top.v"]
    ).encode()
    return files


def layer_parameters(
    build: Build, layer: Layer, streams: dict[str, list[Reader]], channel_bits: int
) -> Parameters:
    """The instances of a layer: an engine and pools for each synapse, merges, the second half.

    Biases and thresholds are stored in at least `channel_bits` bits.
    """
    stream_of = {r.synapse.name: r.stream for found in streams.values() for r in found}
    return {
        "name": layer.name,
        "synapses": [
            {
                "name": synapse.name,
                "stream": stream_of[synapse.name],
                "pools": [pool_parameters(build, synapse, pool) for pool in synapse.pools],
                "engine": engine_parameters(build, layer, synapse),
            }
            for synapse in layer.synapses
        ],
        "merges": merge_parameters(build, layer),
        "tail": update_parameters(build, layer, streams[layer.name], channel_bits),
        "streams": [reader.stream for reader in streams[layer.name]],
    }


def memories(build: Build, layer: Layer, tail: Parameters) -> dict[str, bytes]:
    """mem/*.mem of a layer, whose second half has the parameters `tail`."""
    files: dict[str, bytes] = {}
    section, slice_ = section_of(build, layer)
    for synapse in layer.synapses:
        op = layout.conv_of(build.dataflow, synapse)
        lanes = 1 if layout.depthwise(op) else layout.lanes_of(layer, op, slice_)
        shape = (op.out_shape[0], op.in_shape[0] // op.groups, *op.kernel)
        rows = memory.weight_rows(build.weight(synapse).reshape(shape), op.groups, lanes)
        text = memory.hex_words(rows, synapse.w_bits)
        files |= memory.bank_files(mem_path(synapse.name, "weight"), text)
    for tensor, padding in channel_tensors(layer):
        values = getattr(build, tensor)(layer).reshape(-1)
        rows = memory.channel_rows(values, section, slice_, padding)
        files[mem_path(layer.name, tensor)] = memory.hex_words(rows, tail[BITS_OF[tensor]])
    return files


def memory_lines(files: Mapping[str, bytes], name: str) -> list[str]:
    """The words of a memory in hex, from its file, or from those of its banks .0, .1, ..."""
    path = f"mem/{name}.mem"
    banks = [f"{path}.{n}" for n in range(len(files)) if f"{path}.{n}" in files]
    return b"".join(files[file] for file in banks or [path]).decode().split()


def loadable_memories(layers: list[Parameters], files: dict[str, bytes]) -> list[Memory]:
    """The memories of all layers in the order in which they are numbered."""
    widths: dict[str, int] = {}
    for entry in layers:
        for synapse in entry["synapses"]:
            engine = synapse["engine"]
            packed = (
                engine["GROUPS"] > 1 and engine["N"] == 1 and engine["IN_C"] == engine["GROUPS"]
            )
            weights = 1 if packed else engine["LANES"]
            widths[f"{synapse['name']}.weight"] = weights * engine["W_BITS"]
        tail = entry["tail"]
        for tensor, bits in BITS_OF.items():
            if bits in tail:
                widths[f"{entry['name']}.{tensor}"] = tail.get("SLICE", 1) * tail[bits]
    return [
        Memory(name, number, len(memory_lines(files, name)), bits)
        for number, (name, bits) in enumerate(widths.items())
    ]


def register_parameters(build: Build, bus: Bus, build_id: int) -> Parameters:
    """registers.v's parameters."""
    return {
        "COUNTERS": len(register_map.counters(build)),
        "ERRORS": len(register_map.ERRORS),
        "ADDR_BITS": register_map.ADDR_BITS,
        "VERSION": f"32'h{register_map.VERSION:08x}",
        "BUILD": f"32'h{build_id:08x}",
        "SHAPE": f"32'h{register_map.shape_word(build, bus):08x}",
    }


def guard_parameters(build: Build) -> Parameters:
    """stream_guard.v's parameters."""
    spec = build.dataflow.input
    channels, height, width = layout.as_map(spec.shape)
    static = spec.encoding == "static"
    return {
        "STEPS": 1 if static else build.dataflow.timesteps,
        "C": channels,
        "H": height,
        "W": width,
        "DIGIT_MAX": digit_max(spec.x_max) if static else 0,
        "SIGNED": int(spec.encoding != "binary"),
    }


def loader_parameters(found: list[Memory]) -> Parameters:
    """loader.v's parameters."""
    return {
        "MEMORIES": len(found),
        "WORD_BITS": 32 * max(memory.pieces for memory in found),
        "ADDR_BITS": max(index_bits(memory.words) for memory in found),
        "PIECES": word_list([memory.pieces for memory in found]),
        "WORDS": word_list([memory.words for memory in found]),
    }


def fusesoc_core(name: str, paths: list[str]) -> str:
    """fusesoc.core, in the folder's root, since FuseSoC takes no files from outside a core's."""
    memories = [path for path in paths if path.startswith("mem/")]
    name = re.sub(r"[^\w.-]+", "-", name, flags=re.ASCII)
    return templates().get_template("fusesoc.core.j2").render(name=name, memories=memories)


def templates() -> jinja2.Environment:
    """The compiler's templates."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("compiler.emit"),
        extensions=["jinja2.ext.do"],
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["parameters"] = parameter_list
    environment.filters["suffix"] = str.__add__
    environment.filters["pad"] = str.ljust
    return environment


def top_level(
    build: Build,
    layers: list[Parameters],
    inlets: list[Parameters],
    bus: Parameters | None,
    loads: list[Memory],
) -> str:
    """rtl/top.v."""
    flow = build.dataflow
    return (
        templates()
        .get_template("top.v.j2")
        .render(
            title=re.sub(r"[^\w.-]+", " ", flow.name, flags=re.ASCII),
            layers=layers,
            inlets=inlets,
            addr_bits=address_bits(flow.input.shape),
            digit_bits=digit_bits_of(build, flow.input.name),
            in_addr_bits=IN_ADDR_BITS,
            out_logit_bits=OUT_LOGIT_BITS,
            bus=bus,
            loads={memory.name: memory.select for memory in loads},
            load={
                f"LOAD_{name}": bus["loader"][name]
                for name in ("ADDR_BITS", "WORD_BITS")
                if bus and bus["loader"]
            },
        )
    )


def check_network(build: Build) -> None:
    """Raise InputError where the core cannot take the network."""
    flow = build.dataflow
    bits = address_bits(flow.input.shape)
    if bits > IN_ADDR_BITS:
        raise InputError(
            f"{flow.input.name}: shape {list(flow.input.shape)} takes addresses of {bits} bits, "
            f"at most {IN_ADDR_BITS}"
        )
    known = [flow.input.name]
    for layer in flow.layers:
        for synapse in layer.synapses:
            if synapse.source not in known:
                raise InputError(
                    f"{synapse.name}: reads {synapse.source}; a layer reads those before it, here "
                    + ", ".join(known)
                )
            check_maps(build, layer, synapse)
        if (layer is flow.layers[-1]) == layer.fires:
            raise InputError(f"{layer.name}: the core takes one readout, as the last layer")
        known.append(layer.name)
    check_readout(flow.layers[-1])
    read = {synapse.source for layer in flow.layers for synapse in layer.synapses}
    for name in known[:-1]:
        if name not in read:
            raise InputError(f"{name}: no layer reads it; leave it out")


def check_readout(layer: Layer) -> None:
    """Raise InputError where a readout does not fit the core's output."""
    if layer.update.v_bits > OUT_LOGIT_BITS:
        raise InputError(
            f"{layer.name}: logits of {layer.update.v_bits} bits, the core's output takes "
            f"{OUT_LOGIT_BITS}; train fewer time steps or narrower weights"
        )
    if index_bits(layer.size) > OUT_CLASS_BITS:
        raise InputError(f"{layer.name}: {layer.size} classes, at most {1 << OUT_CLASS_BITS}")
    if layer.size != layer.shape[0]:
        raise InputError(
            f"{layer.name}: a readout of shape {list(layer.shape)}; the core takes one position, "
            "behind a dense layer or a global pool"
        )


def check_maps(build: Build, layer: Layer, synapse: Synapse) -> None:
    """Raise InputError where a pool, an operation or the layer has another shape than it is given.

    An address has fields of the stream's shape, which no reader rearranges.
    """
    shape = build.dataflow.shape_of(synapse.source)
    readers = [*synapse.pools, *([synapse.op] if isinstance(synapse.op, Conv2d) else [])]
    for reader in readers:
        if layout.as_map(shape) != reader.in_shape:
            raise InputError(
                f"{synapse.name}: reads a stream of shape {list(shape)} as {list(reader.in_shape)}"
            )
        shape = reader.out_shape
    out = layout.conv_of(build.dataflow, synapse).out_shape
    if out != layout.as_map(layer.shape):
        raise InputError(
            f"{synapse.name}: gives {list(out)}, its layer {layer.name} has {list(layer.shape)}"
        )


def parameter_list(parameters: Parameters) -> str:
    """`.NAME(value),` a line, aligned."""
    width = max(map(len, parameters))
    return ",\n".join(f"    .{name:<{width}}({value})" for name, value in parameters.items())
