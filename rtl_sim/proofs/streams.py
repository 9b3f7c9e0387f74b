"""The properties proven of stream modules: no beat is lost, doubled, changed or overtaken."""

from collections.abc import Iterator, Mapping

from hw_models import hardware
from hw_models.core import latency
from hw_models.hardware import Hardware
from rtl_sim.proofs.claim import Claim
from rtl_sim.proofs.solver import Harness

OUTLET = ("outlet", "serializer", "register_slice")


def small() -> list[Claim]:
    """Claims about modules at small sizes, which are the same for every build."""
    rule = ("axis_rule",)
    order = "each beat leaves once, unchanged, in order; AXI4-Stream"
    return [
        Claim("stream_buffer, fifo, credits", order,
              Harness("stream_buffer_order", ("stream_buffer", "fifo", "credits"), doubles=rule),
              "induction", 3, cover=12),
        Claim("register_slice", order,
              Harness("register_slice_order", ("register_slice",), doubles=rule),
              "induction", 3, cover=6),
        Claim("broadcast", "each reader takes each beat once; AXI4-Stream",
              Harness("broadcast_once", ("broadcast",), doubles=rule), "induction", 3, cover=12),
        pool("pool", {}),
        serializer("serializer", {}),
        Claim("argmax, fifo", "logits in order, lowest class of the largest; AXI4-Stream",
              Harness("argmax_words", ("argmax", "fifo"), doubles=rule), "induction", 3, cover=25),
        Claim("outlet (fork)", "each reader gets each event and marker once, in order",
              Harness("fork_outlets", (*OUTLET, "fifo", "credits", "counter"),
                      {"DELAY": latency.CURRENT + latency.UPDATE}, doubles=rule),
              "bounded", 25, cover=46),
    ]  # fmt: skip


def of_build(made: Hardware) -> Iterator[Claim]:
    """Claims about pools and serializers at the sizes of a build."""
    for layer in made.layers:
        for synapse in layer.synapses:
            for number, instance in enumerate(synapse.pools):
                yield pool(f"{synapse.name}, pool {number + 1}", instance.parameters())
        if layer.readers:
            yield serializer(layer.name, serializer_parameters(layer))


def pool(subject: str, parameters: Mapping[str, int | str]) -> Claim:
    """The claim that each window that contains an event gets it once."""
    return Claim(
        subject,
        "an event leaves once for each window around it; AXI4-Stream",
        Harness(
            "pool_windows", ("pool", "window_walk", "axis_taps"), parameters, doubles=("axis_rule",)
        ),
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
        Harness("serializer_events", ("serializer", "counter"), parameters, doubles=("axis_rule",)),
        "induction",
        3,
        cover=0 if parameters else 40,  # a step of a large map takes more cycles
    )
