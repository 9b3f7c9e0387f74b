"""Chooses the module instances of a build's top level: engines, pools, updates and outlets."""

import re

from compiler.emit import memory
from compiler.emit.register_map import Bus
from hw_models import hardware
from hw_models.core import latency
from hw_models.core.address import Fields, as_map
from hw_models.core.buffers import Reader, input_buffers, outlet_buffers, readers
from hw_models.core.layout import EngineLayout, LayerLayout, SynapseLayout, layout_of
from hw_models.dataflow import Build, Layer, Pool, Synapse
from hw_models.errors import InputError
from hw_models.hardware import Hardware
from hw_models.semantics import signed_bits, signed_digits

PLAIN = Bus()  # as without a bus: memories are fixed, and have no parity


def instances(build: Build, bus: Bus = PLAIN) -> Hardware:
    """All instances of a build, with memories as its bus asks for."""
    flow = build.dataflow
    streams = readers(flow)
    stream_of = {(r.synapse.name, r.engine): r.stream for each in streams.values() for r in each}
    source = streams[flow.input.name]
    return Hardware(
        inlets=tuple(
            hardware.Inlet(stream=reader.stream, buffer=buffer)
            for reader, buffer in zip(source, input_buffers(flow, source), strict=True)
        ),
        layers=tuple(
            layer_instances(build, layer, stream_of, streams[layer.name], bus)
            for layer in flow.layers
        ),
    )


def layer_instances(
    build: Build,
    layer: Layer,
    stream_of: dict[tuple[str, int], str],
    found: list[Reader],
    bus: Bus,
) -> hardware.Layer:
    """The instances of a layer.

    They are engines and pools for each synapse, merges, neurons, and the outlets or the readout.

    Args:
        stream_of: the stream that an engine reads, by its synapse's name and its number.
    """
    layout = layout_of(build.dataflow, layer)
    synapses = tuple(
        synapse_of(build, synapse, layout, own, stream_of, bus)
        for synapse, own in zip(layer.synapses, layout.synapses, strict=True)
    )
    merges = merges_of(layout, [synapse.engine.current_bits for synapse in synapses])
    current_bits = merges[-1].bits if merges else synapses[0].engine.current_bits
    return hardware.Layer(
        name=layer.name,
        synapses=synapses,
        merges=merges,
        update=update_of(build, layer, layout, current_bits, bus),
        readers=tuple(
            hardware.Reader(stream=reader.stream, outlet=outlet_of(layer, layout, buffer))
            for reader, buffer in zip(
                found, outlet_buffers(build.dataflow, layer, found), strict=True
            )
        ),
        readout=None if layer.fires else readout_of(layer),
    )


def synapse_of(
    build: Build,
    synapse: Synapse,
    layout: LayerLayout,
    own: SynapseLayout,
    stream_of: dict[tuple[str, int], str],
    bus: Bus,
) -> hardware.Synapse:
    branches = tuple(
        hardware.Branch(
            stream=stream_of[synapse.name, number],
            pools=tuple(pool_of(build, synapse, pool) for pool in synapse.pools),
            engine=engine_of(build, synapse, layout, engine, bus),
        )
        for number, engine in enumerate(own.engines)
    )
    interleave = None
    if len(branches) > 1:
        interleave = hardware.Interleave(
            engines=len(branches),
            width=own.op.out_shape[2],
            rows=layout.rows,
            bits=layout.slice_ * branches[0].engine.current_bits,
            latency=latency.CURRENT,
        )
    return hardware.Synapse(name=synapse.name, branches=branches, interleave=interleave)


def pool_of(build: Build, synapse: Synapse, pool: Pool) -> hardware.Pool:
    return hardware.Pool(
        c=pool.in_shape[0],
        **by_axis("in", pool.in_shape[1:]),
        **by_axis("out", pool.out_shape[1:]),
        **by_axis("kernel", pool.kernel),
        **by_axis("stride", pool.stride),
        **by_axis("padding", pool.padding),
        digit_bits=digit_bits_of(build, synapse.source),
        in_addr_bits=Fields.of(pool.in_shape).bits,
        out_addr_bits=Fields.of(pool.out_shape).bits,
    )


