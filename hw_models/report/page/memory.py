"""The memories of a build's core: how many words of how many bits each of them has."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from hw_models.core.address import Fields
from hw_models.core.buffers import input_buffers, outlet_buffers, readers
from hw_models.core.layout import LayerLayout, Memory, SynapseLayout, layout_of
from hw_models.dataflow import STATIC, Build, Input, Layer, Synapse
from hw_models.hardware import PARAMETERS, hardware_of
from hw_models.hardware import Layer as Instances
from hw_models.semantics import signed_bits, signed_digits

READ_ONLY, RAM = "ROM", "RAM"
KINDS = {
    Memory.REGISTERS: "registers", Memory.LUT_RAM: "LUT-RAM", Memory.BLOCK_RAM: "block RAM",
}  # fmt: skip


@dataclass(frozen=True)
class Store:
    """A memory, or several alike."""

    layer: str
    what: str  # weights, accumulators, membranes, thresholds, biases, buffers
    name: str
    kind: str
    words: int
    word_bits: int
    copies: int = 1  # one for each engine, or for each page

    @property
    def bits(self) -> int:
        return self.words * self.word_bits * self.copies


WHAT = "weights", "accumulators", "membranes", "thresholds", "biases", "buffers"


def stores(build: Build) -> list[Store]:
    """All memories of the core, as docs/core.md describes them; registers in between are none."""
    flow = build.dataflow
    layers = hardware_of(build).layers if PARAMETERS in build.files else None
    streams = readers(flow)
    found = []
    reading = streams[flow.input.name]
    beat = Fields.of(flow.input.shape).bits + 3 + digit_bits(flow.input)
    for reader, places in zip(reading, input_buffers(flow, reading), strict=True):
        if places:
            name = f"to {reader.synapse.name}"
            found.append(Store(flow.input.name, "buffers", name, RAM, places, beat))
    for at, layer in enumerate(flow.layers):
        layout = layout_of(flow, layer)
        found += of_layer(build, layer, layout, layers[at] if layers else None)
        reading = streams[layer.name]
        for reader, places in zip(reading, outlet_buffers(flow, layer, reading), strict=True):
            name = f"to {reader.synapse.name}"
            found.append(Store(layer.name, "buffers", name, RAM, places, 2 * layout.slice_ + 2))
    return found


def digit_bits(spec: Input) -> int:
    """The bits of the digit in an event of the input: the exponents of a static input's values."""
    return signed_digits(spec.x_max)[-1][1].bit_length() if spec.encoding == STATIC else 0


def of_layer(
    build: Build, layer: Layer, layout: LayerLayout, instances: Instances | None
) -> Iterator[Store]:
    parity = instances.update.parity if instances else 0
    for synapse, own in zip(layer.synapses, layout.synapses, strict=True):
        yield from of_synapse(layer, synapse, own, parity)
    if layer.update.neuron.remembers(build.dataflow.timesteps):
        bits = layout.slice_ * layer.update.v_bits + parity
        yield Store(layer.name, "membranes", layer.name, RAM, layout.words, bits)
    v_threshold = build.v_threshold(layer)
    for what, tensor in (("thresholds", v_threshold), ("biases", build.bias(layer))):
        if tensor is not None:
            width = signed_bits(tensor)
            if instances:
                update = instances.update
                width = update.bias_bits if what == "biases" else update.threshold_bits
            bits = layout.slice_ * width + parity
            yield Store(layer.name, what, layer.name, READ_ONLY, layout.rows, bits)


def of_synapse(layer: Layer, synapse: Synapse, own: SynapseLayout, parity: int) -> Iterator[Store]:
    engine, engines = own.engines[0], len(own.engines)
    rows = engine.reach * math.prod(engine.op.kernel) * engine.op.in_shape[0]
    width = engine.weights * synapse.w_bits + parity
    yield Store(layer.name, "weights", synapse.name, READ_ONLY, rows, width, engines)
    sizes = {each.words for each in own.engines}
    for words in sorted(sizes, reverse=True):
        alike = [each for each in own.engines if each.words == words]
        copies = len(alike) * alike[0].pages
        width = engine.lanes * synapse.acc_bits + parity
        kind = KINDS[alike[0].memory]
        yield Store(layer.name, "accumulators", synapse.name, kind, words, width, copies)
