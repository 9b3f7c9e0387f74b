"""Checks that the core can run a network; an error names the layer that it cannot run."""

from compiler.emit import memory
from hw_models.core import stream_words
from hw_models.core.address import Fields, as_map
from hw_models.core.layout import conv_of
from hw_models.dataflow import Build, Conv2d, Layer, Synapse
from hw_models.errors import InputError


def check_network(build: Build) -> None:
    """Raise InputError if the core cannot run the network."""
    flow = build.dataflow
    bits = Fields.of(flow.input.shape).bits
    if bits > stream_words.ADDR_BITS:
        raise InputError(
            f"{flow.input.name}: shape {list(flow.input.shape)} takes addresses of {bits} bits, "
            f"at most {stream_words.ADDR_BITS}"
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
    """Raise InputError if a readout does not fit the core's output."""
    if layer.update.v_bits > stream_words.LOGIT_BITS:
        raise InputError(
            f"{layer.name}: logits of {layer.update.v_bits} bits, the core's output takes "
            f"{stream_words.LOGIT_BITS}; train fewer time steps or narrower weights"
        )
    if memory.index_bits(layer.size) > stream_words.CLASS_BITS:
        raise InputError(
            f"{layer.name}: {layer.size} classes, at most {1 << stream_words.CLASS_BITS}"
        )
    if layer.size != layer.shape[0]:
        raise InputError(
            f"{layer.name}: a readout of shape {list(layer.shape)}; the core takes one position, "
            "behind a dense layer or a global pool"
        )


def check_maps(build: Build, layer: Layer, synapse: Synapse) -> None:
    """Raise InputError if a stream, an operation and its layer disagree on the map's shape.

    Each address has fields for the stream's shape, and no reader rearranges them.
    """
    shape = build.dataflow.shape_of(synapse.source)
    readers = [*synapse.pools, *([synapse.op] if isinstance(synapse.op, Conv2d) else [])]
    for reader in readers:
        if as_map(shape) != reader.in_shape:
            raise InputError(
                f"{synapse.name}: reads a stream of shape {list(shape)} as {list(reader.in_shape)}"
            )
        shape = reader.out_shape
    out = conv_of(build.dataflow, synapse).out_shape
    if out != as_map(layer.shape):
        raise InputError(
            f"{synapse.name}: gives {list(out)}, its layer {layer.name} has {list(layer.shape)}"
        )