def engine_of(
    build: Build, synapse: Synapse, layout: LayerLayout, own: EngineLayout, bus: Bus
) -> hardware.Engine:
    op = own.op
    static = build.dataflow.mode_of(synapse.source) == "static"
    return hardware.Engine(
        in_c=op.in_shape[0],
        **by_axis("in", op.in_shape[1:]),
        n=op.group_outputs,
        groups=op.groups,
        **by_axis("out", op.out_shape[1:]),
        **by_axis("kernel", op.kernel),
        **by_axis("stride", op.stride),
        **by_axis("padding", op.padding),
        lanes=own.lanes,
        slice=layout.slice_,
        packed=int(own.packed),
        addr_bits=Fields.of(op.in_shape).bits,
        digit_bits=digit_bits_of(build, synapse.source),
        w_bits=synapse.w_bits,
        acc_bits=synapse.acc_bits,
        shift=synapse.shift,
        memory=own.memory.value,
        repeat=build.dataflow.timesteps if static else 1,
        parity=int(bus.parity),
        weight_file=mem_path(synapse.name, "weight"),
    )


def merges_of(layout: LayerLayout, current_bits: list[int]) -> tuple[hardware.Merge, ...]:
    """The merges: the first adds two synapses' currents, each further one adds one more.

    Args:
        current_bits: the width of each synapse's current.
    """
    first, *others = current_bits
    merges = []
    for bits in others:
        total = max(first, bits) + 1
        merges.append(hardware.Merge(slice=layout.slice_, a_bits=first, b_bits=bits, bits=total))
        first = total
    return tuple(merges)


def update_of(
    build: Build, layer: Layer, layout: LayerLayout, current_bits: int, bus: Bus
) -> hardware.Update:
    neuron, bias = layer.update.neuron, build.bias(layer)
    v_threshold, digits = build.v_threshold(layer), signed_digits(neuron.leak.m)
    threshold_bits = 1 if v_threshold is None else signed_bits(v_threshold)
    return hardware.Update(
        words=layout.words,
        rows=layout.rows,
        slice=layout.slice_,
        latency=latency.CURRENT,
        current_bits=current_bits,
        bias_bits=max(bus.channel_bits, signed_bits(bias)),
        threshold_bits=max(bus.channel_bits, threshold_bits) if neuron.fires else 1,
        p_bits=layer.update.p_bits,
        v_bits=layer.update.v_bits,
        leak_bits=layer.update.leak_bits,
        k=neuron.leak.k,
        plus=digit_mask(digits, 1),
        minus=digit_mask(digits, -1),
        ternary=int(neuron.mode == "ternary"),
        soft_reset=int(neuron.reset == "soft"),
        readout=int(not neuron.fires),
        no_memory=int(not neuron.remembers(build.dataflow.timesteps)),
        parity=int(bus.parity),
        bias_file=mem_path(layer.name, "bias"),
        threshold_file=mem_path(layer.name, "v_threshold") if neuron.fires else "",
    )


def outlet_of(layer: Layer, layout: LayerLayout, buffer: int) -> hardware.Outlet:
    channels, _, width = as_map(layer.shape)
    return hardware.Outlet(
        n=layout.section,
        groups=channels // layout.section,
        width=width,
        slice=layout.slice_,
        buffer=buffer,
        addr_bits=Fields.of(layer.shape).bits,
    )


def readout_of(layer: Layer) -> hardware.Readout:
    return hardware.Readout(
        classes=layer.size,
        logit_bits=layer.update.v_bits,
        class_bits=memory.index_bits(layer.size),
    )


def digit_bits_of(build: Build, source: str) -> int:
    """The width of the digit field in a stream's events; spikes have no such field."""
    if build.dataflow.mode_of(source) != "static":
        return 0
    return digit_max(build.dataflow.input.x_max).bit_length()


def digit_max(x_max: int) -> int:
    """The largest exponent among the signed digits of 0..x_max."""
    return max(exponent for x in range(x_max + 1) for _, exponent in signed_digits(x))


def digit_mask(digits: tuple[tuple[int, int], ...], sign: int) -> int:
    """The digits of one sign as a bit mask, in which bit e stands for 2**e."""
    return sum(1 << e for s, e in digits if s == sign)


def by_axis(name: str, sizes: tuple[int, ...]) -> dict[str, int]:
    """One named size for each axis of the map."""
    return {f"{name}_h": sizes[0], f"{name}_w": sizes[1]}


def mem_path(owner: str, tensor: str) -> str:
    """The path of a tensor's words within the build folder."""
    if not re.fullmatch(r"[\w.-]+", owner, re.ASCII):
        raise InputError(f"{owner!r}: a name in the hardware has letters, digits, '_', '.', '-'")
    return f"mem/{owner}.{tensor}.mem"
