"""The hardware part of a build: mem/*.mem and rtl/.

The top level chains hand-written modules of rtl_sim/verilog (docs/core.md); all that is generated
is their parameters, their wiring and their memories.
"""

import json
import re
from typing import Any

import jinja2
import numpy as np

from compiler import memory
from hw_models.artefact import Build, Dense, Group, Layer, Readout, Spiking
from hw_models.errors import InputError
from hw_models.semantics import signed_digits

# The core's streams, alike for every build: 32-bit events in, 64-bit logit words out.
IN_ADDR_BITS, IN_DIGIT_BITS = 24, 3
OUT_CLASS_BITS, OUT_LOGIT_BITS = 16, 48

BUFFER_MIN = 8  # words; covers the round trip of a credit, so that a sweep runs at full speed

COMMON = ("rom.v", "counter.v", "fifo.v", "leak.v", "update.v", "dense_engine.v", "activity.v")
SPIKING = ("neuron.v", "serializer.v", "spiking_update.v")
READOUT = ("argmax.v", "readout_update.v")

Parameters = dict[str, Any]


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
    files: dict[str, bytes] = {}
    layers, source = [], flow.input.name
    for index, layer in enumerate(flow.layers):
        check(layer, source, last=index == len(flow.layers) - 1)
        lanes, slice_ = memory.lanes_of(layer)
        engine, tail = engine_parameters(build, layer), update_parameters(build, layer)
        weight = memory.weight_rows(build.weight(layer.groups[0]), lanes)
        files[mem_path(layer.groups[0].name, "weight")] = memory.hex_words(
            weight, layer.groups[0].w_bits
        )
        for tensor, padding in neuron_tensors(layer):
            rows = memory.neuron_rows(neuron_values(build, layer, tensor), lanes, slice_, padding)
            bits = memory.signed_bits(rows)
            files[mem_path(layer.name, tensor)] = memory.hex_words(rows, bits)
        layers.append({"name": layer.name, "engine": engine, "tail": tail})
        source = layer.name
    spiking = any(isinstance(layer.update, Spiking) for layer in flow.layers)
    modules = [*COMMON, *(SPIKING if spiking else ()), *READOUT]
    files["rtl/top.v"] = top_level(build, layers).encode()
    files["rtl/parameters.json"] = json.dumps(layers, indent=1).encode() + b"\n"
    files["rtl/files.f"] = "".join(f"{name}\n" for name in [*sorted(modules), "top.v"]).encode()
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
    return environment.get_template("top.v.j2").render(
        title=re.sub(r"[^\w.-]+", " ", build.dataflow.name, flags=re.ASCII),
        layers=layers,
        in_addr_bits=IN_ADDR_BITS,
        out_logit_bits=OUT_LOGIT_BITS,
    )


def check(layer: Layer, source: str, last: bool) -> None:
    """Raise InputError where the core cannot take the layer."""
    for group in layer.groups:
        if not isinstance(group.op, Dense) or group.pools:
            kind = "a pool" if isinstance(group.op, Dense) else "a convolution"
            raise InputError(f"{layer.name}: {group.name} is {kind}; the core takes dense layers")
    if len(layer.groups) != 1 or layer.groups[0].source != source:
        found = ", ".join(group.source for group in layer.groups)
        raise InputError(
            f"{layer.name}: reads {found}; the core takes a chain, in which it reads {source} alone"
        )
    if last != isinstance(layer.update, Readout):
        raise InputError(f"{layer.name}: the core takes one readout, as the last layer")
    if isinstance(layer.update, Readout) and layer.update.logit_bits > OUT_LOGIT_BITS:
        raise InputError(
            f"{layer.name}: logits of {layer.update.logit_bits} bits, the core's output takes "
            f"{OUT_LOGIT_BITS}; train fewer time steps or narrower weights"
        )
    if last and index_bits(layer.size) > OUT_CLASS_BITS:
        raise InputError(f"{layer.name}: {layer.size} classes, at most {1 << OUT_CLASS_BITS}")
    if index_bits(layer.groups[0].op.n_in) > IN_ADDR_BITS:
        n_in = layer.groups[0].op.n_in
        raise InputError(f"{layer.name}: {n_in} inputs, at most {1 << IN_ADDR_BITS}")


