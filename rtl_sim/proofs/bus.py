"""The properties proven of the modules at a core's edges: bus, registers, guard and loader."""

from collections.abc import Iterator, Mapping

from hw_models.dataflow import Build
from rtl_sim.proofs import core
from rtl_sim.proofs.claim import Claim
from rtl_sim.proofs.core import Instance
from rtl_sim.proofs.solver import Harness

GUARD = {"STEPS": 2, "C": 3, "H": 2, "W": 1, "DIGIT_MAX": 1, "SIGNED": 1, "TAG_BITS": 2}


def small() -> list[Claim]:
    """Claims at small sizes, whose covers are within reach; the same for every build."""
    return [
        guard("stream_guard", GUARD, cover=20),
        loader("loader", {}, cover=14),
        Claim("activity, counter", "busy while a sample is in the core; cycles are counted",
              Harness("activity_cycles", ("activity", "counter")), "induction", 2, cover=12),
    ]  # fmt: skip


def of_build(build: Build) -> Iterator[Claim]:
    """Claims about the bus of a build, at its parameters; none where it has no bus."""
    for instance in core.instances(build):
        name, parameters = instance.module, sized(instance)
        if name == "stream_guard":
            yield guard(name, parameters)
        elif name == "registers":
            harness = Harness("registers_access", ("registers",), parameters)
            what = "reads and writes by the map; flags stay; counters of one moment"
            yield Claim(name, what, harness, "induction", 2, cover=12)
        elif name == "axi_lite":
            harness = Harness("axi_lite_answers", (name,), parameters, doubles=("axis_rule",))
            what = "each access is answered once, in order; AXI4-Lite"
            yield Claim(name, what, harness, "induction", 2, cover=12)
        elif name == "loader":
            yield loader(name, parameters)


def sized(instance: Instance) -> dict[str, int | str]:
    """An instance's parameters; those of more than 31 bits are literals with a size."""
    return {
        name: value if value < 1 << 31 else f"{-(-value.bit_length() // 32) * 32}'h{value:x}"
        for name, value in instance.parameters.items()
    }


def guard(subject: str, parameters: Mapping[str, int | str], cover: int = 0) -> Claim:
    """The claim that only well-formed samples pass, and pass as they came."""
    harness = Harness(
        "stream_guard_samples", ("stream_guard",), parameters, doubles=("axis_rule",), one_word=True
    )
    what = "well-formed samples leave, whatever comes; each flag is exact; AXI4-Stream"
    return Claim(subject, what, harness, "induction", 2, cover)


def loader(subject: str, parameters: Mapping[str, int | str], cover: int = 0) -> Claim:
    """The claim that words are made of their pieces, and written once, at their places."""
    harness = Harness("loader_words", ("loader",), parameters)
    what = "each word is its pieces, written once at its place; no other is"
    return Claim(subject, what, harness, "induction", 2, cover)
