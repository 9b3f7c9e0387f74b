"""The hardware part of a build: mem/*.mem and rtl/.

The core connects hand-written modules of rtl_sim/verilog (docs/core.md); all that is generated is
their parameters, their wiring and their memories. The modules are copied, so that a build's rtl/
is all that a simulator or a synthesis takes.
"""

import json
from collections.abc import Mapping

from compiler.emit import memory, register_map, verilog
from compiler.emit.parameters import (
    BITS_OF,
    Parameters,
    address_bits,
    channel_tensors,
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


def generate(build: Build, bus: Bus | None = None) -> dict[str, bytes]:
    """Files of the build folder by path; the same build gives the same bytes.

    - mem/TENSOR.mem: a word a line, for $readmemh (memory.py); of several banks TENSOR.mem.0, ...
    - rtl/trispike_NAME.v: the core of the build NAME; it looks for the memories in its parameter
      MEM_DIR, by default `mem`, relative to where the simulator or the synthesis runs.
    - rtl/trispike_*.v: the library's modules that it takes, and rtl/lint.vlt.
    - rtl/files.f: all of these Verilog files, one a line, the core last.
    - rtl/top.v: module `top`, the core by a name that is the same for every build.
    - fusesoc.core: describes them to FuseSoC.
    - rtl/parameters.json: the core's instances and their parameters, for programs to read.
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
    parameters = json.dumps(layers, indent=1).encode() + b"\n"
    files["rtl/parameters.json"] = parameters
    found: list[Memory] = []
    build_id = register_map.build_word(parameters)
    if bus:
        if bus.loadable:
            found = loadable_memories(layers, files)
        files["rtl/registers.json"] = register_map.as_json(build, bus, build_id, found)
        files["rtl/registers.h"] = register_map.as_header(build, bus, build_id)
    bus_parameters = bus and {
        "registers": register_parameters(build, bus, build_id),
        "guard": guard_parameters(build),
        "loader": loader_parameters(found) if found else None,
    }
    module = verilog.module_name(flow.name)
    ports = [*verilog.PORTS, *(verilog.BUS_PORTS if bus else ())]
    core = verilog.core_level(build, module, ports, layers, inlets, bus_parameters, found)
    library = verilog.library_files(core)
    sources = [*(f"rtl/{name}" for name in library), f"rtl/{module}.v"]
    files |= {f"rtl/{name}": content for name, content in library.items()}
    files |= {f"rtl/{module}.v": core.encode(), "rtl/top.v": verilog.alias(module, ports).encode()}
    files[f"rtl/{verilog.WAIVERS}"] = (verilog.LIBRARY / verilog.WAIVERS).read_bytes()
    files["rtl/files.f"] = "".join(f"{path}\n" for path in sources).encode()
    files["fusesoc.core"] = verilog.fusesoc_core(flow.name, module, sources, sorted(files)).encode()
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


def check_network(build: Build) -> None:
    """Raise InputError where the core cannot take the network."""
    flow = build.dataflow
    bits = address_bits(flow.input.shape)
    if bits > verilog.IN_ADDR_BITS:
        raise InputError(
            f"{flow.input.name}: shape {list(flow.input.shape)} takes addresses of {bits} bits, "
            f"at most {verilog.IN_ADDR_BITS}"
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
    if layer.update.v_bits > verilog.OUT_LOGIT_BITS:
        raise InputError(
            f"{layer.name}: logits of {layer.update.v_bits} bits, the core's output takes "
            f"{verilog.OUT_LOGIT_BITS}; train fewer time steps or narrower weights"
        )
    if index_bits(layer.size) > verilog.OUT_CLASS_BITS:
        raise InputError(
            f"{layer.name}: {layer.size} classes, at most {1 << verilog.OUT_CLASS_BITS}"
        )
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
