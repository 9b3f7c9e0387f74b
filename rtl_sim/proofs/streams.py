"""What is proven of the modules that carry streams: nothing lost, doubled, changed or overtaken."""

from collections.abc import Iterator
from typing import Any

from rtl_sim.proofs.claim import Claim
from rtl_sim.proofs.solver import Harness

ENGINE = ("engine", "accumulators", "banked_rom", "window_walk", "axis_taps", "counter")
POOL = ("C", "IN_H", "IN_W", "OUT_H", "OUT_W", "KERNEL_H", "KERNEL_W", "STRIDE_H", "STRIDE_W")
POOL += ("PADDING_H", "PADDING_W", "DIGIT_BITS", "IN_ADDR_BITS", "OUT_ADDR_BITS")


def small(latency: int) -> list[Claim]:
    """The modules at small sizes, the same for every build.

    Args:
        latency: of an engine, cycles from step_next_i to current_o.
    """
    rule = ("axis_rule",)
    order = "each beat leaves once, unchanged, in order; AXI4-Stream"
    return [
        Claim("stream_buffer, fifo, credits", order,
              Harness("stream_buffer_order", ("stream_buffer", "fifo", "credits"), doubles=rule),
              "induction", 3, cover=12),
        Claim("broadcast", "each reader takes each beat once; AXI4-Stream",
              Harness("broadcast_once", ("broadcast",), doubles=rule), "induction", 3, cover=12),
        pool("pool", {}),
        serializer("serializer", {}),
        Claim("argmax, fifo", "logits in order, lowest class of the largest; AXI4-Stream",
              Harness("argmax_words", ("argmax", "fifo"), doubles=rule), "induction", 3, cover=25),
        Claim("outlet (fork)", "each reader gets each event and marker once, in order",
              Harness("fork_outlets", ("outlet", "fifo", "credits", "serializer", "counter"),
                      {"DELAY": latency + 3}, doubles=rule), "bounded", 25, cover=46),
        Claim("engine, accumulators", "a sweep reads the events of its step, no others",
              Harness("engine_steps", ENGINE, {"LATENCY": latency}, doubles=("rom_one",)),
              "bounded", latency + 12, cover=latency + 12),
        Claim("engine, static input", "the same, current repeated",
              Harness("engine_steps", ENGINE,
                      {"LATENCY": latency, "IN_C": 1, "IN_W": 2, "N": 2, "OUT_W": 1, "KERNEL_W": 2,
                       "PADDING_W": 0, "ADDR_BITS": 1, "REPEAT": 2}, doubles=("rom_one",)),
              "bounded", latency + 16, cover=latency + 16),
        Claim("merge, engine (join)", "a sweep adds the sums of the same step of both",
              Harness("join_steps", ("merge", *ENGINE), {"LATENCY": latency},
                      doubles=("rom_one",)),
              "bounded", latency + 14, cover=latency + 14),
    ]  # fmt: skip


def of_build(layers: list[dict[str, Any]]) -> Iterator[Claim]:
    """Pools and serializers at the sizes that a build has, of rtl/parameters.json."""
    for layer in layers:
        for synapse in layer["synapses"]:
            for number, spec in enumerate(synapse["pools"]):
                yield pool(
                    f"{synapse['name']}, pool {number + 1}", {name: spec[name] for name in POOL}
                )
        if "CLASSES" not in layer["tail"]:
            names = ("N", "GROUPS", "HEIGHT", "WIDTH", "SLICE", "ADDR_BITS")
            yield serializer(layer["name"], {name: layer["tail"][name] for name in names})


def pool(subject: str, parameters: dict[str, Any]) -> Claim:
    """Each window that contains an event gets it once."""
    return Claim(
        subject,
        "an event leaves once for each window around it; AXI4-Stream",
        Harness(
            "pool_windows", ("pool", "window_walk", "axis_taps"), parameters, doubles=("axis_rule",)
        ),
        "induction",
        3,
        cover=0 if parameters else 12,  # where windows do not overlap none follows another
    )


def serializer(subject: str, parameters: dict[str, Any]) -> Claim:
    """Each spike of a word leaves once, then the marker."""
    return Claim(
        subject,
        "each spike leaves once, before its marker; AXI4-Stream",
        Harness("serializer_events", ("serializer", "counter"), parameters, doubles=("axis_rule",)),
        "induction",
        3,
        cover=0 if parameters else 40,  # a step of a large map takes longer than that
    )
