"""The parameters of the core's instances: engines, pools and updates of a build's layers."""

import re
from typing import Any

from compiler.emit import memory
from hw_models.core import layout
from hw_models.core.buffers import Reader, outlet_buffers
from hw_models.dataflow import Build, Layer, Pool, Synapse
from hw_models.errors import InputError
from hw_models.semantics import signed_digits

BITS_OF = {"bias": "BIAS_BITS", "v_threshold": "THRESHOLD_BITS"}  # the width a tensor is stored in

Parameters = dict[str, Any]


def section_of(build: Build, layer: Layer) -> tuple[int, int]:
    """(section, slice) of a layer's sweep, see layout.section_of."""
    return layout.section_of(
        layer, [layout.conv_of(build.dataflow, synapse) for synapse in layer.synapses]
    )


def digit_bits_of(build: Build, source: str) -> int:
    """Bits of the digit field of a stream's events; spikes have none."""
    if build.dataflow.mode_of(source) != "static":
        return 0
    return digit_bits(build.dataflow.input.x_max)


def pool_parameters(build: Build, synapse: Synapse, pool: Pool) -> Parameters:
    """pool.v's parameters."""
    return {
        "C": pool.in_shape[0],
        **by_axis("IN", pool.in_shape[1:]),
        **by_axis("OUT", pool.out_shape[1:]),
        **by_axis("KERNEL", pool.kernel),
        **by_axis("STRIDE", pool.stride),
        **by_axis("PADDING", pool.padding),
        "DIGIT_BITS": digit_bits_of(build, synapse.source),
        "IN_ADDR_BITS": address_bits(pool.in_shape),
        "OUT_ADDR_BITS": address_bits(pool.out_shape),
    }


def engine_parameters(build: Build, layer: Layer, synapse: Synapse) -> Parameters:
    """engine.v's parameters."""
    op = layout.conv_of(build.dataflow, synapse)
    _, slice_ = section_of(build, layer)
    static = build.dataflow.mode_of(synapse.source) == "static"
    return {
        "IN_C": op.in_shape[0],
        **by_axis("IN", op.in_shape[1:]),
        "N": op.out_shape[0] // op.groups,
        "GROUPS": op.groups,
        **by_axis("OUT", op.out_shape[1:]),
        **by_axis("KERNEL", op.kernel),
        **by_axis("STRIDE", op.stride),
        **by_axis("PADDING", op.padding),
        "LANES": layout.lanes_of(layer, op, slice_),
        "SLICE": slice_,
        "ADDR_BITS": address_bits(op.in_shape),
        "DIGIT_BITS": digit_bits_of(build, synapse.source),
        "W_BITS": synapse.w_bits,
        "ACC_BITS": synapse.acc_bits,
        "SHIFT": synapse.shift,
        "REPEAT": build.dataflow.timesteps if static else 1,
        "WEIGHT_FILE": mem_file(synapse.name, "weight"),
    }


def merge_parameters(build: Build, layer: Layer) -> list[Parameters]:
    """merge.v's parameters: the first two synapses, then each further one to the sum so far."""
    _, slice_ = section_of(build, layer)
    first, *others = (synapse.acc_bits + synapse.shift for synapse in layer.synapses)
    merges = []
    for bits in others:
        total = max(first, bits) + 1
        merges.append({"SLICE": slice_, "A_BITS": first, "B_BITS": bits, "BITS": total})
        first = total
    return merges


def current_bits(build: Build, layer: Layer) -> int:
    """Bits of a neuron's current, the sum over the synapses."""
    merges = merge_parameters(build, layer)
    return merges[-1]["BITS"] if merges else layer.synapses[0].acc_bits + layer.synapses[0].shift


def update_parameters(
    build: Build, layer: Layer, readers: list[Reader], channel_bits: int = 0
) -> Parameters:
    """spiking_update.v's or readout_update.v's parameters; channel tensors of >= channel_bits."""
    bits = {
        tensor: max(channel_bits, memory.signed_bits(getattr(build, tensor)(layer)))
        for tensor, _ in channel_tensors(layer)
    }
    one_step = int(build.dataflow.timesteps == 1)
    if not layer.fires:
        return {
            "CLASSES": layer.size,
            "CURRENT_BITS": current_bits(build, layer),
            "BIAS_BITS": bits["bias"],
            "LOGIT_BITS": layer.update.v_bits,
            "ONE_STEP": one_step,
            "CLASS_BITS": index_bits(layer.size),
            "BIAS_FILE": mem_file(layer.name, "bias"),
        }
    neuron = layer.update.neuron
    digits = signed_digits(neuron.leak.m)
    channels, height, width = layout.as_map(layer.shape)
    section, slice_ = section_of(build, layer)
    return {
        "N": section,
        "GROUPS": channels // section,
        "HEIGHT": height,
        "WIDTH": width,
        "SLICE": slice_,
        "CURRENT_BITS": current_bits(build, layer),
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
        "ONE_STEP": one_step,
        "ADDR_BITS": address_bits(layer.shape),
        "READERS": len(readers),
        "BUFFERS": word_list(outlet_buffers(build.dataflow, layer, readers)),
        "BIAS_FILE": mem_file(layer.name, "bias"),
        "THRESHOLD_FILE": mem_file(layer.name, "v_threshold"),
    }


def channel_tensors(layer: Layer) -> list[tuple[str, int]]:
    """A layer's tensors with one value per channel, and the value where there is no channel.

    A padding neuron has no weights and bias 0, so with a threshold of 1 it never fires.
    """
    return [("bias", 0)] + ([("v_threshold", 1)] if layer.fires else [])


def by_axis(name: str, sizes: tuple[int, ...]) -> Parameters:
    """A size for each axis of the map."""
    return {f"{name}_H": sizes[0], f"{name}_W": sizes[1]}


def index_bits(n: int) -> int:
    """Bits of an index 0..n-1, at least one."""
    return max(1, (n - 1).bit_length())


def address_bits(shape: tuple[int, ...]) -> int:
    """Bits of an address {y, x, c}, each field as wide as its size asks for; at least one."""
    return max(1, sum((n - 1).bit_length() for n in layout.as_map(shape)))


def digit_bits(x_max: int) -> int:
    """Bits of the largest exponent among the signed digits of 0..x_max; none where that is 0."""
    return digit_max(x_max).bit_length()


def digit_max(x_max: int) -> int:
    """The largest exponent among the signed digits of 0..x_max."""
    return max(exponent for x in range(x_max + 1) for _, exponent in signed_digits(x))


def word_list(values: list[int]) -> str:
    """Numbers as one Verilog vector of 32 bits each, the first in the lowest bits."""
    return "{" + ", ".join(f"32'd{value}" for value in reversed(values)) + "}"


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