def engine_parameters(build: Build, layer: Layer) -> Parameters:
    """dense_engine.v's parameters."""
    group = layer.groups[0]
    lanes, slice_ = memory.lanes_of(layer)
    static = build.dataflow.mode_of(group.source) == "static"
    return {
        "N_IN": group.op.n_in,
        "N_OUT": group.op.n_out,
        "LANES": lanes,
        "SLICE": slice_,
        "ADDR_BITS": index_bits(group.op.n_in),
        "DIGIT_BITS": digit_bits(build.dataflow.input.x_max) if static else 0,
        "W_BITS": group.w_bits,
        "ACC_BITS": group.acc_bits,
        "SHIFT": group.shift,
        "REPEAT": build.dataflow.timesteps if static else 1,
        "WEIGHT_FILE": mem_file(group.name, "weight"),
    }


def update_parameters(build: Build, layer: Layer) -> Parameters:
    """spiking_update.v's or readout_update.v's parameters."""
    group: Group = layer.groups[0]
    lanes, slice_ = memory.lanes_of(layer)
    bits = {
        tensor: memory.signed_bits(neuron_values(build, layer, tensor))
        for tensor, _ in neuron_tensors(layer)
    }
    if isinstance(layer.update, Readout):
        return {
            "CLASSES": layer.size,
            "LANES": lanes,
            "CURRENT_BITS": group.acc_bits + group.shift,
            "BIAS_BITS": bits["bias"],
            "LOGIT_BITS": layer.update.logit_bits,
            "CLASS_BITS": index_bits(layer.size),
            "BIAS_FILE": mem_file(layer.name, "bias"),
        }
    neuron = layer.update.neuron
    digits = signed_digits(neuron.leak.m)
    words = len(memory.neuron_rows(np.zeros(layer.size, np.int64), lanes, slice_, 0))
    return {
        "N": layer.size,
        "LANES": lanes,
        "SLICE": slice_,
        "CURRENT_BITS": group.acc_bits + group.shift,
        "BIAS_BITS": bits["bias"],
        "THRESHOLD_BITS": bits["v_threshold"],
        "P_BITS": layer.update.p_bits,
        "V_BITS": layer.update.v_bits,
        "LEAK_BITS": layer.update.leak_bits,
        "K": neuron.leak.k,
        "PLUS": digit_mask(digits, 1),
        "MINUS": digit_mask(digits, -1),
        "TERNARY": int(neuron.mode == "ternary"),
        "SOFT_RESET": int(neuron.reset == "soft"),
        "BUFFER": max(BUFFER_MIN, 1 << index_bits(words)),  # a whole step
        "ADDR_BITS": index_bits(layer.size),
        "BIAS_FILE": mem_file(layer.name, "bias"),
        "THRESHOLD_FILE": mem_file(layer.name, "v_threshold"),
    }


def neuron_tensors(layer: Layer) -> list[tuple[str, int]]:
    """A layer's tensors with one value per neuron, and the value where there is no neuron.

    A padding neuron has no weights and bias 0, so with a threshold of 1 it never fires.
    """
    return [("bias", 0)] + ([("v_threshold", 1)] if isinstance(layer.update, Spiking) else [])


def neuron_values(build: Build, layer: Layer, tensor: str) -> np.ndarray:
    """A per-channel tensor spread over the neurons, [size]."""
    values = getattr(build, tensor)(layer)
    return np.broadcast_to(values, layer.shape).reshape(-1)


def index_bits(n: int) -> int:
    """Bits of an index 0..n-1, at least one."""
    return max(1, (n - 1).bit_length())


def digit_bits(x_max: int) -> int:
    """Bits of the largest exponent among the signed digits of 0..x_max."""
    top = max(exponent for x in range(x_max + 1) for _, exponent in signed_digits(x))
    return index_bits(top + 1)


def digit_mask(digits: tuple[tuple[int, int], ...], sign: int) -> str:
    """The digits of one sign as a Verilog literal, bit e for 2**e."""
    return f"9'b{sum(1 << e for s, e in digits if s == sign):09b}"


def mem_path(owner: str, tensor: str) -> str:
    """Where a tensor's words lie in the build folder."""
    if not re.fullmatch(r"[\w.-]+", owner, re.ASCII):
        raise InputError(f"{owner!r}: a name in the hardware has letters, digits, '_', '.', '-'")
    return f"mem/{owner}.{tensor}.mem"


def mem_file(owner: str, tensor: str) -> str:
    """The same as a Verilog expression."""
    return f'{{MEM_DIR, "{mem_path(owner, tensor).removeprefix("mem")}"}}'


def parameter_list(parameters: Parameters) -> str:
    """`.NAME(value),` a line, aligned."""
    width = max(map(len, parameters))
    return ",\n".join(f"    .{name:<{width}}({value})" for name, value in parameters.items())
