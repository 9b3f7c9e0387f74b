"""The properties proven of stream modules: no beat is lost, doubled, changed or overtaken."""

from collections.abc import Iterator, Mapping

from hw_models import hardware
from hw_models.hardware import Hardware
from rtl_sim.proofs.claim import Claim
from rtl_sim.proofs.solver import Harness

RULE = ("axis_rule",)
APART = {
    "C": 2, "IN_H": 4, "IN_W": 5, "OUT_H": 2, "OUT_W": 2, "KERNEL_H": 2, "KERNEL_W": 2,
    "STRIDE_H": 2, "STRIDE_W": 2, "PADDING_H": 0, "PADDING_W": 0, "IN_ADDR_BITS": 6,
    "OUT_ADDR_BITS": 3,
}  # fmt: skip
ORDER = "each beat leaves once, unchanged, in order; AXI4-Stream"


def small() -> list[Claim]:
    """Claims at small sizes, whose covers are within reach; the same for every build."""
    return [
        stream_buffer("stream_buffer, fifo, credits", {}, cover=12),
        register_slice("register_slice", {}),
        broadcast("broadcast", {}, cover=12),
        pool("pool", {}),
        pool("pool, windows apart", APART),
        serializer("serializer", {}),
        outlet("outlet, fifo, credits", {}, cover=12),
        readout("readout, argmax, fifo, credits", {}, cover=25),
    ]


def of_build(made: Hardware) -> Iterator[Claim]:
    """Claims about the streams of a build at their sizes: buffers, pools, outlets."""
    bits = stream_bits(made)
    yield register_slice("input", {"BITS": bits})
    if len(made.inlets) > 1:
        yield broadcast("broadcast", {"READERS": len(made.inlets), "BITS": bits})
    for inlet in made.inlets:
        if inlet.buffer:
            yield stream_buffer(inlet.stream, {"DEPTH": inlet.buffer, "BITS": bits})
    for layer in made.layers:
        for synapse in layer.synapses:
            # those of its other engines are the same
            for number, instance in enumerate(synapse.branches[0].pools):
                yield pool(f"{synapse.name}, pool {number + 1}", instance.parameters())
        if layer.readers:
            yield serializer(layer.name, serializer_parameters(layer))
        for reader in layer.readers:
            sizes = {name: reader.outlet.parameters()[name] for name in OUTLET}
            yield outlet(layer.name, sizes)
            yield register_slice(layer.name, {"BITS": reader.outlet.addr_bits + 2})
        if layer.readout:
            yield readout(layer.name, layer.readout.parameters())


OUTLET = ("SLICE", "BUFFER", "ADDR_BITS")  # what an outlet's buffer and register slice depend on


def stream_bits(made: Hardware) -> int:
    """The bits of a beat of the core's input, as its readers take it."""
    first = next(
        branch
        for layer in made.layers
        for synapse in layer.synapses
        for branch in synapse.branches
        if branch.stream == made.inlets[0].stream
    )
    head = first.pools[0] if first.pools else first.engine
    addr_bits = head.in_addr_bits if isinstance(head, hardware.Pool) else head.addr_bits
    return addr_bits + head.digit_bits + 2


def stream_buffer(subject: str, parameters: Mapping[str, int | str], cover: int = 0) -> Claim:
    """The claim that a buffer keeps beats in order, and takes as many as it has places."""
    modules = ("stream_buffer", "fifo", "credits")
    harness = Harness("stream_buffer_order", modules, parameters, doubles=RULE, one_word=True)
    return Claim(subject, ORDER, harness, "induction", 3, cover)


def register_slice(subject: str, parameters: Mapping[str, int | str]) -> Claim:
    """The claim that a register slice keeps beats in order, and takes two."""
    harness = Harness("register_slice_order", ("register_slice",), parameters, doubles=RULE)
    return Claim(subject, ORDER, harness, "induction", 3, cover=6)


def broadcast(subject: str, parameters: Mapping[str, int | str], cover: int = 0) -> Claim:
    """The claim that each reader takes each beat once."""
    harness = Harness("broadcast_once", ("broadcast",), parameters, doubles=RULE)
    what = "each reader takes each beat once; AXI4-Stream"
    return Claim(subject, what, harness, "induction", 3, cover)


def outlet(subject: str, parameters: Mapping[str, int | str], cover: int = 0) -> Claim:
    """The claim that the words of a sweep reach an outlet's serializer, whatever the others do."""
    harness = Harness(
        "outlet_words",
        ("outlet", "register_slice", "fifo", "credits"),
        parameters,
        doubles=("serializer_free",),
        one_word=True,
    )
    what = "each word of a sweep finds a place and reaches the serializer once, in order"
    return Claim(subject, what, harness, "induction", 2, cover)


def readout(subject: str, parameters: Mapping[str, int | str], cover: int = 0) -> Claim:
    """The claim that a sample's logits leave with the lowest class of the largest."""
    modules = ("readout", "credits", "argmax", "fifo")
    harness = Harness("readout_words", modules, parameters, doubles=RULE, one_word=True)
    what = "logits once, in order, with the lowest class of the largest; AXI4-Stream"
    return Claim(subject, what, harness, "induction", 2, cover)


def pool(subject: str, parameters: Mapping[str, int | str]) -> Claim:
    """The claim that each window that contains an event gets it once."""
    return Claim(
        subject,
        "an event leaves once for each window around it; AXI4-Stream",
        Harness("pool_windows", ("pool", "window_walk", "axis_taps"), parameters, doubles=RULE),
        "induction",
        3,
        cover=0 if parameters else 12,  # windows that do not overlap never follow one another
    )


def serializer_parameters(layer: hardware.Layer) -> dict[str, int | str]:
    """The harness's parameters: those of an outlet's serializer, and the rows of the map."""
    outlet, update = layer.readers[0].outlet, layer.update
    named = outlet.parameters()
    height = update.words // update.rows // outlet.width
    names = ("N", "GROUPS", "WIDTH", "SLICE", "ADDR_BITS")
    return {**{name: named[name] for name in names}, "HEIGHT": height}


def serializer(subject: str, parameters: Mapping[str, int | str]) -> Claim:
    """The claim that each spike of a word leaves once, and then the marker."""
    return Claim(
        subject,
        "each spike leaves once, before its marker; AXI4-Stream",
        Harness("serializer_events", ("serializer", "counter"), parameters, doubles=RULE),
        "induction",
        3,
        cover=0 if parameters else 40,  # a step of a large map takes more cycles
    )
