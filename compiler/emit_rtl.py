"""The hardware part of a build: mem/*.mem and rtl/.

The top level chains hand-written modules of rtl_sim/verilog (docs/core.md); all that is generated
is their parameters, their wiring and their memories.
"""

import json
import re

import jinja2

from compiler import memory
from compiler.instances import (
    Parameters,
    address_bits,
    channel_tensors,
    conv_of,
    digit_bits_of,
    engine_parameters,
    index_bits,
    mem_path,
    pool_parameters,
    update_parameters,
)
from hw_models.artefact import Build, Conv2d, Dataflow, Group, Layer, Readout, Spiking
from hw_models.errors import InputError

# The core's streams, alike for every build: 32-bit events in, 64-bit logit words out.
IN_ADDR_BITS, IN_DIGIT_BITS = 24, 3
OUT_CLASS_BITS, OUT_LOGIT_BITS = 16, 48

COMMON = (
    "rom.v", "counter.v", "fifo.v", "leak.v", "update.v", "axis_taps.v", "accumulators.v",
    "engine.v", "activity.v", "argmax.v", "readout_update.v",
)  # fmt: skip
SPIKING = ("neuron.v", "serializer.v", "spiking_update.v")
POOLS = ("pool.v",)


def generate(build: Build) -> dict[str, bytes]:
    """Files of the build folder by path; the same build gives the same bytes.

    - mem/TENSOR.mem: a word a line, for $readmemh (memory.py).
    - rtl/top.v: module `top`; it looks for the memories in its parameter MEM_DIR, by default
      `mem`, relative to where the simulator or the synthesis runs.
    - rtl/files.f: the Verilog files it takes, one a line, the library's first.
    - rtl/parameters.json: the instances of top.v and their parameters, for programs to read.

    Raises:
        InputError: the core cannot take the network, or a field does not fit its streams.
    """
    flow = build.dataflow
    check_input(flow)
    files: dict[str, bytes] = {}
    layers, source = [], flow.input.name
    for index, layer in enumerate(flow.layers):
        check(build, layer, source, last=index == len(flow.layers) - 1)
        files |= memories(build, layer)
        group = layer.groups[0]
        layers.append(
            {
                "name": layer.name,
                "pools": [pool_parameters(build, group, pool) for pool in group.pools],
                "engine": engine_parameters(build, layer),
                "tail": update_parameters(build, layer),
            }
        )
        source = layer.name
    modules = set(COMMON)
    if any(isinstance(layer.update, Spiking) for layer in flow.layers):
        modules |= set(SPIKING)
    if any(layer["pools"] for layer in layers):
        modules |= set(POOLS)
    files["rtl/top.v"] = top_level(build, layers).encode()
    files["rtl/parameters.json"] = json.dumps(layers, indent=1).encode() + b"\n"
    files["rtl/files.f"] = "".join(f"{name}\n" for name in [*sorted(modules), "top.v"]).encode()
    return files


def memories(build: Build, layer: Layer) -> dict[str, bytes]:
    """mem/*.mem of a layer."""
    group, op = layer.groups[0], conv_of(build, layer)
    lanes, slice_ = memory.lanes_of(layer, op)
    shape = (op.out_shape[0], op.in_shape[0] // op.groups, *op.kernel)
    weight = memory.weight_rows(build.weight(group).reshape(shape), op.groups, lanes)
    files = {mem_path(group.name, "weight"): memory.hex_words(weight, group.w_bits)}
    for tensor, padding in channel_tensors(layer):
        values = getattr(build, tensor)(layer).reshape(-1)
        rows = memory.channel_rows(values, op.groups, slice_, padding)
        files[mem_path(layer.name, tensor)] = memory.hex_words(rows, memory.signed_bits(values))
    return files


def top_level(build: Build, layers: list[Parameters]) -> str:
    """rtl/top.v."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("compiler"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["parameters"] = parameter_list
    flow = build.dataflow
    return environment.get_template("top.v.j2").render(
        title=re.sub(r"[^\w.-]+", " ", flow.name, flags=re.ASCII),
        layers=layers,
        addr_bits=address_bits(flow.input.shape),
        digit_bits=digit_bits_of(build, flow.layers[0].groups[0]),
        in_addr_bits=IN_ADDR_BITS,
        out_logit_bits=OUT_LOGIT_BITS,
    )


def check_input(flow: Dataflow) -> None:
    """Raise InputError where an input's address does not fit the core's stream."""
    bits = address_bits(flow.input.shape)
    if bits > IN_ADDR_BITS:
        raise InputError(
            f"{flow.input.name}: shape {list(flow.input.shape)} takes addresses of {bits} bits, "
            f"at most {IN_ADDR_BITS}"
        )


def check(build: Build, layer: Layer, source: str, last: bool) -> None:
    """Raise InputError where the core cannot take the layer."""
    if len(layer.groups) != 1 or layer.groups[0].source != source:
        found = ", ".join(group.source for group in layer.groups)
        raise InputError(
            f"{layer.name}: reads {found}; the core takes a chain, in which it reads {source} alone"
        )
    check_maps(build, layer.groups[0])
    if last != isinstance(layer.update, Readout):
        raise InputError(f"{layer.name}: the core takes one readout, as the last layer")
    if not isinstance(layer.update, Readout):
        return
    if layer.update.logit_bits > OUT_LOGIT_BITS:
        raise InputError(
            f"{layer.name}: logits of {layer.update.logit_bits} bits, the core's output takes "
            f"{OUT_LOGIT_BITS}; train fewer time steps or narrower weights"
        )
    if index_bits(layer.size) > OUT_CLASS_BITS:
        raise InputError(f"{layer.name}: {layer.size} classes, at most {1 << OUT_CLASS_BITS}")
    if layer.size != layer.shape[0]:
        raise InputError(
            f"{layer.name}: a readout of shape {list(layer.shape)}; the core takes one position, "
            "behind a dense layer or a global pool"
        )


def check_maps(build: Build, group: Group) -> None:
    """Raise InputError where a pool or a convolution reads its stream in another shape.

    An address has fields of the stream's shape, which no reader rearranges.
    """
    shape = build.dataflow.shape_of(group.source)
    readers = [*group.pools, *([group.op] if isinstance(group.op, Conv2d) else [])]
    for reader in readers:
        if memory.as_map(shape) != reader.in_shape:
            raise InputError(
                f"{group.name}: reads a stream of shape {list(shape)} as {list(reader.in_shape)}"
            )
        shape = reader.out_shape


def parameter_list(parameters: Parameters) -> str:
    """`.NAME(value),` a line, aligned."""
    width = max(map(len, parameters))
    return ",\n".join(f"    .{name:<{width}}({value})" for name, value in parameters.items())
